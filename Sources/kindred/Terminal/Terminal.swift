import Foundation
import Kindred

/// What is known of the terminal.
enum Terminal {
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  /// Columns, or 80 where they are not known.
  static var columns: Int {
    var size = winsize()
    for descriptor in [STDERR_FILENO, STDOUT_FILENO]
    where ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return 80
  }

  /// Writes to standard error.
  static func note(_ text: String, terminator: String = "\n") {
    FileHandle.standardError.write(Data((text + terminator).utf8))
  }

  /// Bytes for people: `24.0 MB`.
  static func bytes(_ count: Int64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(count)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(count) B" : String(format: "%.1f %@", value, units[unit] as NSString)
  }

  /// Seconds for people: `4.2 s`, `3:05`, `1:02:03`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    if seconds < 60 { return String(format: seconds < 10 ? "%.1f s" : "%.0f s", seconds) }
    let whole = Int(seconds.rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  static func plural(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }

  /// A path as a person would type it: relative below the working directory, with `~` below the home folder.
  static func path(_ absolute: String) -> String {
    let current = FileManager.default.currentDirectoryPath + "/"
    let home = NSHomeDirectory() + "/"
    var shown = absolute
    if absolute.hasPrefix(current) {
      shown = String(absolute.dropFirst(current.count))
    } else if home.count > 2, absolute.hasPrefix(home) {
      shown = "~/" + absolute.dropFirst(home.count)
    }
    return printable(shown)
  }

  /// Text that came from files or a collection, without what would change how a terminal shows other text.
  static func printable(_ text: some StringProtocol) -> String { PrintableText.printable(String(text)) }
}
