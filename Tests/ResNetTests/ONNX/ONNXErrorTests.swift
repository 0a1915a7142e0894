import Foundation
import Inference
import SwiftProtobuf
import Testing

@testable import ResNet

/// What is wrong with a file has to be said with its place.
@Suite struct ONNXErrorTests {
  private func expect(
    _ code: WeightFileError.Code, _ words: [String], _ model: ONNXModelProto,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let error = #expect(throws: WeightFileError.self, sourceLocation: location) { try ONNXDraft.importing(model) }
    guard let error else { return }
    #expect(error.code == code, "\(error)", sourceLocation: location)
    #expect(error.path == "draft", sourceLocation: location)
    for word in words { #expect(error.description.contains(word), "\(error)", sourceLocation: location) }
  }

  @Test func aSoundDraftIsImported() throws {
    let graph = try ONNXDraft.importing(ONNXDraft.model([ONNXDraft.node("Relu", ["input"])]))
    #expect(graph.nodes.map(\.operation) == [.relu])
    #expect(graph.inputShape == [nil, 3, 8, 8])
    #expect(graph.outputs == ["output"])
  }

  @Test(arguments: [6, 0, -1, 22, 1000]) func unknownOperatorSetsAreRefused(opset: Int64) throws {
    let model = ONNXDraft.model([ONNXDraft.node("Relu", ["input"])], opset: opset)
    try expect(.unsupportedOperator, ["operator set \(opset)", "7 to 21"], model)
  }

  @Test func aFileWithoutAnOperatorSetIsRefused() throws {
    var model = ONNXDraft.model([ONNXDraft.node("Relu", ["input"])])
    model.opsetImport = []
    try expect(.unsupportedOperator, ["does not say"], model)
  }

  @Test(arguments: ["If", "Loop", "QLinearConv", "DequantizeLinear", "LRN", "Gelu", ""])
  func unknownOperatorsAreNamed(name: String) throws {
    let model = ONNXDraft.model([ONNXDraft.node(name, ["input"])])
    try expect(.unsupportedOperator, ["the \(name)", "\(name): ", "operator set 13"], model)
  }

  @Test func unknownOperatorsThatNobodyReadsDoNoHarm() throws {
    let model = ONNXDraft.model([
      ONNXDraft.node("Loop", ["input"], "unread"), ONNXDraft.node("Relu", ["input"]),
    ])
    #expect(try ONNXDraft.importing(model).nodes.count == 1)
  }

  @Test func customDomainsAreNamed() throws {
    var node = ONNXDraft.node("Relu", ["input"])
    node.domain = "com.microsoft"
    try expect(.unsupportedOperator, ["the Relu", "com.microsoft"], ONNXDraft.model([node]))
  }

  @Test func contradictoryGraphsAreRefused() throws {
    let relu = ONNXDraft.node("Relu", ["input"])
    try expect(.damaged, ["missing"], ONNXDraft.model([ONNXDraft.node("Relu", ["missing"])]))
    try expect(.damaged, ["output", "two nodes"], ONNXDraft.model([relu, relu]))
    try expect(.damaged, ["input 0 is missing"], ONNXDraft.model([ONNXDraft.node("Add", ["", "input"])]))
    try expect(
      .damaged, ["the Add", "cycle"],
      ONNXDraft.model(
        [ONNXDraft.node("Add", ["input", "b"], "a"), ONNXDraft.node("Relu", ["a"], "b")]
          + [ONNXDraft.node("Relu", ["b"])]))
    try expect(.damaged, ["the Relu", "cycle"], ONNXDraft.model([ONNXDraft.node("Relu", ["output"])]))
    try expect(.damaged, ["input", "already"], ONNXDraft.model([ONNXDraft.node("Relu", ["input"], "input"), relu]))
    let weights = ONNXDraft.floats("w", [1], [1])
    try expect(.damaged, ["w", "two tensors"], ONNXDraft.model([relu], tensors: [weights, weights]))
    var model = ONNXDraft.model([relu])
    model.graph.output = []
    try expect(.damaged, ["no output"], model)
    model = ONNXDraft.model([ONNXDraft.node("Constant", [], "output", [ONNXDraft.integer("value_int", 3)])])
    try expect(.damaged, ["do not depend"], model)
    model = ONNXDraft.model([ONNXDraft.node("Identity", ["input"])])
    try expect(.damaged, ["computes nothing"], model)
    model = ONNXDraft.model([ONNXDraft.node("Add", ["input", "second"])])
    model.graph.input.append(ONNXDraft.image("second", [1, 3, 8, 8]))
    try expect(.unsupportedOperator, ["2 inputs", "second"], model)
    model = ONNXDraft.model([relu])
    model.clearGraph()
    try expect(.damaged, ["no graph"], model)
  }

  @Test func unfitInputsAreRefused() throws {
    var model = ONNXDraft.model([ONNXDraft.node("Relu", ["input"])])
    model.graph.input = [ONNXDraft.image("input", [1, 3, 8, 8], type: 2)]
    try expect(.unsupportedOperator, ["input", "uint8"], model)
    model.graph.input = [ONNXDraft.image("input", [1, 3, 8])]
    try expect(.wrongShape, ["[1, 3, 8]"], model)
    model.graph.input = [ONNXDraft.image("input", [1, 3, 1 << 40, 8])]
    try expect(.tooLarge, ["\(1 << 40)"], model)
    model.graph.input = [ONNXDraft.image("input", [1, 4096, 4096, 4096])]
    try expect(.tooLarge, ["the Relu"], model)
  }

  @Test func tensorsMustHoldWhatTheirShapesSay() throws {
    func model(_ tensor: ONNXTensorProto) -> ONNXModelProto {
      ONNXDraft.model([ONNXDraft.node("Add", ["input", "w"])], tensors: [tensor])
    }
    var raw = ONNXDraft.floats("w", [1, 3, 1, 1], [])
    raw.rawData = Data(count: 12)
    #expect(try ONNXDraft.importing(model(raw)).nodes.count == 1)
    raw.rawData = Data(count: 11)
    try expect(.damaged, ["w", "12 bytes", "11"], model(raw))
    try expect(.damaged, ["w", "needs 3", "there are 2"], model(ONNXDraft.floats("w", [3, 1, 1], [1, 2])))
    try expect(.damaged, ["w", "[-3, -1, 1]"], model(ONNXDraft.floats("w", [-3, -1, 1], [1, 2, 3])))
    try expect(.damaged, ["w", "impossible"], model(ONNXDraft.floats("w", [1 << 62, 2, 2], [1])))
    try expect(.damaged, ["w", "impossible"], model(ONNXDraft.floats("w", [0, 1 << 62, 1 << 62], [])))
    try expect(.damaged, ["w", "number 1", "nan"], model(ONNXDraft.floats("w", [3, 1, 1], [1, .nan, 3])))
    try expect(.damaged, ["w", "number 2", "inf"], model(ONNXDraft.floats("w", [3, 1, 1], [1, 2, -.infinity])))
    try expect(.damaged, ["finite"], model(ONNXDraft.floats("w", [], [.infinity])))
    try expect(.wrongShape, ["[2, 1, 1]", "[N, 3, 8, 8]"], model(ONNXDraft.floats("w", [2, 1, 1], [1, 2])))
    try expect(
      .unsupportedOperator, ["one a channel"], model(ONNXDraft.floats("w", [8, 8], .init(repeating: 1, count: 64))))
    var string = raw
    string.dataType = 8
    try expect(.unsupportedOperator, ["w", "string"], model(string))
    string.dataType = 22
    try expect(.unsupportedOperator, ["w", "int4"], model(string))
  }

  @Test func layersMustFitEachOther() throws {
    func convolution(_ shape: [Int64], _ attributes: [ONNXAttributeProto] = []) -> ONNXModelProto {
      let count = Int(shape.reduce(1, *))
      return ONNXDraft.model(
        [ONNXDraft.node("Conv", ["input", "w"], "output", attributes)],
        tensors: [ONNXDraft.floats("w", shape, .init(repeating: 0.1, count: count))])
    }
    try expect(.wrongShape, ["the Conv", "5 channels"], convolution([2, 5, 3, 3]))
    try expect(.wrongShape, ["[2, 3, 3]"], convolution([2, 3, 3]))
    try expect(.wrongShape, ["larger"], convolution([2, 3, 9, 1]))
    try expect(.wrongShape, ["kernel_shape"], convolution([2, 3, 3, 3], [ONNXDraft.integers("kernel_shape", [3, 1])]))
    try expect(.damaged, ["2 groups"], convolution([3, 3, 1, 1], [ONNXDraft.integer("group", 2)]))
    try expect(.unsupportedOperator, ["pads"], convolution([2, 3, 3, 3], [ONNXDraft.integers("pads", [0, 0, -1, 0])]))
    try expect(.unsupportedOperator, ["strides"], convolution([2, 3, 3, 3], [ONNXDraft.integers("strides", [0, 1])]))
    try expect(
      .damaged, ["twice"], convolution([2, 3, 3, 3], .init(repeating: ONNXDraft.integer("group", 1), count: 2)))
    try expect(.damaged, ["type number 2"], convolution([2, 3, 3, 3], [ONNXDraft.integer("pads", 1)]))

    let tensors = [
      ONNXDraft.floats("w", [4, 2], .init(repeating: 1, count: 8)), ONNXDraft.integers("s", [2], [1, -1]),
    ]
    try expect(
      .wrongShape, ["the MatMul", "4 features"],
      ONNXDraft.model(
        [ONNXDraft.node("Flatten", ["input"], "f"), ONNXDraft.node("MatMul", ["f", "w"])], tensors: tensors))
    try expect(
      .unsupportedOperator, ["mixes images"],
      ONNXDraft.model([ONNXDraft.node("Reshape", ["input", "s"])], tensors: tensors))
    try expect(
      .unsupportedOperator, ["apart"],
      ONNXDraft.model([ONNXDraft.node("Transpose", ["input"], "output", [ONNXDraft.integers("perm", [1, 0, 2, 3])])]))
    try expect(
      .unsupportedOperator, ["the Mul", "two computed"], ONNXDraft.model([ONNXDraft.node("Mul", ["input", "input"])]))
  }

  @Test func constantsCanNotFillTheMemory() throws {
    // Each of 40 nodes doubles the length of a list.
    var nodes = [ONNXDraft.node("Shape", ["input"], "v0")]
    for step in 0..<40 {
      nodes.append(
        ONNXDraft.node("Concat", ["v\(step)", "v\(step)"], "v\(step + 1)", [ONNXDraft.integer("axis", 0)]))
    }
    nodes.append(ONNXDraft.node("Reshape", ["input", "v40"]))
    try expect(.tooLarge, ["the Concat", "memory"], ONNXDraft.model(nodes))

    let shape = ONNXDraft.integers("s", [2], [1 << 20, 1 << 20])
    let fill = [ONNXDraft.node("ConstantOfShape", ["s"], "c"), ONNXDraft.node("Add", ["input", "c"])]
    try expect(.tooLarge, ["the ConstantOfShape"], ONNXDraft.model(fill, tensors: [shape]))
  }

  @Test func manyEmptyMessagesAreRefusedBeforeTheyAreParsed() throws {
    var bytes: [UInt8] = []
    // Empty nodes in a graph of 3,000,000 bytes.
    for _ in 0..<1_500_000 { bytes += [0x0a, 0] }
    let file: [UInt8] = [0x08, 8, 0x3a, 0xc0, 0x8d, 0xb7, 0x01] + bytes
    let error = #expect(throws: WeightFileError.self) { try ONNXImporter.graph(bytes: file) }
    #expect(error?.code == .tooLarge)
    let group = #expect(throws: WeightFileError.self) { try ONNXImporter.graph(bytes: [0x08, 8, 0x0b, 0x0c]) }
    #expect(group?.code == .damaged)
  }
}
