#if canImport(Glibc)
  import Glibc
#endif

/// How the program takes memory from the system.
enum Allocation {
  /// A picture of twelve megapixels is 36 MB. The GNU C library takes such pieces from the system and gives them back
  /// one by one, and the system clears every page: 40 % of the time that decoding took. Pieces up to this size are kept
  /// for the next picture, and no more than twice as much.
  private static let keptByteCount: Int32 = 64 << 20

  static func keepLargePieces() {
    #if canImport(Glibc)
      // What a user set by the environment stands.
      guard getenv("MALLOC_MMAP_THRESHOLD_") == nil, getenv("GLIBC_TUNABLES") == nil,
        // Of a header that Swift does not see.
        let symbol = dlsym(nil, "mallopt")
      else { return }
      typealias SetOption = @convention(c) (Int32, Int32) -> Int32
      let setOption = unsafeBitCast(symbol, to: SetOption.self)
      let (trimThreshold, mapThreshold): (Int32, Int32) = (-1, -3)
      _ = setOption(mapThreshold, keptByteCount)
      _ = setOption(trimThreshold, 2 * keptByteCount)
    #endif
  }
}
