/// RGBA over a white ground.
enum AlphaCompositing {
  /// Reads `count` RGBA pixels and writes as many of RGB. `target` may be `source`.
  ///
  /// Straight alpha: `(c · a + 255 · (255 − a)) / 255`, rounded to nearest, which is what Pillow's `paste` gives.
  static func overWhite(
    _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int, premultiplied: Bool = false
  ) {
    var source = source
    var target = target
    for _ in 0..<count {
      let alpha = UInt32(source[3])
      let ground = (255 &- alpha) &* 255
      let scale = premultiplied ? 255 : alpha
      let red = divide(min(UInt32(source[0]) &* scale &+ ground, 255 * 255))
      let green = divide(min(UInt32(source[1]) &* scale &+ ground, 255 * 255))
      let blue = divide(min(UInt32(source[2]) &* scale &+ ground, 255 * 255))
      target[0] = red
      target[1] = green
      target[2] = blue
      source += 4
      target += 3
    }
  }

  /// `value / 255` rounded, for values up to 255².
  @inline(__always) private static func divide(_ value: UInt32) -> UInt8 {
    let shifted = value &+ 128
    return UInt8(truncatingIfNeeded: ((shifted >> 8) &+ shifted) >> 8)
  }
}
