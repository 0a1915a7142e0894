import Foundation

/// The right to write to a collection, held by one process at a time and given back when the process ends, however.
final class WriterLock: Sendable {
  private let descriptor: Int32

  /// - Throws: ``KindredError/Code/busy`` when another process has it.
  init(path: String) throws {
    // The property is set last: a class whose properties are all set is deinitialised when its initialiser throws, and
    // would truncate and close a descriptor that another thread may have got meanwhile.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw KindredError(.unwritable, place: path, reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      let holder = (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
      throw KindredError(
        .busy, place: (path as NSString).deletingLastPathComponent,
        reason: "another kindred is writing to this collection"
          + (holder.flatMap { $0.isEmpty ? nil : " (process \($0))" } ?? ""),
        remedy: "Wait until it has finished, or stop it.")
    }
    let identifier = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    // For the message above only; the lock holds without it.
    _ = identifier.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    self.descriptor = descriptor
  }

  deinit {
    ftruncate(descriptor, 0)
    // Closing alone would leave it to a child process that was being started at this moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
