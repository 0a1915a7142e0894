import Foundation

/// How patient a download is.
struct DownloadOptions: Sendable {
  /// Seconds without a byte after which a connection is given up.
  var stallTimeout: TimeInterval = 60
  /// Attempts in a row that bring no byte before the download is given up.
  var fruitlessAttempts = 3
  /// Seconds before the first new attempt; doubled for each further one.
  var firstDelay: TimeInterval = 1
}

/// Brings a file over HTTP to a partial file, going on where an earlier download stopped.
struct ModelDownload {
  struct Result {
    var sha256: String
    /// Whether some of the bytes are an earlier download's.
    var resumed: Bool
    var announcedSHA256: String?
  }

  var url: URL
  var options: DownloadOptions
  /// Told the bytes in the file and the size of the whole.
  var progress: @Sendable (Int64, Int64?) -> Void

  /// - Parameter part: where the file goes; complete and on disk when this returns.
  func run(into part: PartialFile) async throws(ModelStoreError) -> Result {
    var tag = usableTag(of: part)
    let resumed = tag != nil
    var announced: String?
    var fruitless = 0
    var restarts = 0
    // An earlier process may have been stopped between the last byte and the renaming.
    var complete = tag?.total == part.bytes && part.bytes > 0
    while !complete {
      let before = part.bytes
      let attempt = DownloadAttempt(url: url, part: part, resumeTag: tag, progress: progress)
      let outcome = await attempt.run(stallTimeout: options.stallTimeout)
      announced = attempt.announcedSHA256 ?? announced
      switch outcome {
      case .complete:
        complete = true
      case .failed(let error):
        throw error
      case .stale:
        restarts += 1
        guard restarts <= 2 else {
          throw ModelStoreError(
            code: .badResponse, place: url.absoluteString, reason: "the server's ranges do not fit the file")
        }
        tag = nil
      case .interrupted(let error):
        fruitless = part.bytes > before ? 0 : fruitless + 1
        guard fruitless < options.fruitlessAttempts else { throw error }
        tag = usableTag(of: part)
        try await pause(options.firstDelay * pow(2, Double(max(0, fruitless - 1))))
      }
    }
    try part.synchronize()
    return Result(sha256: part.sha256, resumed: resumed, announcedSHA256: announced)
  }

  /// The tag by which the partial file can be gone on with.
  private func usableTag(of part: PartialFile) -> PartialFileTag? {
    guard part.bytes > 0, let tag = part.tag, tag.url == url.absoluteString, tag.entityTag != nil,
      tag.total.map({ $0 >= part.bytes }) ?? true
    else { return nil }
    return tag
  }

  private func pause(_ seconds: TimeInterval) async throws(ModelStoreError) {
    do {
      try await Task.sleep(nanoseconds: UInt64(seconds * 1e9))
    } catch {
      throw ModelStoreError(code: .cancelled, place: url.absoluteString, reason: "the download was cancelled")
    }
  }
}
