extension RandomAccessCollection where Index == Int {
  /// The elements, no more than `limit` of them and these as evenly as they can be, in their order.
  package func evenlyDrawn(_ limit: Int) -> [Element] {
    guard limit > 0 else { return [] }
    guard count > limit else { return Array(self) }
    return (0..<limit).map { place in
      let (high, low) = place.multipliedFullWidth(by: count)
      return self[startIndex + limit.dividingFullWidth((high, low)).quotient]
    }
  }
}
