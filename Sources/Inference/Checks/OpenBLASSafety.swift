import Glibc

/// Guards against an OpenBLAS that computes wrongly or crashes on this processor.
///
/// OpenBLAS chooses its kernels by the processor's name when it is loaded. A build older than the processor may choose
/// badly; the choice can only be changed by `OPENBLAS_CORETYPE` in the environment before the program starts. A program
/// that wants to be safe calls ``ensure(cacheFile:arguments:)`` first of all.
public enum OpenBLASSafety {
  /// What is known of this process's OpenBLAS.
  public enum Verdict: Sendable, Equatable {
    /// It computes rightly, with its own choice or with the one that the environment names.
    case correct
    /// Its own choice is wrong; the program was started again with this core type, with which it computes rightly.
    case replaced(coreType: String)
    /// It computes wrongly or crashes, and no core type helps.
    case broken(reason: String)
  }

  /// OpenBLAS's own variable.
  static let coreTypeVariable = "OPENBLAS_CORETYPE"
  /// Set for a child that shall only check and exit.
  static let probeVariable = "KINDRED_OPENBLAS_PROBE"
  /// Set to the core type that the program was started again with: once only.
  static let replacedVariable = "KINDRED_OPENBLAS_REPLACED"
  /// From fast to safe.
  static let candidates = ["SkylakeX", "Haswell", "Zen", "Sandybridge", "Nehalem", "Prescott"]
  private static let program = "/proc/self/exe"
  private static let probeSeconds = 10.0

  /// Whether a few products of this process's OpenBLAS are right. Takes about a millisecond; may crash where the
  /// library does.
  public static func computesCorrectly() -> Bool { computesCorrectly(multiply: ProductCase.sgemm) }

  static func computesCorrectly(multiply: ProductCase.Multiply) -> Bool {
    // Small and large take different kernels; columns of one go to the matrix-vector kernels. Of large products a
    // sample is compared.
    let cases = [
      ProductCase(rows: 3, columns: 5, inner: 7),
      ProductCase(rows: 17, columns: 33, inner: 65, transposesB: true),
      ProductCase(rows: 33, columns: 17, inner: 31, transposesA: true),
      ProductCase(rows: 64, columns: 48, inner: 96),
      ProductCase(rows: 61, columns: 1, inner: 127),
      ProductCase(rows: 1, columns: 61, inner: 127, transposesB: true),
      ProductCase(rows: 96, columns: 130, inner: 256),
      ProductCase(rows: 130, columns: 96, inner: 256, transposesB: true),
    ]
    return cases.allSatisfy { check in
      let step = max(1, check.rows * check.columns / 61)
      return check.largestRelativeError(step: step, multiply: multiply) <= SelfCheck.tolerance
    }
  }

  /// What a verdict depends on: processor, library, and what the environment asks for. For a cache.
  public static var cacheKey: String {
    let chosen = getenv(coreTypeVariable).map { String(cString: $0) } ?? "automatic"
    return "\(LibraryInfo.processorModel) | \(LibraryInfo.openBLAS.configuration) | \(chosen)"
  }

  /// Makes sure that this process's OpenBLAS computes rightly, if need be by starting the program again.
  ///
  /// Must be the first call of a program: it starts the program as a child that answers from within this call, since
  /// a broken OpenBLAS may crash. The answer is kept in a file, so that the child runs once a machine.
  /// - Parameters:
  ///   - cacheFile: where the answer is kept; not kept when `nil` or where it can't be written.
  ///   - arguments: the program's, with its name, for starting it again.
  /// - Returns: the verdict; does not return where the program is started again or is such a child.
  public static func ensure(cacheFile: String?, arguments: [String]) -> Verdict {
    if getenv(probeVariable) != nil { exit(computesCorrectly() ? 0 : 1) }
    if let replaced = getenv(replacedVariable) {
      // Children of this process decide for themselves.
      let coreType = String(cString: replaced)
      unsetenv(replacedVariable)
      return .replaced(coreType: coreType)
    }
    let key = cacheKey
    if let cacheFile, let known = VerdictCache.read(cacheFile, key: key) { return act(on: known, arguments) }
    let found = probeAll { coreType in probe(coreType: coreType) }
    if let cacheFile { VerdictCache.write(cacheFile, key: key, found) }
    return act(on: found, arguments)
  }

  /// What a child said of a core type (`nil`: as the environment is); `nil` where it computes rightly.
  typealias Complaint = String?

  /// The verdict, given what children say.
  static func probeAll(_ complaint: (String?) -> Complaint) -> Verdict {
    guard let reason = complaint(nil) else { return .correct }
    for candidate in candidates where complaint(candidate) == nil { return .replaced(coreType: candidate) }
    return .broken(reason: "OpenBLAS \(reason), whichever of its kernels is chosen")
  }

  private static func probe(coreType: String?) -> Complaint {
    // A crash is an answer here: nobody needs Swift's report of it.
    var environment: [String: String?] = [probeVariable: "1", "SWIFT_BACKTRACE": "enable=no"]
    if let coreType { environment[coreTypeVariable] = coreType }
    let outcome = ChildProcess.run(program, [], environment: environment, seconds: probeSeconds)
    if case .couldNotStart = outcome, coreType == nil {
      // No children here: then this process must do.
      return computesCorrectly() ? nil : "computes wrongly"
    }
    return complaint(from: outcome)
  }

  static func complaint(from outcome: ChildProcess.Outcome) -> Complaint {
    switch outcome {
    case .exited(0): nil
    case .exited: "computes wrongly"
    case .crashed(let signal): "crashes with signal \(signal)"
    case .tookTooLong: "does not come to an end"
    case .couldNotStart(let error): "could not be checked: error \(error)"
    }
  }

  private static func act(on verdict: Verdict, _ arguments: [String]) -> Verdict {
    guard case .replaced(let coreType) = verdict else { return verdict }
    let error = ChildProcess.replace(
      by: program, arguments, environment: [coreTypeVariable: coreType, replacedVariable: coreType])
    return .broken(reason: "OpenBLAS needs \(coreTypeVariable)=\(coreType) on this machine, error \(error)")
  }
}
