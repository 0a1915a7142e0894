import CDNNL

/// Owns one oneDNN object: engine, stream, memory, primitive and the like.
final class DNNLHandle {
  typealias Destroy = (OpaquePointer?) -> dnnl_status_t

  let pointer: OpaquePointer
  private let destroy: Destroy

  /// - Parameters:
  ///   - what: the object, for errors.
  ///   - place: the node that it is for.
  ///   - create: fills the pointer in.
  init(
    _ what: String, place: String? = nil, destroy: @escaping Destroy,
    create: (UnsafeMutablePointer<OpaquePointer?>) -> dnnl_status_t
  ) throws(InferenceError) {
    var created: OpaquePointer?
    try DNNLHandle.check(create(&created), what, place: place)
    guard let created else {
      throw InferenceError(code: .libraryFailure, place: place, reason: "oneDNN gave no \(what)")
    }
    pointer = created
    self.destroy = destroy
  }

  deinit {
    // Only an invalid pointer could make this fail, and there is nobody to tell.
    _ = destroy(pointer)
  }

  /// Turns a status into an error that names what was tried and for which node.
  static func check(_ status: dnnl_status_t, _ what: String, place: String?) throws(InferenceError) {
    let reason: String
    switch status {
    case dnnl_success: return
    case dnnl_out_of_memory: reason = "oneDNN has no memory for the \(what)"
    case dnnl_invalid_arguments: reason = "oneDNN takes the arguments of the \(what) for invalid"
    case dnnl_unimplemented: reason = "oneDNN has no implementation of the \(what)"
    case dnnl_runtime_error: reason = "oneDNN failed to run the \(what)"
    default: reason = "oneDNN answers the \(what) with status \(status.rawValue)"
    }
    throw InferenceError(
      code: status == dnnl_unimplemented ? .unsupported : .libraryFailure, place: place, reason: reason)
  }
}

/// The processor as oneDNN sees it, and the queue that work is put on.
final class DNNLEngine {
  private let engine: DNNLHandle
  private let stream: DNNLHandle

  init() throws(InferenceError) {
    let engine = try DNNLHandle("engine", destroy: dnnl_engine_destroy) { dnnl_engine_create($0, dnnl_cpu, 0) }
    stream = try DNNLHandle("stream", destroy: dnnl_stream_destroy) {
      dnnl_stream_create($0, engine.pointer, dnnl_stream_default_flags.rawValue)
    }
    self.engine = engine
  }

  var pointer: OpaquePointer { engine.pointer }

  /// Runs a primitive and waits for it.
  func execute(
    _ primitive: DNNLHandle, _ arguments: [dnnl_exec_arg_t], _ what: String, place: String?
  ) throws(InferenceError) {
    let status = dnnl_primitive_execute(primitive.pointer, stream.pointer, Int32(arguments.count), arguments)
    try DNNLHandle.check(status, what, place: place)
    try DNNLHandle.check(dnnl_stream_wait(stream.pointer), what, place: place)
  }
}
