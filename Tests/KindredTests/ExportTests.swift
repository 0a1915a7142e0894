import Foundation
import ImageDecoding
import ResNet
import Testing

@testable import Kindred

@Suite struct ExportTests {
  @Test func bothFormatsHoldTheFeaturesInTheOrderOfTheCSV() throws {
    let sandbox = try Sandbox()
    for number in 0..<3 { try sandbox.picture("a,b/\(number).jpg", hue: number) }
    try sandbox.run()
    let collection = try sandbox.collection()
    let model = try Sandbox.model()
    let (count, csv) = try Exporter(collection).export(
      to: sandbox.root + "/out.safetensors", format: .safetensors, normalized: false)
    #expect(count == 3)
    let rows = try CSV.rows(String(contentsOfFile: csv, encoding: .utf8), name: csv).map(\.fields)
    #expect(rows.count == 4)
    // Identifiers follow the order in which decoding threads finished.
    #expect(Set(rows.dropFirst().map { $0[2] }) == Set((0..<3).map { sandbox.pictures + "/a,b/\($0).jpg" }))
    let file = try SafetensorsFile(contentsOf: sandbox.root + "/out.safetensors")
    #expect(file["features"]?.shape == [3, model.featureDimension])
    let values = try file.floats(named: "features")

    _ = try Exporter(collection).export(to: sandbox.root + "/out.npy", format: .npy, normalized: false)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: sandbox.root + "/out.npy"))
    #expect(bytes.count == 128 + values.count * 4)
    #expect(Array(bytes.suffix(values.count * 4)) == values.withUnsafeBytes { Array($0) })

    // The pooled features as the network gave them come back, but for the rounding of half precision.
    let image = try ImageDecoder().decode(contentsOf: rows[2][2]).image
    let expected = try Embedder(model: model).embed(image).feature
    let row = Array(values[model.featureDimension..<(2 * model.featureDimension)])
    for (value, wanted) in zip(row, expected) { #expect(abs(value - wanted) <= 6e-4 * (1 + abs(wanted))) }
  }

  @Test func aCSVFileOfTheSameNameIsLeftAlone() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("a/0.jpg", hue: 0)
    try sandbox.run()
    let notes = sandbox.root + "/labels.csv"
    try "path,label\n".write(toFile: notes, atomically: true, encoding: .utf8)
    for format in Exporter.Format.allCases {
      let file = sandbox.root + "/labels." + format.rawValue
      let written = try Exporter(sandbox.collection()).export(to: file, format: format, normalized: true)
      #expect(written.csv == file + ".csv")
      #expect(FileManager.default.fileExists(atPath: written.csv))
    }
    #expect(try String(contentsOfFile: notes, encoding: .utf8) == "path,label\n")
  }

  @Test func vectorFiles() throws {
    let sandbox = try Sandbox()
    let path = sandbox.root + "/v"
    try NPYFile.write([[1, 2.5, -3]], to: path)
    #expect(try VectorFile.read(path) == [1, 2.5, -3])
    for text in ["[1, 2.5, -3]", "{\"path\":\"x\",\"model\":\"y\",\"feature\":[1,2.5,-3]}"] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try VectorFile.read(path) == [1, 2.5, -3])
    }
    for text in ["", "words", "[1, \"x\"]", "{}", "\u{93}NUMPY"] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: KindredError.self) { try VectorFile.read(path) }
    }
    try NPYFile.write([[1, 2], [3, 4]], to: path)
    #expect(throws: KindredError.self) { try VectorFile.read(path) }
    let good = { () -> [UInt8] in NPYFile.header(rows: 1, columns: 3) + [UInt8](repeating: 0, count: 12) }()
    #expect(try NPYFile.vector(good, name: "v") == [0, 0, 0])
    for length in 0..<good.count {
      #expect(throws: KindredError.self) { try NPYFile.vector(Array(good.prefix(length)), name: "v") }
    }
  }

  @Test func thePageEscapesWhatItShows() throws {
    let sandbox = try Sandbox()
    try sandbox.picture("<b>&\"/a.jpg", hue: 0)
    try sandbox.run()
    let result = try sandbox.search { $0.label = "<b>&\"" }
    let html = SearchPage(title: "Label <script>", hits: result.hits).html()
    #expect(html.contains("Label &lt;script&gt;"))
    #expect(!html.contains("<script"))
    #expect(!html.contains("<b>"))
    #expect(html.contains("data:image/jpeg;base64,"))
  }

  @Test func anOutputFileAppearsWholeOrNotAtAll() throws {
    let sandbox = try Sandbox()
    let path = sandbox.root + "/out"
    do {
      let file = try OutputFile(path: path)
      try file.write("half")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.root) == ["pictures"])
    #expect(throws: KindredError.self) { try OutputFile(path: sandbox.root + "/no/such/folder/out") }
  }
}
