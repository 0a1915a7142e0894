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

  /// Whether the implementation is one of oneDNN's fast ones for the processor.
  var isFast: Bool { implementation.hasPrefix("jit") || implementation.hasPrefix("brgconv") }

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
