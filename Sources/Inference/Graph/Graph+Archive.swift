// A graph as bytes, for a program's own keeping: the structure as JSON and then the arrays in the order of the nodes,
// each behind its bytes' count. Little-endian, as the processors are that Kindred runs on.
extension Graph {
  /// - Throws: `unsupported` where it can't be stored.
  public func archived() throws(InferenceError) -> [UInt8] {
    var structure = self
    var writer = ArrayWriter()
    try structure.visitArrays(&writer)
    guard let json = FramedJSON.bytes(structure) else {
      throw InferenceError(code: .unsupported, reason: "the graph can't be stored")
    }
    return json + writer.bytes
  }

  /// - Throws: `invalidGraph` for bytes that ``archived()`` did not give.
  public init(archive bytes: ArraySlice<UInt8>) throws(InferenceError) {
    var rest = bytes
    guard var graph = FramedJSON.take(Graph.self, from: &rest) else { throw ArrayReader.damaged }
    var reader = ArrayReader(rest: rest)
    try graph.visitArrays(&reader)
    guard reader.rest.isEmpty else { throw ArrayReader.damaged }
    try graph.validate()
    self = graph
  }

  private mutating func visitArrays(_ visitor: inout some ArrayVisitor) throws(InferenceError) {
    for index in nodes.indices {
      switch nodes[index].operation {
      case .convolution(var convolution):
        try visitor.visit(&convolution.weights.values)
        try visitor.visit(&convolution.bias)
        if var integerWeights = convolution.integerWeights {
          try visitor.visit(&integerWeights.scales)
          try visitor.visit(&integerWeights.integers)
          convolution.integerWeights = integerWeights
        }
        nodes[index].operation = .convolution(convolution)
      case .linear(var linear):
        try visitor.visit(&linear.weights.values)
        try visitor.visit(&linear.bias)
        nodes[index].operation = .linear(linear)
      case .batchNormalization(var normalization):
        try visitor.visit(&normalization.scale)
        try visitor.visit(&normalization.shift)
        try visitor.visit(&normalization.mean)
        try visitor.visit(&normalization.variance)
        nodes[index].operation = .batchNormalization(normalization)
      case .channelAffine(var scale, var shift):
        try visitor.visit(&scale)
        try visitor.visit(&shift)
        nodes[index].operation = .channelAffine(scale: scale, shift: shift)
      case .relu, .maxPool, .averagePool, .globalAveragePool, .add, .softmax, .flatten, .transpose, .pad,
        .subsampleAndPadChannels, .mean, .reshape:
        break
      }
    }
  }
}

/// Takes arrays out of a graph, or puts them back.
private protocol ArrayVisitor {
  mutating func visit(_ array: inout [Float]) throws(InferenceError)
  mutating func visit(_ bytes: inout ArraySlice<UInt8>) throws(InferenceError)
}

extension ArrayVisitor {
  mutating func visit(_ array: inout [Float]?) throws(InferenceError) {
    guard var present = array else { return }
    try visit(&present)
    array = present
  }
}

private struct ArrayWriter: ArrayVisitor {
  var bytes: [UInt8] = []

  mutating func visit(_ array: inout [Float]) {
    array.withUnsafeBytes { append($0) }
    array = []
  }

  mutating func visit(_ bytes: inout ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { append($0) }
    bytes = []
  }

  private mutating func append(_ array: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: UInt64(array.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: array)
  }
}

private struct ArrayReader: ArrayVisitor {
  var rest: ArraySlice<UInt8>

  static var damaged: InferenceError { InferenceError(code: .invalidGraph, reason: "the stored graph is damaged") }

  mutating func visit(_ array: inout [Float]) throws(InferenceError) {
    var bytes: ArraySlice<UInt8> = []
    try visit(&bytes)
    guard array.isEmpty, bytes.count.isMultiple(of: MemoryLayout<Float>.stride) else { throw ArrayReader.damaged }
    array = [Float](unsafeUninitializedCapacity: bytes.count / MemoryLayout<Float>.stride) { buffer, initialized in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      initialized = bytes.count / MemoryLayout<Float>.stride
    }
  }

  /// A part of the archive itself.
  mutating func visit(_ bytes: inout ArraySlice<UInt8>) throws(InferenceError) {
    guard bytes.isEmpty, let part = FramedJSON.part(behind: UInt64.self, of: &rest) else { throw ArrayReader.damaged }
    bytes = part
  }
}
