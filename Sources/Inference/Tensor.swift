/// A dense array of single-precision numbers, row-major.
public struct Tensor: Sendable, Equatable, Codable {
  /// Sizes of the axes, outermost first; images are `[N, C, H, W]`.
  public var shape: [Int]
  /// The numbers; `shape`'s product many.
  public var values: [Float]

  /// - Precondition: `values.count` is the product of `shape`.
  public init(shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "shape \(shape) does not hold \(values.count) values")
    self.shape = shape
    self.values = values
  }

  /// A tensor of zeros.
  public init(zeros shape: [Int]) {
    self.init(shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
  }
}
