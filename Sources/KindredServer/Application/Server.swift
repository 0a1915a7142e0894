import Foundation
import Hummingbird
import Kindred
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The HTTP server: Kindred's API, Dria's protocol and the web page on one port.
///
/// ```swift
/// let server = try Server(options: ServerOptions(index: "index"))
/// try await server.run()
/// ```
public struct Server: Sendable {
  public let services: ServerServices
  let table: RouteTable
  private let errorStyles: [ErrorStyle]
  private let connections: ConnectionTable

  public var options: ServerOptions { services.options }

  /// - Parameters:
  ///   - options: where and what to serve.
  ///   - logger: standard error, at the options' level, unless given.
  ///   - folder: the options' index unless given.
  /// - Throws: ``ServerStartError`` when strangers could reach a server without keys; `KindredError` for folders that
  ///   are not there.
  public init(options: ServerOptions, logger: Logger? = nil, folder: IndexFolder? = nil) throws {
    try self.init(options: options, logger: logger, folder: folder) { _ in }
  }

  /// - Parameter more: adds routes of its own; tests do.
  init(
    options: ServerOptions, logger: Logger?, folder: IndexFolder?, more: (inout RouteTable) -> Void
  ) throws {
    let options = options.normalized
    _ = try Kindred.Collection.directory(index: options.index, name: options.collection)
    do {
      try FileManager.default.createDirectory(atPath: options.index, withIntermediateDirectories: true)
    } catch {
      throw KindredError(
        .unwritable, place: options.index, reason: "the index folder can't be made",
        remedy: "Choose another place with --index.")
    }
    let services = try ServerServices(
      options: options, logger: logger ?? ConsoleLog.logger(level: options.logLevel.level), folder: folder)
    if try !options.isLoopback && !options.insecure && services.keys.isEmpty {
      throw ServerStartError.noKey(host: options.host)
    }
    self.services = services
    var table = RouteTable()
    ServiceRoutes(services: services).add(to: &table)
    PageFiles.addRoutes(to: &table)
    NativeRoutes(services: services).add(to: &table)
    DriaRoutes(services: services).add(to: &table)
    more(&table)
    self.table = table
    errorStyles = [DriaEnvelope.errorStyle, .problemDocument]
    let openFiles = OpenFiles.raiseLimit()
    connections = ConnectionTable(
      limit: OpenFiles.connections(wanted: options.limits.connections, openFiles: openFiles))
    if connections.limit < options.limits.connections {
      services.logger.warning(
        "fewer connections than asked for: the system allows few open files",
        metadata: ["connections": "\(connections.limit)", "files": "\(openFiles)"])
    }
  }

  /// The routes behind their middleware.
  func router() -> Router<ServerContext> {
    let limits = options.limits
    let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestLogMiddleware(logger: services.logger))
    router.add(middleware: RequestMetricsMiddleware(metrics: services.metrics))
    router.add(middleware: SecurityHeadersMiddleware())
    router.add(middleware: RequestIdentifierMiddleware())
    router.add(middleware: ErrorMiddleware(table: table, styles: errorStyles, logger: services.logger))
    let admission = Admission(services)
    let slots = RequestSlots(limit: limits.requestsInFlight, limitOfOneKey: limits.requestsOfOneKey)
    let requests = RateLimiter(rate: limits.requestsPerSecond, burst: limits.requestBurst)
    let failures = RateLimiter(rate: limits.failuresPerSecond, burst: limits.failureBurst)
    let watchdog = services.watchdog
    let pace = BodyPace(watchdog: watchdog, seconds: limits.bodySeconds, bytesPerSecond: limits.bytesPerSecond)
    for route in table.routes {
      let group = router.group()
      // What anybody may read needs no keys, and is there also while they can't be read.
      if route.access != .anybody {
        group.add(middleware: LocalCallerMiddleware(admission: admission, options: options))
        group.add(
          middleware: AccessMiddleware(
            needed: route.access, admission: admission, requests: requests, failures: failures))
      }
      if !route.isExempt {
        group.add(middleware: RequestSlotMiddleware(slots: slots, waitsForBody: route.body != .none))
      }
      group.add(
        middleware: AnswerMemoryMiddleware(
          budget: services.answers,
          pace: AnswerPace(seconds: limits.idleSeconds, bytesPerSecond: limits.bytesPerSecond)))
      group.add(middleware: BodyLimitMiddleware(limit: route.body.limit(limits), budget: services.bodies, pace: pace))
      group.on(RouterPath(route.path), method: route.method) { request, context in
        guard route.isTimed else { return try await route.handler(request, context) }
        return try await watchdog.limit(seconds: limits.requestSeconds) { try await route.handler(request, context) }
      }
    }
    return router
  }

  /// The server without its signals, for tests too.
  /// - Parameter onListening: told the port.
  func application(onListening: @escaping @Sendable (Int) -> Void = { _ in }) -> some ApplicationProtocol {
    let limits = options.limits
    let connections = connections
    let idle = TimeAmount.milliseconds(Int64(limits.idleSeconds * 1000))
    var logger = services.logger
    // Hummingbird tells at `info` what the line that names the address tells people.
    if logger.logLevel == .info { logger.logLevel = .warning }
    return Application(
      router: router(),
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [
            ConnectionGuard(
              table: connections, patience: idle, largestBody: max(limits.imageBodyBytes, limits.jsonBodyBytes))
          ], idleTimeout: idle,
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
            maxHeaderFieldCount: limits.headerCount))),
      configuration: ApplicationConfiguration(
        address: .hostname(options.host, port: options.port), serverName: "Kindred"),
      onServerRunning: { channel in
        try? await channel.eventLoop.submit {
          try channel.pipeline.syncOperations.addHandler(AcceptGuard(table: connections), position: .first)
        }.get()
        onListening(channel.localAddress?.port ?? 0)
      },
      logger: logger)
  }

  /// Serves until SIGTERM or SIGINT comes; then takes no more requests, and ends those in flight within their time.
  /// - Parameter onListening: told the address as soon as requests are taken.
  /// - Throws: ``ServerStartError`` when the address can't be listened on.
  public func run(onListening: @escaping @Sendable (_ address: String) -> Void = { _ in }) async throws {
    let host = options.host.contains(":") ? "[\(options.host)]" : options.host
    // A folder that can't be read is told of where it is asked for.
    try? services.folder.catchUpGraphs()
    let group = serviceGroup(signals: [.sigterm, .sigint]) { onListening("http://\(host):\($0)/") }
    do {
      try await group.run()
    } catch let error as IOError {
      throw ServerStartError(
        host: options.host, port: options.port, errorNumber: error.errnoCode,
        reason: String(cString: strerror(error.errnoCode)))
    } catch is CancellationError {
      // Requests that did not end in time were cut off.
    } catch let error where error is SocketAddressError || error is SocketAddressError.UnknownHost {
      throw ServerStartError(
        host: options.host, port: options.port, errorNumber: EADDRNOTAVAIL, reason: "no such address")
    }
    // The job that runs keeps the batch in hand.
    await services.stopJobs()
  }

  /// What runs until it is told to stop.
  func serviceGroup(signals: [UnixSignal] = [], onListening: @escaping @Sendable (Int) -> Void) -> ServiceGroup {
    let application = application(onListening: onListening)
    // Services are told to stop from the last to the first: streams of events end before the server waits for them.
    var configuration = ServiceGroupConfiguration(
      services: [application, DrainService(services: services)], gracefulShutdownSignals: signals,
      logger: application.logger)
    configuration.maximumGracefulShutdownDuration = .seconds(options.limits.drainSeconds)
    return ServiceGroup(configuration: configuration)
  }
}

extension RouteBody {
  fileprivate func limit(_ limits: ServerLimits) -> Int {
    switch self {
    case .none: 0
    case .json: limits.jsonBodyBytes
    case .picture: limits.imageBodyBytes
    }
  }
}

/// Tells the rest of the server when it is to stop.
private struct DrainService: Service {
  let services: ServerServices

  func run() async throws {
    // The wait ends with an error when the whole group is cancelled, which is the same to what is to stop.
    try? await gracefulShutdown()
    services.isDraining.isSet = true
    Task { [services] in await services.stopJobs() }
  }
}
