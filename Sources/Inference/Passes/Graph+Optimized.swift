extension Graph {
  /// The graph rewritten to give the same outputs with less work: transposes and padding folded away, normalisations
  /// in the weights, ReLU and residual additions fused into convolutions.
  ///
  /// Outputs stay in their order but may change their names. A batch that the file fixes becomes free. An input of `[N, H, W, C]` becomes `[N, C, H, W]`, as
  /// in ``removingTransposes()``.
  /// - Throws: as ``validate()``.
  public func optimized() throws(InferenceError) -> Graph {
    try validate()
    let graph =
      removingDeadNodes()
      .freeingBatch()
      .removingTransposes()
      .foldingMeans()
      .foldingPadding()
      .foldingNormalizations()
      .removingIdentities()
      .fusingConvolutions()
      .removingDeadNodes()
    // A pass that broke the graph must be found here, not in an executor.
    try graph.validate()
    return graph
  }
}
