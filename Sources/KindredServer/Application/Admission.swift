import Kindred
import Logging

/// Whether callers need a key, and which key they have.
struct Admission: Sendable {
  let keys: KeyStore
  /// Whether everybody who reaches the server may come in where no key was ever made.
  let allowsKeyless: Bool
  let logger: Logger

  /// Whether callers need no key.
  /// - Throws: 503 where the keys can't be read: nobody is let in then.
  func isOpen() throws(ServerProblem) -> Bool { try ask { try keys.isEmpty } && allowsKeyless }

  /// The key of a secret, when it is valid now.
  /// - Throws: 503 where the keys can't be read.
  func key(of secret: String) throws(ServerProblem) -> AccessKey? { try ask { try keys.authenticate(secret) } }

  private func ask<Value>(_ question: () throws -> Value) throws(ServerProblem) -> Value {
    do { return try question() } catch {
      logger.error("the keys can't be read", metadata: ["error": "\(error)"])
      throw .unavailable(
        code: "keys-unreadable", title: "The server can't read its keys", detail: "Until it can, nobody is let in.",
        remedy: "The server's log says more.")
    }
  }
}

extension Admission {
  init(_ services: ServerServices) {
    let options = services.options
    self.init(
      keys: services.keys, allowsKeyless: options.isLoopback || options.insecure, logger: services.logger)
  }
}
