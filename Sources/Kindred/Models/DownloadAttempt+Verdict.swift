import Foundation

extension DownloadAttempt {
  func outcome(_ end: HTTPTransfer.End) -> Outcome {
    switch end {
    case .complete: break
    case .brokenOff, .stopped: return accepted || head == nil ? brokenOff : acceptHead() ?? brokenOff
    case .timedOut: return timedOut
    case .notHTTP(let reason):
      return .failed(ModelStoreError(code: .badResponse, place: address, reason: reason))
    case .missingLibrary(let reason):
      return .failed(
        ModelStoreError(
          code: .network, place: address,
          reason: "libcurl, which fetches models, can't be loaded (\(reason)): install Debian's libcurl4"))
    case .failed(let reason):
      return .interrupted(
        ModelStoreError(code: .network, place: address, reason: "the server can't be reached: \(reason)"))
    }
    if !accepted, let refusal = acceptHead() { return refusal }
    if let total, part.bytes < total { return brokenOff }
    return .complete
  }

  private var brokenOff: Outcome {
    .interrupted(
      ModelStoreError(
        code: .network, place: address,
        reason: "the connection broke off after \(part.bytes) of \(total.map(String.init) ?? "unknown many") bytes"))
  }

  var timedOut: Outcome {
    .interrupted(
      ModelStoreError(code: .timedOut, place: address, reason: "the server sent nothing for too long"))
  }

  /// Looks at the answer's head, once, and makes the partial file ready for its body.
  /// - Returns: `nil` when the body can be taken.
  func acceptHead() -> Outcome? {
    accepted = true
    guard let head else {
      return .interrupted(
        ModelStoreError(code: .badResponse, place: address, reason: "the server did not answer in HTTP"))
    }
    do throws(ModelStoreError) {
      switch head.status {
      case 200: return try acceptWhole(head)
      case 206: return acceptRange(head)
      case 416: return .stale
      default: return refusal(status: head.status)
      }
    } catch {
      return .failed(error)
    }
  }

  private func acceptWhole(_ head: HTTPTransfer.Head) throws(ModelStoreError) -> Outcome? {
    total = head["Content-Length"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
    try part.restart(tag: PartialFileTag(url: address, entityTag: strongTag(of: head), total: total))
    if let total {
      try StoreFile.checkRoom(for: total, in: URL(fileURLWithPath: part.path).deletingLastPathComponent().path)
    }
    return nil
  }

  private func acceptRange(_ head: HTTPTransfer.Head) -> Outcome? {
    guard let resumeTag, let range = head["Content-Range"].flatMap(ContentRange.init), range.first == part.bytes
    else { return .stale }
    if let known = resumeTag.total, let now = range.total, known != now { return .stale }
    if let known = resumeTag.entityTag, let now = strongTag(of: head), known != now { return .stale }
    total = range.total ?? resumeTag.total
    return nil
  }

  private func refusal(status: Int) -> Outcome {
    let words = [401: " (Unauthorized)", 403: " (Forbidden)", 404: " (Not Found)", 429: " (Too Many Requests)"]
    let error = ModelStoreError(
      code: .badResponse, place: url.absoluteString, reason: "the server answered \(status)\(words[status] ?? "")")
    // Too many requests, and the server's own troubles, may pass.
    return status == 429 || status >= 500 ? .interrupted(error) : .failed(error)
  }

  private func strongTag(of head: HTTPTransfer.Head) -> String? {
    head["ETag"].flatMap { $0.hasPrefix("\"") ? $0 : nil }
  }
}
