import Foundation
import Glibc

/// A file that appears under its name only when it is whole. A pipe or device is written into as it is.
public final class OutputFile {
  private let path: String
  /// What is renamed in the end, and to what; `nil` when the target is written into.
  private let renaming: (from: String, to: String)?
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  public init(path: String) throws {
    self.path = path
    switch try OutputTarget(path: path) {
    case .file(let target):
      let temporary = target + ".part-\(getpid())"
      renaming = (temporary, target)
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    case .stream(let target):
      renaming = nil
      descriptor = open(target, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    case .descriptor(let number):
      renaming = nil
      descriptor = fcntl(number, F_DUPFD_CLOEXEC, 0)
    }
    guard descriptor >= 0 else { throw Self.unwritable(path) }
  }

  static func unwritable(_ path: String, _ code: Int32 = errno) -> KindredError {
    KindredError(.unwritable, place: path, reason: String(cString: strerror(code)).lowercased())
  }

  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  public func write(_ bytes: [UInt8]) throws {
    buffer += bytes
    if buffer.count >= 1 << 16 { try flush() }
  }

  private func flush() throws {
    let failure = buffer.withUnsafeBytes { StoreFile.write($0, to: descriptor) }
    if let failure { throw Self.unwritable(path, failure) }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes what is left and gives the file its name.
  public func finish() throws {
    try flush()
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw Self.unwritable(path) }
    if let renaming, rename(renaming.from, renaming.to) != 0 { throw Self.unwritable(path) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if let renaming { unlink(renaming.from) }
  }
}
