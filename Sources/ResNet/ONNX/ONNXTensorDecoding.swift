import Foundation

/// The numbers of the format's DataType that Kindred reads.
enum ONNXElementType: Int32 {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case bool = 9
  case float16 = 10
  case double = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16

  /// Bytes of one number in `raw_data`.
  var width: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float, .int32, .uint32: 4
    case .double, .int64, .uint64: 8
    }
  }

  var isFloatingPoint: Bool {
    switch self {
    case .float, .float16, .double, .bfloat16: true
    default: false
    }
  }

  /// For people, also for those types that Kindred does not read.
  static func name(_ number: Int32) -> String {
    if let type = ONNXElementType(rawValue: number) { return "\(type)" }
    return switch number {
    case 8: "string"
    case 14: "complex64"
    case 15: "complex128"
    case 17...20: "float8"
    case 21: "uint4"
    case 22: "int4"
    default: "type number \(number)"
    }
  }
}

/// Turns tensors of the file into constants.
struct ONNXTensorDecoder {
  /// The model.
  let bytes: ONNXBytes
  /// Reads tensors that are stored in files of their own; `nil` where the model has no folder.
  var externalData: ONNXExternalData?

  /// - Parameters:
  ///   - tensor: from the model's message.
  ///   - rawData: where in the model its raw data is, if that is not in it.
  ///   - name: for errors.
  mutating func decode(
    _ tensor: ONNXTensorProto, rawData: Range<Int>? = nil, name: String
  ) throws(WeightFileError) -> ONNXConstant {
    guard let type = ONNXElementType(rawValue: tensor.dataType) else {
      throw ONNXFault.unsupported(
        "a tensor of \(ONNXElementType.name(tensor.dataType)); Kindred reads floating-point and integer tensors",
        at: name)
    }
    let shape = tensor.dims.map(Int.init)
    guard shape.count <= 8, shape.allSatisfy({ $0 >= 0 }), let count = checkedProduct(shape),
      !count.multipliedReportingOverflow(by: type.width).overflow
    else { throw ONNXFault.damaged("the shape \(shape) is impossible", at: name) }

    if tensor.dataLocation == 1 {
      guard externalData != nil else {
        throw ONNXFault.unsupported(
          "its data is in another file, which can't be found from bytes in memory; open the model by its path",
          at: name)
      }
      let bytes = try externalData?.read(tensor.externalData, byteCount: count * type.width, name: name) ?? []
      return try decoded(bytes, type: type, shape: shape, name: name)
    }
    guard tensor.dataLocation == 0 else {
      throw ONNXFault.damaged("unknown data location \(tensor.dataLocation)", at: name)
    }
    if rawData != nil || tensor.hasRawData {
      let (expected, found) = (count * type.width, rawData?.count ?? tensor.rawData.count)
      guard found == expected else {
        throw ONNXFault.damaged(
          "the shape \(shape) of \(type) needs \(expected) bytes of data; there are \(found)", at: name)
      }
      guard let rawData else { return try decoded(tensor.rawData, type: type, shape: shape, name: name) }
      if type == .float { return try Self.finite(floats(rawData), shape: shape, name: name) }
      return try decoded(bytes.bytes(rawData), type: type, shape: shape, name: name)
    }
    return try decodeFields(tensor, type: type, shape: shape, count: count, name: name)
  }

  /// Numbers in the model, where they were read to.
  private func floats(_ place: Range<Int>) throws(WeightFileError) -> [Float] {
    var failure: WeightFileError?
    let values = [Float](unsafeUninitializedCapacity: place.count / 4) { target, initialized in
      do throws(WeightFileError) {
        let target = UnsafeMutableRawBufferPointer(target)
        try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: target[..<place.count]), at: place.lowerBound)
        initialized = place.count / 4
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  private func decoded(
    _ data: some ContiguousBytes, type: ONNXElementType, shape: [Int], name: String
  ) throws(WeightFileError) -> ONNXConstant {
    // The closure of withUnsafeBytes can't say which errors it throws.
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(WeightFileError) in try decode(bytes, type: type, shape: shape, name: name) }
    }
    return try result.get()
  }

  /// Little-endian numbers.
  private func decode(
    _ bytes: UnsafeRawBufferPointer, type: ONNXElementType, shape: [Int], name: String
  ) throws(WeightFileError) -> ONNXConstant {
    let count = bytes.count / type.width
    func integers<T: FixedWidthInteger>(_: T.Type) throws(WeightFileError) -> ONNXConstant {
      var values: [ONNXDimension] = []
      values.reserveCapacity(count)
      for index in 0..<count {
        let value = T(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self))
        values.append(try Self.integer(value, name: name))
      }
      return ONNXConstant(shape: shape, integers: values)
    }
    func floats<T>(_: T.Type, _ convert: (T) -> Float) throws(WeightFileError) -> ONNXConstant {
      let values = [Float](unsafeUninitializedCapacity: count) { target, initialized in
        for index in 0..<count {
          let value = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self)
          target.initializeElement(at: index, to: convert(value))
        }
        initialized = count
      }
      return try Self.finite(values, shape: shape, name: name)
    }
    switch type {
    case .float:
      // The processors that Kindred runs on are little-endian, as the format is: one copy.
      let values = [Float](unsafeUninitializedCapacity: count) { target, initialized in
        UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
        initialized = count
      }
      return try Self.finite(values, shape: shape, name: name)
    case .double: return try floats(UInt64.self) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .float16: return try floats(UInt16.self) { Self.half(UInt16(littleEndian: $0)) }
    case .bfloat16: return try floats(UInt16.self) { Self.brain(UInt16(littleEndian: $0)) }
    case .uint8, .bool: return try integers(UInt8.self)
    case .int8: return try integers(Int8.self)
    case .uint16: return try integers(UInt16.self)
    case .int16: return try integers(Int16.self)
    case .int32: return try integers(Int32.self)
    case .uint32: return try integers(UInt32.self)
    case .int64: return try integers(Int64.self)
    case .uint64: return try integers(UInt64.self)
    }
  }

  /// Numbers in the typed fields of the message.
  private func decodeFields(
    _ tensor: ONNXTensorProto, type: ONNXElementType, shape: [Int], count: Int, name: String
  ) throws(WeightFileError) -> ONNXConstant {
    func check(_ found: Int) throws(WeightFileError) {
      guard found == count else {
        throw ONNXFault.damaged("the shape \(shape) needs \(count) numbers; there are \(found)", at: name)
      }
    }
    func integers(_ values: [some FixedWidthInteger]) throws(WeightFileError) -> ONNXConstant {
      try check(values.count)
      var sizes: [ONNXDimension] = []
      for value in values { sizes.append(try Self.integer(value, name: name)) }
      return ONNXConstant(shape: shape, integers: sizes)
    }
    switch type {
    case .float:
      try check(tensor.floatData.count)
      return try Self.finite(tensor.floatData, shape: shape, name: name)
    case .double:
      try check(tensor.doubleData.count)
      return try Self.finite(tensor.doubleData.map { Float($0) }, shape: shape, name: name)
    case .float16:
      try check(tensor.int32Data.count)
      return try Self.finite(
        tensor.int32Data.map { Self.half(UInt16(truncatingIfNeeded: $0)) }, shape: shape, name: name)
    case .bfloat16:
      try check(tensor.int32Data.count)
      return try Self.finite(
        tensor.int32Data.map { Self.brain(UInt16(truncatingIfNeeded: $0)) }, shape: shape, name: name)
    case .int64: return try integers(tensor.int64Data)
    case .uint32, .uint64: return try integers(tensor.uint64Data)
    case .uint8, .int8, .uint16, .int16, .int32, .bool: return try integers(tensor.int32Data)
    }
  }

  private static func integer(_ value: some FixedWidthInteger, name: String) throws(WeightFileError) -> ONNXDimension {
    guard let size = Int(exactly: value) else {
      throw ONNXFault.damaged("\(value) is more than Kindred counts to", at: name)
    }
    return .known(size)
  }

  private static func finite(_ values: [Float], shape: [Int], name: String) throws(WeightFileError) -> ONNXConstant {
    let isFinite = values.withUnsafeBufferPointer { buffer in
      // An infinity's bits without the sign, which a NaN's are above: compilers compare many integers at once.
      let infinity = Int32(bitPattern: Float.infinity.bitPattern)
      var largest: Int32 = 0
      for value in buffer { largest = max(largest, Int32(bitPattern: value.magnitude.bitPattern)) }
      return largest < infinity
    }
    // Only a lone number, as the border of a padding or the end of a range, can mean an infinity.
    guard isFinite || (values.count == 1 && !values[0].isNaN) else {
      let index = values.firstIndex { !$0.isFinite } ?? 0
      throw ONNXFault.damaged("number \(index) of the tensor is \(values[index])", at: name)
    }
    return ONNXConstant(shape: shape, floats: values)
  }

  private static func half(_ bits: UInt16) -> Float { Float(Float16(bitPattern: bits)) }

  /// A bfloat16 is the upper half of a single-precision number.
  private static func brain(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
}
