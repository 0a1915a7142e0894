import Foundation
import Testing

@Suite(.serialized, .enabled(if: PythonScript.isPresent && SharedData.isPresent)) struct WebPageTests {
  @Test func mainPathsInChromium() throws {
    let program = try Program()
    let photos = program.folder + "/photos"
    try FileManager.default.createSymbolicLink(atPath: photos, withDestinationPath: SharedData.photos)
    try program.succeed("index", SharedData.photos)
    // A picture that the collection does not hold, but for its last byte.
    let picture = program.folder + "/dropped.jpg"
    let original = try #require(FileManager.default.contents(atPath: SharedData.photos + "/ibis/image_0007.jpg"))
    try (original + Data([0])).write(to: URL(fileURLWithPath: picture))
    try partlyLabelled(program, twin: picture)
    let server = try LiveServer(program, ["--root", photos])
    try PythonScript.run("web_page.py", [server.url, PythonScript.output + "/web-page", picture])
  }

  /// A collection `partly` of a few kinds of pictures, of which three fifths are labelled, with copies of one of them.
  private func partlyLabelled(_ program: Program, twin: String) throws {
    let kinds = ["dalmatian", "ibis", "nautilus", "wheelchair"]
    var lines = ["path,label"]
    for kind in kinds {
      let names = try FileManager.default.contentsOfDirectory(atPath: SharedData.photos + "/" + kind).sorted()
      for name in names.prefix(names.count * 3 / 5) { lines.append("partly/\(kind)/\(name),\(kind)") }
    }
    let folder = program.folder + "/partly"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for kind in kinds {
      try FileManager.default.copyItem(atPath: SharedData.photos + "/" + kind, toPath: folder + "/" + kind)
    }
    try FileManager.default.copyItem(atPath: twin, toPath: folder + "/twin.jpg")
    try FileManager.default.copyItem(atPath: twin, toPath: folder + "/twin-again.jpg")
    let labels = program.folder + "/labels.csv"
    try (lines.joined(separator: "\n") + "\n").write(toFile: labels, atomically: true, encoding: .utf8)
    try program.succeed("index", folder, "--collection", "partly", "--labels", labels)
  }
}
