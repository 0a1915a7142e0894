import CDNNL

/// What is fused into a primitive. Scratch memory is always the caller's.
final class PrimitiveAttributes {
  /// What the output's memory holds before a primitive runs, and is added to its result.
  struct Accumulation {
    /// The factor of what is there.
    var scale: Float = 1
    /// The numbers there, where they are others than the output's.
    var type: ElementType?
  }

  private let handle: DNNLHandle

  /// - Parameters:
  ///   - scales: factors of the result: one, or one for each output channel; none where it stays as it is.
  ///   - accumulation: added after that; `nil` where the output is overwritten.
  ///   - clampsAtZero: then ReLU.
  init(
    scales: [Float] = [], accumulation: Accumulation? = nil, clampsAtZero: Bool = false
  ) throws(InferenceError) {
    handle = try DNNLHandle("attributes", destroy: dnnl_primitive_attr_destroy) { dnnl_primitive_attr_create($0) }
    let mode = dnnl_primitive_attr_set_scratchpad_mode(handle.pointer, dnnl_scratchpad_mode_user)
    try DNNLHandle.check(mode, "attributes", place: nil)
    if !scales.isEmpty {
      // Bit 1 of the mask: a factor for each index of axis 1.
      let mask: Int32 = scales.count > 1 ? 1 << 1 : 0
      let status = dnnl_primitive_attr_set_output_scales(handle.pointer, Int64(scales.count), mask, scales)
      try DNNLHandle.check(status, "output scales", place: nil)
    }
    try fuse(accumulation, clampsAtZero: clampsAtZero)
  }

  private func fuse(_ accumulation: Accumulation?, clampsAtZero: Bool) throws(InferenceError) {
    guard accumulation != nil || clampsAtZero else { return }
    let operations = try DNNLHandle("post-operations", destroy: dnnl_post_ops_destroy) { dnnl_post_ops_create($0) }
    if let accumulation {
      let type = accumulation.type?.raw ?? dnnl_data_type_undef
      let status = dnnl_post_ops_append_sum_v2(operations.pointer, accumulation.scale, type)
      try DNNLHandle.check(status, "post-operations", place: nil)
    }
    if clampsAtZero {
      let status = dnnl_post_ops_append_eltwise(operations.pointer, 1, dnnl_eltwise_relu, 0, 0)
      try DNNLHandle.check(status, "post-operations", place: nil)
    }
    // oneDNN copies the list.
    let status = dnnl_primitive_attr_set_post_ops(handle.pointer, operations.pointer)
    try DNNLHandle.check(status, "post-operations", place: nil)
  }

  var pointer: OpaquePointer { handle.pointer }
}
