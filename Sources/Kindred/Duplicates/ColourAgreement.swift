/// Compares the coarse colours of two aligned pictures. White balance and saturation may differ; which places have which
/// colour may not.
enum ColourAgreement {
  /// Share of the coarse samples that agree, 0…1.
  static func share(_ first: PictureSignature, _ second: PictureSignature, _ place: PictureAlignment) -> Float {
    let side = min(max(first.chromaWidth, first.chromaHeight), max(second.chromaWidth, second.chromaHeight))
    func pair(_ first: PicturePlane, _ second: PicturePlane) -> (source: [Float], target: [Float]) {
      let target = first.reduced(longerSide: side)
      let turned = second.reduced(longerSide: side).turned(place.turn)
      var warped = WarpedPlane()
      warped.warp(turned, by: place, onto: target)
      guard warped.width > 0, warped.height > 0 else { return ([], []) }
      let part = target.cropped(
        columns: warped.left..<warped.left + warped.width, rows: warped.top..<warped.top + warped.height)
      return (warped.values.map { $0 - 128 }, part.values.map { $0 - 128 })
    }
    let blue = pair(first.blueDifferencePlane, second.blueDifferencePlane)
    let red = pair(first.redDifferencePlane, second.redDifferencePlane)
    guard !blue.source.isEmpty, blue.source.count == red.source.count else { return 1 }
    return max(agreeing(blue, red), agreeing((blue.target, blue.source), (red.target, red.source)))
  }

  private static func agreeing(
    _ blue: (source: [Float], target: [Float]), _ red: (source: [Float], target: [Float])
  ) -> Float {
    // One gain for both, which is a change of saturation, and an offset each, which is white balance.
    var kept = [Bool](repeating: true, count: blue.source.count)
    var (gain, blueOffset, redOffset): (Float, Float, Float) = (1, 0, 0)
    var distances = [Float](repeating: 0, count: kept.count)
    for round in 0..<3 {
      let count = Float(max(1, kept.count { $0 }))
      func mean(_ values: [Float]) -> Float { zip(values, kept).reduce(0) { $1.1 ? $0 + $1.0 : $0 } / count }
      let means = (mean(blue.source), mean(blue.target), mean(red.source), mean(red.target))
      var (product, square): (Float, Float) = (0, 0)
      for index in kept.indices where kept[index] {
        let (b, r) = (blue.source[index] - means.0, red.source[index] - means.2)
        product += b * (blue.target[index] - means.1) + r * (red.target[index] - means.3)
        square += b * b + r * r
      }
      // Towards 1 where there is little colour to tell it from.
      let prior = 4 * count
      let limit = DuplicateThresholds.mostSaturationChange
      gain = min(limit, max(1 / limit, (product + prior) / (square + prior)))
      let shift = DuplicateThresholds.mostColourShift
      blueOffset = min(shift, max(-shift, means.1 - gain * means.0))
      redOffset = min(shift, max(-shift, means.3 - gain * means.2))
      for index in kept.indices {
        let b = blue.target[index] - gain * blue.source[index] - blueOffset
        let r = red.target[index] - gain * red.source[index] - redOffset
        distances[index] = (b * b + r * r).squareRoot()
      }
      if round < 2 {
        let limit = distances.sorted()[distances.count * 3 / 4] * 1.5 + 1
        for index in kept.indices { kept[index] = distances[index] <= limit }
      }
    }
    var agreeing = 0
    for index in kept.indices {
      let strength = (blue.target[index] * blue.target[index] + red.target[index] * red.target[index]).squareRoot()
      if distances[index] <= DuplicateThresholds.colourDistance + 0.25 * strength { agreeing += 1 }
    }
    return Float(agreeing) / Float(kept.count)
  }
}
