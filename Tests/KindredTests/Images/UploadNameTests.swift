import Foundation
import ImageDecoding
import Testing

@testable import Kindred

@Suite struct UploadNameTests {
  @Test(arguments: [
    ("dog.jpg", "dog.jpg"), ("dog.JPEG", "dog.JPEG"), ("dog.png", "dog.jpg"), ("dog", "dog.jpg"),
    ("v1.2", "v1.2.jpg"), ("a/b/../dog.jpg", "dog.jpg"), ("C:\\pictures\\dog.jpg", "dog.jpg"), ("../..", "none.jpg"),
    ("..", "none.jpg"), (".", "none.jpg"), ("", "none.jpg"), ("/", "none.jpg"), (".htaccess", "htaccess.jpg"),
    ("...dog.jpg", "dog.jpg"), (" dog .jpg ", "dog.jpg"), ("dog.jpg.", "dog.jpg"),
    ("d\0o\ng\u{1B}[31m.jpg", "dog[31m.jpg"),
    ("evil\u{202E}gpj.exe", "evilgpj.exe.jpg"), (".jpg", "jpg.jpg"), ("e\u{301}te\u{301}.jpg", "\u{E9}t\u{E9}.jpg"),
    ("\u{7F}\u{85}\u{2028}", "none.jpg"), ("犬.heic", "犬.jpg"), ("a b's \"photo\".jpg", "a b's \"photo\".jpg"),
  ]) func namesAreOnePlainFile(_ name: String, _ expected: String) {
    #expect(Array(UploadName.sanitised(name, format: .jpeg, fallback: "none").utf8) == Array(expected.utf8))
  }

  @Test func endingsOfEveryFormat() {
    #expect(UploadName.sanitised(nil, format: .png, fallback: "none") == "none.png")
    #expect(UploadName.sanitised("x.heif", format: .heic, fallback: "none") == "x.heif")
    #expect(UploadName.sanitised("x.heif", format: .avif, fallback: "none") == "x.avif")
    #expect(UploadName.sanitised("x.gif", format: .webp, fallback: "none") == "x.webp")
  }

  @Test func longNamesAreCutBetweenCodePoints() {
    var generator = SeededGenerator(seed: 42)
    for piece in ["a", "é", "犬", "👩‍👩‍👧‍👦", "e\u{301}\u{302}\u{303}"] {
      let count = Int.random(in: 150...400, using: &generator)
      let name = UploadName.sanitised(String(repeating: piece, count: count) + ".jpeg", format: .jpeg, fallback: "none")
      #expect(name.utf8.count <= 200 && name.utf8.count > 190, "\(piece) \(count)")
      #expect(name.hasSuffix(".jpeg") && !name.contains("\u{FFFD}"))
    }
    // One character of very many code points.
    let tower = UploadName.sanitised("x" + String(repeating: "\u{330}", count: 500), format: .jpeg, fallback: "none")
    #expect(tower.utf8.count <= 200 && tower.utf8.count > 190)
  }
}
