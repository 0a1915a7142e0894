internal import CHNSW

/// The best scores so far, in a heap of bounded size.
struct BestNeighbors {
  private var heap: [kindred_neighbor]
  private var size = 0

  init(top: Int) { heap = [kindred_neighbor](repeating: kindred_neighbor(), count: top) }

  mutating func offer(_ scores: UnsafeBufferPointer<Float>, rows: ArraySlice<UInt32>?, firstRow: Int) {
    let top = heap.count
    if let rows {
      rows.withUnsafeBufferPointer {
        kindred_select_top(&heap, &size, top, scores.baseAddress, $0.baseAddress, 0, scores.count)
      }
    } else {
      kindred_select_top(&heap, &size, top, scores.baseAddress, nil, UInt32(firstRow), scores.count)
    }
  }

  func sorted() -> [Neighbor] {
    var heap = heap
    kindred_select_finish(&heap, size)
    return heap.prefix(size).map { Neighbor(row: Int($0.row), score: $0.score) }
  }
}
