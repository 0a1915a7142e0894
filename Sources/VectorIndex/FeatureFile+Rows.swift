extension FeatureFile {
  /// A copy of one row, which must be below ``rowCount``.
  public func row(_ index: Int) -> [Float] { rows(index..<index + 1) }

  /// A copy of rows that must be below ``rowCount``: `[range.count, dimension]`, flattened.
  public func rows(_ range: Range<Int>) -> [Float] {
    withUnsafeRows { base, rowCount in
      precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
      return Array(UnsafeBufferPointer(start: base + range.lowerBound * dimension, count: range.count * dimension))
    }
  }

  /// The CRC-32C (Castagnoli) of a row's bytes, to be kept beside it and compared when the file is verified. The row
  /// must be below ``rowCount``.
  public func checksum(ofRow index: Int) -> UInt32 {
    withUnsafeRowBytes { base, rowCount in
      precondition((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
      return Checksum.crc32c(UnsafeRawBufferPointer(start: base + index * rowBytes, count: rowBytes))
    }
  }
}
