/// The size of an axis, as far as it is known while a graph is read.
enum ONNXDimension: Equatable, Sendable, CustomStringConvertible {
  case known(Int)
  /// However many images are fed: the size of the graph input's outermost axis.
  case batch
  /// Only known when the network runs.
  case unknown

  var size: Int? {
    if case .known(let size) = self { size } else { nil }
  }

  var description: String {
    switch self {
    case .known(let size): "\(size)"
    case .batch: "N"
    case .unknown: "?"
    }
  }

  /// Whether two axes can have one size.
  func agrees(with other: ONNXDimension) -> Bool {
    self == other || self == .unknown || other == .unknown
  }
}

extension [ONNXDimension] {
  /// `[N, 64, ?, ?]`
  var text: String { "[" + map(\.description).joined(separator: ", ") + "]" }
}

/// A value that is computed when the network runs.
struct ONNXValue {
  /// The name in the graph that is built; the file's name for it may be another one.
  var name: String
  var shape: [ONNXDimension]
  /// Whether the channels are the last axis of an image, as in TensorFlow's graphs.
  var channelsLast: Bool
}

/// What a name in the file stands for.
enum ONNXBinding {
  case value(ONNXValue)
  case constant(ONNXConstant)
  /// An initializer that nothing has read so far, and where in the file its raw data is, if that is not in it.
  case initializer(ONNXTensorProto, rawData: Range<Int>?)
}
