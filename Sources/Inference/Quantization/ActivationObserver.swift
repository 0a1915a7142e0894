/// Runs a network in single precision and watches the arrays between its layers, to find the ranges for int8.
public final class ActivationObserver {
  private let executor: OneDNNExecutor
  private let values: [(name: String, isSigned: Bool)]
  private var histograms: [MagnitudeHistogram]

  /// - Parameters:
  ///   - graph: the network, optimised or not.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  public init(graph: Graph, threads: Int? = nil) throws(InferenceError) {
    var watched = try graph.optimized()
    values = watched.convolutionValues
    watched.outputs = values.map(\.name)
    executor = try OneDNNExecutor(graph: watched.removingDeadNodes(), threads: threads)
    histograms = values.map { _ in MagnitudeHistogram() }
  }

  /// Runs a batch, a few images at a time, since every array of the network is kept until it has been looked at.
  /// - Parameter batch: as for ``Executor/run(_:)``.
  public func observe(_ batch: Tensor) throws(InferenceError) {
    for (index, output) in try executor.run(batch).enumerated() {
      output.values.withUnsafeBufferPointer { histograms[index].add($0) }
    }
  }

  /// The ranges of all that was observed.
  public var statistics: ActivationStatistics {
    var limits: [String: Float] = [:]
    for (value, histogram) in zip(values, histograms) {
      limits[value.name] = histogram.limit(steps: value.isSigned ? 127 : 255)
    }
    return ActivationStatistics(limits: limits)
  }
}

extension Graph {
  /// What convolutions read and give, with whether it may be negative.
  var convolutionValues: [(name: String, isSigned: Bool)] {
    let nonNegative = nonNegativeValues
    var wanted: Set<String> = []
    for node in nodes {
      if case .convolution = node.operation { wanted.formUnion(node.inputs + [node.output]) }
    }
    return ([input] + nodes.map(\.output)).filter(wanted.contains)
      .map { (name: $0, isSigned: !nonNegative.contains($0)) }
  }
}
