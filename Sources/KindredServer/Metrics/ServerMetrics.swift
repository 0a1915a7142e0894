import CoreMetrics
import Foundation
import Metrics
import Synchronization

/// What the server measures of itself.
public final class ServerMetrics: Sendable {
  public let registry = PrometheusRegistry()

  /// Requests that are being answered.
  final class Level: Sendable {
    private let count = Atomic(0)
    func add(_ change: Int) { count.add(change, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
  }
  let requestsInFlight = Level()
  let eventStreams = Level()
  let started = Date()

  init() {}

  /// - Parameter route: the pattern, so that there are no more series than routes.
  func countRequest(route: String, method: String, status: Int, seconds: Double) {
    Counter(
      label: "kindred_http_requests_total",
      dimensions: [("route", route), ("method", method), ("status", "\(status)")],
      factory: registry
    ).increment()
    record("kindred_http_request_duration_seconds", [("route", route), ("method", method)], seconds)
  }

  /// Where the time of a search went, in seconds; 0 for what was not needed.
  public func countSearch(embed: Double, search: Double) {
    if embed > 0 { record("kindred_embed_seconds", [], embed) }
    record("kindred_search_seconds", [], search)
  }

  private func record(_ name: String, _ labels: [(String, String)], _ seconds: Double) {
    Metrics.Timer(label: name, dimensions: labels, factory: registry)
      .recordNanoseconds(Int64((min(seconds, 1e6) * 1e9).rounded()))
  }

  /// The whole page for Prometheus.
  /// - Parameters:
  ///   - collections: names and sizes.
  ///   - waiting: work that waits, by pool.
  func text(collections: [(name: String, entries: Int)], waiting: [(pool: String, count: Int)]) -> String {
    var text = PrometheusText()
    text.add(registry)
    text.single("kindred_http_requests_in_flight", .gauge, Double(requestsInFlight.value))
    text.single("kindred_event_streams", .gauge, Double(eventStreams.value))
    text.header("kindred_collection_entries", .gauge)
    for (name, entries) in collections.prefix(200) {
      text.sample("kindred_collection_entries", [("collection", name)], Double(entries))
    }
    text.header("kindred_work_waiting", .gauge)
    for (pool, count) in waiting { text.sample("kindred_work_waiting", [("pool", pool)], Double(count)) }
    if let bytes = ProcessMemory.residentBytes { text.single("process_resident_memory_bytes", .gauge, Double(bytes)) }
    text.single("process_start_time_seconds", .gauge, started.timeIntervalSince1970.rounded())
    return text.text
  }
}
