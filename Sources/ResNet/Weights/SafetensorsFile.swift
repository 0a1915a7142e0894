/// A safetensors file (https://github.com/huggingface/safetensors, "Format"): an 8-byte little-endian length, a JSON
/// header of that length, then the tensors' bytes one after another.
///
/// Opening reads the header alone and checks it whole: after that every tensor is known to lie inside the file, to have
/// as many bytes as its shape needs, and to share none with another. Numbers are read when they are asked for.
///
/// ```swift
/// let file = try SafetensorsFile(contentsOf: "model.safetensors")
/// for name in file.names { print(name, file[name]!.shape) }
/// let weights = try file.floats(named: "conv1.weight")
/// ```
public struct SafetensorsFile: Sendable {
  /// What numbers a tensor holds.
  public enum DType: String, Sendable, Codable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    /// Bytes of one number.
    public var size: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }
  }

  /// One tensor of the header.
  public struct Entry: Sendable, Equatable {
    public var dtype: DType
    /// Sizes of the axes, outermost first; empty for a scalar.
    public var shape: [Int]
    /// Where the numbers are, counted from the start of the file.
    public var bytes: Range<Int>
    /// How many numbers.
    public var count: Int
  }

  /// Headers of more bytes than this are refused; ResNet-1202's has less than one megabyte.
  public static let maximumHeaderBytes = 16 << 20

  public let path: String
  /// Tensor names in the order of their bytes.
  public let names: [String]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  let entries: [String: Entry]
  let handle: WeightFileHandle

  /// Opens a file and checks its header.
  /// - Throws: ``WeightFileError``: `notFound`, `unreadable`, `truncated`, `tooLarge` for an oversized header, `damaged`
  ///   for one that contradicts itself, `wrongShape` for a tensor whose bytes do not fit its shape, and `unknownFormat`.
  public init(contentsOf path: String) throws(WeightFileError) {
    self = try SafetensorsFile(handle: WeightFileHandle(path: path))
  }

  init(handle: WeightFileHandle) throws(WeightFileError) {
    let header = try SafetensorsHeader(reading: handle)
    self.path = handle.path
    self.handle = handle
    self.entries = header.entries
    self.metadata = header.metadata
    self.names = header.names
  }

  /// The tensor of a name.
  public subscript(name: String) -> Entry? { entries[name] }

  /// The tensor of a name, or an error that says that it is missing.
  func entry(named name: String) throws(WeightFileError) -> Entry {
    guard let entry = entries[name] else {
      throw WeightFileError(code: .missingTensor, path: path, place: name, reason: "there is no such tensor")
    }
    return entry
  }

  /// The bytes of a tensor as the file has them.
  public func rawBytes(named name: String) throws(WeightFileError) -> [UInt8] {
    let entry = try entry(named: name)
    return try handle.bytes(at: entry.bytes.lowerBound, count: entry.bytes.count)
  }
}
