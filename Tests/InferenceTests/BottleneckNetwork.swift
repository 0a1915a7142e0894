import Inference

/// A bottleneck network with the paper's stem, stages and head; `widths` and `blocks` a stage.
func makeBottleneckNetwork(
  _ random: inout SeededGenerator, widths: [Int], blocks: [Int], stem: Int, classes: Int = 10
) -> Graph {
  var builder = GraphBuilder()
  func convolve(_ input: String, _ inputs: Int, _ outputs: Int, _ kernel: Int, _ stride: Int) -> String {
    let bound = (6 / Float(inputs * kernel * kernel)).squareRoot()
    let layer = Convolution(
      weights: random.tensor([outputs, inputs, kernel, kernel], in: -bound...bound), stride: Size2D(stride, stride),
      padding: Padding2D(all: kernel / 2))
    let normal = BatchNormalization(
      scale: random.floats(outputs, in: 0.5...0.9), shift: random.floats(outputs, in: -0.2...0.2),
      mean: random.floats(outputs, in: -0.1...0.1), variance: random.floats(outputs, in: 0.7...1.3))
    return builder.add(.batchNormalization(normal), builder.add(.convolution(layer), input))
  }
  var value = builder.add(.relu, convolve("x", 3, stem, 7, 2))
  value = builder.add(
    .maxPool(Pooling(kernel: Size2D(3, 3), stride: Size2D(2, 2), padding: Padding2D(all: 1))), value)
  var channels = stem
  for (stage, (width, count)) in zip(widths, blocks).enumerated() {
    for block in 0..<count {
      let stride = block == 0 && stage > 0 ? 2 : 1
      var branch = builder.add(.relu, convolve(value, channels, width, 1, 1))
      branch = builder.add(.relu, convolve(branch, width, width, 3, stride))
      branch = convolve(branch, width, width * 4, 1, 1)
      let shortcut = block == 0 ? convolve(value, channels, width * 4, 1, stride) : value
      value = builder.add(.relu, builder.add(.add, branch, shortcut))
      channels = width * 4
    }
  }
  let features = builder.add(.flatten, builder.add(.globalAveragePool, value))
  let linear = Linear(weights: random.tensor([classes, channels]), bias: random.floats(classes))
  let classes = builder.add(.softmax, builder.add(.linear(linear), features))
  return builder.graph([nil, 3, nil, nil], outputs: features, classes)
}
