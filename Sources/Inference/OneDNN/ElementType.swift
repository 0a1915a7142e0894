import CDNNL

/// The numbers that an array of a plan holds.
enum ElementType {
  case single
  case brainFloat
  /// Integers from 0 to 255.
  case unsigned
  /// Integers from −127 to 127.
  case signed

  var raw: dnnl_data_type_t {
    switch self {
    case .single: dnnl_f32
    case .brainFloat: dnnl_bf16
    case .unsigned: dnnl_u8
    case .signed: dnnl_s8
    }
  }

  init?(_ raw: dnnl_data_type_t) {
    switch raw {
    case dnnl_f32: self = .single
    case dnnl_bf16: self = .brainFloat
    case dnnl_u8: self = .unsigned
    case dnnl_s8: self = .signed
    default: return nil
    }
  }

  var isInteger: Bool { self == .unsigned || self == .signed }
}
