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
  ///   - threads: how many threads a run may use; all processors when `nil`.
  public func makeExecutor(for graph: Graph, threads: Int? = nil) throws(InferenceError) -> any Executor {
    let optimized = try graph.optimized()
    return switch self {
    case .oneDNN: try OneDNNExecutor(graph: optimized, threads: threads)
    case .openBLAS: try OpenBLASExecutor(graph: optimized, threads: threads)
    }
  }
}
