import CConvolution
import CDNNL

/// The first convolution of a residual network, 7 × 7 with a stride of 2, where the layers behind it take integers.
///
/// oneDNN has a kernel in single precision, whose result is four times as large as integers of eight bits and has to be
/// pooled and rounded. This one multiplies integers of up to sixteen bits, more than the eight that pictures have, and
/// rounds what it gives to eight. Where the processor has instructions for dot products of bytes, it is left to oneDNN.
struct StemConvolution: OwnConvolution {
  private var stem: kindred_stem
  private let sourceFactor: Float
  private let threads: Int

  /// How much larger than the calibrated limit a number may be before it is clipped. Pictures are bounded: those that
  /// were seen have shown half of the range at the least.
  private static let headroom: Float = 2

  /// - Parameters:
  ///   - source: the shape of the pictures.
  ///   - sourceLimit: their largest magnitude.
  ///   - target: the shape of the result.
  ///   - threads: how many a run may take.
  /// - Returns: `nil` for other convolutions, and where oneDNN is at least as fast.
  init?(_ convolution: Convolution, source: [Int], sourceLimit: Float, target: [Int], threads: Int) {
    guard IntegerConvolution.suitsProcessor, convolution.groups == 1, convolution.dilation == Size2D(1, 1),
      convolution.stride == Size2D(Int(kindred_stem_stride), Int(kindred_stem_stride)), convolution.fusesReLU,
      !convolution.fusesAdd, convolution.weights.shape.suffix(2).allSatisfy({ $0 == kindred_stem_size }),
      convolution.weights.shape[0] % 16 == 0, source[1] <= 4
    else { return nil }
    stem = kindred_stem(
      images: source[0], in_channels: source[1], out_channels: target[1], height: source[2], width: source[3],
      top: convolution.padding.top, left: convolution.padding.left, out_height: target[2], out_width: target[3])
    sourceFactor = Float(kindred_stem_largest) / (StemConvolution.headroom * sourceLimit)
    self.threads = threads
  }

  /// The weights in steps, as the kernel reads them, and what one step of each output channel's sums is.
  func prepare(_ weights: Tensor) -> (weights: [Int16], sumSteps: [Float]) {
    var steps = [Float](repeating: 0, count: stem.out_channels)
    let count = withUnsafePointer(to: stem) { kindred_stem_weight_count($0) }
    let packed = [Int16](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      guard let base = buffer.baseAddress else { return }
      withUnsafePointer(to: stem) { kindred_stem_pack($0, weights.values, base, &steps) }
    }
    return (packed, steps.map { $0 / sourceFactor })
  }

  var scratchByteCount: Int { withUnsafePointer(to: stem) { kindred_stem_scratch_bytes($0, threads) } }

  /// - Parameter arrays: a dense source in single precision, and a target of unsigned integers with the channels last.
  func run(_ arrays: ConvolutionArrays<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer) {
    var raw = kindred_stem_arrays()
    raw.source = UnsafePointer(arrays.source.floats)
    raw.source_factor = sourceFactor
    raw.weights = UnsafePointer(arrays.weights.assumingMemoryBound(to: Int16.self))
    raw.bias = UnsafePointer(arrays.bias?.floats)
    raw.scales = UnsafePointer(arrays.scales?.floats)
    raw.target = arrays.target.assumingMemoryBound(to: UInt8.self)
    raw.scratch = scratch
    withUnsafePointer(to: stem) { kindred_stem_run($0, &raw, OpenMP.startRegion, threads) }
  }
}
