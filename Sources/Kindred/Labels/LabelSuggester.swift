import GRDB
import VectorIndex

/// Proposes labels for images that carry none.
///
/// A ``RidgeClassifier`` learns all labels at once. What confidence its scores deserve is learnt from scores that it
/// gives labelled images when they, or all images of their label, are held out (``SuggestionCalibration``).
struct LabelSuggester {
  let collection: Collection

  /// With fewer images there is nothing to hold out.
  static let leastImages = 3
  /// The labels that most images carry.
  static let mostLabels = 500
  /// Images that are compared, evenly drawn from all that are open.
  static let mostOpenImages = 200_000
  private static let blockRows = 1_024
  /// Candidates below this confidence are of no use to anybody.
  private static let leastConfidence = 0.01
  private static let penalty = 1.0
  /// No label's images count for more than this many times, or less than this part, of what they are.
  private static let weightRange = 0.2...5.0

  /// An image and the label that fits it best.
  struct Candidate: Sendable {
    var imageID: Int64
    /// In ``Found/labels``.
    var label: Int
    var confidence: Double
  }

  struct Found: Sendable {
    /// Most confident first.
    var candidates: [Candidate] = []
    /// Labels that were learnt, by name.
    var labels: [String] = []
    var openCount = 0
  }

  /// What was found last, and what it was found from.
  struct Memory: Sendable {
    var fingerprint: Int
    var found: Found
  }

  func found() throws -> Found {
    let (moment, state) = try collection.read { db in
      (try collection.moment(db), try LabelledState(db))
    }
    var hasher = Hasher()
    hasher.combine(moment.generation)
    state.hash(into: &hasher)
    let fingerprint = hasher.finalize()
    if let memory = collection.suggestionMemory.withLock({ $0 }), memory.fingerprint == fingerprint {
      return memory.found
    }
    let embeddings = try collection.embeddings(at: moment)
    var found = Found()
    var open = Set<Int64>()
    for task in state.tasks(leastImages: Self.leastImages, mostLabels: Self.mostLabels) {
      guard task.labels.count >= 2 else { continue }
      open.formUnion(task.open.map(\.imageID))
      let first = found.labels.count
      found.labels += task.labels
      found.candidates += try candidates(task, embeddings, rejections: state.rejections).map {
        Candidate(imageID: $0.imageID, label: first + $0.label, confidence: $0.confidence)
      }
    }
    found.openCount = open.count
    // An image may have a candidate among folders' names and one among other labels.
    found.candidates.sort { ($0.confidence, -$0.imageID, -$0.label) > ($1.confidence, -$1.imageID, -$1.label) }
    collection.suggestionMemory.withLock { [found] in $0 = Memory(fingerprint: fingerprint, found: found) }
    return found
  }

  private func candidates(
    _ task: LabelledState.Task, _ embeddings: EmbeddingRows, rejections: Set<LabelRejections.Rejection>
  ) throws -> [Candidate] {
    guard !task.open.isEmpty else { return [] }
    let examples = task.examples(limit: RidgeClassifier.mostRows)
    try collection.check(rows: examples.map(\.row), of: embeddings)
    guard
      let classifier = RidgeClassifier(
        fitting: embeddings.rows(examples.map(\.row)), dimension: embeddings.dimension, members: examples.map(\.labels),
        classCount: task.labels.count, weights: Self.weights(examples, labelCount: task.labels.count),
        penalty: Self.penalty)
    else { return [] }

    let open = task.open.evenlyDrawn(Self.mostOpenImages)
    try collection.check(rows: open.map(\.row), of: embeddings)
    var best: [(label: Int, evidence: SuggestionEvidence)] = []
    best.reserveCapacity(open.count)
    var lastRow = -1
    for start in stride(from: 0, to: open.count, by: Self.blockRows) {
      let block = open[start..<min(start + Self.blockRows, open.count)]
      let scores = classifier.scores(of: embeddings.rows(block.map(\.row)))
      for (place, image) in block.enumerated() {
        // Images of the same bytes come one after the other.
        if image.row == lastRow, let last = best.last {
          best.append(last)
          continue
        }
        lastRow = image.row
        let line = scores[place * classifier.classCount..<(place + 1) * classifier.classCount]
        best.append(SuggestionEvidence.best(of: line))
      }
    }
    guard
      let calibration = SuggestionCalibration(
        classifier, labels: examples.map(\.labels), open: best.map(\.evidence))
    else { return [] }
    return zip(open, best).compactMap { image, best in
      let confidence = calibration.confidence(best.evidence)
      let rejection = LabelRejections.Rejection(imageID: image.imageID, name: task.labels[best.label])
      guard confidence >= Self.leastConfidence, !rejections.contains(rejection) else { return nil }
      return Candidate(imageID: image.imageID, label: best.label, confidence: confidence)
    }
  }

  /// Every label counts alike, however many images it has.
  private static func weights(_ examples: [LabelledState.Example], labelCount: Int) -> [Double] {
    var counts = [Int](repeating: 0, count: labelCount)
    for example in examples { for label in example.labels { counts[label] += 1 } }
    return examples.map { example in
      let share = example.labels.map { 1 / Double(max(1, counts[$0])) }.max() ?? 1
      let weight = share * Double(examples.count) / Double(labelCount)
      return min(max(weight, weightRange.lowerBound), weightRange.upperBound)
    }
  }
}

extension Collection {
  /// - Throws: ``KindredError/Code/damagedCollection`` when SQLite names a row that the feature file does not have.
  func check(rows: [Int], of embeddings: EmbeddingRows) throws {
    guard let row = rows.first(where: { !(0..<embeddings.rowCount).contains($0) }) else { return }
    throw KindredError(
      .damagedCollection, place: embeddings.features.path,
      reason: "row \(row) is named, but there are \(embeddings.rowCount)", remedy: "Run `kindred verify --repair`.")
  }
}
