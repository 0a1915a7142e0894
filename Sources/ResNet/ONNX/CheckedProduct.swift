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
