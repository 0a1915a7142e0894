/// A tensor that is known while the graph is read: weights, or the small integers that shapes are computed from.
struct ONNXConstant {
  enum Elements {
    case floats([Float])
    /// Integers; sizes of axes that are only known when the network runs are among them.
    case integers([ONNXDimension])
  }

  var shape: [Int]
  var elements: Elements

  init(shape: [Int], floats: [Float]) {
    self.shape = shape
    elements = .floats(floats)
  }

  init(shape: [Int], integers: [ONNXDimension]) {
    self.shape = shape
    elements = .integers(integers)
  }

  var count: Int {
    switch elements {
    case .floats(let values): values.count
    case .integers(let values): values.count
    }
  }

  /// The numbers, where they are floating-point or known integers.
  var floats: [Float]? {
    switch elements {
    case .floats(let values): return values
    case .integers(let values):
      let sizes = values.compactMap(\.size)
      return sizes.count == values.count ? sizes.map(Float.init) : nil
    }
  }

  var integers: [ONNXDimension]? {
    if case .integers(let values) = elements { values } else { nil }
  }

  /// The same numbers under another shape of as many elements.
  func reshaped(to shape: [Int]) -> ONNXConstant {
    var result = self
    result.shape = shape
    return result
  }

  /// The elements picked out, in the order of their indices in this tensor.
  func picking(_ indices: [Int], shape: [Int]) -> ONNXConstant {
    switch elements {
    case .floats(let values): ONNXConstant(shape: shape, floats: indices.map { values[$0] })
    case .integers(let values): ONNXConstant(shape: shape, integers: indices.map { values[$0] })
    }
  }

  /// - Precondition: `permutation` holds each axis once.
  func transposed(_ permutation: [Int]) -> ONNXConstant {
    if shape.count == 2, permutation == [1, 0], case .floats(let values) = elements {
      return ONNXConstant(
        shape: [shape[1], shape[0]], floats: Self.transposed(values, rows: shape[0], columns: shape[1]))
    }
    let axes = permutation.map { axis in Axis(count: shape[axis], first: 0, stride: strides[axis]) }
    return picking(Self.indices(axes), shape: axes.map(\.count))
  }

  /// How far apart neighbours along each axis are.
  var strides: [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// A walk along one axis: `first`, `first + stride`, … in elements.
  struct Axis {
    var count: Int
    var first: Int
    var stride: Int
  }

  /// The indices that nested walks visit, the last axis fastest.
  static func indices(_ axes: [Axis]) -> [Int] {
    var indices = [0]
    for axis in axes {
      var next: [Int] = []
      next.reserveCapacity(indices.count * axis.count)
      for base in indices {
        for step in 0..<axis.count { next.append(base + axis.first + step * axis.stride) }
      }
      indices = next
    }
    return indices
  }

  static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: values.count) { target, count in
      values.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          var index = row
          for column in 0..<columns {
            target.initializeElement(at: index, to: source[row * columns + column])
            index += rows
          }
        }
      }
      count = values.count
    }
  }
}
