/// Which nodes of a file have to be run for its outputs, checked for contradictions.
struct ONNXPlan {
  /// The nodes that the outputs depend on, in the file's order.
  private(set) var nodes: [ONNXNodeProto] = []
  /// The one value that is fed.
  private(set) var input = ONNXValueInfoProto()
  /// How many of ``nodes`` and of the outputs read a value.
  private(set) var readers: [String: Int] = [:]
  /// All names of values.
  private(set) var names: Set<String> = []

  /// - Parameter constants: names of the initializers.
  init(
    nodes: [ONNXNodeProto], constants: Set<String>, inputs: [ONNXValueInfoProto], outputs: [String]
  ) throws(WeightFileError) {
    guard !outputs.isEmpty else { throw ONNXFault.damaged("the graph has no output") }
    let producers = try Self.producers(nodes, constants: constants, inputs: inputs)
    let fed = Dictionary(inputs.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    var isNeeded = [Bool](repeating: false, count: nodes.count)
    var isFed: Set<String> = []
    var open = outputs
    var seen = Set(outputs)
    while let name = open.popLast() {
      if let index = producers[name] {
        if isNeeded[index] { continue }
        isNeeded[index] = true
        for input in nodes[index].input where !input.isEmpty && seen.insert(input).inserted { open.append(input) }
      } else if constants.contains(name) {
        continue
      } else if fed[name] != nil {
        isFed.insert(name)
      } else {
        throw ONNXFault.damaged("no node, tensor or input makes this value", at: name)
      }
    }
    guard let name = isFed.first, let input = fed[name] else {
      throw ONNXFault.damaged("the outputs do not depend on an input")
    }
    guard isFed.count == 1 else {
      throw ONNXFault.unsupported("the graph has \(isFed.count) inputs (\(isFed.sorted().joined(separator: ", ")))")
    }
    self.input = input
    try order(nodes, isNeeded: isNeeded, producers: producers)
    for node in self.nodes {
      for input in node.input where !input.isEmpty { readers[input, default: 0] += 1 }
    }
    for output in outputs { readers[output, default: 0] += 1 }
    names = Set(producers.keys).union(constants).union(fed.keys)
  }

  /// The node that makes each value.
  private static func producers(
    _ nodes: [ONNXNodeProto], constants: Set<String>, inputs: [ONNXValueInfoProto]
  ) throws(WeightFileError) -> [String: Int] {
    let inputs = Set(inputs.map(\.name))
    var producers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.output where !output.isEmpty {
        guard !constants.contains(output), !inputs.contains(output) else {
          throw ONNXFault.damaged("a node makes this value, which is an input or a tensor already", at: output)
        }
        guard producers.updateValue(index, forKey: output) == nil else {
          throw ONNXFault.damaged("two nodes make this value", at: output)
        }
      }
    }
    return producers
  }

  /// Keeps the needed nodes. The format wants each after what it reads; where a cycle is there can be no such order.
  private mutating func order(
    _ nodes: [ONNXNodeProto], isNeeded: [Bool], producers: [String: Int]
  ) throws(WeightFileError) {
    for (index, node) in nodes.enumerated() where isNeeded[index] {
      for input in node.input {
        guard let producer = producers[input], producer >= index else { continue }
        throw ONNXFault.damaged(
          "the node reads \(input), which a later node or it itself makes: the graph has a cycle or is not in order",
          at: node.name.isEmpty ? node.output.first ?? node.opType : node.name)
      }
      self.nodes.append(node)
    }
  }
}
