import Foundation
import Synchronization

/// One HTTP request, with the redirects that it is sent to, whose body goes to a partial file.
///
/// `@unchecked Sendable`: only ``isCancelled`` is used while ``run(stallTimeout:)`` is waited for, but by the one thread
/// that makes the request.
final class DownloadAttempt: @unchecked Sendable {
  enum Outcome {
    /// The body came to its end.
    case complete
    /// The connection failed; another attempt may go on from where this one stopped.
    case interrupted(ModelStoreError)
    case failed(ModelStoreError)
    /// The server no longer has what the partial file is the beginning of.
    case stale
  }

  private static let mostRedirects = 20
  private static let slowestStart: TimeInterval = 60

  /// Where it goes now; a redirect changes it.
  var url: URL
  let part: PartialFile
  let resumeTag: PartialFileTag?
  private let origin: URL
  private let progress: (Int64, Int64?) -> Void
  private let isCancelled = Atomic(false)

  /// The head of the answer that counts.
  var head: HTTPTransfer.Head?
  /// Whether `head` was looked at.
  var accepted = false
  /// Settled before the request's end.
  private var verdict: Outcome?
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
    origin = url
    self.part = part
    self.resumeTag = resumeTag
    self.progress = progress
  }

  /// What the partial file's tag names: where the request went first.
  var address: String { origin.absoluteString }

  /// Runs the request to its end.
  /// - Parameter stallTimeout: seconds without a byte after which the connection is given up.
  func run(stallTimeout: TimeInterval) async -> Outcome {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // libcurl blocks a thread, which must not be one of Swift's few.
        DispatchQueue.global().async { continuation.resume(returning: self.perform(stallTimeout)) }
      }
    } onCancel: {
      isCancelled.store(true, ordering: .relaxed)
    }
  }

  private func perform(_ stallTimeout: TimeInterval) -> Outcome {
    for _ in 0...Self.mostRedirects {
      let (end, redirect) = request(stallTimeout)
      if let verdict { return verdict }
      guard let redirect, case .complete = end else { return outcome(end) }
      guard let next = URL(string: redirect), ["http", "https"].contains(next.scheme?.lowercased()) else {
        return .failed(
          ModelStoreError(
            code: .badResponse, place: address, reason: "the server redirects to what is no address: \(redirect)"))
      }
      guard Self.follows(from: url, to: next) else {
        return .failed(
          ModelStoreError(
            code: .badResponse, place: address, reason: "the server redirects to an unencrypted address"))
      }
      url = next
      (head, accepted) = (nil, false)
    }
    return .failed(
      ModelStoreError(code: .badResponse, place: address, reason: "the server redirects again and again"))
  }

  /// Whether a redirect is gone after: never from an encrypted address to one that is not.
  static func follows(from origin: URL, to target: URL) -> Bool {
    origin.scheme?.lowercased() != "https" || target.scheme?.lowercased() == "https"
  }

  private func request(_ stallTimeout: TimeInterval) -> (end: HTTPTransfer.End, redirect: String?) {
    // The file's own bytes: a compressed body has other offsets, and ranges would not fit.
    var headers = [("Accept-Encoding", "identity"), ("User-Agent", "kindred/\(kindredVersion)")]
    if let resumeTag, part.bytes > 0 {
      headers.append(("Range", "bytes=\(part.bytes)-"))
      if let entityTag = resumeTag.entityTag { headers.append(("If-Range", entityTag)) }
    }
    var lastSign = DispatchTime.now()
    let transfer = HTTPTransfer(
      url: url, headers: headers, connectTimeout: min(stallTimeout, Self.slowestStart))
    return transfer.run(
      HTTPTransfer.Receiver(
        head: { head in
          lastSign = .now()
          self.take(head)
          return true
        },
        body: { bytes in
          lastSign = .now()
          self.take(bytes)
          return self.verdict == nil
        },
        wait: {
          if self.isCancelled.load(ordering: .relaxed) {
            self.verdict = .failed(
              ModelStoreError(code: .cancelled, place: self.address, reason: "the download was cancelled"))
          } else if .now() > lastSign + stallTimeout {
            self.verdict = self.timedOut
          }
          return self.verdict == nil
        }))
  }

  private func take(_ head: HTTPTransfer.Head) {
    // Of interim answers another head follows.
    guard !accepted, head.status >= 200 else { return }
    self.head = head
    let announced = head["X-Linked-Etag"]?.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    if let announced, ContentHash.isHexDigest(announced) { announcedSHA256 = announced }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    // What a redirect says in words is for people.
    if let status = head?.status, (300..<400).contains(status) { return }
    if !accepted, let refusal = acceptHead() {
      verdict = refusal
      return
    }
    do throws(ModelStoreError) {
      try part.append(bytes)
    } catch {
      verdict = .failed(error)
      return
    }
    if let total, part.bytes > total {
      verdict = .stale
      return
    }
    progress(part.bytes, total)
  }
}
