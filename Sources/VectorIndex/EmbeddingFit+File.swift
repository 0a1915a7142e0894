internal import COpenBLAS

extension EmbeddingFit {
  private static let magic: [UInt8] = Array("KNDREFIT".utf8)
  private static let formatVersion: UInt32 = 1
  private static let headerSize = 64
  /// Above what a mean and the components of 128 numbers of the longest embedding take.
  private static let mostBytes = 128 << 20
  /// More than are ever learnt; the time to check them grows with the square.
  private static let mostComponents = 512

  /// Reads a file, which may come from anywhere.
  /// - Parameters:
  ///   - path: the file.
  ///   - expectedDimension: numbers that an embedding must have; any when `nil`.
  /// - Throws: `notFound`, `unreadable`, `foreign`, `unknownVersion`, `dimensionMismatch`, or `damaged` for whatever else
  ///   is wrong.
  public init(contentsOf path: String, expectedDimension: Int? = nil) throws(VectorIndexError) {
    func damaged(_ reason: String) -> VectorIndexError {
      VectorIndexError(code: .damaged, path: path, reason: reason)
    }
    let file = try FileDescriptor.existing(path, writable: false)
    let size = try file.size()
    let header = try file.read(min(size, Self.headerSize), at: 0)
    guard header.starts(with: Self.magic) else {
      throw VectorIndexError(code: .foreign, path: path, reason: "not a Kindred fit file")
    }
    guard header.count == Self.headerSize else { throw damaged("the header is cut off") }
    guard header.uint32(at: 8) == Self.formatVersion else {
      throw VectorIndexError(
        code: .unknownVersion, path: path,
        reason: "format version \(header.uint32(at: 8)), but this program knows only version \(Self.formatVersion)")
    }
    guard header[..<60].withUnsafeBytes(Checksum.crc32c) == header.uint32(at: 60) else {
      throw damaged("the header's checksum is wrong")
    }
    rowCount = Int(header.uint32(at: 12))
    dimension = Int(header.uint32(at: 16))
    let meanCount = Int(header.uint32(at: 20))
    let componentCount = Int(header.uint32(at: 24))
    switch header.uint32(at: 28) {
    case 0: codes = nil
    case 1: codes = .int8
    case 2: codes = .float16
    default: throw damaged("unknown kind of codes")
    }
    unrelated = Float(bitPattern: header.uint32(at: 32))
    guard dimension > 0, dimension <= 2 * RowLayout.dimensions.upperBound, meanCount == 0 || meanCount == dimension,
      componentCount <= min(dimension, Self.mostComponents)
    else { throw damaged("its counts are out of range") }
    if let expectedDimension, expectedDimension != dimension {
      throw VectorIndexError(
        code: .dimensionMismatch, path: path,
        reason: "it was learnt from embeddings of \(dimension) numbers, not \(expectedDimension)")
    }
    guard (-1...1).contains(unrelated) else { throw damaged("its cosine is out of range") }
    let count = meanCount + componentCount * dimension
    guard count * 4 <= Self.mostBytes, size == Self.headerSize + count * 4 else { throw damaged("it has another size") }
    let bytes = try file.read(count * 4, at: Self.headerSize)
    guard bytes.withUnsafeBytes(Checksum.crc32c) == header.uint32(at: 36) else {
      throw damaged("the checksum is wrong")
    }
    let numbers = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      initialized = count
    }
    guard numbers.allSatisfy(\.isFinite) else { throw damaged("it has numbers that are not finite") }
    // The mean of vectors of length 1 is no longer.
    guard numbers.withUnsafeBufferPointer({ cblas_snrm2(Int32(meanCount), $0.baseAddress, 1) }) <= 1.001 else {
      throw damaged("its mean is longer than an embedding")
    }
    mean = meanCount > 0 ? Array(numbers[..<meanCount]) : nil
    projection =
      componentCount > 0 ? try Projection(components: Array(numbers[meanCount...]), dimension: dimension) : nil
  }

  /// Replaces the file at `path`: at every moment there is the old one or the new one in full.
  public func write(to path: String) throws(VectorIndexError) {
    let numbers = (mean ?? []) + (projection?.components ?? [])
    var bytes = [UInt8](repeating: 0, count: Self.headerSize)
    bytes.replaceSubrange(0..<8, with: Self.magic)
    bytes.put(Self.formatVersion, at: 8)
    bytes.put(UInt32(clamping: rowCount), at: 12)
    bytes.put(UInt32(dimension), at: 16)
    bytes.put(UInt32(mean?.count ?? 0), at: 20)
    bytes.put(UInt32(projection?.count ?? 0), at: 24)
    bytes.put(codes == nil ? 0 : codes == .int8 ? 1 : 2, at: 28)
    bytes.put(unrelated.bitPattern, at: 32)
    bytes.put(numbers.withUnsafeBytes(Checksum.crc32c), at: 36)
    bytes.put(bytes[..<60].withUnsafeBytes(Checksum.crc32c), at: 60)
    numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    try bytes.withUnsafeBufferPointer { (bytes) throws(VectorIndexError) in
      try SavedGraph.write(UnsafeRawBufferPointer(bytes), to: path)
    }
  }
}
