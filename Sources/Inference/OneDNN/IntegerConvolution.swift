import CConvolution
import CDNNL

/// A 3 × 3 convolution of integers by Winograd's algorithm, which oneDNN 2.6 has in single precision alone.
///
/// It gives the same numbers as oneDNN's direct one, which multiplies bytes, for a quarter of the products, and these are
/// of sixteen bits. Where the processor has instructions for dot products of bytes, it is left to oneDNN.
struct IntegerConvolution: OwnConvolution {
  /// What is added to the scaled sums: its numbers, and how many steps of the target one of its own is.
  struct Shortcut {
    var type: ElementType
    var scale: Float
  }

  private let convolution: kindred_integer_convolution
  private let clampsAtZero: Bool
  private let targetType: ElementType
  private let threads: Int
  var shortcut: Shortcut?

  /// - Parameters:
  ///   - weights: the bits of signed integers, dense.
  ///   - target: the numbers of the result.
  ///   - threads: how many a run may take.
  /// - Returns: `nil` for other convolutions, and where oneDNN is at least as fast.
  init?(_ convolution: Convolution, weights: ArraySlice<UInt8>, source: [Int], target: ElementType, threads: Int) {
    guard IntegerConvolution.suitsProcessor, source[1] % 16 == 0, source[1] <= kindred_integer_most_inputs,
      let shape = kindred_convolution(convolution, source: source),
      withUnsafePointer(to: shape, kindred_convolution_is_worth_tiling) != 0
    else { return nil }
    let parts = IntegerConvolution.withIntegers(weights) { weights in
      withUnsafePointer(to: shape) { kindred_integer_convolution_parts($0, weights) }
    }
    guard let parts, parts > 0 else { return nil }
    self.convolution = kindred_integer_convolution(shape: shape, parts: parts)
    clampsAtZero = convolution.fusesReLU
    targetType = target
    self.threads = threads
  }

  private static func withIntegers<Result>(
    _ bits: ArraySlice<UInt8>, _ body: (UnsafePointer<Int8>) -> Result
  ) -> Result? {
    bits.withUnsafeBytes { $0.bindMemory(to: Int8.self).baseAddress.map(body) }
  }

  /// Whether there is a kernel for the processor, and oneDNN's are slower.
  static var suitsProcessor: Bool { BlockedConvolution.suitsProcessor && !Processor.hasIntegerDotProducts }

  /// How many bytes the weights are once they are prepared.
  var weightByteCount: Int { weightCount * MemoryLayout<Int16>.size }

  private var weightCount: Int {
    withUnsafePointer(to: convolution.shape) { kindred_integer_convolution_weight_count($0) }
  }

  /// - Parameter weights: those that it was made with.
  func prepare(_ weights: ArraySlice<UInt8>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: weightByteCount) { buffer, count in
      count = weightByteCount
      guard let base = buffer.baseAddress else { return }
      base.withMemoryRebound(to: Int16.self, capacity: weightCount) { target in
        _ = IntegerConvolution.withIntegers(weights) { weights in
          withUnsafePointer(to: convolution.shape) { kindred_integer_convolution_pack($0, weights, target) }
        }
      }
    }
  }

  var scratchByteCount: Int {
    withUnsafePointer(to: convolution) { kindred_integer_convolution_scratch_bytes($0, threads) }
  }

  /// - Parameter arrays: of pictures with the channels last; the source's numbers are unsigned.
  func run(_ arrays: ConvolutionArrays<UnsafeMutableRawPointer>, scratch: UnsafeMutableRawPointer) {
    var raw = kindred_integer_arrays()
    raw.source = UnsafePointer(arrays.source.assumingMemoryBound(to: UInt8.self))
    raw.weights = UnsafePointer(arrays.weights.assumingMemoryBound(to: Int16.self))
    raw.bias = UnsafePointer(arrays.bias?.floats)
    raw.scales = UnsafePointer(arrays.scales?.floats)
    if let shortcut {
      raw.shortcut = arrays.shortcut.map { UnsafeRawPointer($0) }
      raw.shortcut_number = shortcut.type.number
      raw.shortcut_scale = shortcut.scale
    }
    raw.clamps_at_zero = clampsAtZero ? 1 : 0
    raw.target = arrays.target
    raw.target_number = targetType.number
    raw.scratch = scratch
    withUnsafePointer(to: convolution) { kindred_integer_convolution_run($0, &raw, OpenMP.startRegion, threads) }
  }
}

extension ElementType {
  /// How Kindred's own kernels call it, which know no bfloat16.
  fileprivate var number: kindred_number {
    switch self {
    case .unsigned: kindred_unsigned
    case .signed: kindred_signed
    case .single, .brainFloat: kindred_single
    }
  }
}
