import CDNNL

/// What the processor does natively, as oneDNN sees it.
public enum Processor {
  /// Products of bfloat16.
  public static var hasBrainFloat: Bool { has(dnnl_cpu_isa_avx512_core_bf16) }

  /// Sums of four products of integers of eight bits, without a step in sixteen bits that could overflow.
  public static var hasIntegerDotProducts: Bool { has(dnnl_cpu_isa_avx512_core_vnni) || has(dnnl_cpu_isa_avx2_vnni) }

  /// Integers of eight bits at more than the speed of single precision.
  public static var hasFastIntegers: Bool { has(dnnl_cpu_isa_avx2) }

  static func has(_ isa: dnnl_cpu_isa_t) -> Bool {
    dnnl_get_effective_cpu_isa().rawValue & isa.rawValue == isa.rawValue
  }
}
