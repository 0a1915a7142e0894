internal import Synchronization

/// Vectors in rows, appended to a file and read through a memory map. A row is one L2-normalised vector in single
/// precision, or several views in half precision (``RowLayout``).
///
/// ```swift
/// let features = try FeatureFile.create(path: "features", dimension: 1024)
/// let first = try features.append(vectors)  // [rows, 1024], flattened
/// try features.synchronize()
/// let best = features.exactNeighbors(of: query, top: 10)
/// ```
///
/// How many of the rows count is for the caller to say (SQLite has the record): a crash may leave more, the last one
/// cut off. ``rowCount`` counts whole rows only; ``truncate(toRows:)`` drops what was not committed.
///
/// One object may be used from many threads. There may be any number of readers of a file in other processes, and one
/// writer. A file must never be made shorter than its committed rows by anybody: reading a mapped page that the file
/// has lost, or that the disk can't deliver, ends the process (SIGBUS).
///
/// `@unchecked Sendable`: the descriptor and the mapping are used under `lock` and `state`; the mapped bytes below
/// `rowCount` are never written again.
public final class FeatureFile: @unchecked Sendable {
  public let path: String
  /// What each row holds.
  public let layout: RowLayout
  /// Numbers in a vector.
  public var dimension: Int { layout.dimension }

  /// The dimensions that a file can have.
  public static let dimensions = RowLayout.dimensions

  private struct State: ~Copyable {
    var mapping: FileMapping
    var rowCount: Int
    /// How many rows each open graph relies on.
    var pins: [ObjectIdentifier: Int] = [:]
  }

  private let file: FileDescriptor
  private let state: Mutex<State>
  /// Readers hold it while they use the mapping; cutting the file excludes them.
  private let lock = ReadWriteLock()
  /// One change of the file's length at a time.
  private let growth = Mutex(())

  /// Whole rows in the file, as far as this object has seen: see ``refresh()``.
  public var rowCount: Int { state.withLock { $0.rowCount } }

  var rowBytes: Int { layout.rowBytes }

  /// Makes a new, empty file of one single-precision vector a row.
  /// - Throws: `unwritable` if a file is there.
  public static func create(path: String, dimension: Int) throws(VectorIndexError) -> FeatureFile {
    try create(path: path, layout: RowLayout(dimension: dimension))
  }

  /// Makes a new, empty file that is on the disk when this returns.
  /// - Throws: `unwritable` if a file is there, `invalidArgument` for a layout that can't be.
  public static func create(path: String, layout: RowLayout) throws(VectorIndexError) -> FeatureFile {
    let header = try Header(layout: layout, path: path)
    do {
      let file = try FileDescriptor.create(path: path)
      do throws(VectorIndexError) {
        try header.bytes.withUnsafeBufferPointer { (bytes) throws(VectorIndexError) in
          try file.write(UnsafeRawBufferPointer(bytes), at: 0)
        }
        try file.synchronize()
        try FileDescriptor.synchronizeDirectory(of: path)
      } catch {
        FileDescriptor.remove(path)
        throw error
      }
    }
    return try FeatureFile(path: path, writable: true)
  }

  /// Opens a file that is there.
  /// - Parameters:
  ///   - path: the file.
  ///   - writable: whether rows are going to be added or cut.
  ///   - expectedDimension: the dimension that the file must have; any when `nil`.
  /// - Throws: `notFound`, `unreadable`, `unwritable`, `foreign`, `unknownVersion`, `damaged` or `dimensionMismatch`.
  public init(path: String, writable: Bool = false, expectedDimension: Int? = nil) throws(VectorIndexError) {
    let file = try FileDescriptor.existing(path, writable: writable)
    let header = try Header(bytes: try file.read(Header.size, at: 0), path: path)
    if let expectedDimension, expectedDimension != header.layout.dimension {
      throw VectorIndexError(
        code: .dimensionMismatch, path: path,
        reason: "the vectors have dimension \(header.layout.dimension), not \(expectedDimension)")
    }
    let size = try file.size()
    self.path = path
    layout = header.layout
    state = Mutex(
      State(
        mapping: try FileMapping(file, size: size), rowCount: max(0, size - Header.size) / header.layout.rowBytes))
    self.file = file
  }

  private func offset(ofRow row: Int) -> Int { Header.size + row * rowBytes }

  /// Adds rows of one single-precision vector at the end, in the place of a row that a crash cut off. They are durable
  /// after ``synchronize()``.
  /// - Parameter vectors: `[rows, dimension]`, flattened, each row of length 1.
  /// - Returns: the number of the first new row.
  /// - Throws: `dimensionMismatch` if it is not a whole number of rows; `invalidArgument` if the file's rows hold views;
  ///   `outOfSpace` or `unwritable`, and then the file has the rows that it had before.
  @discardableResult
  public func append(_ vectors: [Float]) throws(VectorIndexError) -> Int {
    guard layout.numbers == .float32 else {
      throw VectorIndexError(code: .invalidArgument, path: path, reason: "its rows hold views, not single vectors")
    }
    guard vectors.count.isMultiple(of: dimension) else {
      throw VectorIndexError(
        code: .dimensionMismatch, path: path,
        reason: "\(vectors.count) numbers are not a whole number of rows of \(dimension)")
    }
    return try vectors.withUnsafeBufferPointer { (vectors) throws(VectorIndexError) in
      try append(bytes: UnsafeRawBufferPointer(vectors), rows: vectors.count / dimension)
    }
  }

  /// Adds whole rows as bytes.
  func append(bytes: UnsafeRawBufferPointer, rows: Int) throws(VectorIndexError) -> Int {
    try growth.withLock { (_) throws(VectorIndexError) in
      let first = rowCount
      guard rows <= Int(UInt32.max) - 1 - first else {
        throw VectorIndexError(code: .unwritable, path: path, reason: "no more than 2^32 − 2 rows fit")
      }
      do throws(VectorIndexError) {
        try file.write(bytes, at: offset(ofRow: first))
        try see(rows: first + rows)
      } catch {
        // If even the cut fails, whole rows too many stay behind, which are dropped like those of a crash.
        try? file.truncate(to: offset(ofRow: first))
        throw error
      }
      return first
    }
  }

  /// Waits until all rows are on the disk.
  public func synchronize() throws(VectorIndexError) { try file.synchronize() }

  /// Cuts the file to its first `rows` rows: what a crash left behind the last commit is dropped.
  ///
  /// Waits for exact searches that are under way.
  /// - Throws: `invalidArgument` if the file has fewer rows or an open graph needs more; `unwritable`.
  public func truncate(toRows rows: Int) throws(VectorIndexError) {
    try growth.withLock { (_) throws(VectorIndexError) in
      try lock.writing { () throws(VectorIndexError) in
        let (count, pinned) = state.withLock { ($0.rowCount, $0.pins.values.max() ?? 0) }
        guard (0...count).contains(rows) else {
          throw VectorIndexError(
            code: .invalidArgument, path: path, reason: "can't be cut to \(rows) rows: it has \(count)")
        }
        guard rows >= pinned else {
          throw VectorIndexError(
            code: .invalidArgument, path: path, reason: "can't be cut to \(rows) rows: an open graph needs \(pinned)")
        }
        try file.truncate(to: offset(ofRow: rows))
        state.withLock { $0.rowCount = rows }
      }
    }
  }

  /// Looks how many rows the file has now, after another process appended some.
  /// - Returns: ``rowCount``.
  @discardableResult
  public func refresh() throws(VectorIndexError) -> Int {
    try growth.withLock { (_) throws(VectorIndexError) in
      let rows = max(0, try file.size() - Header.size) / rowBytes
      try see(rows: rows)
      return rows
    }
  }

  private func see(rows: Int) throws(VectorIndexError) {
    let size = offset(ofRow: rows)
    try state.withLock { (state) throws(VectorIndexError) in
      try state.mapping.cover(file, size: size)
      state.rowCount = rows
    }
  }

  /// Calls `body` with all rows, `[rowCount, dimension]`. The pointer is good within `body`.
  /// - Precondition: rows are single vectors.
  func withUnsafeRows<Result, Failure: Error>(
    _ body: (_ base: UnsafePointer<Float>, _ rowCount: Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(layout.numbers == .float32, "the rows of \(path) hold views")
    return try withUnsafeRowBytes { (base, rowCount) throws(Failure) in
      try body(base.assumingMemoryBound(to: Float.self), rowCount)
    }
  }

  /// Calls `body` with all rows, ``RowLayout/rowBytes`` each. The pointer is good within `body`.
  func withUnsafeRowBytes<Result, Failure: Error>(
    _ body: (_ base: UnsafeRawPointer, _ rowCount: Int) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try lock.reading { () throws(Failure) in
      let (base, rowCount) = state.withLock { ($0.mapping.base + Header.size, $0.rowCount) }
      return try body(base, rowCount)
    }
  }

  /// Where the rows are, for a graph: the pointer is good for the rows that it covers for as long as the file is open,
  /// if they are pinned.
  /// - Precondition: rows are single vectors.
  func view() -> (base: UnsafePointer<Float>, rowCount: Int) {
    precondition(layout.numbers == .float32, "the rows of \(path) hold views")
    return state.withLock {
      (($0.mapping.base + Header.size).assumingMemoryBound(to: Float.self), $0.rowCount)
    }
  }

  /// Keeps ``truncate(toRows:)`` from taking the first `rows` rows away from `owner`; 0 lets go of them.
  func pin(rows: Int, for owner: ObjectIdentifier) {
    state.withLock { $0.pins[owner] = rows == 0 ? nil : rows }
  }
}
