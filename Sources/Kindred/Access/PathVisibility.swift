import Foundation

/// What callers may know of the paths of images.
public struct PathVisibility: Sendable, Equatable {
  /// Paths under these are shown from the root's name on.
  public var roots: AllowedRoots
  /// Whether other paths are shown whole; else their last component stands for them.
  public var showsOthers: Bool

  public init(roots: AllowedRoots, showsOthers: Bool) {
    self.roots = roots
    self.showsOthers = showsOthers
  }

  /// The path as callers see it; `nil` where only the name is for them.
  public func path(of absolute: String) -> String? { roots.display(absolute) ?? (showsOthers ? absolute : nil) }

  public static func == (first: Self, second: Self) -> Bool {
    first.showsOthers == second.showsOthers
      && first.roots.roots.elementsEqual(second.roots.roots) { $0.name == $1.name && $0.path == $1.path }
  }
}
