extension Graph {
  /// With batch normalisations and other scales and shifts of channels folded into the weights of the convolution or
  /// linear layer before them, else of the convolution after them; what fits nowhere becomes one
  /// ``Operation/channelAffine(scale:shift:)``.
  func foldingNormalizations() -> Graph {
    foldingAffinesBackward().foldingAffinesForward()
  }

  private func foldingAffinesBackward() -> Graph {
    let reads = readCounts
    var rewritten: [Node] = []
    var producers: [String: Int] = [:]
    for node in nodes {
      guard let (scale, shift) = node.operation.affine else {
        producers[node.output] = rewritten.count
        rewritten.append(node)
        continue
      }
      // The value must have no other reader: those want it unscaled.
      if let index = producers[node.inputs[0]], reads[node.inputs[0]] == 1,
        let folded = rewritten[index].operation.scalingOutput(by: scale, shift)
      {
        rewritten[index].operation = folded
        rewritten[index].output = node.output
        producers[node.output] = index
      } else {
        var affine = node
        affine.operation = .channelAffine(scale: scale, shift: shift)
        producers[node.output] = rewritten.count
        rewritten.append(affine)
      }
    }
    var graph = self
    graph.nodes = rewritten
    return graph
  }

  private func foldingAffinesForward() -> Graph {
    var affines: [String: (source: String, scale: [Float], shift: [Float])] = [:]
    var unfolded: Set<String> = Set(outputs)
    for node in nodes {
      if case .channelAffine(let scale, let shift) = node.operation {
        affines[node.output] = (node.inputs[0], scale, shift)
      }
      // Folding saves something only where every reader takes it.
      for (position, name) in node.inputs.enumerated() {
        guard let affine = affines[name] else { continue }
        if position != 0 || !node.operation.canScaleInput(shift: affine.shift) { unfolded.insert(name) }
      }
    }
    var graph = self
    for (index, node) in nodes.enumerated() {
      guard let affine = affines[node.inputs[0]], !unfolded.contains(node.inputs[0]),
        case .convolution(let convolution) = node.operation
      else { continue }
      graph.nodes[index].operation = .convolution(convolution.scalingInput(by: affine.scale, affine.shift))
      graph.nodes[index].inputs[0] = affine.source
    }
    return graph.removingDeadNodes()
  }
}

extension Operation {
  /// The operation as a scale and a shift a channel; `nil` where it is no such thing.
  fileprivate var affine: (scale: [Float], shift: [Float])? {
    switch self {
    case .batchNormalization(let normalization): normalization.affine
    case .channelAffine(let scale, let shift): (scale, shift)
    default: nil
    }
  }

  /// The operation with its output scaled and shifted a channel at a time; `nil` where that can't be folded.
  fileprivate func scalingOutput(by scale: [Float], _ shift: [Float]) -> Operation? {
    switch self {
    case .convolution(var convolution):
      guard !convolution.fusesReLU, !convolution.fusesAdd, scale.count == convolution.weights.shape[0] else {
        return nil
      }
      convolution.weights.scaleRows(by: scale)
      convolution.bias = Operation.scaled(convolution.bias, scale, shift)
      return .convolution(convolution)
    case .linear(var linear):
      guard scale.count == linear.weights.shape[0] else { return nil }
      linear.weights.scaleRows(by: scale)
      linear.bias = Operation.scaled(linear.bias, scale, shift)
      return .linear(linear)
    case .channelAffine(let first, let offset):
      guard scale.count == first.count else { return nil }
      return .channelAffine(scale: zip(first, scale).map { $0 * $1 }, shift: Operation.scaled(offset, scale, shift))
    default: return nil
    }
  }

  private static func scaled(_ bias: [Float]?, _ scale: [Float], _ shift: [Float]) -> [Float] {
    guard let bias else { return shift }
    return bias.indices.map { Float(Double(bias[$0]) * Double(scale[$0]) + Double(shift[$0])) }
  }

  /// Whether a scale and shift of the input can be folded in. A shift can't where the border is padded with zeros,
  /// which are not shifted.
  fileprivate func canScaleInput(shift: [Float]) -> Bool {
    guard case .convolution(let convolution) = self else { return false }
    guard shift.count == convolution.weights.shape[1] * convolution.groups else { return false }
    return convolution.padding.isZero || shift.allSatisfy { $0 == 0 }
  }
}

extension Tensor {
  /// Multiplies what belongs to each index of the first axis.
  fileprivate mutating func scaleRows(by factors: [Float]) {
    let width = values.count / factors.count
    values.withUnsafeMutableBufferPointer { buffer in
      guard var position = buffer.baseAddress else { return }
      for factor in factors {
        for index in 0..<width { position[index] *= factor }
        position += width
      }
    }
  }
}

extension Convolution {
  /// The convolution of `x * scale + shift`.
  fileprivate func scalingInput(by scale: [Float], _ shift: [Float]) -> Convolution {
    var result = self
    let area = weights.shape[2] * weights.shape[3]
    let (outputs, inputs) = (weights.shape[0], weights.shape[1])
    var bias = (bias ?? [Float](repeating: 0, count: outputs)).map(Double.init)
    for output in 0..<outputs {
      let firstChannel = output / (outputs / groups) * inputs
      for input in 0..<inputs {
        let start = (output * inputs + input) * area
        var sum = 0.0
        for index in start..<start + area {
          sum += Double(weights.values[index])
          result.weights.values[index] *= scale[firstChannel + input]
        }
        bias[output] += sum * Double(shift[firstChannel + input])
      }
    }
    result.bias = bias.map(Float.init)
    return result
  }
}
