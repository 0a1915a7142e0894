import Glibc

/// Bytes on a page boundary, freed with the object.
final class AlignedBuffer {
  let address: UnsafeMutableRawPointer
  let byteCount: Int

  /// - Throws: `unsupported` where the system has no memory left.
  init(byteCount: Int, place: String? = nil) throws(InferenceError) {
    var allocated: UnsafeMutableRawPointer?
    guard posix_memalign(&allocated, 4096, max(byteCount, 4096)) == 0, let allocated else {
      throw InferenceError(
        code: .unsupported, place: place, reason: "the system has no \(byteCount >> 20) MiB of memory left")
    }
    address = allocated
    self.byteCount = byteCount
  }

  deinit { free(address) }
}
