import Foundation

/// The right to change one model's files, held by one process and task at a time.
///
/// The lock is the kernel's (`flock`), so it ends with its process however that ends.
final class ModelStoreLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock.
  /// - Parameters:
  ///   - path: the lock's file; it stays.
  ///   - waiting: called once if somebody else has it.
  init(path: String, waiting: () -> Void) async throws(ModelStoreError) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw ModelStoreError(path: path, errorNumber: errno, writing: true) }
    descriptor = file
    var told = false
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      guard number == EWOULDBLOCK || number == EINTR else {
        throw ModelStoreError(path: path, errorNumber: number, writing: true)
      }
      if !told { waiting() }
      told = true
      do {
        try await Task.sleep(nanoseconds: 100_000_000)
      } catch {
        throw ModelStoreError(code: .cancelled, place: path, reason: "waiting for another fetch was cancelled")
      }
    }
  }

  deinit { close(descriptor) }

  /// Gives the lock up now and not when the object goes.
  func release() { flock(descriptor, LOCK_UN) }
}
