import VectorIndex

/// What scores say for the best label of an image.
struct SuggestionEvidence: Equatable {
  /// The best label's score: near 1 for images of a label, near 0 for others.
  var score: Float
  /// How much more that is than the next label's, or than 0.
  var lead: Float

  static func best(of scores: some RandomAccessCollection<Float>) -> (label: Int, evidence: SuggestionEvidence) {
    var best = (label: 0, score: -Float.infinity)
    var second: Float = 0
    for (label, score) in scores.enumerated() {
      if score > best.score {
        second = max(second, best.score)
        best = (label, score)
      } else {
        second = max(second, score)
      }
    }
    return (best.label, SuggestionEvidence(score: best.score, lead: best.score - second))
  }
}

/// Turns scores into confidences.
///
/// Two questions are learnt apart. Whether the best label is the right one, from labelled images that are held out one by
/// one. And whether an image is of any of the labels at all, for which images stand whose labels are held out as a whole:
/// they show how scores look for what was never seen. How many such images there are among the open ones is estimated
/// from their own scores, by expectation and maximisation (Saerens, Latinne and Decaestecker, *Adjusting the outputs of
/// a classifier to new a priori probabilities*, 2002).
struct SuggestionCalibration {
  /// Of the best label being right, for images of any of the labels.
  private let right: LogisticRegression
  /// Of being of any of the labels, for as many images that are as are not.
  private let known: LogisticRegression
  /// The part of the open images that is of any of the labels.
  let knownPart: Double

  private static let penalty = 1e-2
  /// Images with all images of their labels held out.
  private static let mostStrangers = 600
  /// Images of one label beyond which holding them out together takes too long.
  private static let largestGroup = 400
  private static let mostOpen = 20_000

  /// - Parameters:
  ///   - classifier: what gave the scores.
  ///   - labels: of the rows that it was fitted to.
  ///   - open: of images without a label.
  init?(_ classifier: RidgeClassifier, labels: [[Int]], open: [SuggestionEvidence]) {
    let width = classifier.classCount
    var evidence: [SuggestionEvidence] = []
    var isRight: [Bool] = []
    for (row, carried) in labels.enumerated() {
      let best = SuggestionEvidence.best(of: classifier.heldOut[row * width..<(row + 1) * width])
      evidence.append(best.evidence)
      isRight.append(carried.contains(best.label))
    }
    let strangers = Self.strangers(classifier, labels: labels)
    guard let right = Self.fit(evidence, isRight, balanced: false),
      let known = Self.fit(
        evidence + strangers,
        [Bool](repeating: true, count: evidence.count) + [Bool](repeating: false, count: strangers.count),
        balanced: true)
    else { return nil }
    self.right = right
    self.known = known
    let sample = open.evenlyDrawn(Self.mostOpen)
    knownPart = strangers.isEmpty ? 1 : Self.part(of: sample.map { known.probability(of: $0.numbers) })
  }

  /// The probability that the best label is right.
  func confidence(_ evidence: SuggestionEvidence) -> Double {
    let probability = known.probability(of: evidence.numbers)
    let confidence = Self.adjusted(probability, part: knownPart) * right.probability(of: evidence.numbers)
    return confidence.isNaN ? 0 : min(1, max(0, confidence))
  }

  /// A probability that was learnt from halves, where the one half is this part of the whole.
  private static func adjusted(_ probability: Double, part: Double) -> Double {
    let (inside, outside) = (probability * part, (1 - probability) * (1 - part))
    return inside + outside > 0 ? inside / (inside + outside) : 0
  }

  private static func part(of probabilities: [Double]) -> Double {
    guard !probabilities.isEmpty else { return 1 }
    var part = 0.5
    for _ in 0..<500 {
      let next = probabilities.reduce(0) { $0 + adjusted($1, part: part) } / Double(probabilities.count)
      let change = abs(next - part)
      part = next
      if change < 1e-6 { break }
    }
    return part
  }

  /// Labelled images as they look when no image of their labels was ever seen.
  private static func strangers(_ classifier: RidgeClassifier, labels: [[Int]]) -> [SuggestionEvidence] {
    let width = classifier.classCount
    guard width >= 2 else { return [] }
    var rowsOfLabel = [[Int]](repeating: [], count: width)
    for (row, carried) in labels.enumerated() { for label in carried { rowsOfLabel[label].append(row) } }
    // Images of the same labels are held out together, and looked at together.
    let groups = Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted { $0.value[0] < $1.value[0] }
    let quota = max(1, mostStrangers / max(1, groups.count))
    var found: [SuggestionEvidence] = []
    for (carried, rows) in groups.evenlyDrawn(mostStrangers) {
      let heldOut = Set(carried.flatMap { rowsOfLabel[$0] }).sorted()
      guard heldOut.count <= largestGroup, let scores = classifier.heldOutTogether(heldOut) else { continue }
      let looked = Set(rows.evenlyDrawn(quota))
      for (index, row) in heldOut.enumerated() where looked.contains(row) {
        let others = (0..<width).filter { !carried.contains($0) }.map { scores[index * width + $0] }
        guard !others.isEmpty else { continue }
        found.append(SuggestionEvidence.best(of: others).evidence)
      }
    }
    return found
  }

  /// Targets are drawn a little to the middle, so that few examples never make anything certain (Platt, *Probabilistic
  /// outputs for support vector machines*, 1999).
  private static func fit(_ evidence: [SuggestionEvidence], _ targets: [Bool], balanced: Bool) -> LogisticRegression? {
    let positives = Double(targets.count { $0 })
    let negatives = Double(targets.count) - positives
    var numbers: [Float] = []
    var doubled: [Bool] = []
    var weights: [Double] = []
    for (item, target) in zip(evidence, targets) {
      let sure = ((target ? positives : negatives) + 1) / ((target ? positives : negatives) + 2)
      let scale = balanced ? Double(targets.count) / 2 / (target ? positives : negatives) : 1
      for (value, weight) in [(target, sure), (!target, 1 - sure)] {
        numbers += item.numbers
        doubled.append(value)
        weights.append(weight * scale)
      }
    }
    return LogisticRegression(
      fitting: numbers, dimension: 2, targets: doubled, weights: weights, penalty: penalty)
  }
}

extension SuggestionEvidence {
  fileprivate var numbers: [Float] { [score, lead] }
}
