import Foundation

/// The checked header of a safetensors file.
struct SafetensorsHeader {
  var entries: [String: SafetensorsFile.Entry] = [:]
  var metadata: [String: String] = [:]
  /// In the order of the bytes.
  var names: [String] = []

  init(reading handle: WeightFileHandle) throws(WeightFileError) {
    let path = handle.path
    func fail(_ code: WeightFileError.Code, _ reason: String) -> WeightFileError {
      WeightFileError(code: code, path: path, reason: reason)
    }
    guard handle.size > 8 else {
      throw fail(.truncated, "\(handle.size) bytes are too few for a safetensors header")
    }
    let prefix = try handle.bytes(at: 0, count: 9)
    guard prefix[8] == UInt8(ascii: "{") else {
      throw fail(.unknownFormat, "not a safetensors file: its header does not begin with a brace")
    }
    let length = prefix[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsFile.maximumHeaderBytes else {
      throw fail(
        .tooLarge, "the header claims \(length) bytes; at most \(SafetensorsFile.maximumHeaderBytes) are possible")
    }
    guard Int(length) <= handle.size - 8 else {
      throw fail(.truncated, "the header claims \(length) bytes, and the file has \(handle.size - 8) after its length")
    }
    let json = try handle.bytes(at: 8, count: Int(length))
    let decoded: DecodedHeader
    do {
      decoded = try JSONDecoder().decode(DecodedHeader.self, from: Data(json))
    } catch {
      throw fail(.damaged, "the header is not the JSON of a safetensors file\(Self.place(of: error))")
    }
    metadata = decoded.metadata
    try add(decoded.tensors, dataStart: 8 + Int(length), handle: handle)
  }

  private mutating func add(
    _ tensors: [String: DecodedTensor], dataStart: Int, handle: WeightFileHandle
  ) throws(WeightFileError) {
    let dataSize = handle.size - dataStart
    func fail(_ code: WeightFileError.Code, _ place: String?, _ reason: String) -> WeightFileError {
      WeightFileError(code: code, path: handle.path, place: place, reason: reason)
    }
    // Sorted by name first, so that the error of a file with several faults is always the same.
    let sorted = tensors.sorted { left, right in
      (left.value.data_offsets.first ?? 0, left.value.data_offsets.last ?? 0, left.key)
        < (right.value.data_offsets.first ?? 0, right.value.data_offsets.last ?? 0, right.key)
    }
    var end = 0
    for (name, tensor) in sorted {
      guard let dtype = SafetensorsFile.DType(rawValue: tensor.dtype) else {
        throw fail(.wrongShape, name, "its type \(tensor.dtype.prefix(32)) is not known")
      }
      guard tensor.data_offsets.count == 2, 0 <= tensor.data_offsets[0],
        tensor.data_offsets[0] <= tensor.data_offsets[1]
      else { throw fail(.damaged, name, "its offsets \(tensor.data_offsets.prefix(4)) are not a range") }
      let (begin, stop) = (tensor.data_offsets[0], tensor.data_offsets[1])
      guard let count = tensor.elementCount, let size = count.multiplied(by: dtype.size) else {
        throw fail(.damaged, name, "its shape \(tensor.shape.prefix(8)) is not possible")
      }
      guard size == stop - begin else {
        throw fail(
          .wrongShape, name,
          "shape \(tensor.shape) of \(dtype.rawValue) needs \(size) bytes, and it has \(stop - begin)")
      }
      guard begin >= end else { throw fail(.damaged, name, "its bytes overlap those of another tensor") }
      guard begin == end else { throw fail(.damaged, name, "\(begin - end) bytes before it belong to no tensor") }
      guard stop <= dataSize else {
        throw fail(.truncated, name, "it ends at byte \(stop) of the data, and the file has \(dataSize)")
      }
      end = stop
      entries[name] = SafetensorsFile.Entry(
        dtype: dtype, shape: tensor.shape, bytes: dataStart + begin..<dataStart + stop, count: count)
      names.append(name)
    }
    guard end == dataSize else { throw fail(.damaged, nil, "\(dataSize - end) bytes at the end belong to no tensor") }
  }

  private static func place(of error: any Error) -> String {
    guard let error = error as? DecodingError else { return "" }
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
      .dataCorrupted(let found):
      context = found
    @unknown default: return ""
    }
    let keys = context.codingPath.prefix(3).map { String($0.stringValue.prefix(100)) }
    return keys.isEmpty ? "" : " (at \(keys.joined(separator: ", ")))"
  }
}

/// The header as its JSON has it, before any check.
private struct DecodedHeader: Decodable {
  var tensors: [String: DecodedTensor] = [:]
  var metadata: [String: String] = [:]

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        tensors[key.stringValue] = try container.decode(DecodedTensor.self, forKey: key)
      }
    }
  }
}

/// One tensor's entry; the names are the format's.
private struct DecodedTensor: Decodable {
  var dtype: String
  var shape: [Int]
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var data_offsets: [Int]

  /// The shape's product; `nil` where it does not fit or an axis is negative.
  var elementCount: Int? {
    shape.reduce(1 as Int?) { product, axis in axis < 0 ? nil : product?.multiplied(by: axis) }
  }
}

extension Int {
  /// The product, `nil` where it does not fit.
  func multiplied(by other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}
