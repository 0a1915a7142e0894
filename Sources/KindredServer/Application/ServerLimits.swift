/// Bounds of what strangers may ask of the server; past one the answer is 413, 429 or 503, at once.
public struct ServerLimits: Sendable {
  /// Bytes of a request's body on routes that take a picture.
  public var imageBodyBytes = 64 << 20
  /// Bytes of a request's body on other routes.
  public var jsonBodyBytes = 16 << 20
  /// Bytes of all bodies that are held at a time.
  public var bodyBytesInFlight = 512 << 20
  /// Bytes of a request's headers together, and how many there may be.
  public var headerBytes = 32 << 10
  public var headerCount = 100
  /// Bytes of all answers that are held for their readers at a time; small ones do not count.
  public var answerBytesInFlight = 256 << 20
  /// Numbers that one answer may have of vectors that are fetched.
  public var fetchedNumbers = 1 << 21
  /// Requests that are answered at a time, and how many of them one key may have.
  public var requestsInFlight = 256
  public var requestsOfOneKey = 128
  /// Open connections; past it the one that has been idle for longest is closed. Fewer where the system allows fewer
  /// open files.
  public var connections = 1024
  /// Requests a second that a key may make in the long run, and how many at once.
  public var requestsPerSecond = 200.0
  public var requestBurst = 1000.0
  /// Failed authentications a second of one address in the long run, and how many at once.
  public var failuresPerSecond = 5.0
  public var failureBurst = 50.0
  /// Seconds for a body to arrive, beside those for its bytes.
  public var bodySeconds = 10.0
  /// How fast bodies must come, and large answers be taken, in the long run.
  public var bytesPerSecond = 32_768.0
  /// Seconds for a request, its body's arrival included.
  public var requestSeconds = 60.0
  /// Seconds that a request waits for a change of a recipe, which goes on past it.
  public var recipeSeconds = 20.0
  /// Seconds after which a connection without a request, or one whose reader takes nothing, is closed.
  public var idleSeconds = 60.0
  /// Seconds that requests in flight have to end when the server is told to stop.
  public var drainSeconds = 10.0
  /// Pictures of more pixels are refused.
  public var imagePixels = 100_000_000
  /// Work that waits for a thread, for each kind of work.
  public var queuedWork = 256
  /// Streams of events that are open at a time.
  public var eventStreams = 64

  public init() {}
}
