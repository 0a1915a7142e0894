import CoreMetrics
import Foundation
import Synchronization

/// A number that grows, for Prometheus.
final class PrometheusCounter: CounterHandler, FloatingPointCounterHandler {
  private let value = Mutex(0.0)
  var current: Double { value.withLock { $0 } }
  func increment(by amount: Int64) { value.withLock { $0 += Double(amount) } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func reset() { value.withLock { $0 = 0 } }
}

/// A number that goes up and down.
final class PrometheusGauge: MeterHandler {
  private let value = Mutex(0.0)
  var current: Double { value.withLock { $0 } }
  func set(_ amount: Int64) { value.withLock { $0 = Double(amount) } }
  func set(_ amount: Double) { value.withLock { $0 = amount } }
  func increment(by amount: Double) { value.withLock { $0 += amount } }
  func decrement(by amount: Double) { value.withLock { $0 -= amount } }
}

/// How often values fell under each of a few bounds. A timer's are seconds, whatever its unit.
final class PrometheusHistogram: RecorderHandler, TimerHandler {
  struct Snapshot: Sendable {
    /// Of each bound, then of infinity; not cumulative.
    var counts: [Int]
    var sum: Double
  }
  let bounds: [Double]
  private let state: Mutex<Snapshot>

  /// Seconds from a millisecond to a minute.
  static let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

  init(bounds: [Double] = PrometheusHistogram.seconds) {
    self.bounds = bounds
    state = Mutex(Snapshot(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
  }

  var snapshot: Snapshot { state.withLock { $0 } }
  func record(_ value: Int64) { record(Double(value)) }
  func record(_ value: Double) {
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[index] += 1
      $0.sum += value
    }
  }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
