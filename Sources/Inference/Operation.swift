/// Rows and columns of padding, stride and the like.
public struct Size2D: Sendable, Equatable, Codable {
  public var height: Int
  public var width: Int
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }
}

/// Zero padding on each side of an image.
public struct Padding2D: Sendable, Equatable, Codable {
  public var top, left, bottom, right: Int
  public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }
  public init(all side: Int) {
    self.init(top: side, left: side, bottom: side, right: side)
  }
}

/// A two-dimensional convolution (cross-correlation) with its trained weights.
public struct Convolution: Sendable, Equatable, Codable {
  /// `[outputChannels, inputChannels / groups, kernelHeight, kernelWidth]`.
  public var weights: Tensor
  /// One number an output channel.
  public var bias: [Float]?
  public var stride: Size2D
  public var padding: Padding2D
  public var dilation: Size2D
  public var groups: Int
  /// A second input of the output's shape is added before ``fusesReLU``: the residual add, fused.
  public var fusesAdd: Bool
  /// The result is clamped at zero from below.
  public var fusesReLU: Bool
  /// ``weights`` as they run in int8; where they are here, ``weights`` may have no numbers, only a shape.
  var integerWeights: IntegerWeights?

  public init(
    weights: Tensor, bias: [Float]? = nil, stride: Size2D = Size2D(1, 1), padding: Padding2D = Padding2D(),
    dilation: Size2D = Size2D(1, 1), groups: Int = 1, fusesAdd: Bool = false, fusesReLU: Bool = false
  ) {
    self.weights = weights
    self.bias = bias
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.fusesAdd = fusesAdd
    self.fusesReLU = fusesReLU
  }
}

/// Batch normalisation at inference: `(x - mean) / sqrt(variance + epsilon) * scale + shift`, a channel at a time.
public struct BatchNormalization: Sendable, Equatable, Codable {
  public var scale, shift, mean, variance: [Float]
  public var epsilon: Float
  public init(scale: [Float], shift: [Float], mean: [Float], variance: [Float], epsilon: Float = 1e-5) {
    self.scale = scale
    self.shift = shift
    self.mean = mean
    self.variance = variance
    self.epsilon = epsilon
  }
}

/// A pooling window.
public struct Pooling: Sendable, Equatable, Codable {
  public var kernel: Size2D
  public var stride: Size2D
  public var padding: Padding2D
  /// Output sizes are rounded up instead of down.
  public var roundsUp: Bool
  /// For averages: padding counts as zeros in the divisor.
  public var countsPadding: Bool
  public init(
    kernel: Size2D, stride: Size2D, padding: Padding2D = Padding2D(), roundsUp: Bool = false,
    countsPadding: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.roundsUp = roundsUp
    self.countsPadding = countsPadding
  }
}

/// A fully connected layer: `x · weightsᵀ + bias`.
public struct Linear: Sendable, Equatable, Codable {
  /// `[outputs, inputs]`.
  public var weights: Tensor
  public var bias: [Float]?
  public init(weights: Tensor, bias: [Float]? = nil) {
    self.weights = weights
    self.bias = bias
  }
}

/// One step of a network. Axes are counted from the outside, `[N, C, H, W]`.
public enum Operation: Sendable, Equatable, Codable {
  case convolution(Convolution)
  case batchNormalization(BatchNormalization)
  case relu
  case maxPool(Pooling)
  case averagePool(Pooling)
  /// Mean over H and W, which stay as axes of 1.
  case globalAveragePool
  /// Sum of two inputs of one shape.
  case add
  /// `x * scale[c] + shift[c]` with c along axis 1.
  case channelAffine(scale: [Float], shift: [Float])
  case linear(Linear)
  /// Over the last axis.
  case softmax
  /// `[N, …]` to `[N, rest]`.
  case flatten
  /// Output axis i is input axis `permutation[i]`.
  case transpose(permutation: [Int])
  /// A constant border around H and W.
  case pad(Padding2D, value: Float)
  /// Every stride-th row and column, then zero channels after the existing ones up to `channels`:
  /// the paper's shortcut option A.
  case subsampleAndPadChannels(stride: Int, channels: Int)
  /// Mean over the given axes.
  case mean(axes: [Int], keepsAxes: Bool)
  /// A new shape; 0 keeps the input's axis, -1 is what is left.
  case reshape([Int])
}
