import Foundation

extension IndexJob.Problem {
  /// What callers may know of an error.
  /// - Parameters:
  ///   - roots: folders whose paths are shown by their names.
  ///   - index: the index folder, whose path is not shown.
  init(_ error: any Error, roots: AllowedRoots, index: String) {
    func hidden(_ text: String) -> String { Self.hidingPaths(text, roots: roots, index: index) }
    // Files are named only below an allowed folder: the server's own, which may have a relative path, are not theirs.
    func named(_ place: String?) -> String {
      guard let place else { return "" }
      if let shown = roots.display(place) { return shown + ": " }
      return place.contains("/") ? "" : place + ": "
    }
    switch error {
    case let error as KindredError:
      self.init(code: error.code.rawValue, reason: named(error.place) + hidden(error.reason))
    case let error as ModelStoreError:
      self.init(code: "model", reason: named(error.place) + hidden(error.reason))
    default:
      self.init(code: "internal", reason: hidden("\(error)"))
    }
  }

  /// A text with what looks like an absolute path made what callers may see: a path below an allowed folder, or the last
  /// name alone.
  static func hidingPaths(_ text: String, roots: AllowedRoots, index: String) -> String {
    var text = text
    // A path that is a place is taken whole, whatever spaces are in it.
    if text.hasPrefix("/"), let shown = roots.display(text) { return shown }
    for root in roots.roots where root.path != "/" {
      text = text.replacing(root.path + "/", with: root.name + "/")
    }
    for folder in Set([index, ResolvedPath.following(index) ?? index]) where folder.hasPrefix("/") && folder != "/" {
      text = text.replacing(folder + "/", with: "")
    }
    return text.replacing(/(?<before>^|[\s"'(“‘`:=])\/(?:[^\/\s"')”’`:;,]+\/)*(?<last>[^\/\s"')”’`:;,]*)/) { match in
      match.before + match.last
    }
  }
}
