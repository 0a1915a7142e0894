extension ResNetSpec {
  /// Every name that ``init(named:shortcut:bottleneckStride:classCount:)`` knows.
  public static let names: [String] =
    imageNetDepths.map(\.name) + ["plain18", "plain34", "resnet50-thin"]
    + cifarBlocks.flatMap { ["cifar-resnet\(6 * $0 + 2)", "cifar-plain\(6 * $0 + 2)"] }

  /// The network of a name, such as `resnet50`, `plain34`, `resnet50-thin` or `cifar-resnet110`.
  ///
  /// ImageNet networks have torchvision's choices (option B, stride on the 3×3) and CIFAR ones the paper's (option A)
  /// unless told otherwise. `resnet50-thin` is the network of Yahoo's open_nsfw: half the filters in every stage,
  /// stride on the 1×1, two classes.
  ///
  /// - Parameters:
  ///   - name: one of ``names``.
  ///   - shortcut: instead of the usual one; plain networks have none whatever is said here.
  ///   - bottleneckStride: instead of the usual one.
  ///   - classCount: instead of 1000 for ImageNet, 10 for CIFAR and 2 for `resnet50-thin`.
  /// - Returns: `nil` for a name that is not known.
  public init?(
    named name: String, shortcut: Shortcut? = nil, bottleneckStride: BottleneckStride? = nil, classCount: Int? = nil
  ) {
    if name == "resnet50-thin" {
      self.init(
        name: name, block: .bottleneck, depths: [3, 4, 6, 3], filters: [32, 64, 128, 256],
        shortcut: shortcut ?? .projectionWhereNeeded, bottleneckStride: bottleneckStride ?? .pointwise,
        classCount: classCount ?? 2)
      return
    }
    if let blocks = Self.cifarBlocks.first(where: { name == "cifar-resnet\(6 * $0 + 2)" }) {
      self.init(cifarName: name, blocks: blocks, shortcut: shortcut ?? .identity, classCount: classCount ?? 10)
      return
    }
    if let blocks = Self.cifarBlocks.first(where: { name == "cifar-plain\(6 * $0 + 2)" }) {
      self.init(cifarName: name, blocks: blocks, shortcut: .none, classCount: classCount ?? 10)
      return
    }
    let isPlain = name == "plain18" || name == "plain34"
    let residualName = isPlain ? "resnet" + name.dropFirst(5) : name
    guard let known = Self.imageNetDepths.first(where: { $0.name == residualName }) else { return nil }
    self.init(
      name: name, block: known.block, depths: known.depths, filters: [64, 128, 256, 512],
      shortcut: isPlain ? .none : shortcut ?? .projectionWhereNeeded, bottleneckStride: bottleneckStride ?? .spatial,
      classCount: classCount ?? 1000)
  }

  /// A CIFAR-10 network of 6n + 2 layers (section 4.2 of the paper): three stages of n basic blocks with 16, 32 and 64
  /// filters.
  public init(cifarName name: String, blocks: Int, shortcut: Shortcut = .identity, classCount: Int = 10) {
    self.init(
      name: name, stem: .cifar, stemFilters: 16, block: .basic, depths: [blocks, blocks, blocks],
      filters: [16, 32, 64], shortcut: shortcut, classCount: classCount)
  }

  /// Table 1 of the paper.
  static let imageNetDepths: [(name: String, block: Block, depths: [Int])] = [
    ("resnet18", .basic, [2, 2, 2, 2]),
    ("resnet34", .basic, [3, 4, 6, 3]),
    ("resnet50", .bottleneck, [3, 4, 6, 3]),
    ("resnet101", .bottleneck, [3, 4, 23, 3]),
    ("resnet152", .bottleneck, [3, 8, 36, 3]),
  ]

  /// n of the 6n + 2 layers in table 6 of the paper.
  static let cifarBlocks = [3, 5, 7, 9, 18, 200]
}
