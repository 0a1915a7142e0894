import GRDB

/// A label that an image may deserve.
public struct LabelSuggestion: Sendable, Equatable {
  public var image: ImageRecord
  public var label: String
  /// 0…1: of a hundred suggestions of confidence 0.9, about ninety are right.
  public var confidence: Double
}

/// What labels Kindred proposes.
public struct LabelSuggestions: Sendable {
  /// Most confident first.
  public var suggestions: [LabelSuggestion]
  /// How many there are in all, at the confidence that was asked for.
  public var total: Int
  /// Images that could get a suggestion.
  public var unlabelled: Int
  /// Labels that enough images carry to be learnt from; there are suggestions of no others. There are two at least, or
  /// none.
  public var labels: [String]
}

extension Collection {
  /// Images of a label fewer than which it is not suggested.
  public static let leastImagesOfSuggestedLabel = LabelSuggester.leastImages

  /// Labels for images that carry none, learnt from those that carry one.
  ///
  /// An image is open to suggestions when no CSV file, text file or person gave it a label. Labels that are folders'
  /// names are suggested only to images without a label of any source, since a folder says where a picture lies, and
  /// not all of what it shows. What the network predicted is no label in this sense. An image gets the one label that
  /// fits it best, or none; what was rejected for it does not come again (``CollectionWriter/reject(_:for:)``).
  ///
  /// What was computed is kept, so that calls with other arguments are quick until labels or images change.
  /// - Parameters:
  ///   - labels: suggestions of these labels alone; of all when `nil`.
  ///   - minimumConfidence: 0…1.
  ///   - limit: how many at most.
  ///   - offset: how many of the most confident ones to leave out.
  /// - Throws: ``KindredError/Code/unknownLabel`` for one that no image carries.
  public func labelSuggestions(
    labels: [String]? = nil, minimumConfidence: Double = 0.8, limit: Int = 100, offset: Int = 0
  ) throws -> LabelSuggestions {
    guard (0...1).contains(minimumConfidence), limit >= 0, offset >= 0 else {
      throw KindredError(
        .invalidArgument, reason: "a confidence is between 0 and 1, and a limit or an offset is not negative")
    }
    _ = try imageModel
    let wanted = try labels.map { try Set($0.map { try resolveLabel($0) }) }
    return try retryingAfterCompaction {
      let found = try LabelSuggester(collection: self).found()
      let fitting = found.candidates.filter {
        $0.confidence >= minimumConfidence && wanted?.contains(found.labels[$0.label]) ?? true
      }
      let suggestions = try read { db in
        try fitting.dropFirst(offset).prefix(limit).compactMap { candidate in
          try Self.record(db, id: candidate.imageID).map {
            LabelSuggestion(image: $0, label: found.labels[candidate.label], confidence: candidate.confidence)
          }
        }
      }
      return LabelSuggestions(
        suggestions: suggestions, total: fitting.count, unlabelled: found.openCount, labels: found.labels)
    }
  }
}

extension CollectionWriter {
  /// Gives images a label that was suggested: a person's word from now on (``Label/Source/manual``).
  /// - Returns: how many did not carry it so before.
  @discardableResult
  public func accept(_ label: String, for imageIDs: [Int64]) throws -> Int {
    try addLabel(label, to: imageIDs)
  }

  /// Says that images are not of a label: it is suggested for them no more, and a search for it takes them for what the
  /// label is not.
  /// - Returns: how many were not rejected before.
  @discardableResult
  public func reject(_ label: String, for imageIDs: [Int64]) throws -> Int {
    let name = try collection.resolveLabel(label)
    return try write { try LabelRejections.add(name, to: imageIDs, $0) }
  }
}
