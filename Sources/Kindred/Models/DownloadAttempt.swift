import Foundation
import FoundationNetworking
import Synchronization

/// One HTTP request whose body goes to a partial file.
///
/// `@unchecked Sendable`: `task` is set before the request starts, `end` has a lock, and all else that changes, the
/// partial file among it, is used on the session's serial delegate queue alone until ``run(stallTimeout:)`` returns.
final class DownloadAttempt: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  enum Outcome {
    /// The body came to its end.
    case complete
    /// The connection failed; another attempt may go on from where this one stopped.
    case interrupted(ModelStoreError)
    case failed(ModelStoreError)
    /// The server no longer has what the partial file is the beginning of.
    case stale
  }

  let url: URL
  let part: PartialFile
  let resumeTag: PartialFileTag?
  private let progress: (Int64, Int64?) -> Void
  var task: URLSessionDataTask?
  private let end = Mutex(End())

  private struct End {
    var continuation: CheckedContinuation<Outcome, Never>?
    var outcome: Outcome?
    /// When the session last called.
    var lastSign = DispatchTime.now()
  }

  var response: HTTPURLResponse?
  /// Whether `response` was looked at: with a tunnelling proxy the proxy's own response comes first.
  var accepted = false
  var verdict: Outcome?
  var total: Int64?
  /// The SHA-256 that the hub says the file has, when it says so.
  private(set) var announcedSHA256: String?

  /// - Parameters:
  ///   - resumeTag: the tag of what is in the file already; `nil` to begin from nothing.
  ///   - progress: told the bytes in the file and the size of the whole.
  init(
    url: URL, part: PartialFile, resumeTag: PartialFileTag?, progress: @escaping (Int64, Int64?) -> Void
  ) {
    self.url = url
    self.part = part
    self.resumeTag = resumeTag
    self.progress = progress
  }

  /// Runs the request to its end.
  /// - Parameter stallTimeout: seconds without a byte after which the connection is given up.
  func run(stallTimeout: TimeInterval) async -> Outcome {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = stallTimeout
    configuration.urlCache = nil
    configuration.httpCookieStorage = nil
    let session = URLSession(
      configuration: configuration, delegate: self, delegateQueue: BoundedOperationQueue(limit: 64))
    defer { session.finishTasksAndInvalidate() }

    var request = URLRequest(url: url)
    // The file's own bytes: a compressed body has other offsets, and ranges would not fit.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    request.setValue("kindred/\(kindredVersion)", forHTTPHeaderField: "User-Agent")
    if let resumeTag, part.bytes > 0 {
      request.setValue("bytes=\(part.bytes)-", forHTTPHeaderField: "Range")
      if let entityTag = resumeTag.entityTag { request.setValue(entityTag, forHTTPHeaderField: "If-Range") }
    }
    let task = session.dataTask(with: request)
    self.task = task
    task.resume()
    let watchdog = Task { await watch(patience: stallTimeout + 5) }
    defer { watchdog.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early = end.withLock { end in
          if end.outcome == nil { end.continuation = continuation }
          return end.outcome
        }
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      task.cancel()
    }
  }

  /// Ends the attempt when the session has not called for long. Its own timeout ends most, but it stops that one's
  /// clock before it is done with some responses, and then may never call.
  private func watch(patience: TimeInterval) async {
    while (try? await Task.sleep(nanoseconds: 500_000_000)) != nil {
      let last = end.withLock { $0.lastSign }
      guard DispatchTime.now() > last + patience else { continue }
      settle(
        .interrupted(
          ModelStoreError(code: .timedOut, place: url.absoluteString, reason: "the server sent nothing for too long")))
      DispatchQueue.global().async { [task] in task?.cancel() }
      return
    }
  }

  /// Hands the outcome to whoever waits for it; only the first one counts.
  private func settle(_ outcome: Outcome) {
    let waiting = end.withLock { end -> CheckedContinuation<Outcome, Never>? in
      guard end.outcome == nil else { return nil }
      end.outcome = outcome
      return end.continuation
    }
    waiting?.resume(returning: outcome)
  }

  /// Notes that the session called.
  /// - Returns: `false` when the attempt is over, and the partial file perhaps another's.
  private func isGoing() -> Bool {
    end.withLock { end in
      end.lastSign = .now()
      return end.outcome == nil
    }
  }

  // MARK: URLSession's calls

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    if let text = header("X-Linked-Etag", of: response)?.trimmingCharacters(in: CharacterSet(charactersIn: "\"")),
      ContentHash.isHexDigest(text)
    {
      announcedSHA256 = text
    }
    guard response.url?.scheme != "https" || request.url?.scheme == "https" else {
      // Not cancelled as well: FoundationNetworking traps when a cancelled task's redirection is answered.
      verdict = .failed(
        ModelStoreError(
          code: .badResponse, place: url.absoluteString, reason: "the server redirects to an unencrypted address"))
      completionHandler(nil)
      return
    }
    completionHandler(request)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    if isGoing() {
      self.response = response as? HTTPURLResponse
      accepted = false
    }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard isGoing(), verdict == nil else { return }
    if !accepted, let refusal = acceptResponse() {
      finish(refusal)
      return
    }
    do throws(ModelStoreError) {
      try part.append(data)
    } catch {
      finish(.failed(error))
      return
    }
    if let total, part.bytes > total {
      finish(.stale)
      return
    }
    progress(part.bytes, total)
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    guard isGoing() else { return }
    settle(verdict ?? outcome(error: error))
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
  ) {
    // Kindred has no passwords. Without this method the session would never end.
    if verdict == nil { verdict = refusal(status: 401) }
    completionHandler(.cancelAuthenticationChallenge, nil)
  }
}
