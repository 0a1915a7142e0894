/// The part of a plane that lies on another, sampled where the other's samples are.
struct WarpedPlane {
  private(set) var left = 0
  private(set) var top = 0
  private(set) var width = 0
  private(set) var height = 0
  private(set) var values: [Float] = []

  mutating func warp(_ source: PicturePlane, by place: PictureAlignment, onto target: PicturePlane) {
    let columns = PictureAlignment.inside(scale: place.scaleX, offset: place.offsetX, count: target.width)
    let rows = PictureAlignment.inside(scale: place.scaleY, offset: place.offsetY, count: target.height)
    (left, top, width, height) = (columns.lowerBound, rows.lowerBound, columns.count, rows.count)
    if values.count != width * height { values = [Float](repeating: 0, count: width * height) }
    guard width > 0, height > 0 else { return }
    let across = columns.map {
      Self.position($0, of: target.width, scale: place.scaleX, offset: place.offsetX, in: source.width)
    }
    source.values.withUnsafeBufferPointer { sourceValues in
      values.withUnsafeMutableBufferPointer { values in
        for (y, row) in rows.enumerated() {
          let down = Self.position(
            row, of: target.height, scale: place.scaleY, offset: place.offsetY, in: source.height)
          let (upper, lower) = (down.index * source.width, down.next * source.width)
          for (x, place) in across.enumerated() {
            let above =
              sourceValues[upper + place.index] + place.share
              * (sourceValues[upper + place.next] - sourceValues[upper + place.index])
            let below =
              sourceValues[lower + place.index] + place.share
              * (sourceValues[lower + place.next] - sourceValues[lower + place.index])
            values[y * width + x] = above + down.share * (below - above)
          }
        }
      }
    }
  }

  /// What lies on each other of this and the plane that it was warped onto. Where one picture goes on beyond the edge of
  /// the other, such as into a frame, the samples at the edge hold some of that and are left out.
  func pair(with target: PicturePlane, _ place: PictureAlignment) -> (own: PicturePlane, other: PicturePlane)? {
    func kept(_ first: Int, _ count: Int, _ whole: Int, _ scale: Float, _ offset: Float) -> Range<Int> {
      let (start, end) = (
        Float(first) / Float(whole) * scale + offset, Float(first + count) / Float(whole) * scale + offset
      )
      let lower = first > 0 || start > Self.sameEdge ? Self.edgeSamples : 0
      let upper = first + count < whole || end < 1 - Self.sameEdge ? Self.edgeSamples : 0
      return lower..<max(lower, count - upper)
    }
    let columns = kept(left, width, target.width, place.scaleX, place.offsetX)
    let rows = kept(top, height, target.height, place.scaleY, place.offsetY)
    guard !columns.isEmpty, !rows.isEmpty else { return nil }
    return (
      PicturePlane(width: width, height: height, values: values).cropped(columns: columns, rows: rows),
      target.cropped(
        columns: left + columns.lowerBound..<left + columns.upperBound,
        rows: top + rows.lowerBound..<top + rows.upperBound)
    )
  }

  /// Share of a side within which two edges are one.
  private static let sameEdge: Float = 0.01
  private static let edgeSamples = 2

  /// The two samples of the source that a sample of the target lies between, and the second's share.
  private static func position(
    _ index: Int, of count: Int, scale: Float, offset: Float, in sourceCount: Int
  ) -> (index: Int, next: Int, share: Float) {
    let share = (Float(index) + 0.5) / Float(count) * scale + offset
    let place = min(max(share * Float(sourceCount) - 0.5, 0), Float(sourceCount - 1))
    let low = Int(place)
    return (low, min(low + 1, sourceCount - 1), place - Float(low))
  }
}
