import CDNNL

/// The numbers of a convolution's arrays.
struct ConvolutionTypes {
  var source = ElementType.single
  var weights = ElementType.single
  var target = ElementType.single
}

/// Chooses layouts and algorithm of a convolution.
///
/// Left to itself, oneDNN 2.6 chooses `[N, H, W, C]` on AVX-512, which is best for single images. For batches, its
/// kernels for blocks of sixteen channels are a little faster, and only they have Winograd's algorithm beside them:
/// together a fifth less time for ResNet-50, once the weights have been brought into their form. Winograd's larger
/// rounding does not show: ResNet-50's features differ from PyTorch's by 2e-6 of the largest with it and without.
struct ConvolutionChooser {
  private let convolution: Convolution
  private let source, weights, target: [Int]
  private let types: ConvolutionTypes
  private let attributes: PrimitiveAttributes
  private let place: String
  private let isForManyRuns: Bool
  private let engine: DNNLEngine

  /// - Parameters:
  ///   - weights: with an axis of groups in front where there are several.
  ///   - types: the numbers of each array.
  ///   - attributes: what is fused behind it.
  ///   - isForManyRuns: whether bringing the weights into Winograd's form, 0.2 s for ResNet-50, will pay.
  init(
    _ convolution: Convolution, source: [Int], weights: [Int], target: [Int], types: ConvolutionTypes,
    attributes: PrimitiveAttributes, place: String, isForManyRuns: Bool, engine: DNNLEngine
  ) {
    self.convolution = convolution
    self.source = source
    self.weights = weights
    self.target = target
    self.types = types
    self.attributes = attributes
    self.place = place
    self.isForManyRuns = isForManyRuns
    self.engine = engine
  }

  func choose() throws(InferenceError) -> PrimitiveDescriptor {
    // Not where only a slow implementation takes these layouts.
    if isForManyRuns, types.source == .single, prefersBlocks, let blocked = try? makeDescriptor(inBlocks: true),
      blocked.isFast
    {
      return blocked
    }
    return try makeDescriptor(inBlocks: false)
  }

  /// Where the processor, the batch and the channels fit.
  private var prefersBlocks: Bool {
    Processor.has(dnnl_cpu_isa_avx512_core) && convolution.groups == 1 && source[0] >= ConvolutionChooser.leastImages
      && target[1] % ConvolutionChooser.block == 0
  }

  private static let block = 16
  private static let leastImages = 8

  private func makeDescriptor(inBlocks: Bool) throws(InferenceError) -> PrimitiveDescriptor {
    try PrimitiveDescriptor(
      "convolution", place: place, operation: describe(inBlocks: inBlocks), attributes: attributes, engine: engine)
  }

  private func layout(
    _ shape: [Int], _ type: ElementType, inBlocks: Bool
  ) throws(InferenceError) -> MemoryDescriptor {
    inBlocks && shape[1] % ConvolutionChooser.block == 0
      ? try MemoryDescriptor(sixteenChannelBlocks: shape) : try MemoryDescriptor(anyLayout: shape, type)
  }

  private func describe(inBlocks: Bool) throws(InferenceError) -> dnnl_convolution_desc_t {
    var descriptor = dnnl_convolution_desc_t()
    var sourceLayout = try layout(source, types.source, inBlocks: inBlocks).raw
    var weightsLayout = try MemoryDescriptor(anyLayout: weights, types.weights).raw
    var targetLayout = try layout(target, types.target, inBlocks: inBlocks).raw
    let padding = convolution.padding
    // oneDNN counts the gaps between the kernel's elements.
    let gaps = [Int64(convolution.dilation.height - 1), Int64(convolution.dilation.width - 1)]
    let strides = [Int64(convolution.stride.height), Int64(convolution.stride.width)]
    let algorithm = inBlocks ? dnnl_convolution_auto : dnnl_convolution_direct
    func initialize(_ bias: UnsafePointer<dnnl_memory_desc_t>?) -> dnnl_status_t {
      dnnl_dilated_convolution_forward_desc_init(
        &descriptor, dnnl_forward_inference, algorithm, &sourceLayout, &weightsLayout, bias, &targetLayout, strides,
        gaps,
        [Int64(padding.top), Int64(padding.left)], [Int64(padding.bottom), Int64(padding.right)])
    }
    let status: dnnl_status_t
    if convolution.bias != nil {
      let biasLayout = try MemoryDescriptor(dense: [target[1]]).raw
      status = withUnsafePointer(to: biasLayout) { initialize($0) }
    } else {
      status = initialize(nil)
    }
    try DNNLHandle.check(status, "convolution", place: place)
    return descriptor
  }
}
