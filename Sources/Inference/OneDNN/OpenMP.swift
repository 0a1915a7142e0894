import CConvolution
import Glibc
import Synchronization

/// The OpenMP that oneDNN brings along, looked up at run time: a second one must not be linked beside it.
enum OpenMP {
  private typealias SetThreads = @convention(c) (Int32) -> Void
  private typealias GetThreads = @convention(c) () -> Int32

  /// For the parallel regions that the calling thread starts from now on.
  static func setThreads(_ count: Int) {
    guard let symbol = dlsym(nil, "omp_set_num_threads") else { return }
    unsafeBitCast(symbol, to: SetThreads.self)(Int32(clamping: max(1, count)))
  }

  /// How many threads a parallel region of the calling thread may have; `nil` where there is no OpenMP.
  static var maximumThreads: Int? {
    dlsym(nil, "omp_get_max_threads").map { Int(unsafeBitCast($0, to: GetThreads.self)()) }
  }

  /// Starts a function on several threads; `nil` where there is no GNU OpenMP.
  static var startRegion: kindred_start_region? {
    dlsym(nil, "GOMP_parallel").map { unsafeBitCast($0, to: kindred_start_region.self) }
  }

  /// Keeps OpenMP's threads from spinning for as long as it lives.
  ///
  /// GNU's OpenMP lets a thread that waits for the others spin for about 3 ms, many times the length of a layer. On
  /// a machine that does something else too (decoding the next images, say) the thread waited for is then kept from
  /// running by those that wait, and a network takes several times as long. It sleeps almost at once where its
  /// threads outnumber the processors, which a pool of two idle threads brings about. The variables that set this
  /// are read before a program's first line, so that a program can't set them for itself; where the user has set
  /// them, they stand.
  final class SpinLimit: Sendable {
    private let thread: WorkerThread

    private init() throws(InferenceError) {
      thread = try WorkerThread()
      guard getenv("OMP_WAIT_POLICY") == nil, getenv("GOMP_SPINCOUNT") == nil else { return }
      try thread.run {
        OpenMP.startRegion?({ _ in }, nil, 2, 0)
      }
    }

    private struct Weak { weak var limit: SpinLimit? }
    private static let current = Mutex(Weak())

    /// The process's one; gone with the last that holds it.
    static func shared() throws(InferenceError) -> SpinLimit {
      try current.withLock { current throws(InferenceError) in
        if let limit = current.limit { return limit }
        let limit = try SpinLimit()
        current.limit = limit
        return limit
      }
    }
  }
}
