import Foundation

/// The secret of an access key: `kindred_<id>_<32 random bytes in base64url>`.
///
/// What is stored of it is one SHA-256 without salt or stretching. Those protect secrets that people choose, which can
/// be guessed; 32 random bytes can't be, and the server checks one at every request.
enum KeySecret {
  static let identifierLength = 12
  private static let prefix = Array("kindred_".utf8)
  /// Base64 of 32 bytes, without padding.
  private static let encodedLength = 43

  static func newIdentifier() -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    var generator = SystemRandomNumberGenerator()
    return String((0..<identifierLength).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
  }

  static func new(identifier: String) -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let encoded = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
    return "kindred_\(identifier)_\(encoded)"
  }

  static func isIdentifier(_ text: String) -> Bool { isIdentifier(Array(text.utf8)[...]) }

  private static func isIdentifier(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count == identifierLength
      && bytes.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (48...57).contains($0) }
  }

  /// The identifier in a text that looks like a secret; `nil` for any other text.
  static func identifier(of secret: String) -> String? {
    let length = prefix.count + identifierLength + 1 + encodedLength
    guard secret.utf8.count == length else { return nil }
    let bytes = Array(secret.utf8)
    let identifier = bytes[prefix.count..<prefix.count + identifierLength]
    guard bytes.starts(with: prefix), isIdentifier(identifier), bytes[identifier.endIndex] == UInt8(ascii: "_") else {
      return nil
    }
    return String(decoding: identifier, as: UTF8.self)
  }

  /// SHA-256 of the whole text.
  static func digest(_ secret: String) -> [UInt8] { ContentHash.sha256(Array(secret.utf8)) }

  /// Whether a secret has a digest, in a time that does not depend on where they differ.
  static func matches(_ secret: String, sha256: String) -> Bool {
    let found = Array(ContentHash.hexString(digest(secret)).utf8)
    let expected = Array(sha256.utf8)
    guard found.count == expected.count else { return false }
    var difference: UInt8 = 0
    for (first, second) in zip(found, expected) { difference |= first ^ second }
    return difference == 0
  }
}
