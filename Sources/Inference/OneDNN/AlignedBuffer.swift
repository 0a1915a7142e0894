import Glibc

/// Bytes on a page boundary, freed with the object.
final class AlignedBuffer {
  let address: UnsafeMutableRawPointer
  let byteCount: Int
  private static let hugePage = 2 << 20

  /// - Throws: `unsupported` where the system has no memory left.
  init(byteCount: Int, place: String? = nil) throws(InferenceError) {
    var allocated: UnsafeMutableRawPointer?
    let isLarge = byteCount >= AlignedBuffer.hugePage
    let alignment = isLarge ? AlignedBuffer.hugePage : 4096
    guard posix_memalign(&allocated, alignment, max(byteCount, 4096)) == 0, let allocated else {
      throw InferenceError(
        code: .unsupported, place: place, reason: "the system has no \(byteCount >> 20) MiB of memory left")
    }
    // Fewer pages to bring in when they are first touched, and to find later. Whether there are any is up to the system.
    if isLarge { madvise(allocated, byteCount, MADV_HUGEPAGE) }
    address = allocated
    self.byteCount = byteCount
  }

  deinit { free(address) }
}
