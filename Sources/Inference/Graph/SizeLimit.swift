/// Bounds on what a graph may ask for. Graphs come from strangers' files: a few bytes there must not be able to
/// claim all memory or hang a pass. Every bound is far above any network of the literature.
enum SizeLimit {
  /// Axes of a value.
  static let rank = 8
  /// Numbers in one value for one image: 1 GiB of single precision.
  static let elementsPerImage = 1 << 28
  /// Numbers in one value for a whole batch, so that byte counts can't overflow.
  static let elements = 1 << 40
  /// Nodes in a graph. ResNet-1202 has about 4,200.
  static let nodes = 1 << 14
  /// Stride, dilation, kernel and padding, small enough that their products with axes fit in `Int`.
  static let window = 1 << 20
}

extension Collection where Element == Int {
  /// The product, or `nil` where it does not fit or a factor is negative.
  var checkedProduct: Int? {
    var product = 1
    for factor in self {
      guard factor >= 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow { return nil }
      product = next
    }
    return product
  }
}
