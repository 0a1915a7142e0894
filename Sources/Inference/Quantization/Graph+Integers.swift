extension Graph {
  /// Values that convolutions read that can take integers.
  var integerSources: Set<String> {
    var result: Set<String> = []
    for node in nodes {
      guard case .convolution(let convolution) = node.operation, convolution.takesIntegers else { continue }
      result.insert(node.inputs[0])
    }
    return result
  }

  /// Values that shall be kept as integers: those with a range that convolutions read, or additions and maxima whose
  /// own result is such a value. Whoever else reads them makes floating-point numbers of them.
  func integerValues(_ statistics: ActivationStatistics) -> Set<String> {
    var wanted = integerSources
    // Backwards, so that a value's readers are known before it is.
    for node in nodes.reversed() {
      switch node.operation {
      case .convolution(let convolution):
        if convolution.fusesAdd, wanted.contains(node.output) { wanted.insert(node.inputs[1]) }
      case .maxPool: if wanted.contains(node.output) { wanted.insert(node.inputs[0]) }
      default: break
      }
    }
    return wanted.subtracting(outputs).filter { statistics.limits[$0] != nil }
  }

  /// The graph with integers instead of the weights of the convolutions that take them, and biases that put back what
  /// rounding takes from the outputs' means.
  ///
  /// Rounding errs alike at all places of all images, so that it moves an output channel as a whole: by the sum of the
  /// weights' errors, each times the mean of what it is multiplied with. Without that, ResNet-18's features in int8 are
  /// 2.2 times as far from those in single precision (1 − cosine).
  func withIntegerWeights(_ statistics: ActivationStatistics) -> Graph {
    let nonNegativeValues = nonNegativeValues
    var result = self
    for (index, node) in nodes.enumerated() {
      guard case .convolution(var convolution) = node.operation, convolution.takesIntegers,
        convolution.integerWeights == nil, statistics.limits[node.inputs[0]] != nil
      else { continue }
      let isSigned = !nonNegativeValues.contains(node.inputs[0])
      let integers = IntegerWeights(convolution.weights, bound: ChannelScales.Bound(sourceIsSigned: isSigned))
      if let means = statistics.means[node.inputs[0]], means.count == convolution.weights.shape[1] {
        let lost = integers.loss(of: convolution.weights, means: means)
        convolution.bias = convolution.bias.map { zip($0, lost).map { $0 + $1 } } ?? lost
      }
      convolution.integerWeights = integers
      convolution.weights.values = []
      result.nodes[index].operation = .convolution(convolution)
    }
    return result
  }
}

extension Convolution {
  /// Whether kernels for integers of eight bits are worth it. On pictures of three channels they are hardly faster, and
  /// rounding those costs a third of all that int8 loses.
  var takesIntegers: Bool { groups == 1 && weights.shape[1] > 4 }
}
