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
    let server = try LiveServer(program, ["--root", photos])
    try PythonScript.run("web_page.py", [server.url, PythonScript.output + "/web-page", picture])
  }
}
