import Foundation

/// Groups contents that are the same picture, by comparing candidates' samples, the nearest first.
struct SameGroups {
  let contents: DuplicateContents
  let store: SignatureStore
  var groups: DisjointGroups
  /// Pairs that are compared at once. Those that earlier ones made one group are not compared.
  private static let batch = 256

  init(contents: DuplicateContents, store: SignatureStore) {
    self.contents = contents
    self.store = store
    groups = DisjointGroups(count: contents.count)
  }

  /// Compares pairs.
  mutating func compare(_ pairs: [DuplicateCandidates.Pair], progress: (Int) throws -> Void) rethrows {
    for start in stride(from: 0, to: pairs.count, by: Self.batch) {
      try progress(start)
      let batch = pairs[start..<min(pairs.count, start + Self.batch)].filter {
        groups.root(Int($0.first)) != groups.root(Int($0.second))
      }
      let same = NewImageReader.concurrently(batch) { [store] in
        Self.isSame(Int($0.first), Int($0.second), store)
      }
      for (pair, isSame) in zip(batch, same) where (try? isSame.get()) == true {
        join(Int(pair.first), Int(pair.second))
      }
    }
    try progress(pairs.count)
  }

  private static func isSame(_ first: Int, _ second: Int, _ store: SignatureStore) -> Bool {
    comparison(first, second, store)?.isSame ?? false
  }

  /// `nil` where the pictures can't be read or have nothing in common.
  private static func comparison(_ first: Int, _ second: Int, _ store: SignatureStore) -> PictureComparison? {
    guard let sketch = try? store.sketch(first), let other = try? store.sketch(second), sketch.mayBeSame(as: other),
      let one = try? store.signature(first), let another = try? store.signature(second)
    else { return nil }
    return PictureComparison(one, another)
  }

  /// Makes one group of two that have members which are the same picture. Those that stand for them must fit on each
  /// other too, or small differences would add up along a chain of frames.
  private mutating func join(_ first: Int, _ second: Int) {
    let (root, other) = (groups.root(first), groups.root(second))
    guard root != other else { return }
    let isDirect = (root == first && other == second) || (root == second && other == first)
    guard isDirect || Self.comparison(root, other, store)?.fits ?? false else { return }
    groups.join(root, other, root: contents.isLarger(root, other) ? root : other)
  }

  /// What was done to one to have the other.
  func relation(_ first: Int, _ second: Int) -> PictureRelation {
    guard let one = try? store.signature(first), let other = try? store.signature(second) else { return [] }
    return PictureComparison(one, other).relation
  }
}
