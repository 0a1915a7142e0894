import Foundation
import Testing

/// Reference data beside the repository, in `../shared`.
enum SharedData {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared")

  /// The path of a file of the shared folder, or `nil` with a printed reason where it is absent; an issue is recorded
  /// where it is absent although `CI=true`.
  static func path(_ relative: String) -> String? {
    present(root.appendingPathComponent(relative).path, what: "../shared/\(relative)")
  }

  /// The default model: from `KINDRED_TEST_DEFAULT_MODEL`, or where `kindred model fetch` puts it.
  static func defaultModel() -> String? {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
    return present(
      environment["KINDRED_TEST_DEFAULT_MODEL"] ?? cache + "/kindred/models/open-nsfw.onnx",
      what: "the default model (set KINDRED_TEST_DEFAULT_MODEL)")
  }

  private static func present(_ path: String, what: String) -> String? {
    if FileManager.default.fileExists(atPath: path) { return path }
    if ProcessInfo.processInfo.environment["CI"] == "true" {
      Issue.record("\(what) is absent")
    } else {
      print("skipped: \(what) is absent")
    }
    return nil
  }
}

/// A folder for one test's files, removed with the value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file and returns its path.
  func write(_ bytes: [UInt8], to name: String = "file.safetensors") throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
