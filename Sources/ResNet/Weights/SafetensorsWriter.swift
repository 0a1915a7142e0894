import Foundation

/// Writes a safetensors file of F32 tensors as a stream: the header first, then numbers in pieces of any size, so that a
/// file larger than memory can be written. The file appears under its name when ``finish()`` succeeds, whole or not at
/// all.
///
/// ```swift
/// let writer = try SafetensorsWriter(
///   path: "features.safetensors", tensors: [("features", [count, dimension])], metadata: ["model": "resnet50"])
/// for batch in batches { try writer.append(batch) }
/// try writer.finish()
/// ```
public final class SafetensorsWriter {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  /// Numbers still to come.
  private var remaining: Int

  /// Creates the file and writes its header.
  /// - Parameters:
  ///   - path: where the finished file will be; an existing one is replaced.
  ///   - tensors: name and shape of each, in the order in which the numbers will come.
  ///   - metadata: the header's `__metadata__`.
  /// - Throws: ``WeightFileError`` `unwritable`, or `damaged` for names said twice and impossible shapes.
  public init(
    path: String, tensors: [(name: String, shape: [Int])], metadata: [String: String] = [:]
  ) throws(WeightFileError) {
    let header: [UInt8]
    (header, remaining) = try Self.header(path: path, tensors: tensors, metadata: metadata)
    self.path = path
    temporaryPath = "\(path).\(getpid()).partial"
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw WeightFileError(code: .unwritable, path: path, reason: String(cString: strerror(errno)))
    }
    try write(header)
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporaryPath)
  }

  /// Writes the next numbers, which may end inside a tensor or reach into the next one.
  public func append(_ values: [Float]) throws(WeightFileError) {
    guard values.count <= remaining else {
      throw WeightFileError(
        code: .damaged, path: path, reason: "\(values.count) numbers are given, and \(remaining) are left to write")
    }
    let result = values.withUnsafeBytes { bytes in
      Result { () throws(WeightFileError) in try write(bytes) }
    }
    try result.get()
    remaining -= values.count
  }

  /// Makes the file durable and gives it its name.
  public func finish() throws(WeightFileError) {
    guard remaining == 0, descriptor >= 0 else {
      throw WeightFileError(code: .damaged, path: path, reason: "\(remaining) numbers were never given")
    }
    let synced = fsync(descriptor) == 0
    let closed = close(descriptor) == 0
    descriptor = -1
    guard synced, closed, rename(temporaryPath, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporaryPath)
      throw WeightFileError(code: .unwritable, path: path, reason: reason)
    }
  }

  private func write(_ bytes: [UInt8]) throws(WeightFileError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(WeightFileError) in try write(bytes) }
    }
    try result.get()
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(WeightFileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw WeightFileError(code: .unwritable, path: path, reason: String(cString: strerror(errno)))
      }
      rest = rest.dropFirst(count)
    }
  }

  private static func header(
    path: String, tensors: [(name: String, shape: [Int])], metadata: [String: String]
  ) throws(WeightFileError) -> (bytes: [UInt8], numbers: Int) {
    func fail(_ name: String, _ reason: String) -> WeightFileError {
      WeightFileError(code: .damaged, path: path, place: name, reason: reason)
    }
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var (numbers, seen) = (0, Set<String>())
    for (name, shape) in tensors {
      guard name != "__metadata__", seen.insert(name).inserted else { throw fail(name, "the name is taken") }
      let count = shape.reduce(1 as Int?) { product, axis in axis < 0 ? nil : product?.multiplied(by: axis) }
      guard let count, count < (Int.max - numbers) / 8 else { throw fail(name, "shape \(shape) is not possible") }
      let axes = shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(axes)],\"data_offsets\":[\(4 * numbers),\(4 * (numbers + count))]}"
      )
      numbers += count
    }
    var json = Array("{\(entries.joined(separator: ","))}".utf8)
    // Data begins at a multiple of eight, as the format recommends; spaces are allowed at the end of the header.
    json.append(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    return (length + json, numbers)
  }

  /// A JSON string.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
