extension SafetensorsFile {
  /// The numbers of a tensor as single precision, row-major. F16, BF16 and F64 are converted a piece at a time, so that
  /// no second copy of a tensor is held.
  /// - Throws: ``WeightFileError``: `missingTensor`, `wrongShape` for a type that is not floating point, `damaged` where
  ///   a number is infinite or not a number, and `truncated` or `unreadable` where reading fails.
  public func floats(named name: String) throws(WeightFileError) -> [Float] {
    let entry = try entry(named: name)
    let handle = handle
    let path = path
    var failure: WeightFileError?
    let values = [Float](unsafeUninitializedCapacity: entry.count) { buffer, initialized in
      do throws(WeightFileError) {
        let target = UnsafeMutableBufferPointer(rebasing: buffer[..<entry.count])
        switch entry.dtype {
        case .float32:
          try handle.read(into: UnsafeMutableRawBufferPointer(target), at: entry.bytes.lowerBound)
          FloatConversion.toHostOrder(target)
        case .float16: try convert(entry, into: target, FloatConversion.float16)
        case .bfloat16: try convert(entry, into: target, FloatConversion.bfloat16)
        case .float64: try convert(entry, into: target, FloatConversion.float64)
        default:
          throw WeightFileError(
            code: .wrongShape, path: path, place: name,
            reason: "its type is \(entry.dtype.rawValue), where F32, F16, BF16 or F64 is needed")
        }
        if let index = FloatConversion.firstNonFinite(UnsafeBufferPointer(target)) {
          throw WeightFileError(
            code: .damaged, path: path, place: name, reason: "number \(index) of \(entry.count) is \(target[index])")
        }
        initialized = entry.count
      } catch {
        failure = error
        initialized = 0
      }
    }
    if let failure { throw failure }
    return values
  }

  /// Reads in pieces of a megabyte and converts each.
  private func convert(
    _ entry: Entry, into target: UnsafeMutableBufferPointer<Float>,
    _ conversion: (UnsafeRawBufferPointer, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(WeightFileError) {
    let size = entry.dtype.size
    let piece = (1 << 20) / size
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: min(piece, max(1, entry.count)) * size, alignment: 16)
    defer { bytes.deallocate() }
    var done = 0
    while done < entry.count {
      let count = min(piece, entry.count - done)
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(count * size)])
      try handle.read(into: part, at: entry.bytes.lowerBound + done * size)
      conversion(UnsafeRawBufferPointer(part), UnsafeMutableBufferPointer(rebasing: target[done..<done + count]))
      done += count
    }
  }
}

/// Loops over raw numbers, written so that they are quick without optimisation too.
enum FloatConversion {
  static func float16(_ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>) {
    var index = 0
    while index < target.count {
      let bits = UInt16(littleEndian: bytes.load(fromByteOffset: index * 2, as: UInt16.self))
      target[index] = Float(Float16(bitPattern: bits))
      index += 1
    }
  }

  static func bfloat16(_ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>) {
    var index = 0
    while index < target.count {
      let bits = UInt16(littleEndian: bytes.load(fromByteOffset: index * 2, as: UInt16.self))
      target[index] = Float(bitPattern: UInt32(bits) << 16)
      index += 1
    }
  }

  static func float64(_ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>) {
    var index = 0
    while index < target.count {
      let bits = UInt64(littleEndian: bytes.load(fromByteOffset: index * 8, as: UInt64.self))
      target[index] = Float(Double(bitPattern: bits))
      index += 1
    }
  }

  /// Files are little-endian.
  static func toHostOrder(_ values: UnsafeMutableBufferPointer<Float>) {
    #if _endian(big)
      for index in values.indices {
        values[index] = Float(bitPattern: values[index].bitPattern.byteSwapped)
      }
    #endif
  }

  /// The first infinity or NaN.
  static func firstNonFinite(_ values: UnsafeBufferPointer<Float>) -> Int? {
    // An exponent of all ones carries into the sign's place when one is added to it: two numbers are tested at once,
    // and a whole block before anything is decided.
    let exponent: UInt64 = 0x7f80_0000_7f80_0000
    let one: UInt64 = 0x0080_0000_0080_0000
    let carry: UInt64 = 0x8000_0000_8000_0000
    let raw = UnsafeRawBufferPointer(values)
    let pairs = values.count / 2
    var pair = 0
    while pair < pairs {
      let end = min(pairs, pair + 4096)
      let start = pair
      var found: UInt64 = 0
      while pair < end {
        found |= (raw.loadUnaligned(fromByteOffset: pair &* 8, as: UInt64.self) & exponent) &+ one
        pair &+= 1
      }
      if found & carry != 0 { return (2 * start..<2 * end).first { !values[$0].isFinite } }
    }
    if let last = values.last, !last.isFinite { return values.count - 1 }
    return nil
  }
}
