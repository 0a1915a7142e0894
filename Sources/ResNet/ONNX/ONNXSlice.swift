/// What a Slice node cuts, before it is known of what.
struct ONNXSlice {
  var starts, ends: [Int]
  var axes, steps: [Int]?

  struct Range {
    var axis, start, end, step: Int
  }

  static func ranges(_ slice: ONNXSlice, rank: Int) throws(WeightFileError) -> [Range] {
    let axes = slice.axes ?? Array(slice.starts.indices)
    let steps = slice.steps ?? [Int](repeating: 1, count: axes.count)
    guard axes.count == slice.starts.count, axes.count == slice.ends.count, axes.count == steps.count,
      !steps.contains(0)
    else { throw ONNXFault.damaged("starts, ends, axes and steps do not fit each other") }
    var ranges: [Range] = []
    for index in axes.indices {
      guard (-rank..<rank).contains(axes[index]) else { throw ONNXFault.damaged("axis \(axes[index]) of \(rank)") }
      let axis = axes[index] < 0 ? axes[index] + rank : axes[index]
      guard !ranges.contains(where: { $0.axis == axis }) else { throw ONNXFault.damaged("axis \(axis) twice") }
      ranges.append(Range(axis: axis, start: slice.starts[index], end: slice.ends[index], step: steps[index]))
    }
    return ranges
  }
}

extension ONNXSlice.Range {
  /// Which elements of an axis are taken: the first one, how many, and their distance.
  func walk(size: Int) -> (first: Int, count: Int, step: Int) {
    // Ends as far out as Int.min are usual for "all"; nothing may be added to those before they are clamped.
    func clamp(_ index: Int, _ lower: Int, _ upper: Int) -> Int {
      let index = index < 0 ? (index < -size ? lower : index + size) : index
      return min(max(index, lower), upper)
    }
    if step > 0 {
      let first = clamp(start, 0, size)
      let last = clamp(end, 0, size)
      return (first, last > first ? (last - first - 1) / step + 1 : 0, step)
    }
    let first = clamp(start, -1, size - 1)
    let last = clamp(end, -1, size - 1)
    guard first > last else { return (max(first, 0), 0, 1) }
    // A step of Int.min has no positive counterpart; anything that far takes one element.
    let distance = step < -size ? size + 1 : -step
    return (first, (first - last - 1) / distance + 1, -distance)
  }
}
