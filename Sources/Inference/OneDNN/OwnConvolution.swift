/// A convolution by Kindred's own kernels.
protocol OwnConvolution {
  /// Bytes of scratch that a run needs.
  var scratchByteCount: Int { get }

  func run(_ arrays: ConvolutionArrays<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer)
}

/// The arrays of a run of one of Kindred's own convolutions; the shortcut may be the target itself.
struct ConvolutionArrays<Address> {
  var source, weights, target: Address
  var bias, shortcut: Address?
  /// Of integers: the factors of their sums.
  var scales: Address?

  func map<Other>(_ transform: (Address) -> Other) -> ConvolutionArrays<Other> {
    ConvolutionArrays<Other>(
      source: transform(source), weights: transform(weights), target: transform(target), bias: bias.map(transform),
      shortcut: shortcut.map(transform), scales: scales.map(transform))
  }

  var all: [Address] { [source, weights, target] + [bias, shortcut, scales].compactMap { $0 } }
}

extension UnsafeMutableRawPointer {
  /// An array in single precision.
  var floats: UnsafeMutablePointer<Float> { assumingMemoryBound(to: Float.self) }
}
