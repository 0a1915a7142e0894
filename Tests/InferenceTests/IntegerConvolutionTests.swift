import Testing

@testable import Inference

/// What a plan that has run often takes for 3 × 3 convolutions of integers where there are no dot products of bytes.
@Suite(.enabled(if: IntegerConvolution.suitsProcessor)) struct IntegerConvolutionTests {
  /// One run on arrays with the channels last, and what plain loops make of the same.
  private struct Case {
    var images = 1
    var height = 8
    var width = 8
    var inputs = 16
    var outputs = 16
    var threads = 1
    var clampsAtZero = false
    var target = ElementType.unsigned
    var shortcut: IntegerConvolution.Shortcut?
    /// Of the result without a shortcut.
    var scale: Float = 0.01
    var source: [UInt8] = []
    var weights: [Int8] = []
    var bias: [Float]?
    var shortcutValues: [Float] = []

    private var layer: Convolution {
      Convolution(
        weights: Tensor(zeros: [outputs, inputs, 3, 3]), padding: Padding2D(all: 1), fusesReLU: clampsAtZero)
    }

    private var count: Int { images * height * width * outputs }

    /// The numbers as the array holds them.
    private static func bytes(_ values: [Float], _ type: ElementType) -> [UInt8] {
      switch type {
      case .single, .brainFloat: values.withUnsafeBytes { Array($0) }
      case .unsigned: values.map { UInt8($0) }
      case .signed: values.map { UInt8(bitPattern: Int8($0)) }
      }
    }

    private var bits: ArraySlice<UInt8> { weights.map { UInt8(bitPattern: $0) }[...] }

    var kernel: IntegerConvolution? {
      var kernel = IntegerConvolution(
        layer, weights: bits, source: [images, inputs, height, width], target: target, threads: threads)
      kernel?.shortcut = shortcut
      return kernel
    }

    func run() throws -> [UInt8] {
      let isThere = kernel != nil
      #expect(isThere)
      guard let kernel else { return [] }
      let size = target.isInteger ? 1 : 4
      let scales = [Float](repeating: scale, count: outputs)
      let output = try makeBuffer([UInt8](repeating: 77, count: count * size))
      let scratch = try AlignedBuffer(byteCount: kernel.scratchByteCount)
      var arrays = ConvolutionArrays(
        source: try makeBuffer(source), weights: try makeBuffer(kernel.prepare(bits)), target: output)
      arrays.scales = try makeBuffer(scales)
      arrays.bias = try bias.map { try makeBuffer($0) }
      arrays.shortcut = try shortcut.map { try makeBuffer(Case.bytes(shortcutValues, $0.type)) }
      kernel.run(arrays.map { $0.address }, scratch: scratch.address)
      return withExtendedLifetime(arrays) { Array(UnsafeRawBufferPointer(start: output.address, count: count * size)) }
    }

    private func sum(image: Int, row: Int, column: Int, output: Int) -> Int {
      var sum = 0
      for y in max(row - 1, 0)...min(row + 1, height - 1) {
        for x in max(column - 1, 0)...min(column + 1, width - 1) {
          let pixel = ((image * height + y) * width + x) * inputs
          for input in 0..<inputs {
            let weight = weights[((output * inputs + input) * 3 + y - row + 1) * 3 + x - column + 1]
            sum += Int(source[pixel + input]) * Int(weight)
          }
        }
      }
      return sum
    }

    func expected() -> [UInt8] {
      var values: [Float] = []
      for image in 0..<images {
        for row in 0..<height {
          for column in 0..<width {
            for output in 0..<outputs {
              let sum = Float(sum(image: image, row: row, column: column, output: output))
              var value = (sum + (bias?[output] ?? 0)) * scale
              if let shortcut { value.addProduct(shortcutValues[values.count], shortcut.scale) }
              if clampsAtZero { value = max(value, 0) }
              switch target {
              case .unsigned: value = min(max(value, 0), 255).rounded(.toNearestOrEven)
              case .signed: value = min(max(value, -128), 127).rounded(.toNearestOrEven)
              case .single, .brainFloat: break
              }
              values.append(value)
            }
          }
        }
      }
      return Case.bytes(values, target)
    }
  }

  /// Sizes around the tiles', numbers of all kinds, threads and what is added, drawn anew from one seed.
  @Test(arguments: 0..<24) func matchesPlainLoops(number: Int) throws {
    let seed = UInt64(9000 + number)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var one = Case()
    func pick<Element>(_ choices: [Element]) -> Element { choices[Int.random(in: choices.indices, using: &random)] }
    one.images = pick([4, 7, 16])
    (one.height, one.width) = (pick([7, 8, 9, 10, 11]), pick([5, 6, 7, 8, 13]))
    (one.inputs, one.outputs, one.threads) = (pick([16, 32, 48]), pick([16, 32, 48]), pick([1, 2, 5]))
    (one.target, one.clampsAtZero) = (pick([.unsigned, .signed, .single]), pick([false, true]))
    let count = one.images * one.height * one.width
    one.source = (0..<count * one.inputs).map { _ in UInt8.random(in: 0...255, using: &random) }
    one.weights = (0..<one.outputs * one.inputs * 9).map { _ in Int8.random(in: -127...127, using: &random) }
    // So that most results are within the target's numbers, and some are not.
    one.scale = 1 / Float(one.inputs * 200)
    if pick([false, true]) { one.bias = random.floats(one.outputs, in: -20_000...20_000) }
    if let type = pick([nil, .unsigned, .signed, .single] as [ElementType?]) {
      one.shortcut = IntegerConvolution.Shortcut(type: type, scale: 0.7)
      one.shortcutValues = (0..<count * one.outputs).map { _ in
        let value = Float.random(in: -127...127, using: &random)
        return type.isInteger ? (type == .unsigned ? value.magnitude : value).rounded() : value
      }
    }
    let isRight = try one.run() == one.expected()
    #expect(isRight, "\(one.inputs) to \(one.outputs), seed \(seed)")
  }

  private static func largest(_ inputs: Int, _ weight: Int8) -> Case {
    var one = Case(images: 4, height: 2, width: 16, inputs: inputs, target: .single, scale: 1)
    one.source = [UInt8](repeating: 255, count: one.images * one.height * one.width * inputs)
    one.weights = [Int8](repeating: weight, count: one.outputs * inputs * 9)
    return one
  }

  /// The largest sums: those of the tiles leave 32 bits on the way, and results are right all the same.
  @Test(arguments: [(16, 127), (256, 127), (256, -127), (512, -63), (1024, 31)] as [(Int, Int8)])
  func largestSums(inputs: Int, weight: Int8) throws {
    var one = IntegerConvolutionTests.largest(inputs, weight)
    let isRight = try one.run() == one.expected()
    #expect(isRight)
    // Neighbours of other signs give the largest points.
    for index in one.source.indices where (index / inputs) % 2 == 1 { one.source[index] = 0 }
    for index in one.weights.indices where index % 2 == 1 { one.weights[index] = -weight }
    let isStillRight = try one.run() == one.expected()
    #expect(isStillRight)
  }

  /// Sums that no division into parts keeps within 32 bits are left to oneDNN.
  @Test func tooLargeSums() {
    #expect(IntegerConvolutionTests.largest(512, 127).kernel == nil)
    #expect(IntegerConvolutionTests.largest(512, 60).kernel != nil)
  }

  /// A network gives the same numbers before and after the plan is made anew, which the images run so far decide.
  @Test func networksStayTheSame() throws {
    var random = SeededGenerator(seed: 91)
    func convolution(_ inputs: Int, _ outputs: Int) -> Operation {
      .convolution(
        Convolution(
          weights: random.tensor([outputs, inputs, 3, 3], in: -0.2...0.2), bias: random.floats(outputs),
          padding: Padding2D(all: 1)))
    }
    var builder = GraphBuilder()
    let stem = builder.add(.relu, builder.add(convolution(3, 32), "x"))
    // A block whose sum stays integers, one whose shortcut somebody else reads too, and a last one in single precision.
    var last = stem
    var read: [String] = []
    for _ in 0..<3 {
      let inner = builder.add(.relu, builder.add(convolution(32, 32), last))
      last = builder.add(.relu, builder.add(.add, builder.add(convolution(32, 32), inner), last))
      read.append(last)
    }
    let projection = builder.add(
      .convolution(Convolution(weights: random.tensor([32, 32, 1, 1]), bias: random.floats(32))), read[0])
    let graph = try builder.graph([nil, 3, nil, nil], outputs: last, projection).optimized()
    let input = random.tensor([8, 3, 18, 23])
    let observer = try ActivationObserver(graph: graph)
    try observer.observe(input)
    let executor = try OneDNNExecutor(graph: graph, arithmetic: .integer(observer.statistics))
    let first = try executor.run(input)
    var result = first
    for _ in 0..<10 { result = try executor.run(input) }
    let isSame = result == first
    #expect(isSame)
  }
}
