extension Graph {
  /// Values that shall be kept as integers: those with a range that convolutions read, or additions and maxima whose
  /// own result is such a value. Whoever else reads them makes floating-point numbers of them.
  func integerValues(_ statistics: ActivationStatistics) -> Set<String> {
    var wanted: Set<String> = []
    // Backwards, so that a value's readers are known before it is.
    for node in nodes.reversed() {
      switch node.operation {
      case .convolution(let convolution):
        if convolution.takesIntegers { wanted.insert(node.inputs[0]) }
        if convolution.fusesAdd, wanted.contains(node.output) { wanted.insert(node.inputs[1]) }
      case .maxPool: if wanted.contains(node.output) { wanted.insert(node.inputs[0]) }
      default: break
      }
    }
    return wanted.subtracting(outputs).filter { statistics.limits[$0] != nil }
  }
}

extension Convolution {
  /// Whether kernels for integers of eight bits are worth it. On pictures of three channels they are hardly faster, and
  /// rounding those costs a third of all that int8 loses.
  var takesIntegers: Bool { groups == 1 && weights.shape[1] > 4 }
}
