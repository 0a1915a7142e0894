/// Columns and rows of a picture.
struct Rectangle: Equatable {
  var columns: Range<Int>
  var rows: Range<Int>

  var width: Int { columns.count }
  var height: Int { rows.count }
}

extension Rectangle {
  /// A whole picture.
  init(width: Int, height: Int) { self.init(columns: 0..<width, rows: 0..<height) }

  /// The smallest rectangle that holds all that forms of a picture draw on; the whole picture where there are none.
  static func drawnOn(by forms: [PictureForm]?, width: Int, height: Int) -> Rectangle {
    let sources = (forms ?? []).map { FormPlan($0, width: width, height: height).source(width: width, height: height) }
    guard var all = sources.first else { return Rectangle(width: width, height: height) }
    for source in sources.dropFirst() {
      all.columns = all.columns.union(source.columns)
      all.rows = all.rows.union(source.rows)
    }
    return all
  }
}

extension Range {
  fileprivate func union(_ other: Range) -> Range {
    Swift.min(lowerBound, other.lowerBound)..<Swift.max(upperBound, other.upperBound)
  }
}
