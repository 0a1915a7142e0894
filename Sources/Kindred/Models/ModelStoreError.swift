import Foundation

/// Why a model can't be found, fetched, imported or read.
public struct ModelStoreError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// No model has this name.
    case unknownModel
    /// The model is known, but not on this machine yet.
    case notFetched
    /// The name has characters that a model's name can't have.
    case invalidName
    /// Another model has this name.
    case nameTaken
    /// There is no file at the path.
    case notFound
    /// The file or folder can't be read.
    case unreadable
    /// The file or folder can't be written.
    case unwritable
    /// The file system has no room left.
    case diskFull
    /// The file is not a network that Kindred can run.
    case foreignFile
    /// A file's SHA-256 is not the one that it must have.
    case wrongHash
    /// The server can't be reached, or the connection broke off.
    case network
    /// The server sent nothing for too long.
    case timedOut
    /// The server answered with something else than the file.
    case badResponse
    /// A program that is needed is not installed.
    case missingTool
    /// A program failed.
    case toolFailed
    /// The task was cancelled.
    case cancelled
  }
  public var code: Code
  /// The model, file or address at fault.
  public var place: String
  public var reason: String
  /// What to do next, where something helps.
  public var remedy: String?

  public init(code: Code, place: String, reason: String, remedy: String? = nil) {
    self.code = code
    self.place = place
    self.reason = reason
    self.remedy = remedy
  }

  public var description: String {
    guard let remedy else { return "\(place): \(reason)" }
    return "\(place): \(reason)\(reason.hasSuffix(".") ? "" : ".") \(remedy)"
  }
}

extension ModelStoreError {
  /// The error of a failed system call on a file.
  init(path: String, errorNumber: Int32, writing: Bool) {
    let reason = String(cString: strerror(errorNumber))
    switch errorNumber {
    case ENOSPC, EDQUOT:
      self.init(
        code: .diskFull, place: path, reason: reason, remedy: "Make room there, or set KINDRED_HOME to another disk.")
    case ENOENT where !writing:
      self.init(code: .notFound, place: path, reason: "there is no such file")
    default:
      self.init(
        code: writing ? .unwritable : .unreadable, place: path, reason: reason,
        remedy: writing ? "Check the folder's permissions, or set KINDRED_HOME to another folder." : nil)
    }
  }

  init(_ error: ContentHashError) {
    self.init(code: .unreadable, place: error.path, reason: error.reason)
  }
}
