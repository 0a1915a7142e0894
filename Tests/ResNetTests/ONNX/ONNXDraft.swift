import Foundation
import Inference
import SwiftProtobuf

@testable import ResNet

/// ONNX files made or changed in memory.
enum ONNXDraft {
  /// A fixture with something changed.
  static func fixture(_ name: String, change: (inout ONNXModelProto) throws -> Void) throws -> [UInt8] {
    var model = try ONNXModelProto(serializedBytes: try ONNXFixture.bytes(name))
    try change(&model)
    return try model.serializedBytes()
  }

  /// A model of the nodes between `input` and `output`, with one image input of 3 channels.
  static func model(_ nodes: [ONNXNodeProto], tensors: [ONNXTensorProto] = [], opset: Int64 = 13) -> ONNXModelProto {
    var model = ONNXModelProto()
    model.irVersion = 8
    var entry = ONNXOperatorSetIdProto()
    entry.version = opset
    model.opsetImport = [entry]
    model.graph.node = nodes
    model.graph.initializer = tensors
    model.graph.input = [image("input", [-1, 3, 8, 8])]
    model.graph.output = [image("output", [])]
    return model
  }

  static func image(_ name: String, _ shape: [Int64], type: Int32 = 1) -> ONNXValueInfoProto {
    var info = ONNXValueInfoProto()
    info.name = name
    info.type.tensorType.elemType = type
    info.type.tensorType.shape = ONNXTensorShapeProto()
    for size in shape {
      var dimension = ONNXTensorShapeProto.Dimension()
      if size >= 0 { dimension.dimValue = size } else { dimension.dimParam = "N" }
      info.type.tensorType.shape.dim.append(dimension)
    }
    return info
  }

  static func node(
    _ type: String, _ inputs: [String], _ output: String = "output", _ attributes: [ONNXAttributeProto] = []
  ) -> ONNXNodeProto {
    var node = ONNXNodeProto()
    node.opType = type
    node.name = "the \(type)"
    node.input = inputs
    node.output = [output]
    node.attribute = attributes
    return node
  }

  static func integers(_ name: String, _ values: [Int64]) -> ONNXAttributeProto {
    var attribute = ONNXAttributeProto()
    attribute.name = name
    attribute.type = 7
    attribute.ints = values
    return attribute
  }

  static func integer(_ name: String, _ value: Int64) -> ONNXAttributeProto {
    var attribute = ONNXAttributeProto()
    attribute.name = name
    attribute.type = 2
    attribute.i = value
    return attribute
  }

  static func floats(_ name: String, _ shape: [Int64], _ values: [Float]) -> ONNXTensorProto {
    var tensor = ONNXTensorProto()
    tensor.name = name
    tensor.dims = shape
    tensor.dataType = 1
    tensor.floatData = values
    return tensor
  }

  static func integers(_ name: String, _ shape: [Int64], _ values: [Int64]) -> ONNXTensorProto {
    var tensor = ONNXTensorProto()
    tensor.name = name
    tensor.dims = shape
    tensor.dataType = 7
    tensor.int64Data = values
    return tensor
  }

  /// A tensor whose data is elsewhere.
  static func external(_ name: String, _ shape: [Int64], _ entries: [String: String]) -> ONNXTensorProto {
    var tensor = ONNXTensorProto()
    tensor.name = name
    tensor.dims = shape
    tensor.dataType = 1
    tensor.dataLocation = 1
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      var entry = ONNXStringStringEntryProto()
      entry.key = key
      entry.value = value
      tensor.externalData.append(entry)
    }
    return tensor
  }

  static func importing(_ model: ONNXModelProto) throws -> Graph {
    try ONNXImporter.graph(bytes: try model.serializedBytes(), name: "draft")
  }
}
