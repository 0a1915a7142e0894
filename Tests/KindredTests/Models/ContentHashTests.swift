import Foundation
import Testing

@testable import Kindred

@Suite struct ContentHashTests {
  @Test func hasThePublishedValues() {
    // FIPS 180-4's examples.
    #expect(
      ContentHash.hexString(ContentHash.sha256([]))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      ContentHash.hexString(ContentHash.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func isTheSameForBytesFilesAndPieces() throws {
    var generator = SeededBytes(state: 5)
    let bytes = generator.bytes(3 << 20 | 17)
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/bytes"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let digest = ContentHash.sha256(bytes)
    #expect(try ContentHash.sha256(fileAt: path) == digest)
    var stream = SHA256Stream()
    bytes.withUnsafeBytes { buffer in
      var start = 0
      for size in [0, 1, 63, 64, 65, 100_000] {
        stream.update(UnsafeRawBufferPointer(rebasing: buffer[start..<start + size]))
        start += size
      }
      stream.update(UnsafeRawBufferPointer(rebasing: buffer[start...]))
    }
    #expect(stream.digest() == digest)
    #expect(stream.hexDigest() == ContentHash.hexString(digest))
    #expect(ContentHash.isHexDigest(stream.hexDigest()))
  }

  @Test func refusesWhatIsNoFile() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    mkfifo(folder + "/pipe", 0o600)
    for path in [folder, folder + "/absent", folder + "/pipe", "/dev/zero"] {
      #expect(throws: ContentHashError.self) { try ContentHash.sha256(fileAt: path) }
    }
  }

  @Test func knowsDigestsFromOtherTexts() {
    #expect(!ContentHash.isHexDigest(""))
    #expect(!ContentHash.isHexDigest(String(repeating: "A", count: 64)))
    #expect(!ContentHash.isHexDigest(String(repeating: "g", count: 64)))
    #expect(!ContentHash.isHexDigest(String(repeating: "a", count: 63)))
  }
}
