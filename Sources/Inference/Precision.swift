/// The numbers that flow between a network's layers.
public enum Precision: String, Sendable, Codable, CaseIterable {
  /// IEEE single precision.
  case single = "f32"
  /// bfloat16: eight bits of exponent, seven of fraction; sums are in single precision.
  case brainFloat = "bf16"
  /// Integers of eight bits with a scale for each array, and for each output channel of weights; sums are in 32 bits.
  case integer = "int8"
}

/// A precision, and what it takes to run a network in it.
public enum Arithmetic: Sendable, Equatable {
  case single
  /// Only where the processor has it, see ``Processor/hasBrainFloat``.
  case brainFloat
  /// Convolutions whose arrays have ranges; everything else is in single precision.
  case integer(ActivationStatistics)

  public var precision: Precision {
    switch self {
    case .single: .single
    case .brainFloat: .brainFloat
    case .integer: .integer
    }
  }
}
