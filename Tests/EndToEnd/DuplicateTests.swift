import Foundation
import Testing

@Suite(
  .enabled(if: SharedData.isPresent && SharedData.home != nil && PythonScript.isPresent))
struct DuplicateTests {
  /// An eighth of the pictures that `Benchmarks/quality/duplicates` measures.
  @Test func editedPicturesAreFoundAndOthersAreNot() throws {
    try PythonScript.run(
      "duplicates.py",
      [
        "--kindred", Program.path, "--home", try #require(SharedData.home), "--pictures", SharedData.sample,
        "--limit", "25", "--seed", "7", "--least-recall", "0.97", "--least-precision", "0.99",
      ])
  }

  @Test func kindsAreToldApartAndPathsKeepTheFirst() throws {
    let program = try Program()
    let manager = FileManager.default
    let folder = program.folder + "/p"
    try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let names = try manager.contentsOfDirectory(atPath: SharedData.sample).sorted().prefix(3)
    for name in names { try manager.copyItem(atPath: SharedData.sample + "/" + name, toPath: folder + "/" + name) }
    try manager.copyItem(atPath: folder + "/" + names[0], toPath: folder + "/copy.jpg")
    // Other bytes, the same picture: a comment right after the start of the file.
    var tagged = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + names[1]))
    tagged.insert(contentsOf: [0xFF, 0xFE, 0, 6] + Array("new!".utf8), at: 2)
    try tagged.write(to: URL(fileURLWithPath: folder + "/tagged.jpg"))
    try program.succeed("index", "p")

    let answer = try program.json("duplicates", "--json")
    let groups = try #require(answer["groups"] as? [[String: Any]])
    #expect(groups.compactMap { $0["kind"] as? String } == ["identical", "same"])
    let members = groups.compactMap { $0["members"] as? [[String: Any]] }
    #expect(members.map(\.count) == [2, 2])
    #expect(members[1][1]["relation"] as? [String] == ["same samples"])
    let text = try program.succeed("duplicates").output
    #expect(text.contains("Same bytes\n") && text.contains("Same picture\n") && !text.contains("Look alike"))

    let spare = try program.succeed("duplicates", "--paths").lines.map { ($0 as NSString).lastPathComponent }
    #expect(spare.count == 2)
    #expect(try program.succeed("duplicates", "--print0").output.split(separator: "\0").count == 2)
    #expect(try program.succeed("duplicates", "--kind", "same", "--paths").lines.count == 1)
    #expect(try program.succeed("duplicates", "--csv").lines.count == 5)
    let kept = Set((names + ["copy.jpg", "tagged.jpg"]).filter { !spare.contains($0) })
    #expect(kept.count == 3)
    #expect(kept.contains(names[0]) != kept.contains("copy.jpg"))

    // What can't be read can't be compared.
    try manager.removeItem(atPath: folder + "/tagged.jpg")
    let after = try program.json("duplicates", "--json")
    let unchecked = try #require((after["groups"] as? [[String: Any]])?.first { $0["kind"] as? String == "look-alike" })
    let reasons = (unchecked["members"] as? [[String: Any]])?.compactMap { $0["unchecked"] as? String }
    #expect(reasons?.count == 1)
    #expect(reasons?.first?.contains("gone") == true)
    #expect(try program.succeed("duplicates").output.contains("could not be compared"))
  }
}
