import Foundation

/// Shows how far a long run is: a bar on a terminal, a plain line every few seconds elsewhere.
final class ProgressBar {
  private let title: String
  private let unit: String
  private let start = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant?
  private var isShowing = false

  init(_ title: String, unit: String) {
    self.title = title
    self.unit = unit
  }

  /// - Parameters:
  ///   - rateCount: what the rate is of, when not of all that is completed.
  func show(_ completed: Int, of total: Int, rateCount: Int? = nil) {
    let now = ContinuousClock.now
    let interval: Duration = Terminal.errorIsTerminal ? .milliseconds(100) : .seconds(5)
    if let lastShown, now - lastShown < interval, completed < total { return }
    if !Terminal.errorIsTerminal, lastShown == nil, completed < total {
      lastShown = now
      return
    }
    lastShown = now
    let seconds = (now - start) / .seconds(1)
    let rate = seconds > 0 ? Double(rateCount ?? completed) / seconds : 0
    let left = completed > 0 ? seconds / Double(completed) * Double(total - completed) : .nan
    var text = "\(completed)/\(total)"
    if completed > 0 { text += String(format: "  %.1f %@/s", rate, unit as NSString) }
    if completed > 0, completed < total { text += "  \(Terminal.duration(left)) left" }
    guard Terminal.errorIsTerminal else {
      Terminal.note("\(title): \(text)")
      return
    }
    let width = min(40, Terminal.columns - title.count - text.count - 6)
    var bar = ""
    if width >= 10, total > 0 {
      let filled = Int(Double(width) * min(1, Double(completed) / Double(total)))
      bar = "[" + String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled) + "]  "
    }
    isShowing = true
    Terminal.note("\r\u{1B}[K\(title)  \(bar)\(text)", terminator: "")
  }

  /// Takes the bar away.
  func clear() {
    if isShowing { Terminal.note("\r\u{1B}[K", terminator: "") }
    isShowing = false
  }
}
