import Glibc

/// The file that keeps a verdict: the key, a line feed, then `correct` or the core type to use. A machine where nothing
/// helps is asked anew each time.
enum VerdictCache {
  private static let largest = 4096

  static func read(_ path: String, key: String) -> OpenBLASSafety.Verdict? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: largest)
    let count = fread(&bytes, 1, bytes.count, file)
    let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    guard lines.count == 2, lines[0] == key else { return nil }
    if lines[1] == "correct" { return .correct }
    // Nothing but a known name goes into the environment.
    return OpenBLASSafety.candidates.first { $0 == lines[1] }.map { .replaced(coreType: $0) }
  }

  static func write(_ path: String, key: String, _ verdict: OpenBLASSafety.Verdict) {
    let answer: String
    switch verdict {
    case .correct: answer = "correct"
    case .replaced(let coreType): answer = coreType
    case .broken: return
    }
    // Written beside and renamed: another process must not read half of it.
    let temporary = "\(path).\(getpid())"
    guard let file = fopen(temporary, "w") else { return }
    let text = "\(key)\n\(answer)\n"
    let isWritten = fputs(text, file) >= 0
    let isClosed = fclose(file) == 0
    guard isWritten, isClosed, rename(temporary, path) == 0 else {
      unlink(temporary)
      return
    }
  }
}
