import Foundation
import Testing

/// What needs neither model nor pictures.
@Suite struct UsageTests {
  @Test func helpAndVersion() throws {
    let program = try Program()
    #expect(try program.succeed("--version").output == "0.1.0\n")
    let help = try program.succeed("--help").output
    for name in [
      "index", "search", "label", "duplicates", "evaluate", "verify", "model", "doctor", "export", "embed", "key",
    ] {
      #expect(help.contains(name))
      #expect(try program.succeed(name, "--help").output.contains("USAGE: kindred \(name)"))
    }
  }

  @Test(arguments: [
    ["search"], ["search", "--label", "a", "--top", "0"], ["search", "a.jpg", "--json", "--csv"], ["index"],
    ["nonsense"], ["label", "add", "x"], ["remove"], ["evaluate", "x", "--crops", "3"],
    ["duplicates", "--threshold", "2"], ["duplicates", "--kind", "equal"], ["duplicates", "--json", "--paths"],
    ["search", "x.jpg", "--format", "gif"], ["index", "x", "--m", "1"], ["index", "x", "--batch", "0"],
    ["search", "x.jpg", "--where-label", ""], ["search", "x.jpg", "--where-label", " "],
    ["embed", "x.jpg", "--max-megapixels", "0"], ["key", "create"], ["key", "create", "--role", "owner"],
    ["key", "revoke"], ["index", "x", "--max-megapixels", "nan"],
  ]) func wrongUseEndsWithStatus64(_ arguments: [String]) throws {
    let program = try Program()
    let process = try program.start(
      arguments, output: FileHandle.nullDevice, errors: FileHandle.nullDevice)
    process.waitUntilExit()
    #expect(process.terminationStatus == 64)
  }

  @Test func errorsSayWhatWhereAndWhatToDo() throws {
    let program = try Program()
    let answer = try program.run("search", "x.jpg")
    #expect(answer.status == 1)
    #expect(answer.output.isEmpty)
    #expect(answer.errors.contains("index/default: no collection here"))
    #expect(answer.errors.contains("kindred index FOLDER"))
    let folder = try program.run("index", "/no/such/folder")
    #expect(folder.status == 1)
    #expect(folder.errors.contains("/no/such/folder"))
    #expect(!FileManager.default.fileExists(atPath: program.folder + "/index"))
    #expect(try program.run("stats", "--collection", "../x").errors.contains("not a collection name"))
    let describe = try program.run("model", "describe", "resnet51")
    #expect(describe.status == 1)
    #expect(describe.errors.contains("resnet50"))
  }

  @Test(arguments: [("resnet18", 1.8), ("resnet34", 3.6), ("resnet50", 3.8), ("resnet101", 7.6), ("resnet152", 11.3)])
  func describesTheNetworksOfThePaper(_ name: String, _ billions: Double) throws {
    let program = try Program()
    func multiplyAdds(_ json: [String: Any]) throws -> Int {
      try #require(json["stages"] as? [[String: Any]]).compactMap { $0["multiply_adds"] as? Int }.reduce(0, +)
    }
    let json = try program.json("model", "describe", name, "--json")
    #expect((json["stages"] as? [Any])?.count == 6)
    // The paper gives one decimal, in one case cut and in another rounded.
    let tenths = Double(try multiplyAdds(json)) / 1e8
    let wanted = Int((billions * 10).rounded())
    #expect(Int(tenths) == wanted || Int(tenths.rounded()) == wanted)
    let table = try program.succeed("model", "describe", name).output
    #expect(table.contains("conv5_x"))
    #expect(table.contains("total"))
    // The variant that the weights are of costs more.
    let variant = try program.json("model", "describe", name, "--shortcut", "B", "--stride", "3", "--json")
    #expect(try multiplyAdds(variant) > multiplyAdds(json))
  }
}
