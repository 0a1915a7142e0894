import CConvolution

extension kindred_convolution {
  /// - Parameter source: the shape of what it reads.
  /// - Returns: `nil` for any but a 3 × 3 convolution of one group with zeros around, by steps of one pixel or two, whose
  ///   output channels fill the kernels' blocks.
  init?(_ convolution: Convolution, source: [Int]) {
    let stride = convolution.stride.height
    guard convolution.groups == 1, convolution.dilation == Size2D(1, 1), convolution.padding == Padding2D(all: 1),
      convolution.weights.shape.suffix(2) == [3, 3], convolution.weights.shape[0] % 16 == 0,
      convolution.stride == Size2D(stride, stride), (1...2).contains(stride)
    else { return nil }
    self.init(
      images: source[0], in_channels: source[1], out_channels: convolution.weights.shape[0], height: source[2],
      width: source[3], stride: stride)
  }
}
