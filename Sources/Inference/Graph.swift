/// One operation in a ``Graph``, from named values to a named value.
public struct Node: Sendable, Equatable, Codable {
  /// For people: the layer that an error or a profile speaks of.
  public var name: String
  public var operation: Operation
  /// Values that flow in; weights live in the operation.
  public var inputs: [String]
  public var output: String

  public init(name: String, operation: Operation, inputs: [String], output: String) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.output = output
  }
}

/// A network: operations in an order in which each comes after what it reads.
public struct Graph: Sendable, Equatable, Codable {
  /// The one value that is fed.
  public var input: String
  /// `[N, C, H, W]` of the input; `nil` where any size is allowed.
  public var inputShape: [Int?]
  public var nodes: [Node]
  /// The values that a run returns.
  public var outputs: [String]

  public init(input: String, inputShape: [Int?], nodes: [Node], outputs: [String]) {
    self.input = input
    self.inputShape = inputShape
    self.nodes = nodes
    self.outputs = outputs
  }
}
