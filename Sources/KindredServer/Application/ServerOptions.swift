import Foundation
import Logging

/// What `kindred serve` is told.
public struct ServerOptions: Sendable {
  /// The address to listen on.
  public var host = "127.0.0.1"
  /// 0 takes any that is free.
  public var port = 8080
  /// The folder that holds collections, keys and jobs.
  public var index: String
  /// The collection of Dria's local form.
  public var collection = "default"
  /// Folders whose pictures may be indexed and added by path.
  public var roots: [String] = []
  /// Whether to listen on other addresses than loopback though there is no key.
  public var insecure = false
  public var limits = ServerLimits()
  public var logLevel = LogLevel.info

  /// What is written to the log.
  public enum LogLevel: String, Sendable, CaseIterable {
    case debug, info, warning, error

    var level: Logger.Level {
      switch self {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    }
  }

  public init(index: String) { self.index = index }

  /// The options with what may be said in several ways said in one: the index by its absolute path, which stays right and
  /// can be told from other text, and an address without brackets.
  var normalized: ServerOptions {
    var options = self
    if !index.hasPrefix("/") { options.index = FileManager.default.currentDirectoryPath + "/" + index }
    if host.hasPrefix("["), host.hasSuffix("]") { options.host = String(host.dropFirst().dropLast()) }
    return options
  }

  /// Whether only programs on this machine can reach the server.
  var isLoopback: Bool { HostName.isLoopback(host) }
}
