import CDNNL

/// How an array of single-precision numbers lies in memory.
struct MemoryDescriptor: Equatable {
  var raw: dnnl_memory_desc_t
  /// The array's shape, which no layout changes.
  let shape: [Int]

  /// Row-major without gaps.
  init(dense shape: [Int]) throws(InferenceError) {
    var strides = [Int64](repeating: 1, count: max(shape.count, 1))
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * Int64(shape[axis + 1]) }
    raw = dnnl_memory_desc_t()
    self.shape = shape
    let status = dnnl_memory_desc_init_by_strides(&raw, Int32(shape.count), shape.map(Int64.init), dnnl_f32, strides)
    try DNNLHandle.check(status, "description of an array of \(shape)", place: nil)
  }

  /// Whatever layout the primitive likes best.
  init(anyLayout shape: [Int]) throws(InferenceError) {
    raw = dnnl_memory_desc_t()
    self.shape = shape
    let status = dnnl_memory_desc_init_by_tag(
      &raw, Int32(shape.count), shape.map(Int64.init), dnnl_f32, dnnl_format_tag_any)
    try DNNLHandle.check(status, "description of an array of \(shape)", place: nil)
  }

  /// `[N, C, H, W]` with sixteen channels together, the vectors of AVX-512.
  init(sixteenChannelBlocks shape: [Int]) throws(InferenceError) {
    raw = dnnl_memory_desc_t()
    self.shape = shape
    let status = dnnl_memory_desc_init_by_tag(
      &raw, Int32(shape.count), shape.map(Int64.init), dnnl_f32, dnnl_aBcd16b)
    try DNNLHandle.check(status, "description of an array of \(shape)", place: nil)
  }

  init(raw: dnnl_memory_desc_t, shape: [Int]) {
    self.raw = raw
    self.shape = shape
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
