import Foundation
import Testing

@testable import VectorIndex

/// A small seeded generator (splitmix64), so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

/// A folder that is removed at the end of a test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}

enum Vectors {
  /// Scales each row to length 1.
  static func normalized(_ values: [Float], dimension: Int) -> [Float] {
    var values = values
    values.withUnsafeMutableBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: dimension) {
        let row = UnsafeMutableBufferPointer(rebasing: values[start..<start + dimension])
        var sum: Float = 0
        for value in row { sum += value * value }
        let scale = sum > 0 ? 1 / sum.squareRoot() : 0
        for index in row.indices { row[index] *= scale }
      }
    }
    return values
  }

  /// Points around centres, `[count, dimension]`, of length 1, like the features of pictures of some classes.
  static func clustered(count: Int, dimension: Int, clusters: Int, spread: Float, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    func noise() -> Float {
      let bits = generator.next()
      // The sum of four uniform numbers is near enough to a normal one.
      var sum: Float = 0
      for part in 0..<4 { sum += Float((bits >> UInt64(16 * part)) & 0xFFFF) / 65_536 - 0.5 }
      return sum
    }
    let centres = (0..<clusters * dimension).map { _ in noise() }
    var values = [Float](repeating: 0, count: count * dimension)
    values.withUnsafeMutableBufferPointer { values in
      for row in 0..<count {
        let centre = Int(generator.next() % UInt64(clusters)) * dimension
        for column in 0..<dimension { values[row * dimension + column] = centres[centre + column] + spread * noise() }
      }
    }
    return normalized(values, dimension: dimension)
  }
}

extension SavedGraph {
  static func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
}

extension FeatureFile {
  /// A new file with these rows.
  static func filled(_ path: String, dimension: Int, _ vectors: [Float]) throws -> FeatureFile {
    let file = try FeatureFile.create(path: path, dimension: dimension)
    try file.append(vectors)
    return file
  }
}

/// The mean share of the exact neighbours that the graph finds.
func recall(_ graph: HNSWIndex, _ features: FeatureFile, queries: [Float], top: Int, ef: Int) throws -> Double {
  let exact = features.exactNeighbors(ofBatch: queries, top: top, among: graph.liveRows.sorted())
  var found = 0
  var total = 0
  for (index, truth) in exact.enumerated() {
    let query = Array(queries[index * features.dimension..<(index + 1) * features.dimension])
    let rows = Set(try graph.neighbors(of: query, top: top, ef: ef).map(\.row))
    found += truth.count { rows.contains($0.row) }
    total += truth.count
  }
  return Double(found) / Double(total)
}

func expectError(
  _ code: VectorIndexError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("no error, but expected \(code)", sourceLocation: sourceLocation)
  } catch let error as VectorIndexError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    #expect(!error.reason.isEmpty, sourceLocation: sourceLocation)
  } catch {
    Issue.record(error, sourceLocation: sourceLocation)
  }
}
