import Foundation
import Testing

/// Pictures, networks and reference figures that are not part of the project.
enum SharedData {
  /// Above `Tests/EndToEnd/SharedData.swift`.
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  /// Without symbolic links, as the program names files.
  static let folder =
    repository.deletingLastPathComponent().appendingPathComponent("shared").resolvingSymlinksInPath().path

  /// Whether tests may use it. Its absence is printed, and a failure in continuous integration.
  static let isPresent: Bool = {
    if FileManager.default.fileExists(atPath: folder + "/images/caltech20") { return true }
    print("skipped: ../shared is not here")
    if ProcessInfo.processInfo.environment["CI"] == "true" { Issue.record("../shared is absent though CI=true") }
    return false
  }()

  static var photos: String { folder + "/images/caltech20" }
  static var sample: String { folder + "/images/imagenet-sample" }
  static func model(_ name: String) -> String { folder + "/models/\(name).safetensors" }

  /// A home with the default model, or nothing where it can't be had.
  static let home: String? = {
    let environment = ProcessInfo.processInfo.environment
    if let file = environment["KINDRED_TEST_DEFAULT_MODEL"] {
      let home = NSTemporaryDirectory() + "kindred-end-to-end-\(getpid())"
      try? FileManager.default.createDirectory(atPath: home + "/models", withIntermediateDirectories: true)
      try? FileManager.default.copyItem(atPath: file, toPath: home + "/models/resnet50-thin.onnx")
      atexit { try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "kindred-end-to-end-\(getpid())") }
      return home
    }
    print("skipped: KINDRED_TEST_DEFAULT_MODEL does not name the default model's file")
    if environment["CI"] == "true" { Issue.record("KINDRED_TEST_DEFAULT_MODEL is unset though CI=true") }
    return nil
  }()
}
