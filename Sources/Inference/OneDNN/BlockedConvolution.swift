import CConvolution
import CDNNL

/// A 3 × 3 convolution by Kindred's own kernels, in single precision and blocks of eight channels.
///
/// Where AVX2 is the best that the processor has, oneDNN 2.6 has no Winograd's algorithm, and its direct one is slow at
/// every second pixel and at small pictures of many channels. With AVX-512 it has both, and is left to it.
struct BlockedConvolution: OwnConvolution {
  private let shape: kindred_convolution
  private let clampsAtZero: Bool
  private let threads: Int

  /// More than networks have; what counts them is on the stack.
  private static let mostInputs = 4096

  /// - Parameter threads: how many a run may take.
  /// - Returns: `nil` for other convolutions, and where oneDNN is at least as fast.
  init?(_ convolution: Convolution, source: [Int], threads: Int) {
    guard BlockedConvolution.suitsProcessor, source[1] % 8 == 0, source[1] <= BlockedConvolution.mostInputs,
      let shape = kindred_convolution(convolution, source: source)
    else { return nil }
    self.shape = shape
    clampsAtZero = convolution.fusesReLU
    self.threads = threads
  }

  /// Whether there are kernels for the processor, and oneDNN's are slower.
  static var suitsProcessor: Bool {
    kindred_convolution_is_available() != 0 && !Processor.has(dnnl_cpu_isa_avx512_core)
  }

  static func layout(_ shape: [Int]) throws(InferenceError) -> MemoryDescriptor {
    try MemoryDescriptor(eightChannelBlocks: shape)
  }

  /// How many numbers the weights are once they are prepared.
  var weightCount: Int { withUnsafePointer(to: shape) { kindred_convolution_weight_count($0) } }

  func prepare(_ weights: Tensor) -> [Float] {
    [Float](unsafeUninitializedCapacity: weightCount) { buffer, count in
      count = weightCount
      guard let base = buffer.baseAddress else { return }
      withUnsafePointer(to: shape) { kindred_convolution_pack($0, weights.values, base) }
    }
  }

  var scratchByteCount: Int {
    withUnsafePointer(to: shape) { kindred_convolution_scratch_count($0, threads) } * MemoryLayout<Float>.size
  }

  /// - Parameter arrays: in ``layout(_:)``.
  func run(_ arrays: ConvolutionArrays<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer) {
    var raw = kindred_convolution_arrays()
    raw.source = UnsafePointer(arrays.source.floats)
    raw.weights = UnsafePointer(arrays.weights.floats)
    raw.bias = UnsafePointer(arrays.bias?.floats)
    raw.shortcut = UnsafePointer(arrays.shortcut?.floats)
    raw.clamps_at_zero = clampsAtZero ? 1 : 0
    raw.target = arrays.target.floats
    raw.scratch = scratch.floats
    withUnsafePointer(to: shape) { kindred_convolution_run($0, &raw, OpenMP.startRegion, threads) }
  }
}
