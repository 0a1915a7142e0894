/// Where one picture lies on another: a point `(x, y)` of the first is `(scaleX * x + offsetX, scaleY * y + offsetY)` of
/// the turned second. Lengths are shares of each picture's sides, 0…1.
struct PictureAlignment: Sendable, Equatable {
  var turn: PictureTurn
  var scaleX: Float
  var scaleY: Float
  var offsetX: Float
  var offsetY: Float
  /// Normalised cross-correlation of what lies on each other.
  var correlation: Float

  /// Columns or rows of the first of `count` whose points, at the centres of samples, are within the second.
  static func inside(scale: Float, offset: Float, count: Int) -> Range<Int> {
    let (start, end) = (-offset / scale * Float(count), (1 - offset) / scale * Float(count))
    let first = max(0, Int((start + 0.001).rounded(.up)))
    let last = min(count, Int((end - 0.001).rounded(.down)))
    return first..<max(first, last)
  }

  /// The smaller of the shares of both pictures' areas that lie on each other.
  var overlap: Float {
    let width = min(1, (1 - offsetX) / scaleX) - max(0, -offsetX / scaleX)
    let height = min(1, (1 - offsetY) / scaleY) - max(0, -offsetY / scaleY)
    guard width > 0, height > 0 else { return 0 }
    return width * height * min(1, scaleX * scaleY)
  }
}

/// Finds how two pictures lie on each other, whatever brightness and contrast they have: a search of all places on very
/// small copies, then Gauss-Newton steps on larger ones.
struct PictureAligner {
  /// Longer side of the copies that are searched.
  static let coarseSide = 28
  /// Longer side of the copies on which the places that were found are made exact.
  static let middleSide = 64
  /// Below this correlation of the small copies nothing more is tried.
  static let leastCoarseCorrelation: Float = 0.65
  /// Places of the small copies that are tried.
  static let tries = 3

  let first: PicturePlane
  let second: PicturePlane
  private let firstMiddle: PicturePlane
  private let secondMiddle: PicturePlane

  /// - Parameters:
  ///   - first: smoothed.
  ///   - second: smoothed, of about the same longer side.
  init(_ first: PicturePlane, _ second: PicturePlane) {
    self.first = first
    self.second = second
    firstMiddle = first.reduced(longerSide: Self.middleSide)
    secondMiddle = second.reduced(longerSide: Self.middleSide)
  }

  /// The best alignment; `nil` where the pictures have nothing in common.
  func best() -> PictureAlignment? {
    var best: PictureAlignment?
    for start in CoarseSearch(firstMiddle, secondMiddle, side: Self.coarseSide).places(Self.tries)
    where start.correlation >= Self.leastCoarseCorrelation {
      if let best, best.correlation > 0.995, best.correlation >= start.correlation { break }
      guard let place = refined(start, firstMiddle, secondMiddle, steps: 12) else { continue }
      if place.correlation > best?.correlation ?? 0 { best = place }
    }
    guard var best else { return nil }
    var (second, secondMiddle) = (second, secondMiddle)
    if best.correlation < Self.straightCorrelation, let curve = curve(best) {
      // Brightness that was clipped is no straight line of what it was, and pulls the place away.
      secondMiddle.values = curve.apply(secondMiddle.values)
      if let place = refined(best, firstMiddle, secondMiddle, steps: 12), place.correlation > best.correlation {
        best = place
        second.values = curve.apply(second.values)
      }
    }
    return refined(best, first, second, steps: 4)
  }

  /// Below this correlation a curve is tried in the place of a straight line of brightness.
  private static let straightCorrelation: Float = 0.98

  private func curve(_ place: PictureAlignment) -> ToneCurve? {
    var warped = WarpedPlane()
    warped.warp(secondMiddle.turned(place.turn), by: place, onto: firstMiddle)
    return warped.pair(with: firstMiddle, place).map { ToneCurve(from: $0.own.values, to: $0.other.values) }
  }

  private func refined(
    _ start: PictureAlignment, _ first: PicturePlane, _ second: PicturePlane, steps: Int
  ) -> PictureAlignment? {
    let turned = second.turned(start.turn)
    var place = start
    var refinement = AlignmentRefinement(first: first, second: turned)
    for _ in 0..<steps {
      guard let step = refinement.step(place) else { return nil }
      place = step.place
      guard place.overlap >= 0.5, (0.5...2).contains(place.scaleX), (0.5...2).contains(place.scaleY) else { return nil }
      // A hundredth of a sample.
      if step.movement < 0.01 { break }
    }
    place.correlation = refinement.correlation(place)
    return place
  }
}
