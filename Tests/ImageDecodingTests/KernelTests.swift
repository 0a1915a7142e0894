import CPixels
import Testing

@testable import ImageDecoding

/// The vectors' loops against plain ones.
@Suite struct KernelTests {
  private func bytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// Sums of weighted samples of a line, `step` apart.
  private func filtered(_ samples: [UInt8], start: Int, step: Int, _ filter: ResamplingFilter) -> [UInt8] {
    filter.starts.indices.map { output in
      var sum = Int64(1) << 21
      for tap in 0..<Int(filter.counts[output]) {
        let weight = Int64(filter.weights[output * filter.weightsPerOutput + tap])
        sum += Int64(samples[start + (Int(filter.starts[output]) + tap) * step]) * weight
      }
      return UInt8(max(0, min(255, sum >> 22)))
    }
  }

  @Test func filtersAreThoseOfPlainLoops() {
    var generator = SeededGenerator(seed: 20)
    for _ in 0..<200 {
      let width = Int.random(in: 1...90, using: &generator)
      let height = Int.random(in: 1...20, using: &generator)
      let newWidth = Int.random(in: 1...60, using: &generator)
      let newHeight = Int.random(in: 1...30, using: &generator)
      let image = RGBImage(width: width, height: height, pixels: bytes(width * height * 3, &generator))
      let across = ResamplingFilter(inputCount: width, outputCount: newWidth, outputRange: 0..<newWidth)
      let narrow = Resampler.horizontal(image, rows: 0..<height, firstColumn: 0, filter: across)
      for row in 0..<height {
        for channel in 0..<3 {
          let expected = filtered(image.pixels, start: row * width * 3 + channel, step: 3, across)
          #expect((0..<newWidth).map { narrow[(row * newWidth + $0) * 3 + channel] } == expected)
        }
      }
      let down = ResamplingFilter(inputCount: height, outputCount: newHeight, outputRange: 0..<newHeight)
      let rowBytes = newWidth * 3
      let small = Resampler.vertical(narrow, firstRow: 0, rowBytes: rowBytes, filter: down)
      for column in 0..<rowBytes {
        let expected = filtered(narrow, start: column, step: rowBytes, down)
        #expect((0..<newHeight).map { small[$0 * rowBytes + column] } == expected)
      }
    }
  }

  @Test func planesAreRoundedStepByStep() {
    var generator = SeededGenerator(seed: 21)
    for side in [1, 2, 7, 8, 9, 10, 11, 16, 17, 31, 224] {
      let (width, height) = (side + 3, side + 2)
      let image = RGBImage(width: width, height: height, pixels: bytes(width * height * 3, &generator))
      for (sources, isMirrored) in [([0, 1, 2], false), ([2, 1, 0], true), ([1, 0, 2], false)] {
        let normalization = SampleNormalization(
          sources: sources, scale: 1 / 255, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
        let planes = [Float](unsafeUninitializedCapacity: 3 * side * side) { target, count in
          image.writePlanes(
            to: UnsafeMutableBufferPointer(rebasing: target[..<(3 * side * side)]), x: 3, y: 1, side: side,
            isMirrored: isMirrored, normalization: normalization)
          count = 3 * side * side
        }
        var expected: [Float] = []
        for channel in 0..<3 {
          for row in 0..<side {
            for column in 0..<side {
              let source = 3 + (isMirrored ? side - 1 - column : column)
              let sample = Float(image.pixels[((row + 1) * width + source) * 3 + sources[channel]])
              let shifted = sample * normalization.scale - normalization.mean[channel]
              expected.append(shifted / normalization.deviation[channel])
            }
          }
        }
        #expect(planes == expected, "side \(side)")
      }
    }
  }
}
