import CDNNL

/// A primitive that oneDNN has chosen an implementation for, before it is built.
final class PrimitiveDescriptor {
  private let handle: DNNLHandle
  /// What it does, for errors.
  let what: String
  let place: String?

  /// - Parameter operation: the operation's descriptor of oneDNN, such as `dnnl_convolution_desc_t`.
  init<Descriptor>(
    _ what: String, place: String?, operation: Descriptor, attributes: PrimitiveAttributes, engine: DNNLEngine
  ) throws(InferenceError) {
    handle = try DNNLHandle(what, place: place, destroy: dnnl_primitive_desc_destroy) { created in
      withUnsafePointer(to: operation) {
        dnnl_primitive_desc_create(created, UnsafeRawPointer($0), attributes.pointer, engine.pointer, nil)
      }
    }
    self.what = what
    self.place = place
  }

  /// From one layout to another.
  init(
    reorder source: MemoryDescriptor, to target: MemoryDescriptor, place: String?, attributes: PrimitiveAttributes,
    engine: DNNLEngine
  ) throws(InferenceError) {
    handle = try DNNLHandle("reorder", place: place, destroy: dnnl_primitive_desc_destroy) { created in
      withUnsafePointer(to: source.raw) { source in
        withUnsafePointer(to: target.raw) { target in
          dnnl_reorder_primitive_desc_create(
            created, source, engine.pointer, target, engine.pointer, attributes.pointer)
        }
      }
    }
    what = "reorder"
    self.place = place
  }

  /// The layout chosen for one of the primitive's arrays.
  func layout(of query: dnnl_query_t, shape: [Int]) throws(InferenceError) -> MemoryDescriptor {
    guard let raw = dnnl_primitive_desc_query_md(handle.pointer, query, 0) else {
      throw InferenceError(code: .libraryFailure, place: place, reason: "oneDNN names no layout for the \(what)")
    }
    return MemoryDescriptor(raw: raw.pointee, shape: shape)
  }

  /// The implementation's name, such as "jit:avx512_core".
  var implementation: String {
    var name: UnsafePointer<CChar>?
    let status = withUnsafeMutablePointer(to: &name) {
      dnnl_primitive_desc_query(handle.pointer, dnnl_query_impl_info_str, 0, $0)
    }
    guard status == dnnl_success, let name else { return "" }
    return String(cString: name)
  }

  /// Bytes of scratch that a run needs.
  var scratchByteCount: Int {
    dnnl_primitive_desc_query_md(handle.pointer, dnnl_query_scratchpad_md, 0).map { dnnl_memory_desc_get_size($0) }
      ?? 0
  }

  func makeScratchDescriptor() throws(InferenceError) -> MemoryDescriptor {
    try layout(of: dnnl_query_scratchpad_md, shape: [])
  }

  func makePrimitive() throws(InferenceError) -> DNNLHandle {
    try DNNLHandle(what, place: place, destroy: dnnl_primitive_destroy) {
      dnnl_primitive_create($0, handle.pointer)
    }
  }
}

/// What is fused behind a primitive. Scratch memory is always the caller's.
final class PrimitiveAttributes {
  private let handle: DNNLHandle

  /// - Parameters:
  ///   - addsToOutput: the result is added to what the output's memory holds.
  ///   - clampsAtZero: then ReLU.
  init(addsToOutput: Bool = false, clampsAtZero: Bool = false) throws(InferenceError) {
    handle = try DNNLHandle("attributes", destroy: dnnl_primitive_attr_destroy) { dnnl_primitive_attr_create($0) }
    let mode = dnnl_primitive_attr_set_scratchpad_mode(handle.pointer, dnnl_scratchpad_mode_user)
    try DNNLHandle.check(mode, "attributes", place: nil)
    guard addsToOutput || clampsAtZero else { return }
    let operations = try DNNLHandle("post-operations", destroy: dnnl_post_ops_destroy) { dnnl_post_ops_create($0) }
    if addsToOutput {
      try DNNLHandle.check(dnnl_post_ops_append_sum(operations.pointer, 1), "post-operations", place: nil)
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
