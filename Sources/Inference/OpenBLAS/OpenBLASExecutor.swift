import COpenBLAS
import Synchronization

/// Runs a graph with im2col and `cblas_sgemm`: portable, and the independent check of ``OneDNNExecutor``.
public final class OpenBLASExecutor: Executor {
  private let graph: Graph
  private let lastReaders: [String: Int]
  /// Takes runs one at a time: OpenBLAS has one pool of threads, and memory stays bounded.
  private let gate = Mutex(())

  /// Images that run at once.
  private static let largestPass = 16

  /// - Parameters:
  ///   - graph: run as it is, after validation; see ``Graph/optimized()``.
  ///   - threads: set for OpenBLAS in the whole process, which has one number only; left alone when `nil`.
  public init(graph: Graph, threads: Int? = nil) throws(InferenceError) {
    try graph.validate()
    for node in graph.nodes { try OpenBLASExecutor.checkSizes(node) }
    self.graph = graph
    lastReaders = graph.lastReaders
    if let threads { openblas_set_num_threads(Int32(clamping: max(1, threads))) }
  }

  public func run(_ input: Tensor) throws(InferenceError) -> [Tensor] {
    let passes = try graph.passes(forInput: input.shape, limit: OpenBLASExecutor.largestPass)
    return try gate.withLock { _ throws(InferenceError) in
      if passes.count == 1 { return try runPass(input) }
      let imageSize = input.values.count / input.shape[0]
      var results: [Tensor] = []
      var first = 0
      for count in passes {
        let values = Array(input.values[first * imageSize..<(first + count) * imageSize])
        let piece = try runPass(Tensor(shape: [count] + input.shape.dropFirst(), values: values))
        if results.isEmpty {
          results = piece
        } else {
          for index in results.indices {
            results[index].values += piece[index].values
            results[index].shape[0] += piece[index].shape[0]
          }
        }
        first += count
      }
      return results
    }
  }

  private func runPass(_ input: Tensor) throws(InferenceError) -> [Tensor] {
    let shapes = try graph.shapes(forInput: input.shape)
    var values = [graph.input: input]
    for (index, node) in graph.nodes.enumerated() {
      let inputs = node.inputs.compactMap { values[$0] }
      guard let shape = shapes[node.output], inputs.count == node.operation.inputCount else {
        throw InferenceError(code: .invalidGraph, place: node.name, reason: "an input is missing")
      }
      values[node.output] = OpenBLASExecutor.run(node.operation, inputs, outputShape: shape)
      for name in node.inputs where lastReaders[name] == index { values[name] = nil }
    }
    return graph.outputs.compactMap { values[$0] }
  }

  /// OpenBLAS counts in 32 bits.
  private static func checkSizes(_ node: Node) throws(InferenceError) {
    let sizes: [Int]
    switch node.operation {
    case .convolution(let convolution): sizes = [convolution.weights.values.count]
    case .linear(let linear): sizes = linear.weights.shape
    default: return
    }
    guard sizes.allSatisfy({ $0 <= Int(Int32.max) }) else {
      throw InferenceError(code: .unsupported, place: node.name, reason: "is too large for OpenBLAS")
    }
  }

  private static func run(_ operation: Operation, _ inputs: [Tensor], outputShape: [Int]) -> Tensor {
    let count = outputShape.reduce(1, *)
    let values = [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      initializedCount = count
      guard let output = buffer.baseAddress else { return }
      withViews(inputs) { views in
        switch operation {
        case .convolution(let convolution):
          runConvolution(convolution, views, into: output, outputShape: outputShape)
        case .linear(let linear):
          runLinear(linear, views[0], into: output)
        default:
          PlainKernels.run(operation, views, into: output, outputShape: outputShape)
        }
      }
    }
    return Tensor(shape: outputShape, values: values)
  }

  private static func withViews(_ tensors: [Tensor], _ body: ([PlainView]) -> Void) {
    // One or two tensors: an operation takes no more.
    tensors[0].values.withUnsafeBufferPointer { first in
      (tensors.count > 1 ? tensors[1].values : []).withUnsafeBufferPointer { second in
        guard let firstAddress = first.baseAddress else { return }
        var views = [PlainView(values: firstAddress, shape: tensors[0].shape)]
        if tensors.count > 1, let secondAddress = second.baseAddress {
          views.append(PlainView(values: secondAddress, shape: tensors[1].shape))
        }
        body(views)
      }
    }
  }

  private static func runConvolution(
    _ convolution: Convolution, _ views: [PlainView], into output: UnsafeMutablePointer<Float>, outputShape: [Int]
  ) {
    let inputShape = Array(views[0].shape.dropFirst())
    let shape = Array(outputShape.dropFirst())
    let engine = MatrixConvolution(convolution, inputShape: inputShape, outputShape: shape)
    let (inputSize, outputSize) = (inputShape.reduce(1, *), shape.reduce(1, *))
    for image in 0..<outputShape[0] {
      let addend = convolution.fusesAdd ? views[1].values + image * outputSize : nil
      engine.run(views[0].values + image * inputSize, adding: addend, into: output + image * outputSize)
    }
  }

  private static func runLinear(_ linear: Linear, _ input: PlainView, into output: UnsafeMutablePointer<Float>) {
    let (outputs, inner) = (linear.weights.shape[0], linear.weights.shape[1])
    var beta: Float = 0
    if let bias = linear.bias {
      for row in 0..<input.shape[0] {
        for index in 0..<outputs { output[row * outputs + index] = bias[index] }
      }
      beta = 1
    }
    linear.weights.values.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      MatrixMultiplication.run(
        MatrixView(values: input.values, rowStride: inner),
        MatrixView(values: weights, rowStride: inner, isTransposed: true), rows: input.shape[0], columns: outputs,
        inner: inner, beta: beta, into: output, outputRowStride: outputs)
    }
  }
}
