extension Collection {
  /// How searches go through a collection.
  public struct IndexState: Sendable, Equatable {
    /// Whether there is a graph; else every entry is compared.
    public var hasGraph: Bool
    /// Whether the graph has every entry; those that it lacks are compared one by one.
    public var isCurrent: Bool
  }

  public func indexState() throws -> IndexState {
    let moment = try moment()
    guard moment.contentCount >= Self.exactSearchLimit else { return IndexState(hasGraph: false, isCurrent: true) }
    let graph = try graph(at: moment)
    return IndexState(hasGraph: graph != nil, isCurrent: graph?.generation == moment.generation)
  }
}
