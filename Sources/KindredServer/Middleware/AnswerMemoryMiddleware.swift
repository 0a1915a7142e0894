import HTTPTypes
import Hummingbird
import NIOCore

/// Bounds the memory of answers that wait for their readers: a reader that takes its time has its whole answer held.
struct AnswerMemoryMiddleware: RouterMiddleware {
  /// Bytes of answers that are not counted: connections are bounded.
  private static let small = 64 << 10
  let budget: MemoryBudget
  let pace: AnswerPace

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    guard request.method != .head, let count = response.body.contentLength, count > Self.small else { return response }
    let claim = budget.claim(for: context.access.key)
    // An answer that is longer than a key's share is sent all the same, when nothing else of its key is.
    try claim.grow(by: min(count, budget.share))
    let body = response.body
    response.body = ResponseBody(contentLength: count) { [pace] writer in
      defer { withExtendedLifetime(claim) {} }
      try await body.write(PortionWriter(base: writer, eventLoop: context.eventLoop, pace: pace))
    }
    return response
  }
}

/// How slowly a reader may take an answer.
struct AnswerPace: Sendable {
  struct TooSlow: Error {}
  let seconds: Double
  let bytesPerSecond: Double
}

/// Writes an answer in portions, each when the reader has taken most of what came before.
private struct PortionWriter: ResponseBodyWriter {
  private static let portion = 256 << 10
  var base: any ResponseBodyWriter
  let eventLoop: any EventLoop
  let pace: AnswerPace
  private let start = ContinuousClock.now
  private var written = 0

  init(base: any ResponseBodyWriter, eventLoop: any EventLoop, pace: AnswerPace) {
    self.base = base
    self.eventLoop = eventLoop
    self.pace = pace
  }

  mutating func write(_ buffer: ByteBuffer) async throws {
    var buffer = buffer
    while let portion = buffer.readSlice(length: min(Self.portion, buffer.readableBytes)), portion.readableBytes > 0 {
      guard (ContinuousClock.now - start) / .seconds(1) < pace.seconds + Double(written) / pace.bytesPerSecond else {
        throw AnswerPace.TooSlow()
      }
      try await base.write(portion)
      written += portion.readableBytes
      // A write waits only once the connection knows that it is full, which it finds out on its own thread.
      try await eventLoop.submit {}.get()
    }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await base.finish(trailingHeaders) }
}
