/// Why a picture could not be read.
public struct ImageDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of fault; stable, used to count skipped files by reason.
  public enum Code: String, Sendable, Codable, CaseIterable {
    /// The file vanished, or never was.
    case notFound = "not-found"
    /// The file is there but may not be read, or reading failed.
    case unreadable
    /// A directory, device, socket or pipe.
    case notARegularFile = "not-a-regular-file"
    /// No bytes.
    case empty
    /// Not one of ``ImageFormat``'s.
    case unsupportedFormat = "unsupported-format"
    /// Nothing that is known as a picture, such as text or sound.
    case notAPicture = "not-a-picture"
    /// The file ends before the picture does.
    case truncated
    /// The bytes contradict themselves or the format.
    case corrupt
    /// A side of zero.
    case zeroSized = "zero-sized"
    /// More pixels than ``DecodingOptions/maximumPixels``.
    case tooManyPixels = "too-many-pixels"
    /// More bytes than ``DecodingOptions/maximumFileBytes``.
    case fileTooLarge = "file-too-large"
  }

  public var code: Code
  /// The file, or the name that the caller gave for bytes.
  public var path: String
  /// What was wrong, in a phrase.
  public var reason: String

  public init(code: Code, path: String, reason: String) {
    self.code = code
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): \(reason)" }
}
