import Foundation
import Glibc

/// A file that appears under its name only when it is whole.
public final class OutputFile {
  private let path: String
  private let temporary: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  public init(path: String) throws {
    self.path = path
    temporary = path + ".part-\(getpid())"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw KindredError(.unwritable, place: path, reason: String(cString: strerror(errno)).lowercased())
    }
  }

  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  public func write(_ bytes: [UInt8]) throws {
    buffer += bytes
    if buffer.count >= 1 << 16 { try flush() }
  }

  private func flush() throws {
    var start = 0
    while start < buffer.count {
      let written = buffer.withUnsafeBytes { bytes in
        Glibc.write(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        throw KindredError(.unwritable, place: path, reason: String(cString: strerror(errno)).lowercased())
      }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes what is left and gives the file its name.
  public func finish() throws {
    try flush()
    guard close(descriptor) == 0 else {
      descriptor = -1
      throw KindredError(.unwritable, place: path, reason: String(cString: strerror(errno)).lowercased())
    }
    descriptor = -1
    guard rename(temporary, path) == 0 else {
      throw KindredError(.unwritable, place: path, reason: String(cString: strerror(errno)).lowercased())
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    unlink(temporary)
  }
}
