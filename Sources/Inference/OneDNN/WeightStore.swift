import CDNNL

/// Weights in the layouts that the primitives chose. Plans of different sizes that chose alike share them, and what
/// no plan uses any more is freed.
final class WeightStore {
  /// Numbers as they are given.
  enum Numbers {
    case single([Float])
    /// The bits of signed integers.
    case signed(ArraySlice<UInt8>)

    var type: ElementType {
      switch self {
      case .single: .single
      case .signed: .signed
      }
    }

    func withUnsafeBytes<Result>(
      _ body: (UnsafeRawBufferPointer) throws(InferenceError) -> Result
    ) throws(InferenceError) -> Result {
      switch self {
      case .single(let numbers):
        try numbers.withUnsafeBufferPointer { numbers throws(InferenceError) in
          try body(UnsafeRawBufferPointer(numbers))
        }
      case .signed(let numbers):
        try numbers.withUnsafeBufferPointer { numbers throws(InferenceError) in
          try body(UnsafeRawBufferPointer(numbers))
        }
      }
    }
  }

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
  ///   - numbers: dense, of `shape`; made only where they are not there yet.
  ///   - layout: how they shall lie.
  func buffer(
    node: Int, role: Role, numbers: () -> Numbers, shape: [Int], layout: MemoryDescriptor, place: String
  ) throws(InferenceError) -> AlignedBuffer {
    let key = Key(node: node, role: role)
    var known = entries[key, default: []].filter { $0.buffer != nil }
    if let found = known.first(where: { $0.descriptor == layout })?.buffer { return found }
    let buffer = try AlignedBuffer(byteCount: layout.byteCount, place: place)
    let numbers = numbers()
    let dense = try MemoryDescriptor(dense: shape, numbers.type)
    try numbers.withUnsafeBytes { bytes throws(InferenceError) in
      guard let base = bytes.baseAddress else { return }
      if dense == layout {
        buffer.address.copyMemory(from: base, byteCount: bytes.count)
      } else {
        try reorder(base, dense, to: buffer, layout, place: place)
      }
    }
    known.append(Entry(descriptor: layout, buffer: buffer))
    entries[key] = known
    return buffer
  }

  private func reorder(
    _ numbers: UnsafeRawPointer, _ dense: MemoryDescriptor, to buffer: AlignedBuffer, _ layout: MemoryDescriptor,
    place: String
  ) throws(InferenceError) {
    let descriptor = try PrimitiveDescriptor(
      reorder: dense, to: layout, place: place, attributes: PrimitiveAttributes(), engine: engine)
    let primitive = try descriptor.makePrimitive()
    let scratch = try AlignedBuffer(byteCount: descriptor.scratchByteCount, place: place)
    let source = try PlannedMemory(.input, dense, engine: engine)
    let target = try PlannedMemory(.fixed(buffer), layout, engine: engine)
    let pad = try PlannedMemory(.scratch, descriptor.makeScratchDescriptor(), engine: engine)
    try source.bind(UnsafeMutableRawPointer(mutating: numbers))
    try target.bind(buffer.address)
    try pad.bind(scratch.address)
    let arguments = [
      dnnl_exec_arg_t(arg: DNNL_ARG_SRC_0, memory: source.handle.pointer),
      dnnl_exec_arg_t(arg: DNNL_ARG_DST_0, memory: target.handle.pointer),
      dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: pad.handle.pointer),
    ]
    try engine.execute(primitive, arguments, "reorder", place: place)
  }
}
