import Glibc

/// The threads that OpenBLAS shares large products among.
public enum OpenBLASThreads {
  /// Ends those that wait for work; to be called before anything is computed.
  ///
  /// OpenBLAS starts them when it is loaded, and then they wait for a tenth of a second without letting the processor
  /// go, which a program that ends as soon as that has better uses for. For the first product that is large enough for
  /// several, it starts them again.
  public static func endIdle() {
    // Builds without threads have nothing to end.
    guard let address = dlsym(nil, "blas_thread_shutdown_") else { return }
    typealias Shutdown = @convention(c) () -> Int32
    _ = unsafeBitCast(address, to: Shutdown.self)()
  }
}
