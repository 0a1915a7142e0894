import Foundation
import Testing

@testable import ImageDecoding

@Suite struct FileReadingTests {
  /// Runs `body` with a new folder, and removes it.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  private func fault(_ path: String, limit: Int = 1 << 20) -> ImageDecodingError? {
    let decoder = ImageDecoder(options: DecodingOptions(maximumFileBytes: limit))
    return #expect(throws: ImageDecodingError.self) { try decoder.read(contentsOf: path) }
  }

  @Test func readsExactlyTheFile() throws {
    try withFolder { folder in
      for count in [0, 1, 65_535, 65_536, 300_000] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = "\(folder)/\(count)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try ImageDecoder().read(contentsOf: path) == bytes)
      }
      #expect(throws: ImageDecodingError.self) { try ImageDecoder().decode(contentsOf: "\(folder)/0") }
    }
  }

  @Test func whatIsNotAFileIsRefused() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/a.jpg", withIntermediateDirectories: false)
      #expect(fault("\(folder)/a.jpg")?.code == .notARegularFile)
      #expect(mkfifo("\(folder)/pipe.jpg", 0o600) == 0)
      #expect(fault("\(folder)/pipe.jpg")?.code == .notARegularFile)
      #expect(fault("/dev/null")?.code == .notARegularFile)
      #expect(fault("/dev/zero")?.code == .notARegularFile)
      let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(socket) }
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array("\(folder)/s.jpg".utf8)) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      #expect(bound == 0)
      #expect(fault("\(folder)/s.jpg")?.code == .notARegularFile)
    }
  }

  @Test func whatIsMissingOrUnreadableSaysSo() throws {
    try withFolder { folder in
      #expect(fault("\(folder)/none.jpg")?.code == .notFound)
      #expect(fault("\(folder)/none/none.jpg")?.code == .notFound)
      #expect(fault("")?.code == .notFound)
      #expect(fault("\(folder)/a\0.jpg")?.code == .notFound)
      #expect(symlink("\(folder)/gone.jpg", "\(folder)/dangling.jpg") == 0)
      #expect(fault("\(folder)/dangling.jpg")?.code == .notFound)
      #expect(symlink("\(folder)/loop.jpg", "\(folder)/loop.jpg") == 0)
      let loop = fault("\(folder)/loop.jpg")
      #expect(loop?.code == .unreadable)
      #expect(loop?.reason == "a loop of symbolic links")
      #expect(loop?.description == "\(folder)/loop.jpg: a loop of symbolic links")
      #expect(fault("\(folder)/" + String(repeating: "x", count: 5000))?.code == .unreadable)
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/secret.jpg"))
      #expect(chmod("\(folder)/secret.jpg", 0) == 0)
      // Permissions don't bind root.
      if geteuid() != 0 { #expect(fault("\(folder)/secret.jpg")?.code == .unreadable) }
    }
  }

  @Test func theLimitIsOnBytes() throws {
    try withFolder { folder in
      let path = "\(folder)/a.jpg"
      try Data([UInt8](repeating: 1, count: 1000)).write(to: URL(fileURLWithPath: path))
      let error = fault(path, limit: 999)
      #expect(error?.code == .fileTooLarge)
      #expect(error?.reason == "1000 bytes, more than the limit of 999")
      let decoder = ImageDecoder(options: DecodingOptions(maximumFileBytes: 1000))
      #expect(try decoder.read(contentsOf: path).count == 1000)
    }
  }

  /// Files of /proc report no size and yet have content, like a file that grows after it was looked at.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/maps")))
  func aFileThatIsLongerThanItSaysIsReadToItsEnd() throws {
    #expect(try ImageDecoder().read(contentsOf: "/proc/self/maps").count > 4096)
    #expect(fault("/proc/self/maps", limit: 1000)?.code == .fileTooLarge)
  }

  @Test func aLinkToAFileIsFollowed() throws {
    try withFolder { folder in
      let fixture = TestData.fixtures.appendingPathComponent("rgb-8.png").path
      #expect(symlink(fixture, "\(folder)/link") == 0)
      let decoded = try ImageDecoder().decode(contentsOf: "\(folder)/link")
      #expect(decoded.metadata.format == .png)
    }
  }
}
