import Crypto
import Foundation

/// SHA-256 of bytes and files.
///
/// ```swift
/// let digest = try ContentHash.sha256(fileAt: "photo.jpg")
/// print(ContentHash.hexString(digest))
/// ```
public enum ContentHash {
  /// Bytes in a digest.
  public static let byteCount = 32

  /// The digest of a buffer, 32 bytes.
  public static func sha256(_ bytes: some ContiguousBytes) -> [UInt8] {
    var stream = SHA256Stream()
    bytes.withUnsafeBytes { stream.update($0) }
    return stream.digest()
  }

  /// The digest of a file, 32 bytes; the file is read in pieces of one MiB.
  /// - Throws: ``ContentHashError`` for a path that is no readable regular file.
  public static func sha256(fileAt path: String) throws(ContentHashError) -> [UInt8] {
    // O_NONBLOCK: opening a named pipe must not wait for a writer that never comes.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ContentHashError(path: path, errorNumber: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw ContentHashError(path: path, errorNumber: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ContentHashError(path: path, reason: "is not a regular file")
    }
    var stream = SHA256Stream()
    try stream.update(contentsOf: descriptor, path: path)
    return stream.digest()
  }

  /// Lower-case hexadecimal digits of a digest, two a byte.
  public static func hexString(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether a text is a SHA-256 in lower-case hexadecimal digits.
  public static func isHexDigest(_ text: String) -> Bool {
    text.utf8.count == 2 * byteCount && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}

/// Why a file can't be hashed.
public struct ContentHashError: Error, Sendable, Equatable, CustomStringConvertible {
  public var path: String
  public var reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  init(path: String, errorNumber: Int32) {
    self.init(path: path, reason: String(cString: strerror(errorNumber)))
  }

  public var description: String { "\(path): \(reason)" }
}

/// A SHA-256 that is fed piece by piece.
public struct SHA256Stream: Sendable {
  private var state = SHA256()

  public init() {}

  /// Takes in the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    state.update(bufferPointer: bytes)
  }

  /// The digest of all that was taken in so far, 32 bytes; the stream can go on afterwards.
  public func digest() -> [UInt8] { Array(state.finalize()) }

  /// ``digest()`` in hexadecimal digits.
  public func hexDigest() -> String { ContentHash.hexString(state.finalize()) }

  /// Takes in what is left to read from a descriptor.
  /// - Parameter path: for the error's text.
  mutating func update(contentsOf descriptor: Int32, path: String) throws(ContentHashError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 {
        update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } else if count == 0 {
        return
      } else if errno != EINTR {
        throw ContentHashError(path: path, errorNumber: errno)
      }
    }
  }
}
