import VectorIndex

extension Collection {
  /// The saved graph of a moment; `nil` where there is none that can be used. It is loaded once, and again when it is
  /// behind and a newer one is on the disk.
  func graph(at moment: Moment) throws -> SearchGraph? {
    let features = try features(at: moment)
    let fit = try fit(at: moment)
    let path = graphPath(at: moment, fit)
    return openSegment.withLock { current -> SearchGraph? in
      if current?.graphPath == path {
        switch current?.graph {
        case .loaded(let graph, let stamp):
          if graph.generation == moment.generation || stamp == Self.stamp(of: path) { return graph }
        case .absent(let stamp):
          if stamp == Self.stamp(of: path) { return nil }
        case .notLoaded, nil: break
        }
      }
      let stamp = Self.stamp(of: path)
      let graph = try? SearchGraph(contentsOf: path, features: features, fit: fit, number: moment.fit)
      current?.graph = graph.map { .loaded($0, stamp) } ?? .absent(stamp)
      current?.graphPath = path
      return graph
    }
  }

  /// Opens what searches compare with, so that it is there when one comes. Whatever is wrong with it the search will say.
  func openForSearching() {
    guard let moment = try? moment() else { return }
    _ = try? embeddings(at: moment)
    if moment.contentCount >= Self.exactSearchLimit { _ = try? graph(at: moment) }
  }

  /// Where the graph of a moment is, or would be.
  func graphPath(at moment: Moment, _ fit: EmbeddingFit?) -> String {
    fit?.codes == nil ? files.graph(moment.segment) : files.graph(moment.segment, fit: moment.fit)
  }

  /// What tells a file from another that takes its place.
  static func stamp(of path: String) -> WalkedFile? {
    FolderWalker.information(path).map { WalkedFile(path: path, $0) }
  }
}
