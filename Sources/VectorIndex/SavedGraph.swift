#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The file that a graph is saved in, as bytes.
enum SavedGraph {
  private static let headerSize = 128

  /// - Parameters:
  ///   - path: the file.
  ///   - ofCodes: which kind of graph it must be.
  ///   - rowLimit: rows that there can be. The header is checked first: a graph takes more memory than its file does, and
  ///     a file with holes can be larger than any memory.
  static func read(_ path: String, ofCodes: Bool, rowLimit: Int) throws(VectorIndexError) -> [UInt8] {
    let file = try FileDescriptor.existing(path, writable: false)
    let size = try file.size()
    if size == 0 { throw VectorIndexError(code: .damaged, path: path, reason: "the file is empty") }
    let header = try file.read(min(size, headerSize), at: 0)
    let rows = try GraphHandle.rowCount(header: header, fileSize: size, ofCodes: ofCodes, path: path)
    guard rows <= rowLimit else {
      throw VectorIndexError(
        code: .damaged, path: path, reason: "the graph has \(rows) rows, but there can only be \(rowLimit)")
    }
    return try file.read(size, at: 0)
  }

  /// Replaces the file at `path`: at every moment there is the old one or the new one in full.
  static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(VectorIndexError) {
    let temporary = "\(path).new"
    // What a crash left.
    FileDescriptor.remove(temporary)
    let file = try FileDescriptor.create(path: temporary)
    do throws(VectorIndexError) {
      try file.write(bytes, at: 0)
      try file.synchronize()
      guard rename(temporary, path) == 0 else {
        throw FileDescriptor.failure(errno, path: path, doing: "replace", writing: true)
      }
    } catch {
      FileDescriptor.remove(temporary)
      throw error
    }
    try FileDescriptor.synchronizeDirectory(of: path)
  }
}
