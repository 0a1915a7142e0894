/// Runs a network in single precision and watches the arrays between its layers, to find what int8 takes to know.
public final class ActivationObserver {
  private let executor: OneDNNExecutor
  private let values: [(name: String, isSigned: Bool)]
  private var histograms: [MagnitudeHistogram]
  /// Of the values whose means are wanted.
  private var means: [String: ChannelMeans]

  /// - Parameters:
  ///   - graph: the network, optimised or not.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  public init(graph: Graph, threads: Int? = nil) throws(InferenceError) {
    var watched = try graph.optimized()
    values = watched.convolutionValues
    means = watched.integerSources.reduce(into: [:]) { $0[$1] = ChannelMeans() }
    watched.outputs = values.map(\.name)
    executor = try OneDNNExecutor(graph: watched.removingDeadNodes(), threads: threads)
    histograms = values.map { _ in MagnitudeHistogram() }
  }

  /// Runs a batch, a few images at a time, since every array of the network is kept until it has been looked at.
  /// - Parameter batch: as for ``Executor/run(_:)``.
  public func observe(_ batch: Tensor) throws(InferenceError) {
    for (index, output) in try executor.run(batch).enumerated() {
      output.values.withUnsafeBufferPointer { histograms[index].add($0) }
      means[values[index].name]?.add(output)
    }
  }

  /// The statistics of all that was observed.
  public var statistics: ActivationStatistics {
    var limits: [String: Float] = [:]
    for (value, histogram) in zip(values, histograms) {
      limits[value.name] = histogram.limit(steps: value.isSigned ? 127 : 255)
    }
    return ActivationStatistics(limits: limits, means: means.mapValues(\.values))
  }
}

/// The mean of each channel over all images and places.
private struct ChannelMeans {
  private var sums: [Double] = []
  /// Numbers that were added to each sum.
  private var count = 0.0

  var values: [Float] { sums.map { Float($0 / max(count, 1)) } }

  /// - Parameter array: `[N, C, H, W]`.
  mutating func add(_ array: Tensor) {
    let (channels, area) = (array.shape[1], array.shape[2] * array.shape[3])
    if sums.isEmpty { sums = [Double](repeating: 0, count: channels) }
    array.values.withUnsafeBufferPointer { values in
      for plane in 0..<array.shape[0] * channels {
        var sum: Double = 0
        for index in plane * area..<(plane + 1) * area { sum += Double(values[index]) }
        sums[plane % channels] += sum
      }
    }
    count += Double(array.shape[0] * area)
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
