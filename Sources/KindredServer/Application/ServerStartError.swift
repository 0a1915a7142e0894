import Glibc

/// Why a server can't start.
public struct ServerStartError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// Another program listens on the port.
    case portTaken
    /// The address is none of this machine's, or the port needs more rights.
    case addressUnusable
    /// Strangers could reach the server, and there is no key.
    case noKey
  }
  public var code: Code
  public var reason: String
  public var remedy: String

  public var description: String { "\(reason)\n\(remedy)" }
}

extension ServerStartError {
  static func noKey(host: String) -> ServerStartError {
    ServerStartError(
      code: .noKey, reason: "\(host) can be reached from other machines, and no key was made yet",
      remedy: "Make one with `kindred key create --role admin`, listen on 127.0.0.1, or say --insecure.")
  }

  /// The error of a failed `bind`.
  init(host: String, port: Int, errorNumber: Int32, reason: String) {
    if errorNumber == EADDRINUSE {
      self.init(
        code: .portTaken, reason: "another program listens on port \(port) of \(host)",
        remedy: "Stop it, or choose another port with --port (0 takes any that is free).")
    } else {
      self.init(
        code: .addressUnusable, reason: "can't listen on \(host), port \(port): \(reason)",
        remedy: errorNumber == EACCES
          ? "Ports below 1024 need more rights; choose another with --port."
          : "Choose an address of this machine with --host.")
    }
  }
}
