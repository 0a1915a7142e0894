import CPixels

/// The two passes of a separable resize over samples: along rows first, then along columns, rounded to 8 bits after
/// each.
///
/// Sums are of 32 bits with 22 fractional bits; the weights are not negative and sum to about one, so that no sum
/// passes 2³¹.
enum Resampler {
  /// Filters rows of a picture along x.
  /// - Parameters:
  ///   - rows: which of the picture's rows.
  ///   - firstColumn: what the filter calls the picture's first column.
  /// - Precondition: the picture has the rows and the columns that the filter draws on.
  static func horizontal(
    _ image: RGBImage, rows: Range<Int>, firstColumn: Int, filter: ResamplingFilter
  ) -> [UInt8] {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= image.height)
    precondition(filter.inputRange.lowerBound >= firstColumn)
    precondition(filter.inputRange.upperBound - firstColumn <= image.width)
    let count = rows.count * filter.starts.count * 3
    return filter.withKernel(first: firstColumn) { kernel in
      [UInt8](unsafeUninitializedCapacity: count) { target, filled in
        image.pixels.withUnsafeBufferPointer { source in
          guard let start = source.baseAddress, let target = target.baseAddress else { return }
          kindred_pixels_filter_rows(
            start + rows.lowerBound * image.width * 3, start + source.count, image.width * 3, rows.count, kernel,
            target)
          filled = count
        }
      }
    }
  }

  /// Filters rows of `rowBytes` samples along y. `source` starts at the input row `firstRow`.
  /// - Precondition: `source` has the rows that the filter draws on.
  static func vertical(_ source: [UInt8], firstRow: Int, rowBytes: Int, filter: ResamplingFilter) -> [UInt8] {
    precondition(filter.inputRange.lowerBound >= firstRow)
    precondition((filter.inputRange.upperBound - firstRow) * rowBytes <= source.count)
    let count = filter.starts.count * rowBytes
    return filter.withKernel(first: firstRow) { kernel in
      [UInt8](unsafeUninitializedCapacity: count) { target, filled in
        source.withUnsafeBufferPointer { source in
          guard let source = source.baseAddress, let target = target.baseAddress else { return }
          kindred_pixels_filter_columns(source, rowBytes, kernel, target)
          filled = count
        }
      }
    }
  }
}

extension ResamplingFilter {
  /// The filter as C has it.
  /// - Parameter first: the input position that the samples begin at.
  fileprivate func withKernel<Value>(
    first: Int, _ body: (UnsafePointer<kindred_pixels_filter>) -> Value
  ) -> Value {
    var split = [Int32](repeating: 0, count: weights.count)
    kindred_pixels_split_weights(weights, weights.count, &split)
    return starts.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        weights.withUnsafeBufferPointer { weights in
          split.withUnsafeBufferPointer { split in
            var kernel = kindred_pixels_filter(
              output_count: starts.count, starts: starts.baseAddress, counts: counts.baseAddress,
              first_input: Int32(first), weight_stride: weightsPerOutput, weights: weights.baseAddress,
              split_weights: split.baseAddress)
            return body(&kernel)
          }
        }
      }
    }
  }
}
