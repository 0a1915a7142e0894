import CDNNL

/// Where an array of a plan lies.
enum MemoryLocation {
  /// In the arena, which all plans of an executor share.
  case arena(ArenaBuffer)
  /// Weights, which stay where they are.
  case fixed(AlignedBuffer)
  /// What is fed; never written to.
  case input
  /// What is returned, by number.
  case output(Int)
  /// Behind the arena's buffers.
  case scratch
}

/// An array of a plan, and oneDNN's object for it.
final class PlannedMemory {
  let location: MemoryLocation
  let descriptor: MemoryDescriptor
  let handle: DNNLHandle

  init(_ location: MemoryLocation, _ descriptor: MemoryDescriptor, engine: DNNLEngine) throws(InferenceError) {
    self.location = location
    self.descriptor = descriptor
    handle = try DNNLHandle("memory", destroy: dnnl_memory_destroy) { created in
      withUnsafePointer(to: descriptor.raw) { dnnl_memory_create(created, $0, engine.pointer, nil) }
    }
  }

  func bind(_ address: UnsafeMutableRawPointer) throws(InferenceError) {
    try DNNLHandle.check(dnnl_memory_set_data_handle(handle.pointer, address), "memory", place: nil)
  }
}

/// One call.
struct PlanStep {
  enum Work {
    case primitive(DNNLHandle, [dnnl_exec_arg_t])
    /// Dense arrays in plain loops.
    case plain(Operation, inputs: [PlannedMemory], output: PlannedMemory)
    case own(any OwnConvolution, ConvolutionArrays<PlannedMemory>)
    /// A dense array to where it is returned.
    case copyOut(PlannedMemory, output: Int)
  }
  let work: Work
  let what: String
  let place: String?
}

/// A graph prepared for one shape of input: primitives, and where each array lies.
final class Plan {
  let inputShape: [Int]
  let outputShapes: [[Int]]
  /// Whether it was prepared for many runs.
  let isForManyRuns: Bool
  private(set) var runCount = 0
  /// Bytes of arena that a run needs, scratch included.
  let arenaByteCount: Int
  private let scratchOffset: Int
  private let steps: [PlanStep]
  private let memories: [PlannedMemory]
  private let boundaries: [PlannedMemory]
  /// The arena that ``memories`` point into.
  private var boundArena: UnsafeMutableRawPointer?

  init(
    inputShape: [Int], outputShapes: [[Int]], isForManyRuns: Bool, steps: [PlanStep], memories: [PlannedMemory],
    scratchOffset: Int, arenaByteCount: Int
  ) {
    self.inputShape = inputShape
    self.outputShapes = outputShapes
    self.isForManyRuns = isForManyRuns
    self.steps = steps
    self.memories = memories
    self.scratchOffset = scratchOffset
    self.arenaByteCount = arenaByteCount
    boundaries = memories.filter {
      switch $0.location {
      case .input, .output: true
      case .arena, .fixed, .scratch: false
      }
    }
  }

  /// - Parameters:
  ///   - input: dense, of ``inputShape``.
  ///   - outputs: room for each of ``outputShapes``.
  func run(
    input: UnsafePointer<Float>, outputs: [UnsafeMutablePointer<Float>], arena: AlignedBuffer, engine: DNNLEngine
  ) throws(InferenceError) {
    runCount += 1
    let addresses = Addresses(input: input, outputs: outputs, arena: arena.address, scratchOffset: scratchOffset)
    if boundArena != arena.address {
      for memory in memories { try memory.bind(addresses[memory.location]) }
      boundArena = arena.address
    } else {
      for memory in boundaries { try memory.bind(addresses[memory.location]) }
    }
    for step in steps {
      switch step.work {
      case .primitive(let primitive, let arguments):
        try engine.execute(primitive, arguments, step.what, place: step.place)
      case .plain(let operation, let inputs, let output):
        let views = inputs.map { PlainView(values: addresses.floats($0.location), shape: $0.descriptor.shape) }
        let target = addresses.floats(output.location)
        PlainKernels.run(operation, views, into: target, outputShape: output.descriptor.shape)
      case .own(let convolution, let arrays):
        convolution.run(arrays.map { addresses[$0.location] }, scratch: addresses[.scratch])
      case .copyOut(let memory, let number):
        let count = memory.descriptor.shape.reduce(1, *)
        outputs[number].update(from: addresses.floats(memory.location), count: count)
      }
    }
  }

  /// Where everything is in one run.
  private struct Addresses {
    let input: UnsafePointer<Float>
    let outputs: [UnsafeMutablePointer<Float>]
    let arena: UnsafeMutableRawPointer
    let scratchOffset: Int

    subscript(location: MemoryLocation) -> UnsafeMutableRawPointer {
      switch location {
      case .arena(let buffer): arena + buffer.offset
      case .fixed(let buffer): buffer.address
      // oneDNN's memory objects know no constness; no step writes here.
      case .input: UnsafeMutableRawPointer(mutating: input)
      case .output(let number): UnsafeMutableRawPointer(outputs[number])
      case .scratch: arena + scratchOffset
      }
    }

    func floats(_ location: MemoryLocation) -> UnsafeMutablePointer<Float> {
      self[location].floats
    }
  }
}
