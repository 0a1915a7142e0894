import CoreMetrics
import Synchronization

/// Keeps every metric of swift-metrics, to be read by Prometheus.
public final class PrometheusRegistry: MetricsFactory {
  enum Kind: String { case counter, gauge, histogram }

  /// Metrics of one name, with one handler for each set of labels.
  struct Family: Sendable {
    var kind: Kind
    var members: [(labels: [(String, String)], handler: AnyObject & Sendable)]
  }

  private struct State {
    var families: [String: Family] = [:]
    /// Handlers by name and labels.
    var handlers: [String: any AnyObject & Sendable] = [:]
  }
  private let state: Mutex<State> = Mutex(State())
  /// Handlers that are kept; what comes past it is counted, but not shown.
  private static let mostHandlers = 5_000

  public init() {}

  var families: [(name: String, family: Family)] {
    state.withLock { $0.families.map { ($0.key, $0.value) } }.sorted { $0.name < $1.name }
  }

  private func handler<Handler: AnyObject & Sendable>(
    _ name: String, _ labels: [(String, String)], _ kind: Kind, make: () -> Handler
  ) -> Handler {
    let name = Self.name(name)
    let key = name + "\u{0}" + labels.map { $0.0 + "\u{1}" + $0.1 }.joined(separator: "\u{2}")
    return state.withLock { state in
      if let known = state.handlers[key] as? Handler { return known }
      let handler = make()
      guard state.handlers.count < Self.mostHandlers, state.families[name]?.kind ?? kind == kind else { return handler }
      state.handlers[key] = handler
      state.families[name, default: Family(kind: kind, members: [])].members.append((labels, handler))
      return handler
    }
  }

  /// A name of Prometheus: letters, digits and underscores.
  static func name(_ text: String) -> String {
    let name = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return name.first?.isNumber == true || name.isEmpty ? "_" + name : name
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    handler(label, dimensions, .counter) { PrometheusCounter() }
  }
  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler
  {
    handler(label, dimensions, .counter) { PrometheusCounter() }
  }
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    handler(label, dimensions, .gauge) { PrometheusGauge() }
  }
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    handler(label, dimensions, .histogram) { PrometheusHistogram() }
  }
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    handler(label, dimensions, .histogram) { PrometheusHistogram() }
  }
  // Prometheus expects its series to stay.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}
}
