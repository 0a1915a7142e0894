/// A node of the file with checked access to its attributes.
struct ONNXNode {
  let proto: ONNXNodeProto
  /// The node's name, or its first output's where it has none.
  let label: String
  private let attributes: [String: ONNXAttributeProto]

  var operatorName: String { proto.opType }

  init(_ proto: ONNXNodeProto) throws(WeightFileError) {
    self.proto = proto
    label = proto.name.isEmpty ? proto.output.first ?? proto.opType : proto.name
    var attributes: [String: ONNXAttributeProto] = [:]
    for attribute in proto.attribute where attributes.updateValue(attribute, forKey: attribute.name) != nil {
      throw ONNXFault.damaged("attribute \(attribute.name) occurs twice", at: label)
    }
    self.attributes = attributes
  }

  /// What the file's AttributeType numbers stand for.
  private enum Kind: Int32 {
    case float = 1
    case integer = 2
    case string = 3
    case tensor = 4
    case floats = 6
    case integers = 7
  }

  private func attribute(_ name: String, _ kind: Kind) throws(WeightFileError) -> ONNXAttributeProto? {
    guard let attribute = attributes[name] else { return nil }
    // Writers before IR version 3 could leave the type out.
    guard !attribute.hasType || attribute.type == kind.rawValue else {
      throw ONNXFault.damaged("attribute \(name) is no \(kind) but of type number \(attribute.type)", at: label)
    }
    return attribute
  }

  func has(_ name: String) -> Bool { attributes[name] != nil }

  func float(_ name: String) throws(WeightFileError) -> Float? {
    guard let value = try attribute(name, .float)?.f else { return nil }
    if value.isNaN { throw ONNXFault.damaged("attribute \(name) is not a number", at: label) }
    return value
  }

  func integer(_ name: String) throws(WeightFileError) -> Int? {
    try attribute(name, .integer).map { Int($0.i) }
  }

  func flag(_ name: String, default value: Bool = false) throws(WeightFileError) -> Bool {
    try integer(name).map { $0 != 0 } ?? value
  }

  func string(_ name: String) throws(WeightFileError) -> String? {
    try attribute(name, .string).map { String(decoding: $0.s, as: UTF8.self) }
  }

  func integers(_ name: String) throws(WeightFileError) -> [Int]? {
    try attribute(name, .integers).map { $0.ints.map(Int.init) }
  }

  func floats(_ name: String) throws(WeightFileError) -> [Float]? {
    try attribute(name, .floats)?.floats
  }

  func tensor(_ name: String) throws(WeightFileError) -> ONNXTensorProto? {
    try attribute(name, .tensor)?.t
  }

  /// Whether the optional input at `index` is given.
  func hasInput(_ index: Int) -> Bool {
    index < proto.input.count && !proto.input[index].isEmpty
  }
}
