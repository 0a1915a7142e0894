import Foundation
import Testing

/// The main job on real photos with the default model.
@Suite(.enabled(if: SharedData.isPresent && SharedData.home != nil)) struct SearchingTests {
  /// One index of all photos for every test here.
  static let shared = Result { () throws -> Program in
    let program = try Program()
    try program.succeed("index", SharedData.photos)
    return program
  }

  @Test func indexesAndSaysSo() throws {
    let program = try Self.shared.get()
    let again = try program.succeed("index", SharedData.photos)
    #expect(again.output.contains("0 indexed, 500 unchanged, 0 skipped"))
    #expect(again.output.contains("500 images in index (collection default)"))
    #expect(try program.succeed("verify").output.contains("500 images, 500 features, 0 graph nodes checked: all sound"))
    let statistics = try program.json("stats", "--json")
    #expect(statistics["images"] as? Int == 500)
    #expect(statistics["labels"] as? Int == 20)
  }

  @Test func byImage() throws {
    let program = try Self.shared.get()
    let photo = SharedData.photos + "/dalmatian/image_0005.jpg"
    let json = try program.json("search", photo, "--json", "--top", "5")
    let hits = try #require(json["hits"] as? [[String: Any]])
    #expect(hits.count == 5)
    #expect(hits[0]["path"] as? String == photo)
    #expect(abs((hits[0]["score"] as? Double ?? 0) - 1) < 1e-4)
    #expect(hits.map { $0["rank"] as? Int } == [1, 2, 3, 4, 5])
    let labels = hits.compactMap { ($0["labels"] as? [[String: Any]])?.first?["name"] as? String }
    #expect(labels.filter { $0 == "dalmatian" }.count >= 4)

    let table = try program.succeed("search", photo, "--top", "3").lines
    #expect(table.count == 4)
    #expect(table[0].hasPrefix("score  labels"))
    #expect(table[1].hasPrefix("1.000  dalmatian"))
    let csv = try program.succeed("search", photo, "--top", "3", "--csv").lines
    #expect(csv[0] == "rank,score,id,path,match,labels")
    #expect(csv[1].contains(photo))
    #expect(try program.succeed("search", photo, "--top", "2", "--paths").lines.first == photo)

    // A picture that is not indexed goes through the network; standard input is as good as a file.
    let other = SharedData.sample + "/n02110185_Siberian_husky.JPEG"
    let fromFile = try program.succeed("search", other, "--csv").output
    let data = try Data(contentsOf: URL(fileURLWithPath: other))
    #expect(try program.succeed("search", "-", "--csv", input: data).output == fromFile)
  }

  @Test func byLabel() throws {
    let program = try Self.shared.get()
    let json = try program.json("search", "--label", "dalmatian", "--top", "30", "--min-score", "0", "--json")
    let hits = try #require(json["hits"] as? [[String: Any]])
    #expect(json["labelled"] as? Int == 25)
    #expect(hits.prefix(25).allSatisfy { $0["match"] as? String == "labelled" })
    #expect(hits.suffix(5).allSatisfy { $0["match"] as? String == "similar" })
    let text = try program.succeed("search", "--label", "Dalmatian", "--top", "26", "--min-score", "0").output
    #expect(text.contains("25 images carry the label “dalmatian”"))
    #expect(text.contains("Similar, without the label:"))
    let unknown = try program.run("search", "--label", "dalmation")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("Nearest known: dalmatian"))
  }

  @Test func filtersVectorsAndPages() throws {
    let program = try Self.shared.get()
    let photo = SharedData.photos + "/crab/image_0003.jpg"
    let indexed =
      FileManager.default.fileExists(atPath: photo)
      ? photo : try #require(try program.succeed("search", "--label", "crab", "--top", "1", "--paths").lines.first)
    let filtered = try program.json(
      "search", indexed, "--where-label", "elephant", "--json", "--top", "50", "--min-score", "0")
    #expect((filtered["hits"] as? [[String: Any]])?.count == 25)
    #expect(
      try program.succeed(
        "search", indexed, "--path", "*/butterfly/*", "--paths", "--top", "50", "--min-score", "0"
      ).lines.count == 25)
    // Elephants are not crabs: what is no more alike than chance is not shown unless asked for.
    let hidden = try program.json("search", indexed, "--where-label", "elephant", "--json", "--top", "50")
    #expect(try #require(hidden["hits"] as? [[String: Any]]).count < 25)
    #expect(hidden["hides_more"] as? Bool == true)
    #expect(try program.succeed("search", indexed, "--before", "1990").output == "No picture fits.\n")
    #expect(try program.run("search", indexed, "--after", "soon").errors.contains("not a date"))

    let line = try program.succeed("embed", indexed).output
    try line.write(toFile: program.folder + "/vector.json", atomically: true, encoding: .utf8)
    try program.succeed("embed", indexed, "--npy", "vector.npy")
    for file in ["vector.json", "vector.npy"] {
      let first = try program.succeed("search", "--vector", file, "--top", "1", "--paths").lines.first
      #expect(first == indexed)
    }
    let answer = try program.succeed("search", indexed, "--html", "page.html", "--top", "4")
    #expect(answer.output.contains("Page written to page.html"))
    let page = try String(contentsOfFile: program.folder + "/page.html", encoding: .utf8)
    #expect(page.components(separatedBy: "data:image/jpeg;base64,").count == 5)
    #expect(!page.contains("http://") && !page.contains("https://"))
  }

  @Test func embedPrintsOneLineAnImage() throws {
    let program = try Self.shared.get()
    let photo = SharedData.sample + "/n01440764_tench.JPEG"
    let raw = try program.succeed("embed", photo, photo).lines
    #expect(raw.count == 2)
    #expect(raw[0].hasPrefix("{\"path\":\"\(photo)\",\"model\":\"resnet50-thin\",\"feature\":["))
    struct Line: Decodable {
      var path: String
      var model: String
      var feature: [Float]
    }
    let line = try JSONDecoder().decode(Line.self, from: Data(raw[0].utf8))
    #expect(line.path == photo)
    #expect(line.model == "resnet50-thin")
    #expect(line.feature.count == 1024)
    let unit = try JSONDecoder().decode(
      Line.self, from: Data(program.succeed("embed", "--normalize", photo).lines[0].utf8))
    #expect(abs(unit.feature.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    let mixed = try program.run("embed", "/no/such.jpg", photo)
    #expect(mixed.status == 1)
    #expect(mixed.lines.count == 1)
    #expect(mixed.errors.contains("/no/such.jpg: no such file"))
    let large = try program.run("embed", photo, "--max-megapixels", "0.01")
    #expect(large.status == 1)
    #expect(large.lines.isEmpty)
    #expect(large.errors.contains("--max-megapixels"))
    #expect(try program.succeed("embed", photo, "--max-megapixels", "200").lines.count == 1)
  }

  @Test func anotherModelIsRefused() throws {
    let program = try Self.shared.get()
    let answer = try program.run(
      "search", SharedData.sample + "/n01440764_tench.JPEG", "--model", SharedData.model("resnet18"))
    #expect(answer.status == 1)
    #expect(answer.errors.contains("this collection was made with resnet50-thin"))
    #expect(answer.errors.contains("--collection"))
  }

  @Test func namesFromFilesReachTheTerminalWithoutControlCharacters() throws {
    let program = try Program()
    let manager = FileManager.default
    // A label keeps the marks of bidirectional text, which some scripts need in files; a terminal gets none.
    let label = "left\u{202E}thgir"
    let folder = program.folder + "/p/" + label
    try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let photo = SharedData.sample + "/n01440764_tench.JPEG"
    for name in ["a\u{1B}[31m.jpg", "b\u{2028}.jpg"] {
      try manager.copyItem(atPath: photo, toPath: folder + "/" + name)
    }
    try Data("\u{89}PNG".utf8).write(to: URL(fileURLWithPath: folder + "/bad\u{7}.png"))
    var outputs = [try program.succeed("index", "p").output]
    for command in ["label", "stats", "duplicates", "verify"] { outputs.append(try program.succeed(command).output) }
    outputs.append(try program.succeed("search", "--label", label).output)
    outputs.append(try program.succeed("search", photo).output)
    outputs.append(try program.succeed("label", "add", label, folder + "/b\u{2028}.jpg").output)
    outputs.append(try program.run("label", "list", "\u{202E}").output)
    #expect(outputs.joined().contains("left\u{FFFD}thgir"))
    for output in outputs {
      let strange = output.unicodeScalars.filter { "\u{1B}\u{7}\u{202E}\u{2028}".unicodeScalars.contains($0) }
      #expect(strange.isEmpty, "\(output.debugDescription)")
    }
    // For programs a path is what it is.
    #expect(try program.succeed("search", photo, "--paths").output.contains("a\u{1B}[31m.jpg\n"))
  }

  @Test func aPageOnStandardOutputIsWrittenThere() throws {
    let program = try Self.shared.get()
    let photo = SharedData.photos + "/dalmatian/image_0005.jpg"
    let output = try program.succeed("search", photo, "--top", "1", "--html", "/dev/stdout").output
    #expect(output.hasPrefix("<!DOCTYPE html>"))
    #expect(output.contains("</html>\nscore  labels"))
    #expect(output.hasSuffix("Page written to /dev/stdout\n"))
  }

  @Test func labelsRemoveDuplicatesExportAndDoctor() throws {
    let program = try Program()
    let manager = FileManager.default
    try manager.createDirectory(atPath: program.folder + "/p/a", withIntermediateDirectories: true)
    let names = try manager.contentsOfDirectory(atPath: SharedData.sample).sorted().prefix(6)
    for name in names {
      try manager.copyItem(atPath: SharedData.sample + "/" + name, toPath: program.folder + "/p/a/" + name)
    }
    try manager.copyItem(atPath: SharedData.sample + "/" + names[0], toPath: program.folder + "/p/copy.jpg")
    let summary = try program.json("index", "p", "--json")
    #expect(summary["indexed"] as? Int == 6)
    #expect(summary["duplicates"] as? Int == 1)

    #expect(try program.succeed("label", "add", "mine", "p/copy.jpg").output == "1 image labelled “mine”\n")
    #expect(try program.succeed("label", "rename", "mine", "ours").output.contains("on 1 image"))
    #expect(
      try program.succeed("label", "list").lines.dropFirst().map { $0.trimmingCharacters(in: .whitespaces) } == [
        "6  a", "1  ours", "1  p",
      ])
    #expect(try program.succeed("label", "remove", "ours", "--all").output.contains("taken from 1 image"))
    #expect(try program.run("label", "add", "x", "p/none.jpg").errors.contains("not in the collection"))

    let duplicates = try program.succeed("duplicates").output
    #expect(duplicates.hasPrefix("Same bytes\n\n"))
    #expect(duplicates.contains("Same bytes: 1 group, 1 image more than one of each"))
    try program.succeed("export", "out.npy")
    #expect(manager.fileExists(atPath: program.folder + "/out.npy.csv"))
    #expect(try program.run("export", "out.txt").status == 1)

    #expect(try program.succeed("remove", "p/copy.jpg").output == "1 image removed, 6 left\n")
    let doctor = try program.run("doctor")
    #expect(doctor.status == 0, "\(doctor.output)")
    #expect(doctor.output.contains("All well."))
    #expect(doctor.output.contains("6 images"))

    // Damage is found, named and mended.
    let features = program.folder + "/index/default/features-000001.f32"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: features))
    bytes[200] ^= 0xFF
    try bytes.write(to: URL(fileURLWithPath: features))
    let verify = try program.run("verify")
    #expect(verify.status == 1)
    #expect(verify.output.contains("does not fit its checksum"))
    let repair = try program.succeed("verify", "--repair")
    #expect(repair.output.contains("After the repair:"))
    #expect(try program.succeed("verify").output.contains("all sound"))
  }
}
