/// Which library runs a network.
public enum ExecutorKind: String, Sendable, Codable, CaseIterable {
  /// Blocked layouts and fused kernels through oneDNN: the default.
  case oneDNN = "onednn"
  /// im2col and `cblas_sgemm`: portable, and the independent check of the other.
  case openBLAS = "openblas"
}

/// Runs a graph. A call blocks its thread until the result is there; calls from several threads are taken one at a time.
public protocol Executor: Sendable {
  /// Runs a batch.
  /// - Parameter input: `[N, C, H, W]` for any N of at least 1, and H and W as the graph allows.
  /// - Returns: one tensor for each of the graph's outputs, in their order.
  func run(_ input: Tensor) throws(InferenceError) -> [Tensor]
}

extension ExecutorKind {
  /// Optimises the graph for this executor and prepares it.
  /// - Parameters:
  ///   - graph: the network, optimised or not.
  ///   - arithmetic: the numbers between the layers.
  ///   - threads: how many threads a run may use; all processors when `nil`.
  /// - Throws: `unsupported` where the library or the processor does not have the arithmetic.
  public func makeExecutor(
    for graph: Graph, arithmetic: Arithmetic = .single, threads: Int? = nil
  ) throws(InferenceError) -> any Executor {
    try makeExecutor(forOptimized: graph.optimized(), arithmetic: arithmetic, threads: threads)
  }

  /// Prepares a graph that ``Graph/optimized()`` gave, as it is; else as ``makeExecutor(for:arithmetic:threads:)``.
  public func makeExecutor(
    forOptimized graph: Graph, arithmetic: Arithmetic = .single, threads: Int? = nil
  ) throws(InferenceError) -> any Executor {
    switch self {
    case .oneDNN: return try OneDNNExecutor(graph: graph, arithmetic: arithmetic, threads: threads)
    case .openBLAS:
      guard arithmetic.precision == .single else {
        throw InferenceError(
          code: .unsupported, place: graph.input,
          reason: "OpenBLAS runs networks in f32 only, not in \(arithmetic.precision.rawValue)")
      }
      return try OpenBLASExecutor(graph: graph, threads: threads)
    }
  }
}
