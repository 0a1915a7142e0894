import Foundation
import Inference

/// Every operation in the plainest loops, on images indexed one number at a time: what the executors are compared with.
struct Image4D {
  var tensor: Tensor

  init(_ shape: [Int]) { tensor = Tensor(zeros: shape) }
  init(_ tensor: Tensor) { self.tensor = tensor }

  var shape: [Int] { tensor.shape }

  private func offset(_ n: Int, _ c: Int, _ h: Int, _ w: Int) -> Int {
    ((n * shape[1] + c) * shape[2] + h) * shape[3] + w
  }

  subscript(n: Int, c: Int, h: Int, w: Int) -> Float {
    get { tensor.values[offset(n, c, h, w)] }
    set { tensor.values[offset(n, c, h, w)] = newValue }
  }

  /// `nil` outside of the image.
  func at(_ n: Int, _ c: Int, _ h: Int, _ w: Int) -> Float? {
    (0..<shape[2]).contains(h) && (0..<shape[3]).contains(w) ? self[n, c, h, w] : nil
  }

  mutating func fill(_ value: (Int, Int, Int, Int) -> Float) {
    for n in 0..<shape[0] {
      for c in 0..<shape[1] {
        for h in 0..<shape[2] {
          for w in 0..<shape[3] { self[n, c, h, w] = value(n, c, h, w) }
        }
      }
    }
  }
}

enum PlainReference {
  static func convolution(_ input: Tensor, _ layer: Convolution, adding addend: Tensor? = nil) -> Tensor {
    let image = Image4D(input)
    let kernel = Image4D(layer.weights)
    let spanHeight = (kernel.shape[2] - 1) * layer.dilation.height + 1
    let spanWidth = (kernel.shape[3] - 1) * layer.dilation.width + 1
    var result = Image4D([
      input.shape[0], kernel.shape[0],
      (input.shape[2] + layer.padding.top + layer.padding.bottom - spanHeight) / layer.stride.height + 1,
      (input.shape[3] + layer.padding.left + layer.padding.right - spanWidth) / layer.stride.width + 1,
    ])
    let outputsPerGroup = kernel.shape[0] / layer.groups
    let addend = addend.map(Image4D.init)
    result.fill { n, o, h, w in
      var sum = Double(layer.bias?[o] ?? 0)
      for i in 0..<kernel.shape[1] {
        for kh in 0..<kernel.shape[2] {
          for kw in 0..<kernel.shape[3] {
            let y = h * layer.stride.height + kh * layer.dilation.height - layer.padding.top
            let x = w * layer.stride.width + kw * layer.dilation.width - layer.padding.left
            let value = image.at(n, o / outputsPerGroup * kernel.shape[1] + i, y, x) ?? 0
            sum += Double(value) * Double(kernel[o, i, kh, kw])
          }
        }
      }
      if let addend { sum += Double(addend[n, o, h, w]) }
      return layer.fusesReLU ? max(Float(sum), 0) : Float(sum)
    }
    return result.tensor
  }

  /// Output sizes are the caller's, so that rounding up is not computed the same way twice.
  static func pool(
    _ input: Tensor, _ pooling: Pooling, outputSize: Size2D, isMaximum: Bool
  ) -> Tensor {
    let image = Image4D(input)
    let padding = pooling.padding
    var result = Image4D([input.shape[0], input.shape[1], outputSize.height, outputSize.width])
    result.fill { n, c, h, w in
      var values: [Float] = []
      var padded = 0
      for kh in 0..<pooling.kernel.height {
        for kw in 0..<pooling.kernel.width {
          let y = h * pooling.stride.height + kh - padding.top
          let x = w * pooling.stride.width + kw - padding.left
          if let value = image.at(n, c, y, x) {
            values.append(value)
          } else if y < input.shape[2] + padding.bottom, x < input.shape[3] + padding.right {
            padded += 1
          }
        }
      }
      if isMaximum { return values.max() ?? .nan }
      return values.reduce(0, +) / Float(values.count + (pooling.countsPadding ? padded : 0))
    }
    return result.tensor
  }

  static func affine(_ input: Tensor, scale: [Float], shift: [Float]) -> Tensor {
    var result = input
    let area = input.shape.dropFirst(2).reduce(1, *)
    for index in result.values.indices {
      let channel = index / area % input.shape[1]
      result.values[index] = input.values[index] * scale[channel] + shift[channel]
    }
    return result
  }

  static func normalization(_ input: Tensor, _ layer: BatchNormalization) -> Tensor {
    var result = input
    let area = input.shape.dropFirst(2).reduce(1, *)
    for index in result.values.indices {
      let c = index / area % input.shape[1]
      let normal = (input.values[index] - layer.mean[c]) / (layer.variance[c] + layer.epsilon).squareRoot()
      result.values[index] = normal * layer.scale[c] + layer.shift[c]
    }
    return result
  }

  static func linear(_ input: Tensor, _ layer: Linear) -> Tensor {
    let (outputs, inputs) = (layer.weights.shape[0], layer.weights.shape[1])
    var result = Tensor(zeros: [input.shape[0], outputs])
    for n in 0..<input.shape[0] {
      for o in 0..<outputs {
        var sum = Double(layer.bias?[o] ?? 0)
        for i in 0..<inputs {
          sum += Double(input.values[n * inputs + i]) * Double(layer.weights.values[o * inputs + i])
        }
        result.values[n * outputs + o] = Float(sum)
      }
    }
    return result
  }

  static func softmax(_ input: Tensor) -> Tensor {
    let width = input.shape[input.shape.count - 1]
    var result = input
    for start in stride(from: 0, to: input.values.count, by: width) {
      let powers = input.values[start..<start + width].map { exp(Double($0)) }
      let sum = powers.reduce(0, +)
      for index in 0..<width { result.values[start + index] = Float(powers[index] / sum) }
    }
    return result
  }

  /// Coordinates of a number in a row-major array.
  static func coordinates(_ index: Int, _ shape: [Int]) -> [Int] {
    var rest = index
    var result = [Int](repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() {
      result[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return result
  }

  static func index(_ coordinates: [Int], _ shape: [Int]) -> Int {
    zip(coordinates, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  static func transpose(_ input: Tensor, _ permutation: [Int]) -> Tensor {
    var result = Tensor(zeros: permutation.map { input.shape[$0] })
    for index in input.values.indices {
      let from = coordinates(index, input.shape)
      result.values[self.index(permutation.map { from[$0] }, result.shape)] = input.values[index]
    }
    return result
  }

  static func mean(_ input: Tensor, axes: [Int], keepsAxes: Bool) -> Tensor {
    let kept = input.shape.indices.map { axes.contains($0) ? 1 : input.shape[$0] }
    var sums = [Double](repeating: 0, count: kept.reduce(1, *))
    for index in input.values.indices {
      let from = coordinates(index, input.shape)
      sums[self.index(from.indices.map { axes.contains($0) ? 0 : from[$0] }, kept)] += Double(input.values[index])
    }
    let count = Double(input.values.count / sums.count)
    let shape = keepsAxes ? kept : input.shape.indices.filter { !axes.contains($0) }.map { input.shape[$0] }
    return Tensor(shape: shape, values: sums.map { Float($0 / count) })
  }
}
