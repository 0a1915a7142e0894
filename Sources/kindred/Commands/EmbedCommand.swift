import ArgumentParser
import Foundation
import ImageDecoding
import Kindred

struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed", abstract: "Print the network's features of pictures.",
    discussion:
      "One JSON line an image: {\"path\":…,\"model\":…,\"feature\":[…]}, or a NumPy file with --npy. Needs no index.")

  @Argument(help: "Pictures; `-` reads one from standard input.", completion: .file()) var images: [String]
  @Flag(help: "Divide each feature by its length.") var normalize = false
  @Option(help: ArgumentHelp("Write [images, dimension] float32 to a .npy file.", valueName: "file")) var npy: String?
  @Option(help: ArgumentHelp("JPEG decoding: exact or fast.", valueName: "path")) var decode = DecodingOptions.Path
    .exact
  @Option(help: ArgumentHelp("Refuse pictures of more megapixels.", valueName: "number")) var maxMegapixels = 100.0
  @OptionGroup var model: ModelOptions

  func validate() throws { try DecodingOptions.check(megapixels: maxMegapixels) }

  /// One line, its keys in the order in which people read them; a `JSONEncoder` orders them by chance or by letter.
  private static func line(path: String, model: String, feature: [Float]) throws -> String {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    return "{\"path\":\(try json(path)),\"model\":\(try json(model)),\"feature\":\(try json(feature))}"
  }

  func run() throws {
    let reference = try model.resolve()
    let network = try reference.load(executor: model.executor, precision: model.precision ?? .single)
    let embedder = Embedder(model: network)
    let decoder = ImageDecoder(
      options: DecodingOptions(
        path: decode, minimumShorterSide: network.recipe.shorterSide,
        maximumPixels: DecodingOptions.pixels(megapixels: maxMegapixels)))
    var rows: [[Float]] = []
    var failures = 0
    for path in images {
      do {
        let bytes = try path == "-" ? StandardInput.picture() : decoder.read(contentsOf: path)
        let embedding = try embedder.embed(bytes, name: path, decoder: decoder)
        let feature = normalize ? embedding.normalized : embedding.feature
        if npy != nil {
          rows.append(feature)
        } else {
          print(try Self.line(path: path, model: reference.name, feature: feature))
        }
      } catch let error as ImageDecodingError {
        // One bad picture does not cost the others; a matrix with a row missing would mislead.
        guard npy == nil else { throw error }
        Terminal.note("kindred: \(Terminal.printable(error.description))")
        failures += 1
      }
    }
    if let npy {
      try NPYFile.write(rows, to: npy)
      Terminal.note(
        "\(Terminal.plural(rows.count, "feature")) of \(network.featureDimension) numbers written to \(Terminal.printable(npy))"
      )
    }
    if failures > 0 { throw ExitCode.failure }
  }
}
