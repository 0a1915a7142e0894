import Hummingbird
import Kindred
import NIOCore

/// What is known of a request beside the request itself.
public struct ServerContext: RequestContext {
  public var coreContext: CoreRequestContextStorage
  /// Names the request in answers and in the log.
  public let requestIdentifier: String
  /// The caller's address; `nil` where there is no connection.
  public let remoteAddress: String?
  /// Of the request's connection.
  let eventLoop: any EventLoop
  /// What the caller may do; set by ``AccessMiddleware``.
  public var access: Access = .nothing
  /// The bytes that a body may have on this route; set by ``BodyLimitMiddleware``.
  var bodyLimit = 0
  /// The memory that the request's body takes.
  var bodyClaim: MemoryBudget.Claim?
  /// How fast a body must come.
  var bodyPace: BodyPace?
  /// The request's place among those that are under way.
  var slot: RequestSlots.Slot?
  /// Where the time of the request went, for its metrics.
  let stopwatch = Stopwatch()

  public init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    eventLoop = source.channel.eventLoop
    remoteAddress = source.channel.remoteAddress?.ipAddress
    var generator = SystemRandomNumberGenerator()
    let digits = String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
    requestIdentifier = String(repeating: "0", count: 13 - digits.count) + digits
  }
}

/// When a request began.
final class Stopwatch: Sendable {
  let start = ContinuousClock.now
  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
