import ArgumentParser
import Foundation
import Inference
import Kindred
import ResNet

/// Runs a network when it is told to, so that a driver can let several programs take turns.
///
/// Prints one line of JSON when the network is ready, and one for each line on standard input: `run BATCH COUNT` gives
/// the seconds that a batch took, `features FILE` writes the pooled features of the whole input. Between lines it waits
/// without using the processor.
@main struct NetworkBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "network-benchmark")

  @Argument(help: "Normalised pictures, [pictures, 3 · side · side], single precision (.npy).") var input: String?
  @Option(help: "Name of a model, or a weight file.") var model = "default"
  @Option(help: "Precision that the network computes in: f32, bf16, int8 or auto.", transform: Self.precision)
  var precision = PrecisionChoice.single
  @Option(help: "Library that runs the network: onednn or openblas.", transform: Self.executor)
  var executor = ExecutorKind.oneDNN
  @Option(help: "Threads of the network; all processors unless given.") var threads: Int?
  @Flag(help: "Print the precisions that this processor computes in natively, and end.") var precisions = false

  private static var native: [Precision] {
    Precision.allCases.filter { precision in
      switch precision {
      case .single: true
      case .brainFloat: Processor.hasBrainFloat
      case .integer: Processor.hasFastIntegers
      }
    }
  }

  func validate() throws {
    guard precisions || input != nil else { throw ValidationError("Name a .npy file of pictures.") }
  }

  private static func executor(_ name: String) throws -> ExecutorKind {
    guard let kind = ExecutorKind(rawValue: name) else {
      throw ValidationError("--executor must be onednn or openblas.")
    }
    return kind
  }

  private static func precision(_ name: String) throws -> PrecisionChoice {
    guard let choice = PrecisionChoice(rawValue: name) else {
      throw ValidationError("--precision must be f32, bf16, int8 or auto.")
    }
    return choice
  }

  private struct Ready: Encodable {
    var pictures: Int
    var featureDimension: Int
    var loadSeconds: Double
    var library: String
    var precision: Precision
  }

  private struct Timing: Encodable { var seconds: Double }
  private struct Written: Encodable { var rows: Int }

  func run() throws {
    guard let input, !precisions else { return print(Self.native.map(\.rawValue).joined(separator: "\n")) }
    let table = try NPYFile.matrix(contentsOf: input)
    let start = ContinuousClock.now
    let network = try ModelStore().resolve(model).load(
      executor: executor, precision: precision, threads: threads)
    let library = executor == .oneDNN ? LibraryInfo.oneDNN : LibraryInfo.openBLAS
    let pictures = Pictures(table.values, count: table.rows, side: network.recipe.crop)
    try Self.answer(
      Ready(
        pictures: table.rows, featureDimension: network.featureDimension,
        loadSeconds: (ContinuousClock.now - start) / .seconds(1),
        library: "\(library.name) \(library.version), \(library.processor)", precision: network.precision))

    var next = 0
    while let line = readLine() {
      let words = line.split(separator: " ")
      switch words.first {
      case "run":
        guard words.count == 3, let size = Int(words[1]), let count = Int(words[2]), size > 0, count > 0 else {
          throw ValidationError("run BATCH COUNT")
        }
        let batches = (0..<count).map { pictures.batch(from: next + $0 * size, size: size) }
        next += count * size
        let start = ContinuousClock.now
        for batch in batches { _ = try network.run(batch) }
        try Self.answer(Timing(seconds: (ContinuousClock.now - start) / .seconds(1) / Double(count)))
      case "features":
        guard words.count == 2 else { throw ValidationError("features FILE") }
        var rows: [[Float]] = []
        for first in stride(from: 0, to: pictures.count, by: 16) {
          let batch = pictures.batch(from: first, size: min(16, pictures.count - first))
          let values = try network.run(batch).features.values
          let dimension = network.featureDimension
          rows += stride(from: 0, to: values.count, by: dimension).map { Array(values[$0..<$0 + dimension]) }
        }
        try NPYFile.write(rows, to: String(words[1]))
        try Self.answer(Written(rows: rows.count))
      default:
        throw ValidationError("Say `run BATCH COUNT` or `features FILE`.")
      }
    }
  }

  private static func answer(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = .withoutEscapingSlashes
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
    fflush(nil)
  }
}
