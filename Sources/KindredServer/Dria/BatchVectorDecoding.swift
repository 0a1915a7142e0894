import Foundation
import Kindred
import SwiftProtobuf

/// Reads the vectors of `/hnswt/insert_vector`.
enum BatchVectorDecoding {
  /// - Parameter text: base64 of a `BatchVec`.
  static func vectors(base64 text: String) throws(ServerProblem) -> [NewVector] {
    guard let data = Data(base64Encoded: text) else { throw .invalid("`data` is not base64.") }
    let batch: Dria_BatchVec
    do { batch = try Dria_BatchVec(serializedBytes: data) } catch { throw .invalid("`data` is no message `BatchVec`.") }
    guard (1...DriaLimits.batch).contains(batch.s.count) else {
      throw .invalid("`data` holds \(batch.s.count) vectors; a batch has 1 to \(DriaLimits.batch).")
    }
    var vectors: [NewVector] = []
    vectors.reserveCapacity(batch.s.count)
    for (index, item) in batch.s.enumerated() {
      vectors.append(NewVector(vector: item.v, metadata: try metadata(item.map, index: index).text))
    }
    return vectors
  }

  private static func metadata(_ map: [String: Dria_MetadataValue], index: Int) throws(ServerProblem) -> JSONValue {
    var fields: [(String, JSONValue)] = []
    for (name, item) in map.sorted(by: { $0.key < $1.key }) {
      switch item.value {
      case .floatValue(let value):
        guard value.isFinite else {
          throw .invalid("The metadata of vector \(index) has a number that is not finite.")
        }
        fields.append((name, .float(value)))
      case .intValue(let value): fields.append((name, .int(value)))
      case .stringValue(let value): fields.append((name, .string(value)))
      case .boolValue(let value): fields.append((name, .bool(value)))
      case nil: fields.append((name, .null))
      }
    }
    return .object(fields)
  }
}
