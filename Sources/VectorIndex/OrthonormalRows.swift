internal import COpenBLAS

/// Vectors of length 1 at right angles, one a row, built up by Gram–Schmidt.
struct OrthonormalRows {
  let length: Int
  private(set) var count = 0
  /// `[count, length]`.
  private(set) var values: [Float] = []
  private var generator = FixedNumbers()

  init(length: Int) { self.length = length }

  /// Adds what of a vector is at right angles to those that are there.
  /// - Returns: false, and adds nothing, when next to nothing is.
  mutating func append(_ vector: [Float]) -> Bool {
    precondition(vector.count == length)
    let size = Self.norm(vector)
    guard size > 0, size.isFinite else { return false }
    var vector = Self.scaled(vector, by: 1 / size)
    // Twice is enough (Kahan and Parlett): the first pass leaves rounding errors along the others.
    for _ in 0..<2 {
      removeParts(of: &vector)
      let rest = Self.norm(vector)
      guard rest > 1e-4 else { return false }
      vector = Self.scaled(vector, by: 1 / rest)
    }
    values += vector
    count += 1
    return true
  }

  /// Adds vectors of fixed numbers until there are so many, at most ``length``.
  mutating func complete(to wanted: Int) {
    while count < min(wanted, length) {
      let vector = (0..<length).map { _ in generator.next() }
      _ = append(vector)
    }
  }

  private func removeParts(of vector: inout [Float]) {
    guard count > 0 else { return }
    var parts = [Float](repeating: 0, count: count)
    let (rows, columns) = (Int32(count), Int32(length))
    parts.withUnsafeMutableBufferPointer { parts in
      vector.withUnsafeMutableBufferPointer { vector in
        guard let parts = parts.baseAddress, let vector = vector.baseAddress else { return }
        cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, columns, 1, values, columns, vector, 1, 0, parts, 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, rows, columns, -1, values, columns, parts, 1, 1, vector, 1)
      }
    }
  }

  /// The rows, each with the sign that makes its number of largest size positive.
  func rows(withPositiveLargest: Bool) -> [Float] {
    guard withPositiveLargest else { return values }
    var result = values
    result.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for row in 0..<count {
        let start = base + row * length
        if start[Int(cblas_isamax(Int32(length), start, 1))] < 0 { cblas_sscal(Int32(length), -1, start, 1) }
      }
    }
    return result
  }

  private static func norm(_ vector: [Float]) -> Float { cblas_snrm2(Int32(vector.count), vector, 1) }

  private static func scaled(_ vector: [Float], by factor: Float) -> [Float] {
    var result = vector
    result.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { cblas_sscal(Int32(vector.count), factor, base, 1) }
    }
    return result
  }
}

/// Numbers between −1 and 1 that look random and are always the same (SplitMix64).
package struct FixedNumbers {
  private var state: UInt64 = 0x4B69_6E64_7265_64

  package init() {}

  package mutating func next() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((mixed ^ (mixed >> 31)) >> 40) / Float(1 << 23) - 1
  }
}
