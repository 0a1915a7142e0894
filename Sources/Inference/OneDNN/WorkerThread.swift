import Glibc
import Synchronization

/// One long-lived thread that takes jobs one at a time.
///
/// GNU's OpenMP keeps a pool of threads for every thread that ever starts a parallel region. All work of an executor
/// goes through one such thread, so that there is one pool whoever calls; the pool ends with the thread.
final class WorkerThread: @unchecked Sendable {
  // Unchecked: `job` is written by the one caller that holds `gate` and read by the thread between the two
  // semaphores, which order the accesses. `thread` is written in `init` only.

  /// What caller and thread share; outlives either.
  private final class Mailbox {
    var job: (() -> Void)?
    let request: UnsafeMutablePointer<sem_t>
    let reply: UnsafeMutablePointer<sem_t>

    init() {
      request = .allocate(capacity: 1)
      reply = .allocate(capacity: 1)
      sem_init(request, 0, 0)
      sem_init(reply, 0, 0)
    }

    deinit {
      sem_destroy(request)
      sem_destroy(reply)
      request.deallocate()
      reply.deallocate()
    }

    /// Runs the job and lets go of it before it returns: the caller's closure must not be held after the reply.
    /// - Returns: whether there was one.
    @inline(never)
    func runJob() -> Bool {
      guard let current = job else { return false }
      job = nil
      current()
      return true
    }

    static func wait(_ semaphore: UnsafeMutablePointer<sem_t>) {
      // Signals interrupt the wait.
      while sem_wait(semaphore) != 0 {}
    }
  }

  private let mailbox = Mailbox()
  private let gate = Mutex(())
  private var thread = pthread_t()

  /// - Throws: `libraryFailure` where the system starts no more threads.
  init() throws(InferenceError) {
    let box = Unmanaged.passRetained(mailbox)
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let mailbox = Unmanaged<Mailbox>.fromOpaque(argument).takeRetainedValue()
        while true {
          Mailbox.wait(mailbox.request)
          guard mailbox.runJob() else { return nil }
          sem_post(mailbox.reply)
        }
      }, box.toOpaque())
    if status != 0 {
      box.release()
      throw InferenceError(code: .libraryFailure, reason: "the system starts no thread: error \(status)")
    }
  }

  deinit {
    guard thread != pthread_t() else { return }
    // No job: the thread ends.
    mailbox.job = nil
    sem_post(mailbox.request)
    pthread_join(thread, nil)
  }

  /// Runs a job on the thread and waits for it. Must not be called from a job.
  func run<Success>(_ body: () throws(InferenceError) -> Success) throws(InferenceError) -> Success {
    var result: Result<Success, InferenceError>?
    withoutActuallyEscaping(body) { body in
      gate.withLock { _ in
        mailbox.job = {
          do throws(InferenceError) {
            result = .success(try body())
          } catch {
            result = .failure(error)
          }
        }
        sem_post(mailbox.request)
        Mailbox.wait(mailbox.reply)
      }
    }
    guard let result else { throw InferenceError(code: .libraryFailure, reason: "a job left no result") }
    return try result.get()
  }
}

/// OpenMP's number of threads, which belongs to the calling thread.
enum OpenMP {
  private typealias SetThreads = @convention(c) (Int32) -> Void
  private typealias GetThreads = @convention(c) () -> Int32

  /// For the parallel regions that this thread starts from now on. Looked up at run time: oneDNN brings its own
  /// OpenMP along, and a second one must not be linked beside it.
  static func setThreads(_ count: Int) {
    guard let symbol = dlsym(nil, "omp_set_num_threads") else { return }
    unsafeBitCast(symbol, to: SetThreads.self)(Int32(clamping: max(1, count)))
  }

  /// How many threads a parallel region that this thread starts may have; `nil` where there is no OpenMP.
  static var maximumThreads: Int? {
    dlsym(nil, "omp_get_max_threads").map { Int(unsafeBitCast($0, to: GetThreads.self)()) }
  }
}
