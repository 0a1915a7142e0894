import Foundation
import ImageDecoding
import Inference
import Testing

@testable import ResNet

/// Features and scores against those of PyTorch and ONNX Runtime, for the 40 reference pictures.
@Suite(.serialized)
struct ParityTests {
  /// A model of the reference.
  struct Subject: Sendable, CustomTestStringConvertible {
    var name: String
    /// In `../shared`; the default model where `nil`.
    var file: String?
    /// The reference's tensor of scores, and whether it went through the softmax.
    var scores: String
    var isSoftmax = false
    var recipe: PreprocessingRecipe?

    var testDescription: String { name }
    var path: String? { file.map { SharedData.path($0) } ?? SharedData.defaultModel() }
  }

  static let subjects = [
    Subject(name: "resnet18", file: "models/resnet18.safetensors", scores: "resnet18.logits"),
    Subject(name: "resnet50", file: "models/resnet50.safetensors", scores: "resnet50.logits"),
    Subject(name: "open-nsfw", scores: "open-nsfw.outputs", isSoftmax: true, recipe: .caffe),
  ]

  @Test(arguments: subjects, ExecutorKind.allCases)
  func croppedPicturesGiveTheReferenceFeatures(subject: Subject, executor: ExecutorKind) throws {
    guard let golden = SharedData.path("golden/reference.safetensors"), let path = subject.path else { return }
    let reference = try SafetensorsFile(contentsOf: golden)
    let model = try ImageModel(contentsOf: path, recipe: subject.recipe, executor: executor)
    let pixels = try reference.rawBytes(named: "cropped_rgb_u8")
    let output = try run(model, on: model.normalize(croppedPixels: pixels), pictures: 40)
    let what = "\(subject.name) by \(executor.rawValue)"
    try expectParity(
      output.features,
      Tensor(shape: [40, model.featureDimension], values: reference.floats(named: "\(subject.name).features")),
      minimumCosine: 0.99999, maximumDifference: 1e-3, what: "\(what): features")
    let logits = try #require(output.logits)
    let scores = subject.isSoftmax ? ImageModel.probabilities(of: logits) : logits
    try expectParity(
      scores, Tensor(shape: [40, model.classCount], values: reference.floats(named: subject.scores)),
      minimumCosine: 0.99999, maximumDifference: 1e-3, what: "\(what): scores")
  }

  /// From the JPEG file to the feature, every stage Kindred's own.
  @Test(arguments: subjects)
  func filesGiveTheReferenceFeatures(subject: Subject) throws {
    guard let golden = SharedData.path("golden/reference.safetensors"), let path = subject.path,
      let list = SharedData.path("golden/reference-images.json")
    else { return }
    let reference = try SafetensorsFile(contentsOf: golden)
    let names = try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(fileURLWithPath: list)))
    try #require(names.count == 40)
    let model = try ImageModel(contentsOf: path, recipe: subject.recipe)
    let decoder = ImageDecoder(options: DecodingOptions(path: .exact))
    var batch: [Float] = []
    for name in names {
      let file = try #require(SharedData.path("images/imagenet-sample/" + name))
      batch += model.prepare(try decoder.decode(contentsOf: file).image)
    }
    let output = try run(model, on: batch, pictures: 40)
    try expectParity(
      output.features,
      Tensor(shape: [40, model.featureDimension], values: reference.floats(named: "\(subject.name).features")),
      minimumCosine: 0.9995, maximumDifference: nil, what: "\(subject.name) from the files: features")
  }

  /// Two batches, so that no more memory than for twenty pictures is needed.
  private func run(_ model: ImageModel, on values: [Float], pictures: Int) throws -> ModelOutput {
    let side = model.recipe.crop
    let size = 3 * side * side
    try #require(values.count == pictures * size)
    var (features, logits): ([Float], [Float]) = ([], [])
    for start in stride(from: 0, to: pictures, by: 20) {
      let count = min(20, pictures - start)
      let batch = Tensor(shape: [count, 3, side, side], values: Array(values[start * size..<(start + count) * size]))
      let output = try model.run(batch)
      #expect(output.features.shape == [count, model.featureDimension])
      #expect(output.logits?.shape == [count, model.classCount])
      features += output.features.values
      logits += output.logits?.values ?? []
    }
    return ModelOutput(
      features: Tensor(shape: [pictures, model.featureDimension], values: features),
      logits: Tensor(shape: [pictures, model.classCount], values: logits))
  }

  /// Row by row: cosine, and the largest difference over the largest value of the reference's row.
  private func expectParity(
    _ found: Tensor, _ expected: Tensor, minimumCosine: Double, maximumDifference: Double?, what: String
  ) throws {
    try #require(found.shape == expected.shape)
    let width = expected.shape[1]
    var (worstCosine, worstDifference) = (1.0, 0.0)
    for row in 0..<expected.shape[0] {
      var (product, foundSquare, expectedSquare, difference, largest) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for index in row * width..<(row + 1) * width {
        let (left, right) = (Double(found.values[index]), Double(expected.values[index]))
        product += left * right
        foundSquare += left * left
        expectedSquare += right * right
        difference = max(difference, abs(left - right))
        largest = max(largest, abs(right))
      }
      let cosine = product / (foundSquare * expectedSquare).squareRoot()
      #expect(cosine >= minimumCosine, "\(what), picture \(row)")
      if let maximumDifference {
        #expect(difference <= maximumDifference * largest, "\(what), picture \(row)")
      }
      worstCosine = min(worstCosine, cosine)
      worstDifference = max(worstDifference, difference / largest)
    }
    print("\(what): lowest cosine \(worstCosine), largest difference \(worstDifference) of the largest value")
  }
}
