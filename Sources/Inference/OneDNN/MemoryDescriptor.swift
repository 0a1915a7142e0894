import CDNNL

/// How an array of numbers lies in memory.
struct MemoryDescriptor: Equatable {
  var raw: dnnl_memory_desc_t
  /// The array's shape, which no layout changes.
  let shape: [Int]

  /// Row-major without gaps.
  init(dense shape: [Int], _ type: ElementType = .single) throws(InferenceError) {
    var strides = [Int64](repeating: 1, count: max(shape.count, 1))
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * Int64(shape[axis + 1]) }
    raw = dnnl_memory_desc_t()
    self.shape = shape
    let status = dnnl_memory_desc_init_by_strides(
      &raw, Int32(shape.count), shape.map(Int64.init), type.raw, strides)
    try DNNLHandle.check(status, "description of an array of \(shape)", place: nil)
  }

  /// Whatever layout the primitive likes best.
  init(anyLayout shape: [Int], _ type: ElementType = .single) throws(InferenceError) {
    try self.init(shape, type, dnnl_format_tag_any)
  }

  /// `[N, C, H, W]` with sixteen channels together, the vectors of AVX-512.
  init(sixteenChannelBlocks shape: [Int]) throws(InferenceError) { try self.init(shape, .single, dnnl_aBcd16b) }

  /// `[N, C, H, W]` with eight channels together, the vectors of AVX2.
  init(eightChannelBlocks shape: [Int]) throws(InferenceError) { try self.init(shape, .single, dnnl_aBcd8b) }

  /// `[N, C, H, W]` with all channels of a place together.
  init(channelsLast shape: [Int], _ type: ElementType) throws(InferenceError) { try self.init(shape, type, dnnl_acdb) }

  private init(_ shape: [Int], _ type: ElementType, _ tag: dnnl_format_tag_t) throws(InferenceError) {
    raw = dnnl_memory_desc_t()
    self.shape = shape
    let status = dnnl_memory_desc_init_by_tag(&raw, Int32(shape.count), shape.map(Int64.init), type.raw, tag)
    try DNNLHandle.check(status, "description of an array of \(shape)", place: nil)
  }

  init(raw: dnnl_memory_desc_t, shape: [Int]) {
    self.raw = raw
    self.shape = shape
  }

  /// The same layout of other numbers of the same size.
  func holding(_ type: ElementType) -> MemoryDescriptor {
    var copy = self
    copy.raw.data_type = type.raw
    return copy
  }

  /// `nil` for numbers that no plan's array holds.
  var type: ElementType? { ElementType(raw.data_type) }

  /// Whether channels were added to fill the last block.
  var isPadded: Bool {
    let (dimensions, padded) = (raw.dims, raw.padded_dims)
    return withUnsafeBytes(of: dimensions) { dimensions in
      withUnsafeBytes(of: padded) { !dimensions.elementsEqual($0) }
    }
  }

  var byteCount: Int {
    withUnsafePointer(to: raw) { dnnl_memory_desc_get_size($0) }
  }

  static func == (left: MemoryDescriptor, right: MemoryDescriptor) -> Bool {
    withUnsafePointer(to: left.raw) { left in
      withUnsafePointer(to: right.raw) { dnnl_memory_desc_equal(left, $0) == 1 }
    }
  }
}
