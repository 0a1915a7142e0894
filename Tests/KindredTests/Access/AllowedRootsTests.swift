import Foundation
import Testing

@testable import Kindred

@Suite struct AllowedRootsTests {
  private func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }

  @Test func pathsUnderARoot() throws {
    let sandbox = try Sandbox()
    let picture = try sandbox.picture("2024/été/a b.jpg", hue: 0)
    let roots = try AllowedRoots([sandbox.pictures])
    #expect(roots.roots.map(\.name) == ["pictures"])
    for text in [
      "pictures/2024/été/a b.jpg", "pictures/2024/../2024/été/a b.jpg", "pictures//2024/./été/a b.jpg", picture,
      sandbox.root + "/pictures/../pictures/2024/été/a b.jpg",
    ] {
      #expect(try roots.resolve(text) == picture)
    }
    #expect(try roots.resolve("pictures") == sandbox.pictures)
    #expect(try roots.resolve("pictures/") == sandbox.pictures)
    #expect(roots.display(picture) == "pictures/2024/été/a b.jpg")
    #expect(roots.display(sandbox.pictures) == "pictures")
    #expect(roots.display(sandbox.root) == nil)
    #expect(roots.display(sandbox.pictures + "-more/x.jpg") == nil)
    #expect(roots.display(sandbox.pictures + "/../x.jpg") == nil)
  }

  @Test func nothingLeavesTheRoots() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    for folder in ["/outside", "/pictures-more"] {
      try FileManager.default.createDirectory(atPath: sandbox.root + folder, withIntermediateDirectories: true)
      try Data(Sandbox.jpeg(hue: 0)).write(to: URL(fileURLWithPath: sandbox.root + folder + "/secret.jpg"))
    }
    try link(sandbox.pictures + "/link.jpg", to: sandbox.root + "/outside/secret.jpg")
    try link(sandbox.pictures + "/folder", to: sandbox.root + "/outside")
    try link(sandbox.pictures + "/relative", to: "../outside")
    try link(sandbox.pictures + "/loop", to: "loop")
    try link(sandbox.pictures + "/nothing", to: sandbox.root + "/outside/nothing")
    let roots = try AllowedRoots([sandbox.pictures])
    var refusals = Set<String>()
    for text in [
      "", ".", "..", "/", "/etc/passwd", sandbox.root, sandbox.root + "/outside/secret.jpg",
      sandbox.root + "/pictures-more/secret.jpg", "pictures-more/secret.jpg", "pictures/../outside/secret.jpg",
      "pictures/../../../../../../etc/passwd", "pictures/link.jpg", "pictures/folder/secret.jpg", "pictures/folder",
      "pictures/folder/nothing", "pictures/relative/secret.jpg", "pictures/loop", "pictures/nothing",
      "pictures/nothing-here.jpg", "pictures/..", "pictures/%2e%2e/outside/secret.jpg", "pictures%2f..%2foutside",
      "pictures/..%00/secret.jpg", "pictures/a.jpg\0", "pictures/a.jpg\0.txt", "\0",
      "pictures/\u{2024}\u{2024}/outside",
      "pictures\\..\\outside", "pictures/\u{FF0E}\u{FF0E}/outside", "file://" + sandbox.pictures + "/a.jpg", "~/x",
      String(repeating: "pictures/../", count: 1000) + "pictures/a.jpg", "pictures/a.jpg/..", "pictures/a.jpg/x",
    ] {
      let error = #expect(throws: KindredError.self, "\(text)") { try roots.resolve(text) }
      #expect(error?.code == .outsideRoots)
      #expect(error?.place == String(text.prefix(200)))
      refusals.insert(error.map { $0.reason + ($0.remedy ?? "") } ?? "")
    }
    // One text for all, with no path of the machine in it.
    #expect(refusals.count == 1)
    #expect(refusals.first?.contains("/") == false)
    #expect(throws: KindredError.self) { try AllowedRoots([]).resolve("pictures/a.jpg") }
  }

  @Test func linksToAnotherRootAreFollowed() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a.jpg", hue: 0)
    try FileManager.default.createDirectory(atPath: sandbox.root + "/x/pictures", withIntermediateDirectories: true)
    try link(sandbox.root + "/x/pictures/there", to: sandbox.pictures)
    try link(sandbox.root + "/alias", to: sandbox.pictures)
    let roots = try AllowedRoots([
      sandbox.pictures, sandbox.root + "/x/pictures", sandbox.root + "/alias", sandbox.pictures + "/",
    ])
    #expect(roots.roots.map(\.name) == ["pictures", "pictures-2"])
    #expect(try roots.resolve("pictures-2/there/a.jpg") == sandbox.pictures + "/a.jpg")
    #expect(try roots.resolve(sandbox.root + "/alias/a.jpg") == sandbox.pictures + "/a.jpg")
    let nested = try AllowedRoots([sandbox.root, sandbox.pictures])
    #expect(nested.display(sandbox.pictures + "/a.jpg") == "pictures/a.jpg")
    #expect(try AllowedRoots(["/"]).display("/usr/x") == "root/usr/x")
    #expect(throws: KindredError.self) { try AllowedRoots([sandbox.root + "/none"]) }
    #expect(throws: KindredError.self) { try AllowedRoots([sandbox.pictures + "/a.jpg"]) }
  }

  @Test func foldersUnderARoot() throws {
    let sandbox = try Sandbox()
    for name in ["c/1.jpg", "a/1.jpg", "b/1.jpg", ".hidden/1.jpg", "top.jpg"] { try sandbox.picture(name, hue: 0) }
    try link(sandbox.pictures + "/d", to: sandbox.pictures + "/a")
    let roots = try AllowedRoots([sandbox.pictures])
    #expect(roots.folders(under: "pictures", limit: 10) == ["a", "b", "c"])
    #expect(roots.folders(under: "pictures", limit: 2) == ["a", "b"])
    #expect(roots.folders(under: "pictures", limit: -1).isEmpty)
    #expect(roots.folders(under: "other", limit: 10).isEmpty)
    #expect(roots.folders(under: "../pictures", limit: 10).isEmpty)
  }
}
