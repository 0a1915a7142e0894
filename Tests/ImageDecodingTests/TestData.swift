import Foundation
import Testing

@testable import ImageDecoding

/// Files that tests read, found from where this file is.
enum TestData {
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  /// The reference data beside the repository; not part of it.
  static let shared = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("../shared").standardizedFileURL

  static func fixture(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: fixtures.appendingPathComponent(name)))
  }

  /// Whether the reference data is there. Its absence is an error under CI, else a printed reason to skip.
  static func hasShared(_ path: String) -> Bool {
    if FileManager.default.fileExists(atPath: shared.appendingPathComponent(path).path) { return true }
    if ProcessInfo.processInfo.environment["CI"] == "true" {
      Issue.record("../shared/\(path) is absent")
    } else {
      print("skipped: ../shared/\(path) is absent")
    }
    return false
  }
}

/// Just enough of the safetensors format to read an array of bytes.
struct ByteTensorFile {
  private let data: Data
  private let entries: [String: Entry]

  private struct Entry: Decodable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private struct AnyEntry: Decodable {
    var entry: Entry?
    init(from decoder: any Decoder) throws { entry = try? Entry(from: decoder) }
  }

  init(_ url: URL) throws {
    data = try Data(contentsOf: url, options: .mappedIfSafe)
    let headerBytes = data.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    entries = try JSONDecoder().decode([String: AnyEntry].self, from: data[8..<8 + headerBytes])
      .compactMapValues(\.entry)
    start = 8 + headerBytes
  }

  private let start: Int

  func bytes(_ name: String) throws -> (shape: [Int], bytes: [UInt8]) {
    let entry = try #require(entries[name])
    try #require(entry.dtype == "U8")
    return (entry.shape, Array(data[start + entry.offsets[0]..<start + entry.offsets[1]]))
  }
}

/// How far two equally long arrays of samples are apart.
struct SampleDifference: CustomStringConvertible {
  /// How many samples differ by each number of levels.
  private(set) var histogram = [Int](repeating: 0, count: 256)

  mutating func add(_ first: [UInt8], _ second: ArraySlice<UInt8>) {
    precondition(first.count == second.count)
    let count = first.count
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        if let first = first.baseAddress, let second = second.baseAddress, memcmp(first, second, count) == 0 {
          histogram[0] += count
          return
        }
        for index in 0..<count {
          histogram[abs(Int(first[index]) - Int(second[index]))] += 1
        }
      }
    }
  }

  init() {}

  init(_ first: [UInt8], _ second: [UInt8]) {
    add(first, second[...])
  }

  var count: Int { histogram.reduce(0, +) }
  var mean: Double { Double(histogram.enumerated().reduce(0) { $0 + $1.offset * $1.element }) / Double(max(1, count)) }
  var maximum: Int { histogram.lastIndex { $0 > 0 } ?? 0 }
  func share(within levels: Int) -> Double { Double(histogram[0...levels].reduce(0, +)) / Double(max(1, count)) }
  var description: String { "mean \(mean), at most \(maximum), within 2: \(share(within: 2))" }
}
