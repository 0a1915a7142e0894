/// Compares the libraries with plain loops on this machine.
public enum SelfCheck {
  /// What one comparison found.
  public struct Result: Sendable, Equatable {
    /// What was compared.
    public var name: String
    /// The largest difference, next to the sum of the magnitudes that were added up.
    public var largestRelativeError: Float
    public var passed: Bool
  }

  /// What rounding in single precision explains, with room to spare; a wrong kernel is off by much more.
  static let tolerance: Float = 1e-5

  /// Runs all comparisons: matrix products of OpenBLAS, convolutions of both executors. Takes well under a second.
  /// - Throws: where an executor can't be made or run at all.
  public static func run() throws(InferenceError) -> [Result] {
    var results: [Result] = []
    for check in products {
      results.append(result(check.name, check.largestRelativeError(step: max(1, check.rows * check.columns / 997))))
    }
    for (name, convolution, shape) in convolutions {
      for kind in ExecutorKind.allCases {
        let error = try largestRelativeError(convolution, inputShape: shape, kind: kind)
        results.append(result("convolution \(name), \(kind.rawValue)", error))
      }
    }
    return results
  }

  private static func result(_ name: String, _ error: Float) -> Result {
    Result(name: name, largestRelativeError: error, passed: error <= tolerance)
  }

  private static let products: [ProductCase] = {
    var cases: [ProductCase] = []
    for (rows, columns, inner) in [
      (1, 1, 1), (3, 5, 7), (17, 33, 65), (64, 64, 64), (127, 61, 255), (1, 1000, 2048), (33, 500, 512),
      (8, 9, 20_000),
    ] {
      for (first, second) in [(false, false), (true, false), (false, true), (true, true)] {
        cases.append(
          ProductCase(rows: rows, columns: columns, inner: inner, transposesA: first, transposesB: second))
      }
    }
    return cases
  }()

  private static let convolutions: [(String, Convolution, [Int])] = {
    var data = CheckData(seed: 2015)
    func weights(_ shape: [Int]) -> Tensor { Tensor(shape: shape, values: data.floats(shape.reduce(1, *))) }
    return [
      ("1×1", Convolution(weights: weights([32, 16, 1, 1])), [2, 16, 9, 7]),
      ("1×1 stride 2", Convolution(weights: weights([24, 16, 1, 1]), stride: Size2D(2, 2)), [1, 16, 9, 7]),
      (
        "3×3", Convolution(weights: weights([16, 32, 3, 3]), bias: data.floats(16), padding: Padding2D(all: 1)),
        [2, 32, 8, 8]
      ),
      (
        "3×3 stride 2 uneven padding",
        Convolution(
          weights: weights([5, 7, 3, 3]), stride: Size2D(2, 2), padding: Padding2D(bottom: 1, right: 1)),
        [1, 7, 10, 11]
      ),
      (
        "7×7 stride 2",
        Convolution(weights: weights([16, 3, 7, 7]), stride: Size2D(2, 2), padding: Padding2D(all: 3)), [1, 3, 20, 21]
      ),
      (
        "3×3 in 4 groups, dilated",
        Convolution(
          weights: weights([16, 4, 3, 3]), padding: Padding2D(all: 2), dilation: Size2D(2, 2), groups: 4),
        [1, 16, 9, 9]
      ),
    ]
  }()

  private static func largestRelativeError(
    _ convolution: Convolution, inputShape: [Int], kind: ExecutorKind
  ) throws(InferenceError) -> Float {
    let node = Node(name: "convolution", operation: .convolution(convolution), inputs: ["x"], output: "y")
    let graph = Graph(input: "x", inputShape: inputShape.map { $0 }, nodes: [node], outputs: ["y"])
    var data = CheckData(seed: 7)
    let input = Tensor(shape: inputShape, values: data.floats(inputShape.reduce(1, *)))
    guard let output = try kind.makeExecutor(for: graph).run(input).first else { return .infinity }
    var largest: Float = 0
    var index = 0
    for image in 0..<output.shape[0] {
      for channel in 0..<output.shape[1] {
        for row in 0..<output.shape[2] {
          for column in 0..<output.shape[3] {
            let (sum, magnitude) = plainSum(convolution, input, image, channel, row, column)
            let error = Float(abs(Double(output.values[index]) - sum) / max(magnitude, 1e-20))
            if !(error <= largest) { largest = error.isNaN ? .infinity : error }
            index += 1
          }
        }
      }
    }
    return largest
  }

  /// One number of a convolution in plain loops, and the sum of its terms' magnitudes.
  private static func plainSum(
    _ convolution: Convolution, _ input: Tensor, _ image: Int, _ channel: Int, _ row: Int, _ column: Int
  ) -> (sum: Double, magnitude: Double) {
    let kernel = convolution.weights.shape
    let (channels, height, width) = (input.shape[1], input.shape[2], input.shape[3])
    let firstChannel = channel / (kernel[0] / convolution.groups) * kernel[1]
    var sum = Double(convolution.bias?[channel] ?? 0)
    var magnitude = abs(sum)
    for inner in 0..<kernel[1] {
      for kernelRow in 0..<kernel[2] {
        let y = row * convolution.stride.height + kernelRow * convolution.dilation.height - convolution.padding.top
        guard (0..<height).contains(y) else { continue }
        for kernelColumn in 0..<kernel[3] {
          let x =
            column * convolution.stride.width + kernelColumn * convolution.dilation.width - convolution.padding.left
          guard (0..<width).contains(x) else { continue }
          let weight = convolution.weights.values[
            ((channel * kernel[1] + inner) * kernel[2] + kernelRow) * kernel[3] + kernelColumn]
          let value = input.values[((image * channels + firstChannel + inner) * height + y) * width + x]
          sum += Double(weight) * Double(value)
          magnitude += abs(Double(weight) * Double(value))
        }
      }
    }
    return (sum, magnitude)
  }
}
