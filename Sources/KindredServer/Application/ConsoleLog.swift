import Foundation
import Logging

/// Writes lines for people to standard error: time, level, message, then what belongs to it.
public struct ConsoleLog: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]

  public init(level: Logger.Level) { logLevel = level }

  /// A logger that writes to standard error.
  public static func logger(level: Logger.Level) -> Logger {
    Logger(label: "kindred") { _ in ConsoleLog(level: level) }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var line = "\(Date().formatted(.iso8601)) \(event.level.rawValue) \(event.message)"
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(Self.printable("\(value)"))" }
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// A value on one line, in quotes where it has spaces.
  private static func printable(_ value: String) -> String {
    let text = String(value.map { $0.isNewline ? " " : $0 }.filter { !($0.asciiValue.map { $0 < 0x20 } ?? false) })
    return text.contains(" ") || text.isEmpty ? "\"\(text)\"" : text
  }
}
