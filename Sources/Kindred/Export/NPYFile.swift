import Foundation

/// NumPy's `.npy` format, version 1.0 (numpy.lib.format): a header that describes the array, then its numbers.
public enum NPYFile {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// A vector file of more bytes is refused.
  private static let largestFile = 64 << 20

  /// The header of a little-endian float32 array in C order.
  static func header(rows: Int, columns: Int) -> [UInt8] {
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
    // The numbers start at a multiple of 64 bytes, and the header ends with a line feed.
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    let count = text.utf8.count
    return magic + [1, 0, UInt8(count & 255), UInt8(count >> 8)] + Array(text.utf8)
  }

  /// Writes a matrix.
  public static func write(_ rows: [[Float]], to path: String) throws {
    let writer = try FeatureWriter(path: path, format: .npy, rows: rows.count, dimension: rows.first?.count ?? 0)
    for row in rows { try writer.append(row) }
    try writer.finish()
  }

  /// What a header says of an array, and where its numbers start.
  private struct Description {
    var text: String
    var shape: String
    var sizes: [Int]
    var start: Int

    init(_ bytes: [UInt8], name: String) throws {
      func fail(_ reason: String) -> KindredError { NPYFile.fail(name, reason) }
      guard bytes.count >= 12, bytes.starts(with: magic) else { throw fail("not a .npy file") }
      let isFirstVersion = bytes[6] == 1
      start = isFirstVersion ? 10 : 12
      let length =
        isFirstVersion
        ? Int(bytes[8]) | Int(bytes[9]) << 8
        : Int(bytes[8]) | Int(bytes[9]) << 8 | Int(bytes[10]) << 16 | Int(bytes[11]) << 24
      guard length <= bytes.count - start else { throw fail("the .npy file ends within its header") }
      text = String(decoding: bytes[start..<(start + length)], as: UTF8.self)
      start += length
      guard text.contains("'fortran_order': False") || !text.contains("'fortran_order': True") else {
        throw fail("arrays in Fortran order are not read")
      }
      guard let found = text.firstMatch(of: /'shape': \(([0-9, ]*)\)/) else {
        throw fail("the .npy header has no shape")
      }
      shape = String(found.1)
      sizes = shape.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    }
  }

  private static func fail(_ name: String, _ reason: String) -> KindredError {
    KindredError(.unreadableFile, place: name, reason: reason)
  }

  /// Reads a matrix of float32 numbers, of any size: `[rows, columns]`, flattened.
  package static func matrix(contentsOf path: String) throws -> (rows: Int, columns: Int, values: [Float]) {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    // The first version's header is no longer; NumPy writes the others for tables of named columns.
    let described = try Description([UInt8](data.prefix(10 + 65_535)), name: path)
    let sizes = described.sizes
    guard sizes.count == 2, described.text.contains("'<f4'") else {
      throw fail(path, "the array's shape is (\(described.shape)); a matrix of float32 is wanted")
    }
    let (count, overflows) = sizes[0].multipliedReportingOverflow(by: sizes[1])
    guard !overflows, (data.count - described.start).isMultiple(of: 4), (data.count - described.start) / 4 == count
    else {
      throw fail(path, "the .npy file is not as long as its header says")
    }
    let values = data.withUnsafeBytes { bytes in
      (0..<count).map {
        Float(
          bitPattern: UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: described.start + $0 * 4, as: UInt32.self)))
      }
    }
    return (sizes[0], sizes[1], values)
  }

  /// Reads one vector: a one-dimensional array, or the only row of a two-dimensional one.
  static func vector(_ bytes: [UInt8], name: String) throws -> [Float] {
    func fail(_ reason: String) -> KindredError { Self.fail(name, reason) }
    guard bytes.count <= largestFile else { throw fail("not a .npy file") }
    let described = try Description(bytes, name: name)
    let (text, sizes) = (described.text, described.sizes)
    guard sizes.count == 1 || (sizes.count == 2 && sizes[0] == 1), let count = sizes.last else {
      throw fail("the array's shape is (\(described.shape)); one vector is wanted")
    }
    let body = bytes[described.start...]
    if text.contains("'<f4'") {
      guard body.count / 4 == count, body.count % 4 == 0 else {
        throw fail("the .npy file is not as long as its header says")
      }
      return (0..<count).map { index in
        let at = body.startIndex + index * 4
        return Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(body[at + $1]) << UInt32(8 * $1) })
      }
    }
    if text.contains("'<f8'") {
      guard body.count / 8 == count, body.count % 8 == 0 else {
        throw fail("the .npy file is not as long as its header says")
      }
      return (0..<count).map { index in
        let at = body.startIndex + index * 8
        return Float(Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(body[at + $1]) << UInt64(8 * $1) }))
      }
    }
    throw fail("the array's numbers are neither float32 nor float64")
  }
}

/// Reads the vector that a person searches with.
public enum VectorFile {
  /// A `.npy` file, a JSON list of numbers, or a JSON object with a `feature` as `kindred embed` prints it.
  public static func read(_ path: String) throws -> [Float] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw KindredError(.unreadableFile, place: path, reason: "the vector file can't be read")
    }
    if data.first == 0x93 { return try NPYFile.vector([UInt8](data), name: path) }
    if let list = try? JSONDecoder().decode([Float].self, from: data) { return list }
    struct Embedded: Decodable { var feature: [Float] }
    if let embedded = try? JSONDecoder().decode(Embedded.self, from: data) { return embedded.feature }
    throw KindredError(
      .unreadableFile, place: path, reason: "not a vector",
      remedy: "Give a .npy file, a JSON list of numbers, or one line of `kindred embed`.")
  }
}
