extension Graph {
  /// With padding moved into the windows of the convolution or pooling that reads it, where that gives the same.
  func foldingPadding() -> Graph {
    let nonNegative = nonNegativeValues
    var pads: [String: (source: String, padding: Padding2D, value: Float)] = [:]
    var graph = self
    for (index, node) in nodes.enumerated() {
      if case .pad(let padding, let value) = node.operation {
        pads[node.output] = (node.inputs[0], padding, value)
        continue
      }
      guard let pad = pads[node.inputs[0]] else { continue }
      let folded: Operation? =
        switch node.operation {
        case .convolution(let convolution) where pad.value == 0:
          convolution.padded(pad.padding).map { .convolution($0) }
        case .averagePool(let pooling) where pad.value == 0 && (pooling.padding.isZero || pooling.countsPadding):
          // Zeros of a pad count in the divisor like any other number.
          pooling.padded(pad.padding, countsPadding: true).map { .averagePool($0) }
        case .maxPool(let pooling)
        where pad.value <= -Float.greatestFiniteMagnitude || (pad.value == 0 && nonNegative.contains(pad.source)):
          // Pooling ignores its own padding; what never exceeds the window's other numbers may be ignored.
          pooling.padded(pad.padding, countsPadding: pooling.countsPadding).map { .maxPool($0) }
        default: nil
        }
      if let folded {
        graph.nodes[index].operation = folded
        graph.nodes[index].inputs[0] = pad.source
      }
    }
    return graph.removingDeadNodes()
  }
}

extension Padding2D {
  fileprivate static func + (left: Padding2D, right: Padding2D) -> Padding2D {
    // Both are validated to be small.
    Padding2D(
      top: left.top + right.top, left: left.left + right.left, bottom: left.bottom + right.bottom,
      right: left.right + right.right)
  }
}

extension Convolution {
  fileprivate func padded(_ more: Padding2D) -> Convolution? {
    var result = self
    result.padding = padding + more
    return Operation.convolution(result).contradiction == nil ? result : nil
  }
}

extension Pooling {
  /// `nil` where the windows would not be the same: sizes rounded up treat padding unlike the image, and padding as
  /// wide as the window would leave windows with nothing else.
  fileprivate func padded(_ more: Padding2D, countsPadding: Bool) -> Pooling? {
    guard !roundsUp else { return nil }
    var result = self
    result.padding = padding + more
    result.countsPadding = countsPadding
    return Operation.maxPool(result).contradiction == nil ? result : nil
  }
}
