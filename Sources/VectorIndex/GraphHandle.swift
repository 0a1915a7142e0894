internal import CHNSW

/// The C++ graph, and the only type that calls it.
///
/// `@unchecked Sendable`: the graph has locks of its own.
final class GraphHandle: @unchecked Sendable {
  /// The seed of the levels of nodes: fixed, so that a graph that is built on one thread is always the same.
  static let seed: UInt64 = 100

  private let graph: OpaquePointer

  private init(graph: OpaquePointer) { self.graph = graph }

  deinit { kindred_hnsw_destroy(graph) }

  static func create(_ matrix: kindred_matrix, _ parameters: HNSWParameters) throws(VectorIndexError) -> GraphHandle {
    var status = kindred_hnsw_status()
    let graph = kindred_hnsw_create(
      matrix, max(0, parameters.m), max(0, parameters.efConstruction), seed, &status)
    try check(status, path: nil)
    return GraphHandle(graph: try unwrap(graph))
  }

  static func create(
    kind: kindred_hnsw_kind, dimension: Int, fit: Int64, _ parameters: HNSWParameters
  ) throws(VectorIndexError) -> GraphHandle {
    var status = kindred_hnsw_status()
    let graph = kindred_hnsw_create_codes(
      kind, max(0, dimension), fit, max(0, parameters.m), max(0, parameters.efConstruction), seed, &status)
    try check(status, path: nil)
    return GraphHandle(graph: try unwrap(graph))
  }

  /// Reads a graph over the rows of a matrix.
  static func read(
    _ bytes: UnsafeRawBufferPointer, matrix: kindred_matrix, path: String?
  ) throws(VectorIndexError) -> GraphHandle {
    var status = kindred_hnsw_status()
    let graph = kindred_hnsw_deserialize(
      matrix, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, seed, &status)
    try check(status, path: path)
    return GraphHandle(graph: try unwrap(graph))
  }

  /// Reads a graph over codes.
  static func read(_ bytes: UnsafeRawBufferPointer, path: String?) throws(VectorIndexError) -> GraphHandle {
    var status = kindred_hnsw_status()
    let graph = kindred_hnsw_deserialize_codes(
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, seed, &status)
    try check(status, path: path)
    return GraphHandle(graph: try unwrap(graph))
  }

  /// Checks the first 128 bytes of a file that a graph is saved in.
  /// - Returns: rows of the graph.
  static func rowCount(
    header: [UInt8], fileSize: Int, ofCodes: Bool, path: String
  ) throws(VectorIndexError) -> Int {
    var rows = 0
    try check(kindred_hnsw_claims(header, header.count, fileSize, ofCodes, &rows), path: path)
    return rows
  }

  /// Rows in the graph, deleted ones too.
  var count: Int { kindred_hnsw_count(graph) }
  var facts: kindred_hnsw_facts { kindred_hnsw_describe(graph) }
  func contains(_ row: UInt32) -> Bool { kindred_hnsw_contains(graph, row) }
  func isDeleted(_ row: UInt32) -> Bool { kindred_hnsw_is_deleted(graph, row) }

  func rows(liveOnly: Bool) -> [Int] {
    let capacity = facts.count
    let rows = [UInt32](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = kindred_hnsw_rows(graph, liveOnly, buffer.baseAddress, capacity)
    }
    return rows.map(Int.init)
  }

  func insert(_ rows: [UInt32], of matrix: kindred_matrix, threads: Int) throws(VectorIndexError) {
    try Self.check(kindred_hnsw_insert(graph, matrix, rows, rows.count, threads), path: nil)
  }

  /// - Parameter vectors: one for each row, of the graph's dimension.
  func insert(_ rows: [UInt32], vectors: [Float], threads: Int) throws(VectorIndexError) {
    try Self.check(kindred_hnsw_insert_vectors(graph, vectors, rows, rows.count, threads), path: nil)
  }

  func holds(_ vector: [Float], row: UInt32) throws(VectorIndexError) -> Bool {
    var holds = false
    try Self.check(kindred_hnsw_holds(graph, vector, row, &holds), path: nil)
    return holds
  }

  func markDeleted(_ row: UInt32) throws(VectorIndexError) {
    try Self.check(kindred_hnsw_mark_deleted(graph, row), path: nil)
  }

  func search(_ query: [Float], top: Int, ef: Int) throws(VectorIndexError) -> [Neighbor] {
    var status = kindred_hnsw_status()
    let neighbors = withUnsafeTemporaryAllocation(of: kindred_neighbor.self, capacity: top) { found in
      var count = 0
      status = kindred_hnsw_search(graph, query, top, ef, found.baseAddress, &count)
      return found[..<count].map { Neighbor(row: Int($0.row), score: $0.score) }
    }
    try Self.check(status, path: nil)
    return neighbors
  }

  func connectUnreachable() throws(VectorIndexError) -> Int {
    var linked = 0
    try Self.check(kindred_hnsw_connect_unreachable(graph, &linked), path: nil)
    return linked
  }

  /// Calls `body` with the graph as bytes.
  func withBytes(
    generation: Int64, _ body: (UnsafeRawBufferPointer) throws(VectorIndexError) -> Void
  ) throws(VectorIndexError) {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try Self.check(kindred_hnsw_serialize(graph, generation, &bytes, &count), path: nil)
    defer { kindred_hnsw_free_bytes(bytes) }
    try body(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  func setGeneration(_ generation: Int64) { kindred_hnsw_set_generation(graph, generation) }

  func problems(expected: [UInt32]?, limit: Int) throws(VectorIndexError) -> (found: [kindred_hnsw_problem], total: Int)
  {
    var found = [kindred_hnsw_problem](repeating: kindred_hnsw_problem(), count: limit)
    var total = 0
    if let expected {
      // A pointer that is not null tells an empty list from none.
      try Self.check(
        kindred_hnsw_check(graph, expected + [0], expected.count, &found, limit, &total), path: nil)
    } else {
      try Self.check(kindred_hnsw_check(graph, nil, 0, &found, limit, &total), path: nil)
    }
    return (Array(found.prefix(total)), total)
  }

  private static func unwrap(_ graph: OpaquePointer?) throws(VectorIndexError) -> OpaquePointer {
    guard let graph else { throw VectorIndexError(code: .libraryFailure, reason: "no graph was made") }
    return graph
  }

  private static func check(_ status: kindred_hnsw_status, path: String?) throws(VectorIndexError) {
    guard status.code != KINDRED_HNSW_OK.rawValue else { return }
    let reason = withUnsafeBytes(of: status.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let code: VectorIndexError.Code =
      switch kindred_hnsw_code(UInt32(status.code)) {
      case KINDRED_HNSW_INVALID_ARGUMENT: .invalidArgument
      case KINDRED_HNSW_FOREIGN: .foreign
      case KINDRED_HNSW_UNKNOWN_VERSION: .unknownVersion
      case KINDRED_HNSW_DAMAGED: .damaged
      case KINDRED_HNSW_DIMENSION_MISMATCH: .dimensionMismatch
      default: .libraryFailure
      }
    throw VectorIndexError(code: code, path: path, reason: reason)
  }
}
