import Foundation

/// The jobs of an index folder on the disk: `jobs.json`.
struct JobFile: Sendable {
  private static let version = 1
  /// Bytes; a job takes about one thousand.
  private static let largest = 16 << 20
  let file: PrivateFile

  private struct Content: Codable {
    var version: Int
    var jobs: [IndexJob]
  }

  init(index: String) { file = PrivateFile(path: index + "/jobs.json") }

  /// Jobs in the order in which they were started.
  /// - Throws: ``KindredError/Code/damagedFile``.
  func load() throws -> [IndexJob] {
    guard let (bytes, _) = try file.read(limit: Self.largest) else { return [] }
    struct Head: Codable { var version: Int }
    let head = try? JSONDecoder().decode(Head.self, from: Data(bytes))
    guard head?.version == Self.version, let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)),
      Set(content.jobs.map(\.id)).count == content.jobs.count
    else {
      let version = head.map { $0.version == Self.version ? "" : " (version \($0.version))" } ?? ""
      throw KindredError(
        .damagedFile, place: file.path, reason: "the list of jobs can't be read\(version)",
        remedy: "Remove the file; folders that were waiting have to be indexed again.")
    }
    return content.jobs
  }

  func save(_ jobs: [IndexJob]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try file.replace(with: Array(try encoder.encode(Content(version: Self.version, jobs: jobs))) + [10])
  }
}
