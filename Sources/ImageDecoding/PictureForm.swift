/// A square that a picture is made into, with a triangle filter as Pillow's `resize` with `BILINEAR` has it.
public enum PictureForm: Sendable, Hashable {
  /// Resized so that the shorter side is `shorterSide`, then cropped about the centre to `side` × `side`.
  ///
  /// The result is that of torchvision's `Resize(shorterSide)` on a Pillow image and `CenterCrop(side)`, to the bit: the
  /// longer side is `shorterSide * longer / shorter` rounded down, half a pixel of the crop's place goes to the even
  /// side, and a crop beyond the picture is padded with black.
  case centerCrop(shorterSide: Int, side: Int)
  /// The whole picture resized to `side` × `side`, whatever its shape.
  case squashed(side: Int)

  /// Pixels that the picture's shorter side needs, not to be enlarged.
  var shorterSide: Int {
    switch self {
    case .centerCrop(let shorterSide, _): shorterSide
    case .squashed(let side): side
    }
  }
}

/// How one picture is made into a form: to which size it is resized, and which rectangle of that is wanted.
struct FormPlan {
  let side: Int
  /// The size that the whole picture would be resized to.
  let width: Int
  let height: Int
  /// What is computed of it.
  let columns: Range<Int>
  let rows: Range<Int>
  /// Black before it, where the form is larger.
  let left: Int
  let top: Int

  init(_ form: PictureForm, width: Int, height: Int) {
    switch form {
    case .squashed(let side):
      (self.side, self.width, self.height) = (side, side, side)
      (columns, rows, left, top) = (0..<side, 0..<side, 0, 0)
    case .centerCrop(let shorterSide, let side):
      self.side = side
      (self.width, self.height) =
        width <= height
        ? (shorterSide, shorterSide * height / width) : (shorterSide * width / height, shorterSide)
      (columns, left) = RGBImage.cropPlacement(of: self.width, crop: side)
      (rows, top) = RGBImage.cropPlacement(of: self.height, crop: side)
    }
  }

  /// The rectangle of the picture that the result draws on.
  func source(width: Int, height: Int) -> Rectangle {
    func range(of side: Int, resizedTo resized: Int, _ wanted: Range<Int>) -> Range<Int> {
      guard side != resized else { return wanted }
      return ResamplingFilter.inputRange(inputCount: side, outputCount: resized, outputRange: wanted)
    }
    return Rectangle(
      columns: range(of: width, resizedTo: self.width, columns), rows: range(of: height, resizedTo: self.height, rows))
  }
}
