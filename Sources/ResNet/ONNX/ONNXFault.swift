/// Makes the errors of the importer. The path is filled in by ``ONNXImporter``, the place by ``ONNXGraphBuilder``
/// when a node is at fault.
enum ONNXFault {
  static func damaged(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .damaged, path: "", place: place, reason: reason)
  }

  static func unsupported(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .unsupportedOperator, path: "", place: place, reason: reason)
  }

  static func wrongShape(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .wrongShape, path: "", place: place, reason: reason)
  }

  static func tooLarge(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .tooLarge, path: "", place: place, reason: reason)
  }
}

/// The product of sizes, or `nil` where it or a size does not fit.
func checkedProduct(_ sizes: some Sequence<Int>) -> Int? {
  var product = 1
  var isZero = false
  for size in sizes {
    guard size >= 0 else { return nil }
    // A zero must not hide an overflow that depends on the order of the sizes.
    if size == 0 {
      isZero = true
      continue
    }
    let (value, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    product = value
  }
  return isZero ? 0 : product
}
