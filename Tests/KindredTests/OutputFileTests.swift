import Foundation
import Glibc
import Testing

@testable import Kindred

@Suite struct OutputFileTests {
  private func write(_ text: String, to path: String) throws {
    let file = try OutputFile(path: path)
    try file.write(text)
    try file.finish()
  }

  private func kind(_ path: String) -> mode_t {
    var information = stat()
    return lstat(path, &information) == 0 ? information.st_mode & S_IFMT : 0
  }

  @Test func aFIFOIsWrittenInto() throws {
    let sandbox = try Sandbox()
    let path = sandbox.root + "/fifo"
    #expect(mkfifo(path, 0o600) == 0)
    // A reader that is there already, so that opening for writing does not wait.
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    try write("through the pipe", to: path)
    #expect(kind(path) == S_IFIFO)
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(reader, &bytes, 64)
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "through the pipe")
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.root).sorted() == ["fifo", "pictures"])
  }

  @Test func aSymbolicLinkStaysOne() throws {
    let sandbox = try Sandbox()
    let manager = FileManager.default
    try manager.createDirectory(atPath: sandbox.root + "/real", withIntermediateDirectories: true)
    try "old".write(toFile: sandbox.root + "/real/file", atomically: false, encoding: .utf8)
    try manager.createSymbolicLink(atPath: sandbox.root + "/second", withDestinationPath: "real/file")
    try manager.createSymbolicLink(atPath: sandbox.root + "/first", withDestinationPath: "second")
    try write("new", to: sandbox.root + "/first")
    #expect(kind(sandbox.root + "/first") == S_IFLNK)
    #expect(kind(sandbox.root + "/second") == S_IFLNK)
    #expect(try String(contentsOfFile: sandbox.root + "/real/file", encoding: .utf8) == "new")
    #expect(try manager.contentsOfDirectory(atPath: sandbox.root + "/real") == ["file"])

    // A link to a file that is yet to be made.
    try manager.createSymbolicLink(atPath: sandbox.root + "/dangling", withDestinationPath: "real/made")
    try write("made", to: sandbox.root + "/dangling")
    #expect(kind(sandbox.root + "/dangling") == S_IFLNK)
    #expect(try String(contentsOfFile: sandbox.root + "/real/made", encoding: .utf8) == "made")

    try manager.createSymbolicLink(atPath: sandbox.root + "/loop", withDestinationPath: "loop")
    #expect(throws: KindredError.self) { try write("x", to: sandbox.root + "/loop") }
  }

  @Test func aDescriptorByNameIsWrittenIntoWhereItStands() throws {
    let sandbox = try Sandbox()
    let path = sandbox.root + "/log"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    #expect(Glibc.write(descriptor, "before ", 7) == 7)
    try write("between", to: "/dev/fd/\(descriptor)")
    #expect(Glibc.write(descriptor, " after", 6) == 6)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "before between after")
  }

  @Test func aDeviceIsWrittenInto() throws {
    let sandbox = try Sandbox()
    // A device of the test's own: a program that renames over its target must not get at the machine's, which only
    // root could replace, and root can make one here: number 1, 7 is /dev/full.
    let path = sandbox.root + "/full"
    guard mknod(path, S_IFCHR | 0o600, 1 << 8 | 7) == 0 else { return try aDeviceOfTheMachine() }
    let probe = open(path, O_WRONLY | O_CLOEXEC)
    guard probe >= 0 else {
      print("skipped: the temporary folder's file system has no devices")
      return
    }
    close(probe)
    try expectFull(path)
    #expect(kind(path) == S_IFCHR)
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.root).sorted() == ["full", "pictures"])
  }

  private func aDeviceOfTheMachine() throws {
    try #require(geteuid() != 0)
    try expectFull("/dev/full")
  }

  private func expectFull(_ path: String) throws {
    let error = #expect(throws: KindredError.self) { try write("x", to: path) }
    #expect(error?.reason.contains("no space") == true)
  }

  @Test func aFolderIsRefusedAtOnce() throws {
    let sandbox = try Sandbox()
    #expect(throws: KindredError.self) { try OutputFile(path: sandbox.pictures) }
  }
}
