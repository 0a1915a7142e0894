/// A network of He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016, arXiv:1512.03385), as a value.
///
/// ```swift
/// let spec = ResNetSpec(named: "resnet50")!
/// print(try spec.describe().text)
/// ```
public struct ResNetSpec: Sendable, Equatable, Codable {
  /// What comes before the residual stages.
  public enum Stem: String, Sendable, Codable {
    /// 7×7 convolution of stride 2, then a 3×3 max pool of stride 2: the paper's ImageNet networks.
    case imageNet
    /// One 3×3 convolution of stride 1: the paper's CIFAR-10 networks.
    case cifar
  }

  /// The paper's figure 5.
  public enum Block: String, Sendable, Codable {
    /// Two 3×3 convolutions.
    case basic
    /// 1×1, 3×3 and 1×1, the last with four times the filters.
    case bottleneck

    /// Output channels over the filters of the inner convolutions.
    public var expansion: Int { self == .basic ? 1 : 4 }
    /// Weight layers in a block.
    public var convolutions: Int { self == .basic ? 2 : 3 }
  }

  /// What runs beside a block's convolutions (section 3.3 and table 3 of the paper).
  public enum Shortcut: String, Sendable, Codable {
    /// Nothing: a plain network.
    case none
    /// Option A: identity, subsampled and padded with zero channels where dimensions grow; no parameters.
    case identity
    /// Option B: a 1×1 convolution where dimensions grow, identity elsewhere.
    case projectionWhereNeeded
    /// Option C: a 1×1 convolution on every block.
    case projectionEverywhere
  }

  /// Which convolution of a bottleneck halves the map.
  public enum BottleneckStride: String, Sendable, Codable {
    /// The first 1×1: the paper and its Caffe models.
    case pointwise
    /// The 3×3: torchvision, timm and (by default) Hugging Face transformers.
    case spatial
  }

  /// What people call it, such as `resnet50`.
  public var name: String
  public var stem: Stem
  /// Filters of the stem's convolution.
  public var stemFilters: Int
  public var block: Block
  /// Blocks in each stage.
  public var depths: [Int]
  /// Filters of the inner convolutions of each stage's blocks, as many as ``depths``.
  public var filters: [Int]
  public var shortcut: Shortcut
  public var bottleneckStride: BottleneckStride
  /// Outputs of the classifier; `nil` for a network that ends in the pooled features.
  public var classCount: Int?

  public init(
    name: String, stem: Stem = .imageNet, stemFilters: Int = 64, block: Block, depths: [Int], filters: [Int],
    shortcut: Shortcut = .projectionWhereNeeded, bottleneckStride: BottleneckStride = .spatial, classCount: Int? = 1000
  ) {
    self.name = name
    self.stem = stem
    self.stemFilters = stemFilters
    self.block = block
    self.depths = depths
    self.filters = filters
    self.shortcut = shortcut
    self.bottleneckStride = bottleneckStride
    self.classCount = classCount
  }

  /// Weight layers on the main path: convolutions and the fully connected layer, as the paper counts.
  public var layers: Int {
    1 + depths.reduce(0, +) * block.convolutions + (classCount == nil ? 0 : 1)
  }

  /// Pixels of the square input that the paper uses.
  public var inputSize: Int { stem == .imageNet ? 224 : 32 }

  /// Numbers in the pooled feature.
  public var featureDimension: Int { (filters.last ?? stemFilters) * (filters.isEmpty ? 1 : block.expansion) }
}
