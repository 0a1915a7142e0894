import ImageDecoding
import Inference

/// What an index run is told.
public struct IndexOptions: Sendable {
  /// Shell patterns for names or paths below the folder; empty takes every picture.
  public var include: [String] = []
  /// Shell patterns that are left out.
  public var exclude: [String] = []
  /// Whether links to folders are gone into.
  public var followsLinks = false
  /// Where links to files must lead, for callers who may not see everything; anywhere when `nil`.
  public var allowedRoots: AllowedRoots?
  /// Where labels come from.
  public var labels: [LabelSource] = [.folder]
  /// Pictures of more pixels are skipped.
  public var maximumPixels = 100_000_000
  /// Images that run through the network together.
  public var batchSize = 16
  /// The numbers between the network's layers. For int8, and for `auto` where there are ``calibrationWorth`` new files,
  /// a model without a calibration is calibrated on the files themselves.
  public var precision = PrecisionChoice.auto
  /// Where calibrations are kept.
  public var models = ModelStore()

  /// New files from which on a calibration comes back well: it takes as long as some 200 of them in single precision.
  static let calibrationWorth = 1_000
  /// Threads that decode; all processors when `nil`.
  public var decodingThreads: Int?
  /// Whether a folder that held images and is empty now may empty the collection.
  public var allowsEmpty = false
  /// Whether files that were skipped before are tried again though they did not change.
  public var retriesSkipped = false

  public init() {}
}

/// How an index run stands.
public struct IndexProgress: Sendable {
  public enum Phase: Sendable { case walking, calibrating, embedding, graph, done }
  public var phase: Phase
  /// Files that are done, of ``total``.
  public var completed: Int
  public var total: Int
  /// Of the files done, those that went through the network.
  public var embedded: Int
}

/// What an index run did.
public struct IndexSummary: Sendable, Equatable, Codable {
  public var indexed = 0
  public var unchanged = 0
  public var moved = 0
  public var removed = 0
  /// Files whose bytes another image has already; they share its embedding.
  public var duplicates = 0
  /// By reason, as `ImageDecodingError.Code` names them.
  public var skipped: [String: Int] = [:]
  /// The first files of each reason, for people.
  public var examples: [SkippedFile] = []
  /// Files that are no pictures, left alone.
  public var otherFiles = 0
  /// The numbers that the network ran in; `nil` where nothing went through it.
  public var precision: Precision?
  /// Images in the collection after the run.
  public var total = 0
  public var seconds = 0.0
  /// Whether the run was stopped before its end.
  public var interrupted = false

  /// A file that could not be indexed.
  public struct SkippedFile: Sendable, Equatable, Codable {
    public var path: String
    public var code: String
    public var reason: String
  }

  public init() {}

  mutating func count(skipped path: String, code: String, reason: String) {
    skipped[code, default: 0] += 1
    if skipped[code, default: 0] <= 3 { examples.append(SkippedFile(path: path, code: code, reason: reason)) }
  }
}
