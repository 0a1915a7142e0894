import Foundation
import FoundationNetworking

extension DownloadAttempt {
  func outcome(error: (any Error)?) -> Outcome {
    if let error { return interruption(error) }
    if !accepted, let refusal = acceptResponse() { return refusal }
    if let total, part.bytes < total {
      return .interrupted(
        ModelStoreError(
          code: .network, place: url.absoluteString,
          reason: "the connection broke off after \(part.bytes) of \(total) bytes"))
    }
    return .complete
  }

  /// Settles the outcome before the request's end, and ends it.
  func finish(_ outcome: Outcome) {
    verdict = outcome
    // From another queue: `cancel` waits for the session's queue, which may be waiting for room in this one.
    DispatchQueue.global().async { [task] in task?.cancel() }
  }

  /// Looks at the response's head, once, and makes the partial file ready for its body.
  /// - Returns: `nil` when the body can be taken.
  func acceptResponse() -> Outcome? {
    accepted = true
    guard let response else {
      return .interrupted(
        ModelStoreError(code: .badResponse, place: url.absoluteString, reason: "the server did not answer in HTTP"))
    }
    do throws(ModelStoreError) {
      switch response.statusCode {
      case 200: return try acceptWhole(response)
      case 206: return acceptRange(response)
      case 416: return .stale
      default: return refusal(status: response.statusCode)
      }
    } catch {
      return .failed(error)
    }
  }

  private func acceptWhole(_ response: HTTPURLResponse) throws(ModelStoreError) -> Outcome? {
    total = header("Content-Length", of: response).flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
    let entityTag = strongTag(of: response)
    try part.restart(tag: PartialFileTag(url: url.absoluteString, entityTag: entityTag, total: total))
    if let total {
      try StoreFile.checkRoom(for: total, in: URL(fileURLWithPath: part.path).deletingLastPathComponent().path)
    }
    return nil
  }

  private func acceptRange(_ response: HTTPURLResponse) -> Outcome? {
    guard let resumeTag, let range = header("Content-Range", of: response).flatMap(ContentRange.init),
      range.first == part.bytes
    else { return .stale }
    if let known = resumeTag.total, let now = range.total, known != now { return .stale }
    if let known = resumeTag.entityTag, let now = strongTag(of: response), known != now { return .stale }
    total = range.total ?? resumeTag.total
    return nil
  }

  func refusal(status: Int) -> Outcome {
    let place = (response?.url ?? url).absoluteString
    let phrase = HTTPURLResponse.localizedString(forStatusCode: status)
    let error = ModelStoreError(
      code: .badResponse, place: place, reason: "the server answered \(status) (\(phrase))")
    // Too many requests, and the server's own troubles, may pass.
    return status == 429 || status >= 500 ? .interrupted(error) : .failed(error)
  }

  private func interruption(_ error: any Error) -> Outcome {
    let code = (error as? URLError)?.code
    let place = url.absoluteString
    switch code {
    case .cancelled?:
      return .failed(ModelStoreError(code: .cancelled, place: place, reason: "the download was cancelled"))
    case .timedOut?:
      return .interrupted(
        ModelStoreError(code: .timedOut, place: place, reason: "the server sent nothing for too long"))
    case .badURL?, .unsupportedURL?, .httpTooManyRedirects?:
      return .failed(ModelStoreError(code: .badResponse, place: place, reason: (error as NSError).localizedDescription))
    default:
      return .interrupted(
        ModelStoreError(
          code: .network, place: place,
          reason: "the server can't be reached: \((error as NSError).localizedDescription)"))
    }
  }

  private func strongTag(of response: HTTPURLResponse) -> String? {
    header("ETag", of: response).flatMap { $0.hasPrefix("\"") ? $0 : nil }
  }

  func header(_ name: String, of response: HTTPURLResponse) -> String? {
    response.value(forHTTPHeaderField: name)
  }
}
