internal import CHNSW
internal import COpenBLAS

extension FeatureFile {
  /// Adds rows of views at the end. They are durable after ``synchronize()``.
  /// - Parameter rows: for each row its views, ``RowLayout/viewCount`` of them.
  /// - Returns: the number of the first new row.
  /// - Throws: `invalidArgument` if the file's rows are single vectors, or a row has other views than the layout says or
  ///   one without direction; `outOfSpace` or `unwritable`, and then the file has the rows that it had before.
  @discardableResult
  public func append(views rows: [[ViewFeature]]) throws(VectorIndexError) -> Int {
    guard layout.numbers == .float16 else {
      throw VectorIndexError(code: .invalidArgument, path: path, reason: "its rows hold single vectors, not views")
    }
    var bytes = [UInt8](repeating: 0, count: rows.count * rowBytes)
    for (index, views) in rows.enumerated() {
      if let fault = fault(of: views) { throw VectorIndexError(code: .invalidArgument, path: path, reason: fault) }
      bytes.withUnsafeMutableBytes { buffer in
        encode(views, into: UnsafeMutableRawBufferPointer(rebasing: buffer[index * rowBytes..<(index + 1) * rowBytes]))
      }
    }
    return try bytes.withUnsafeBufferPointer { (bytes) throws(VectorIndexError) in
      try append(bytes: UnsafeRawBufferPointer(bytes), rows: rows.count)
    }
  }

  /// Adds rows of another file of the same layout.
  /// - Parameters:
  ///   - rows: numbers of rows that `other` has.
  ///   - other: the file to copy from.
  /// - Returns: the number of the first new row.
  /// - Throws: `dimensionMismatch` for another layout; `outOfSpace` or `unwritable`.
  @discardableResult
  public func append(rows: [Int], of other: FeatureFile) throws(VectorIndexError) -> Int {
    guard other.layout == layout else {
      throw VectorIndexError(
        code: .dimensionMismatch, path: path, reason: "rows of another layout can't be copied here")
    }
    var bytes = [UInt8](repeating: 0, count: rows.count * rowBytes)
    other.withUnsafeRowBytes { base, rowCount in
      bytes.withUnsafeMutableBytes { target in
        for (index, row) in rows.enumerated() {
          precondition((0..<rowCount).contains(row), "row \(row) of \(rowCount)")
          target.baseAddress?.advanced(by: index * rowBytes).copyMemory(
            from: base + row * rowBytes, byteCount: rowBytes)
        }
      }
    }
    return try bytes.withUnsafeBufferPointer { (bytes) throws(VectorIndexError) in
      try append(bytes: UnsafeRawBufferPointer(bytes), rows: rows.count)
    }
  }

  private func fault(of views: [ViewFeature]) -> String? {
    guard views.count == layout.viewCount else { return "\(views.count) views in a row of \(layout.viewCount)" }
    for view in views {
      guard view.vector.count == dimension else { return "\(view.vector.count) numbers in a view of \(dimension)" }
      let length = cblas_snrm2(Int32(dimension), view.vector, 1)
      guard length.isFinite, length > 0 else { return "a view without direction" }
      guard
        view.classes.prefix(layout.keptClasses).allSatisfy({
          (0..<layout.classCount).contains($0.index) && (0...1.001).contains($0.probability)
        })
      else { return "a class that is not among \(layout.classCount), or a probability that is none" }
    }
    return nil
  }

  private func encode(_ views: [ViewFeature], into row: UnsafeMutableRawBufferPointer) {
    var rounded: [[Float]] = []
    for (number, view) in views.enumerated() {
      let length = cblas_snrm2(Int32(dimension), view.vector, 1)
      row.storeBytes(of: length, toByteOffset: number * 4, as: Float.self)
      var unit = view.vector
      cblas_sscal(Int32(dimension), 1 / length, &unit, 1)
      var halves = [UInt16](repeating: 0, count: dimension)
      kindred_half_from_float(unit, &halves, dimension)
      kindred_float_from_half(halves, &unit, dimension)
      rounded.append(unit)
      halves.withUnsafeBytes { halves in
        UnsafeMutableRawBufferPointer(rebasing: row[(layout.vectorsOffset + number * dimension * 2)...])
          .copyMemory(from: halves)
      }
      for (place, kept) in view.classes.prefix(layout.keptClasses).enumerated() {
        row.storeBytes(
          of: StoredRow.packed(kept), toByteOffset: layout.classesOffset + (number * layout.keptClasses + place) * 2,
          as: UInt16.self)
      }
    }
    // Of the rounded vectors, so that what is composed of them has exactly the length that these say.
    var offset = layout.productsOffset
    for first in rounded.indices {
      for second in first..<rounded.count {
        row.storeBytes(
          of: cblas_sdot(Int32(dimension), rounded[first], 1, rounded[second], 1), toByteOffset: offset, as: Float.self)
        offset += 4
      }
    }
  }

  /// The views of a row as they were appended, but for rounding: the vectors with their lengths, and the classes that
  /// were kept. A row of a single vector is one view without classes, of length 1. The row must be below ``rowCount``.
  public func views(ofRow index: Int) -> [ViewFeature] {
    guard layout.numbers == .float16 else { return [ViewFeature(vector: row(index))] }
    return withUnsafeRowBytes { base, rowCount in
      precondition((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
      let row = StoredRow(base: base + index * rowBytes, layout: layout)
      return (0..<layout.viewCount).map { view in
        var vector = [Float](repeating: 0, count: dimension)
        kindred_float_from_half(row.halves(ofView: view), &vector, dimension)
        cblas_sscal(Int32(dimension), row.length(ofView: view), &vector, 1)
        return ViewFeature(vector: vector, classes: row.classes(ofView: view))
      }
    }
  }
}

extension FeatureFile {
  /// What is wrong with the numbers of a row; `nil` for nothing. The row must be below ``rowCount``.
  public func fault(ofRow index: Int) -> String? {
    guard layout.numbers == .float16 else {
      let length = cblas_snrm2(Int32(dimension), row(index), 1)
      return abs(length - 1) < 1e-3 ? nil : "the feature in row \(index) has length \(length), not 1"
    }
    return withUnsafeRowBytes { base, rowCount in
      precondition((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
      return StoredRow(base: base + index * rowBytes, layout: layout).fault.map { "\($0) in row \(index)" }
    }
  }
}

/// The bytes of a row of views, which may be damaged.
struct StoredRow {
  let base: UnsafeRawPointer
  let layout: RowLayout

  /// Of the view before it was normalised.
  func length(ofView view: Int) -> Float { base.load(fromByteOffset: view * 4, as: Float.self) }

  /// The dot product of two views.
  func product(_ first: Int, _ second: Int) -> Float {
    let (low, high) = (min(first, second), max(first, second))
    let place = low * layout.viewCount - low * (low - 1) / 2 + high - low
    return base.load(fromByteOffset: layout.productsOffset + place * 4, as: Float.self)
  }

  func halves(ofView view: Int) -> UnsafePointer<UInt16> {
    (base + layout.vectorsOffset + view * layout.dimension * 2).assumingMemoryBound(to: UInt16.self)
  }

  /// Likeliest first. Classes that can't be, as in a damaged row, are left out.
  func classes(ofView view: Int) -> [ClassProbability] {
    var classes: [ClassProbability] = []
    forEachClass(ofView: view) { classes.append(ClassProbability(index: $0, probability: $1)) }
    return classes
  }

  /// What is wrong with it; `nil` for nothing. Every comparison is false for what is not a number.
  var fault: String? {
    let views = (0..<layout.viewCount).map { view in
      var vector = [Float](repeating: 0, count: layout.dimension)
      kindred_float_from_half(halves(ofView: view), &vector, layout.dimension)
      return vector
    }
    for first in views.indices {
      guard length(ofView: first) > 0, length(ofView: first).isFinite else {
        return "a view of length \(length(ofView: first)) before it was normalised"
      }
      for second in first..<views.count {
        let found = cblas_sdot(Int32(layout.dimension), views[first], 1, views[second], 1)
        guard first != second || abs(found - 1) <= 1e-2 else { return "a view whose length is not 1" }
        guard abs(found - product(first, second)) <= 1e-4 else {
          return "a product of views that is \(found), not \(product(first, second)),"
        }
      }
      let start = layout.classesOffset + first * layout.keptClasses * 2
      for offset in stride(from: start, to: start + layout.keptClasses * 2, by: 2) {
        let packed = base.load(fromByteOffset: offset, as: UInt16.self)
        guard packed & 63 > 0 else { break }
        guard packed >> 6 < layout.classCount else { return "a class \(packed >> 6) of \(layout.classCount)" }
      }
    }
    return nil
  }

  @inline(__always)
  func forEachClass(ofView view: Int, _ body: (Int, Float) -> Void) {
    let start = layout.classesOffset + view * layout.keptClasses * 2
    for offset in stride(from: start, to: start + layout.keptClasses * 2, by: 2) {
      let packed = base.load(fromByteOffset: offset, as: UInt16.self)
      let index = Int(packed >> 6)
      // A zero ends the list of a view with fewer classes.
      guard packed & 63 > 0, index < layout.classCount else { return }
      let root = Float(packed & 63) / 63
      body(index, root * root)
    }
  }

  /// A class in ten bits and the square root of its probability in six: embeddings are made of square roots, and finer
  /// steps change no ranking (docs/quality.md).
  static func packed(_ kept: ClassProbability) -> UInt16 {
    let root = (max(0, min(1, kept.probability)).squareRoot() * 63).rounded()
    return UInt16(kept.index) << 6 | UInt16(root)
  }
}
