/// What a row of a ``FeatureFile`` holds.
public struct RowLayout: Sendable, Equatable {
  /// How numbers are stored.
  public enum Numbers: UInt32, Sendable {
    /// One vector of length 1, in single precision; nothing else.
    case float32 = 1
    /// Views in half precision, each with its length and its likeliest classes.
    case float16 = 2
  }

  public var numbers: Numbers
  /// Numbers in a view.
  public var dimension: Int
  /// Vectors in a row.
  public var viewCount: Int
  /// Classes that probabilities can be of; 0 where there are none.
  public var classCount: Int
  /// Probabilities that are kept of each view: those of the likeliest classes.
  public var keptClasses: Int

  /// One vector a row, in single precision.
  public init(dimension: Int) {
    (numbers, self.dimension, viewCount, classCount, keptClasses) = (.float32, dimension, 1, 0, 0)
  }

  /// Views in half precision.
  /// - Parameters:
  ///   - dimension: numbers in a view.
  ///   - viewCount: views in a row.
  ///   - classCount: classes that probabilities can be of; 0 where there are none.
  ///   - keptClasses: probabilities that are kept of each view.
  public init(dimension: Int, viewCount: Int, classCount: Int = 0, keptClasses: Int = 0) {
    numbers = .float16
    (self.dimension, self.viewCount, self.classCount, self.keptClasses) = (
      dimension, viewCount, classCount, keptClasses
    )
  }

  /// The dimensions that a view can have.
  public static let dimensions = 1...65_536
  /// How many views a row can have.
  public static let viewCounts = 1...8
  private static let mostClasses = 1_024
  private static let mostKeptClasses = 64

  /// What is wrong with it; `nil` for nothing.
  var fault: String? {
    guard Self.dimensions.contains(dimension) else {
      return "a dimension of \(dimension) is not among \(Self.dimensions)"
    }
    guard Self.viewCounts.contains(viewCount) else { return "\(viewCount) views are not among \(Self.viewCounts)" }
    guard (0...Self.mostClasses).contains(classCount), (0...min(classCount, Self.mostKeptClasses)).contains(keptClasses)
    else { return "\(keptClasses) of \(classCount) classes can't be kept" }
    return nil
  }

  // A row of views: their lengths, the products of each two of them, the classes of each, the vectors of each. Floats
  // come first, so that everything is aligned.

  /// Products of views, each with itself too.
  var productCount: Int { viewCount * (viewCount + 1) / 2 }
  var productsOffset: Int { viewCount * 4 }
  var classesOffset: Int { productsOffset + productCount * 4 }
  var vectorsOffset: Int { classesOffset + viewCount * keptClasses * 2 }
  /// Bytes of a row.
  public var rowBytes: Int {
    switch numbers {
    case .float32: dimension * 4
    case .float16: (vectorsOffset + viewCount * dimension * 2 + 3) / 4 * 4
    }
  }
}
