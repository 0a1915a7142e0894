/// A folder that is to be indexed, is being indexed, or was.
public struct IndexJob: Sendable, Equatable, Codable, Identifiable {
  public enum State: String, Sendable, Codable {
    case queued, running, done, failed, cancelled

    /// Whether nothing more will happen.
    public var isEnded: Bool { self != .queued && self != .running }
  }

  /// Where the images' labels come from.
  public enum LabelChoice: String, Sendable, Codable, CaseIterable {
    /// The name of the folder that holds the picture.
    case folder
    /// The text file beside it.
    case sidecar
    case none

    var sources: [LabelSource] {
      switch self {
      case .folder: [.folder]
      case .sidecar: [.sidecar]
      case .none: []
      }
    }
  }

  /// How far the run is.
  public struct Progress: Sendable, Equatable, Codable {
    public enum Phase: String, Sendable, Codable { case walking, embedding, graph, done }
    public var phase: Phase
    /// Files that are done, of ``total``; in the phase `graph` these are vectors.
    public var completed: Int
    public var total: Int
  }

  /// What the run did, as in ``IndexSummary``.
  public struct Summary: Sendable, Equatable, Codable {
    public var indexed: Int
    public var unchanged: Int
    public var moved: Int
    public var removed: Int
    public var duplicates: Int
    public var skipped: [String: Int]
    public var total: Int
    public var seconds: Double
  }

  /// Why the job failed. No path of the machine is in it.
  public struct Problem: Sendable, Equatable, Codable {
    /// A ``KindredError/Code``, or `model` or `internal`.
    public var code: String
    public var reason: String
  }

  public var id: String
  public var state: State
  /// The collection's name.
  public var collection: String
  /// Its identifier; `nil` while it is not there yet.
  public var collectionIdentifier: String?
  /// The folder, as callers see it: the name of an allowed one, and the path below it.
  public var path: String
  public var labels: LabelChoice
  /// For a collection that is to be made.
  public var model: String?
  /// How its embeddings are made, as ``RecipeChoice`` writes it.
  public var recipe: String?
  /// ISO 8601 in UTC, as is ``updated``.
  public var created: String
  public var updated: String
  public var progress: Progress?
  public var summary: Summary?
  public var problem: Problem?
}

extension IndexJob.Summary {
  init(_ summary: IndexSummary) {
    self.init(
      indexed: summary.indexed, unchanged: summary.unchanged, moved: summary.moved, removed: summary.removed,
      duplicates: summary.duplicates, skipped: summary.skipped, total: summary.total, seconds: summary.seconds)
  }
}

extension IndexJob.Progress {
  init(_ progress: IndexProgress) {
    let phase: Phase =
      switch progress.phase {
      // A few seconds before the first picture.
      case .walking, .calibrating: .walking
      case .embedding: .embedding
      case .graph: .graph
      case .done: .done
      }
    self.init(phase: phase, completed: progress.completed, total: progress.total)
  }
}
