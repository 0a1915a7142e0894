import ArgumentParser
import Foundation
import ImageDecoding
import Kindred
import KindredServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve collections over HTTP, with a web page.",
    discussion: """
      Listens on this machine alone unless told otherwise. To be reached from others it needs a key: see `kindred key \
      create`. SIGTERM and Ctrl-C end it when the requests in flight are answered.
      """)

  @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("Port to listen on; 0 takes any that is free.", valueName: "number"))
  var port = 8080

  @Option(
    help: ArgumentHelp("Folder whose pictures callers may have indexed. May be repeated.", valueName: "folder"),
    completion: .directory)
  var root: [String] = []

  @Flag(help: "Listen on other addresses than this machine's own though there is no key.")
  var insecure = false

  @OptionGroup var place: CollectionOptions

  @Option(help: ArgumentHelp("What is written to standard error: debug, info, warning or error.", valueName: "level"))
  var logLevel = ServerOptions.LogLevel.info

  @OptionGroup(title: "Limits") var bounds: ServeLimits

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be between 0 and 65535.") }
    guard !host.isEmpty else { throw ValidationError("--host must be an address.") }
  }

  func run() async throws {
    var options = ServerOptions(index: place.folder)
    options.host = host
    options.port = port
    options.collection = place.collection
    options.roots = root
    options.insecure = insecure
    options.logLevel = logLevel
    options.limits = bounds.limits
    let server = try Server(options: options)
    let folder = place.folder
    try await server.run { address in
      print("Kindred is serving \(Terminal.printable(folder)) at \(address)")
      // Whoever waits for this line through a pipe would otherwise wait for a full buffer.
      _ = StandardOutput.failure()
    }
  }
}

/// Bounds of what strangers may ask.
struct ServeLimits: ParsableArguments {
  @Option(help: ArgumentHelp("Megabytes of a picture's request.", valueName: "MiB"))
  var maxBody = 64

  @Option(help: ArgumentHelp("Megabytes of any other request.", valueName: "MiB"))
  var maxJson = 16

  @Option(help: ArgumentHelp("Pictures of more megapixels are refused.", valueName: "number"))
  var maxMegapixels = 100.0

  @Option(help: ArgumentHelp("Requests that are answered at a time.", valueName: "number"))
  var maxRequests = 256

  @Option(help: ArgumentHelp("Open connections.", valueName: "number"))
  var maxConnections = 1024

  @Option(help: ArgumentHelp("Requests a second of one key.", valueName: "number"))
  var rate = 200.0

  @Option(help: ArgumentHelp("Requests of one key at once.", valueName: "number"))
  var burst = 1000.0

  @Option(help: ArgumentHelp("Seconds that a request may take.", valueName: "seconds"))
  var timeout = 60.0

  @Option(help: ArgumentHelp("Seconds after which an idle connection is closed.", valueName: "seconds"))
  var idleTimeout = 60.0

  @Option(
    help: ArgumentHelp("Seconds that requests in flight have when the server is told to stop.", valueName: "seconds"))
  var drainTimeout = 10.0

  func validate() throws {
    try DecodingOptions.check(megapixels: maxMegapixels)
    guard (1...4096).contains(maxBody), (1...4096).contains(maxJson) else {
      throw ValidationError("--max-body and --max-json must be between 1 and 4096.")
    }
    guard (1...100_000).contains(maxRequests), (1...100_000).contains(maxConnections) else {
      throw ValidationError("--max-requests and --max-connections must be between 1 and 100000.")
    }
    guard (0.001...1e6).contains(rate), (1...1e6).contains(burst) else {
      throw ValidationError("--rate must be between 0.001 and 1000000, --burst between 1 and 1000000.")
    }
    for seconds in [timeout, idleTimeout, drainTimeout] where !(0.1...86_400).contains(seconds) {
      throw ValidationError("--timeout, --idle-timeout and --drain-timeout must be between 0.1 and 86400 seconds.")
    }
  }

  var limits: ServerLimits {
    var limits = ServerLimits()
    limits.imageBodyBytes = maxBody << 20
    limits.jsonBodyBytes = maxJson << 20
    // One request that is allowed must have room, and a key has half of all.
    limits.bodyBytesInFlight = max(limits.bodyBytesInFlight, 2 * limits.imageBodyBytes, 2 * limits.jsonBodyBytes)
    limits.imagePixels = DecodingOptions.pixels(megapixels: maxMegapixels)
    limits.requestsInFlight = maxRequests
    limits.requestsOfOneKey = max(1, maxRequests / 2)
    limits.connections = maxConnections
    limits.requestsPerSecond = rate
    limits.requestBurst = burst
    limits.requestSeconds = timeout
    limits.idleSeconds = idleTimeout
    limits.drainSeconds = drainTimeout
    return limits
  }
}

extension ServerOptions.LogLevel: ExpressibleByArgument {}
