extension Graph {
  /// For every value, the index of the last node that reads it; `nodes.count` for the graph's outputs and -1 where
  /// nothing reads it.
  var lastReaders: [String: Int] {
    var last: [String: Int] = [input: -1]
    for (index, node) in nodes.enumerated() {
      for name in node.inputs { last[name] = index }
      last[node.output] = -1
    }
    for name in outputs { last[name] = nodes.count }
    return last
  }

  /// How many images may run at once: up to `limit`, fewer where images are large, so that memory stays bounded.
  /// - Parameter shape: the input's shape with a batch of 1 (or of the graph's fixed batch).
  /// - Throws: as ``shapes(forInput:)``, and `unsupported` where one image alone needs more than 4 GiB.
  func imagesPerPass(forInput shape: [Int], limit: Int) throws(InferenceError) -> Int {
    let shapes = try shapes(forInput: shape)
    let last = lastReaders
    let sizes = shapes.mapValues { $0.reduce(1, *) }
    var expiring = [[Int]](repeating: [], count: nodes.count + 1)
    var live = sizes[input, default: 0]
    var peak = live
    for (index, node) in nodes.enumerated() {
      live += sizes[node.output, default: 0]
      peak = max(peak, live)
      expiring[min(max(last[node.output, default: index], index), nodes.count)].append(sizes[node.output, default: 0])
      live -= expiring[index].reduce(0, +)
    }
    guard peak <= 1 << 30 else {
      throw InferenceError(
        code: .unsupported, place: input, reason: "one image of shape \(shape) needs \(peak >> 28) GiB of memory")
    }
    return max(1, min(limit, (1 << 26) / max(peak, 1)))
  }

  /// The pieces in which a batch is run: how many images each takes.
  /// - Throws: `shapeMismatch` where the graph has a fixed batch that does not divide `shape`'s, and as
  ///   ``imagesPerPass(forInput:limit:)``.
  func passes(forInput shape: [Int], limit: Int) throws(InferenceError) -> [Int] {
    guard let count = shape.first, count >= 1 else {
      throw InferenceError(code: .shapeMismatch, place: input, reason: "the input of shape \(shape) holds no image")
    }
    if let fixed = inputShape.first ?? nil {
      guard count % fixed == 0 else {
        throw InferenceError(
          code: .shapeMismatch, place: input,
          reason: "the network takes batches of exactly \(fixed), which \(count) is no multiple of")
      }
      _ = try imagesPerPass(forInput: [fixed] + shape.dropFirst(), limit: fixed)
      return [Int](repeating: fixed, count: count / fixed)
    }
    let most = try imagesPerPass(forInput: [1] + shape.dropFirst(), limit: limit)
    var pieces = [Int](repeating: most, count: count / most)
    if count % most > 0 { pieces.append(count % most) }
    return pieces
  }
}
