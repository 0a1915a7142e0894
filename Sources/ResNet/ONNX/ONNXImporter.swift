import Foundation
import Inference
import SwiftProtobuf

/// Reads ONNX files (https://onnx.ai) of residual networks.
///
/// The standard operator sets 7 to 21 are known, as far as the ResNets of the ONNX model zoo, of PyTorch's exporters
/// and of tf2onnx use them. Weights of other precisions become single-precision numbers. The first axis of the input
/// counts images and is free in the graph that comes out, also where the file fixed it.
///
/// ```swift
/// let graph = try ONNXImporter.graph(contentsOf: "resnet50.onnx")
/// print(graph.nodes.count, graph.inputShape)
/// ```
public enum ONNXImporter {
  /// The operator sets that are known.
  public static let operatorSets = 7...21

  /// Reads a file, and files beside it where it keeps tensors there.
  ///
  /// A graph of TensorFlow's `[N, H, W, C]` comes out with its transpositions as they are in the file.
  ///
  /// - Throws: `notFound`, `unreadable`, `truncated` or `tooLarge` for the file; `damaged` for one that contradicts
  ///   itself; `wrongShape` for tensors that don't fit each other; `unsupportedOperator` for what Kindred does not do.
  public static func graph(contentsOf path: String) throws(WeightFileError) -> Graph {
    do throws(WeightFileError) {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      return try graph(ONNXBytes(contentsOf: path), externalData: ONNXExternalData(folder: folder))
    } catch {
      throw located(error, path)
    }
  }

  /// Reads a file that is in memory already.
  /// - Parameters:
  ///   - bytes: the file.
  ///   - name: what errors call it.
  public static func graph(bytes: [UInt8], name: String = "ONNX model") throws(WeightFileError) -> Graph {
    do throws(WeightFileError) {
      return try graph(ONNXBytes(bytes), externalData: nil)
    } catch {
      throw located(error, name)
    }
  }

  /// Whether bytes begin as an ONNX file does. Protobuf has no magic number: this only tells it from other formats.
  /// - Parameter prefix: the first 16 bytes or more.
  public static func looksLikeONNX(_ prefix: some Collection<UInt8>) -> Bool {
    // Every known writer begins with the field ir_version, a small number; a producer's name or the operator
    // sets follow.
    let start = [UInt8](prefix.prefix(3))
    guard start.count == 3, start[0] == 0x08, (1...64).contains(start[1]) else { return false }
    return [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72].contains(start[2])
  }

  private static func located(_ error: WeightFileError, _ path: String) -> WeightFileError {
    var error = error
    error.path = path
    return error
  }

  private static func parse(_ bytes: consuming [UInt8]) throws(WeightFileError) -> ONNXModelProto {
    try ONNXMessageSize.check(bytes)
    var options = BinaryDecodingOptions()
    // What Kindred does not read must not take memory.
    options.discardUnknownFields = true
    // The deepest message that Kindred reads is six levels down.
    options.messageDepthLimit = 16
    do {
      return try ONNXModelProto(serializedBytes: bytes, partial: true, options: options)
    } catch BinaryDecodingError.truncated {
      throw WeightFileError(code: .truncated, path: "", reason: "the file ends inside of a field, or is no ONNX file")
    } catch {
      throw ONNXFault.damaged("not an ONNX file, or a damaged one (\(error))")
    }
  }

  private static func graph(
    _ bytes: ONNXBytes, externalData: ONNXExternalData?
  ) throws(WeightFileError) -> Graph {
    let outline = try ONNXOutline(bytes)
    var message = try parse(outline.message)
    guard message.hasGraph else { throw ONNXFault.damaged("no graph in it: not an ONNX file, or a damaged one") }
    let opset = try operatorSet(message)
    let graph = message.graph
    message = ONNXModelProto()
    var builder = ONNXGraphBuilder(
      opset: opset, decoder: ONNXTensorDecoder(bytes: bytes, externalData: externalData))
    return try builder.build(graph, rawData: outline.places)
  }

  private static func operatorSet(_ message: ONNXModelProto) throws(WeightFileError) -> Int {
    guard let entry = message.opsetImport.first(where: { isStandard($0.domain) }) else {
      throw ONNXFault.unsupported("the file does not say which operator set it is written in")
    }
    let opset = Int(entry.version)
    guard operatorSets.contains(opset) else {
      throw ONNXFault.unsupported(
        "operator set \(opset); Kindred knows \(operatorSets.lowerBound) to \(operatorSets.upperBound): "
          + "export the model again with one of those, or convert it with onnx.version_converter")
    }
    return opset
  }

  static func isStandard(_ domain: String) -> Bool { domain.isEmpty || domain == "ai.onnx" }
}
