#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The file that a graph is saved in, as bytes.
enum SavedGraph {
  static func read(_ path: String) throws(VectorIndexError) -> [UInt8] {
    let file = try FileDescriptor.existing(path, writable: false)
    let size = try file.size()
    // The magic is read first, so that a large foreign file is not read in full.
    guard try file.read(8, at: 0) == Array("KNDGRAPH".utf8) else {
      if size == 0 { throw VectorIndexError(code: .damaged, path: path, reason: "the file is empty") }
      throw VectorIndexError(code: .foreign, path: path, reason: "not a Kindred graph file")
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
