import Foundation

/// The folder where Kindred keeps what belongs to one person: the models, and whatever else isn't part of a collection.
///
/// It is `$KINDRED_HOME`; else `$XDG_DATA_HOME/kindred`; else `~/.local/share/kindred`
/// ([XDG Base Directory Specification](https://specifications.freedesktop.org/basedir-spec/latest/)).
public struct KindredHome: Sendable, Equatable {
  /// The folder's absolute path. It need not exist yet.
  public var path: String
  /// Where models are kept.
  public var modelsDirectory: String { path + "/models" }

  public init(path: String) {
    self.path = path
  }

  /// Finds the folder from environment variables; empty ones count as unset.
  /// - Parameter environment: the process's own unless given.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    if let home = value("KINDRED_HOME") {
      path = URL(fileURLWithPath: home).standardizedFileURL.path
    } else if let data = value("XDG_DATA_HOME"), data.hasPrefix("/") {
      // The specification has relative paths ignored.
      path = URL(fileURLWithPath: data).appendingPathComponent("kindred").standardizedFileURL.path
    } else {
      let home = value("HOME") ?? NSHomeDirectory()
      path = URL(fileURLWithPath: home).appendingPathComponent(".local/share/kindred").standardizedFileURL.path
    }
  }
}
