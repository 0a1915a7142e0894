import CDNNL

/// Weights in the layouts that the primitives chose. Plans of different sizes that chose alike share them, and what
/// no plan uses any more is freed.
final class WeightStore {
  /// Which array of a node.
  enum Role { case weights, bias, scale, shift, mean, variance }

  private struct Key: Hashable {
    let node: Int
    let role: Role
  }

  private struct Entry {
    let descriptor: MemoryDescriptor
    weak var buffer: AlignedBuffer?
  }

  private var entries: [Key: [Entry]] = [:]
  private let engine: DNNLEngine

  init(engine: DNNLEngine) { self.engine = engine }

  /// - Parameters:
  ///   - values: dense, of `shape`.
  ///   - layout: how they shall lie.
  func buffer(
    node: Int, role: Role, values: [Float], shape: [Int], layout: MemoryDescriptor, place: String
  ) throws(InferenceError) -> AlignedBuffer {
    let key = Key(node: node, role: role)
    var known = entries[key, default: []].filter { $0.buffer != nil }
    if let found = known.first(where: { $0.descriptor == layout })?.buffer { return found }
    let buffer = try AlignedBuffer(byteCount: layout.byteCount, place: place)
    let dense = try MemoryDescriptor(dense: shape)
    if dense == layout {
      values.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { buffer.address.copyMemory(from: base, byteCount: bytes.count) }
      }
    } else {
      try reorder(values, dense, to: buffer, layout, place: place)
    }
    known.append(Entry(descriptor: layout, buffer: buffer))
    entries[key] = known
    return buffer
  }

  private func reorder(
    _ values: [Float], _ dense: MemoryDescriptor, to buffer: AlignedBuffer, _ layout: MemoryDescriptor, place: String
  ) throws(InferenceError) {
    let descriptor = try PrimitiveDescriptor(
      reorder: dense, to: layout, place: place, attributes: PrimitiveAttributes(), engine: engine)
    let primitive = try descriptor.makePrimitive()
    let scratch = try AlignedBuffer(byteCount: descriptor.scratchByteCount, place: place)
    let source = try PlannedMemory(.input, dense, engine: engine)
    let target = try PlannedMemory(.fixed(buffer), layout, engine: engine)
    let pad = try PlannedMemory(.scratch, descriptor.makeScratchDescriptor(), engine: engine)
    try target.bind(buffer.address)
    try pad.bind(scratch.address)
    try values.withUnsafeBufferPointer { values throws(InferenceError) in
      guard let base = values.baseAddress else { return }
      try source.bind(UnsafeMutableRawPointer(mutating: base))
      let arguments = [
        dnnl_exec_arg_t(arg: DNNL_ARG_SRC_0, memory: source.handle.pointer),
        dnnl_exec_arg_t(arg: DNNL_ARG_DST_0, memory: target.handle.pointer),
        dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: pad.handle.pointer),
      ]
      try engine.execute(primitive, arguments, "reorder", place: place)
    }
  }
}
