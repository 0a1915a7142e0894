/// Writes metrics in Prometheus's text format, version 0.0.4.
struct PrometheusText {
  private(set) var text = ""

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    value.rounded() == value && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
  }

  /// The line that says what kind a metric is.
  mutating func header(_ name: String, _ kind: PrometheusRegistry.Kind) {
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
    }
    text += " \(Self.number(value))\n"
  }

  /// A metric with one value.
  mutating func single(_ name: String, _ kind: PrometheusRegistry.Kind, _ value: Double) {
    header(name, kind)
    sample(name, [], value)
  }

  mutating func add(_ registry: PrometheusRegistry) {
    for (name, family) in registry.families {
      header(name, family.kind)
      for (labels, handler) in family.members {
        switch handler {
        case let counter as PrometheusCounter: sample(name, labels, counter.current)
        case let gauge as PrometheusGauge: sample(name, labels, gauge.current)
        case let histogram as PrometheusHistogram: add(name, labels, histogram)
        default: break
        }
      }
    }
  }

  private mutating func add(_ name: String, _ labels: [(String, String)], _ histogram: PrometheusHistogram) {
    let snapshot = histogram.snapshot
    var total = 0
    for (index, count) in snapshot.counts.enumerated() {
      total += count
      let bound = index < histogram.bounds.count ? "\(histogram.bounds[index])" : "+Inf"
      sample(name + "_bucket", labels + [("le", bound)], Double(total))
    }
    sample(name + "_sum", labels, snapshot.sum)
    sample(name + "_count", labels, Double(total))
  }
}
