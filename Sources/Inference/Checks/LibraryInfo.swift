import CDNNL
import COpenBLAS
import Glibc

/// A compute library as it is on this machine.
public struct LibraryInfo: Sendable, Equatable {
  public var name: String
  public var version: String
  /// The instruction set or core type that its kernels are for.
  public var processor: String
  /// Threads that it uses unless told otherwise.
  public var threads: Int
  /// How it was built.
  public var configuration: String

  /// oneDNN. Creates nothing; takes microseconds.
  public static var oneDNN: LibraryInfo {
    let version = dnnl_version().map(\.pointee)
    let runtime = version.map { UInt32($0.cpu_runtime) == UInt32(DNNL_RUNTIME_OMP) ? "OpenMP" : "\($0.cpu_runtime)" }
    return LibraryInfo(
      name: "oneDNN", version: version.map { "\($0.major).\($0.minor).\($0.patch)" } ?? "unknown",
      processor: words(dnnl_get_effective_cpu_isa()), threads: OpenMP.maximumThreads ?? 1,
      configuration: "\(runtime ?? "unknown") threads")
  }

  /// OpenBLAS.
  public static var openBLAS: LibraryInfo {
    let configuration = openblas_get_config().map { String(cString: $0) } ?? ""
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …"
    let parts = configuration.split(separator: " ")
    return LibraryInfo(
      name: "OpenBLAS", version: parts.count > 1 ? String(parts[1]) : "unknown",
      processor: openblas_get_corename().map { String(cString: $0) } ?? "unknown",
      threads: Int(openblas_get_num_threads()), configuration: configuration)
  }

  private static func words(_ isa: dnnl_cpu_isa_t) -> String {
    switch isa {
    case dnnl_cpu_isa_sse41: "SSE4.1"
    case dnnl_cpu_isa_avx: "AVX"
    case dnnl_cpu_isa_avx2: "AVX2"
    case dnnl_cpu_isa_avx2_vnni: "AVX2 with VNNI"
    case dnnl_cpu_isa_avx512_core: "AVX-512"
    case dnnl_cpu_isa_avx512_core_vnni: "AVX-512 with VNNI"
    case dnnl_cpu_isa_avx512_core_bf16: "AVX-512 with VNNI and bfloat16"
    case dnnl_cpu_isa_avx512_core_amx: "AVX-512 with VNNI, bfloat16 and AMX"
    case dnnl_cpu_isa_all: "generic"
    default: "instruction set \(isa.rawValue)"
    }
  }

  /// The processor's name and model numbers as the kernel gives them.
  public static var processorModel: String {
    guard let file = fopen("/proc/cpuinfo", "r") else { return "unknown processor" }
    defer { fclose(file) }
    // The first processor stands for all.
    var bytes = [UInt8](repeating: 0, count: 2048)
    let count = fread(&bytes, 1, bytes.count, file)
    let wanted = ["vendor_id", "cpu family", "model", "model name", "stepping", "CPU implementer", "CPU part"]
    var found: [String] = []
    let lines = String(decoding: bytes[..<count], as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    for line in lines.prefix(while: { !$0.isEmpty }) {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, wanted.contains(trimmed(parts[0])) else { continue }
      found.append(trimmed(parts[1]))
    }
    return found.joined(separator: " ")
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
