import ImageDecoding

/// Pictures that are made in a test.
enum Picture {
  /// A JPEG of coloured stripes; pictures of one hue are near each other.
  static func jpeg(hue: Int, variant: Int, side: Int = 48) -> [UInt8] {
    let colours: [(UInt8, UInt8, UInt8)] = [
      (220, 30, 30), (30, 200, 40), (40, 60, 230), (230, 210, 40), (200, 40, 200),
    ]
    let colour = colours[hue % colours.count]
    var pixels: [UInt8] = []
    pixels.reserveCapacity(side * side * 3)
    for row in 0..<side {
      for column in 0..<side {
        let isStripe = (row + column * (hue + 1) + variant * 3) / 6 % 2 == 0
        let shade = UInt8((row * 2 + variant * 11) % 30)
        pixels += isStripe ? [colour.0 - shade, colour.1, colour.2] : [240 - shade, 240, 235]
      }
    }
    return RGBImage(width: side, height: side, pixels: pixels).jpegData(quality: 90)
  }
}
