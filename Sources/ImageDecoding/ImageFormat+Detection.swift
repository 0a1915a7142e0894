extension ImageFormat {
  /// Tells the format from the first bytes.
  /// - Throws: `empty`, or `unsupportedFormat` with the name of a format that is known but not decoded.
  static func detected(in view: ByteView) throws(DecodingFault) -> ImageFormat {
    guard view.count > 0 else { throw DecodingFault(.empty, "no bytes") }
    if view.hasBytes([0xFF, 0xD8, 0xFF]) { return .jpeg }
    if view.hasBytes([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
    if view.hasPrefix("RIFF"), view.hasPrefix("WEBP", at: 8) { return .webp }
    if view.hasPrefix("ftyp", at: 4) { return try detectedFromBrands(in: view) }
    throw DecodingFault(.unsupportedFormat, "unsupported format: \(unsupportedName(of: view))")
  }

  /// HEIC and AVIF are told apart by brands; `mif1` and `msf1` only promise the container, so that the compatible
  /// brands decide.
  ///
  /// Source: ISO/IEC 23008-12, annex B; AV1 Image File Format, section 6.
  private static func detectedFromBrands(in view: ByteView) throws(DecodingFault) -> ImageFormat {
    let boxSize = min(view.unsigned(at: 0, byteCount: 4) ?? 0, view.count, 512)
    let majorBrand = view.fourCharacterCode(at: 8) ?? ""
    var brands = [majorBrand]
    for offset in stride(from: 16, to: max(16, boxSize - 3), by: 4) {
      if let brand = view.fourCharacterCode(at: offset) { brands.append(brand) }
    }
    let highEfficiency: Set = ["heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs"]
    let av1: Set = ["avif", "avis"]
    if let name = unsupportedBrandName(majorBrand) {
      throw DecodingFault(.unsupportedFormat, "unsupported format: \(name)")
    }
    for brand in brands {
      if highEfficiency.contains(brand) { return .heic }
      if av1.contains(brand) { return .avif }
    }
    let name =
      brands.contains("mif1") || brands.contains("msf1")
      ? "HEIF with neither HEVC nor AV1" : "a video or another ISO media file"
    throw DecodingFault(.unsupportedFormat, "unsupported format: \(name)")
  }

  private static func unsupportedBrandName(_ brand: String) -> String? {
    switch brand {
    case "crx ": "CR3 (Canon RAW)"
    case "avci", "avcs": "HEIF with AVC"
    case "jp2 ", "jpx ", "jpm ": "JPEG 2000"
    case "qt  ": "QuickTime video"
    case "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "3gp4", "3gp5", "3gp6": "MP4 video"
    default: nil
    }
  }

  private static func unsupportedName(of view: ByteView) -> String {
    if view.hasPrefix("GIF8") { return "GIF" }
    if view.hasPrefix("BM"), view.unsigned(at: 6, byteCount: 4) == 0 { return "BMP" }
    if view.hasBytes([0x49, 0x49, 0x2A, 0x00]) { return rawOrTIFFName(of: view, littleEndian: true) }
    if view.hasBytes([0x4D, 0x4D, 0x00, 0x2A]) { return rawOrTIFFName(of: view, littleEndian: false) }
    if view.hasBytes([0x49, 0x49, 0x2B, 0x00]) || view.hasBytes([0x4D, 0x4D, 0x00, 0x2B]) { return "BigTIFF" }
    if view.hasPrefix("IIRO") || view.hasPrefix("IIRS") || view.hasPrefix("MMOR") { return "ORF (Olympus RAW)" }
    if view.hasBytes([0x49, 0x49, 0x55, 0x00]) { return "RW2 (Panasonic RAW)" }
    if view.hasPrefix("FUJIFILMCCD-RAW") { return "RAF (Fujifilm RAW)" }
    if view.hasPrefix("FOVb") { return "X3F (Sigma RAW)" }
    if view.hasBytes([0x00, 0x4D, 0x52, 0x4D]) { return "MRW (Minolta RAW)" }
    if view.hasBytes([0xFF, 0x0A]) { return "JPEG XL" }
    if view.hasPrefix("JXL ", at: 4) { return "JPEG XL" }
    if view.hasPrefix("jP  ", at: 4) || view.hasBytes([0xFF, 0x4F, 0xFF, 0x51]) { return "JPEG 2000" }
    if view.hasPrefix("8BPS") { return "Photoshop (PSD)" }
    if view.hasPrefix("%PDF") { return "PDF" }
    if view.hasPrefix("%!PS") { return "PostScript" }
    if view.hasPrefix("gimp xcf") { return "GIMP (XCF)" }
    if view.hasPrefix("qoif") { return "QOI" }
    if view.hasPrefix("DDS ") { return "DDS" }
    if view.hasPrefix("#?RADIANCE") { return "Radiance HDR" }
    if view.hasBytes([0x76, 0x2F, 0x31, 0x01]) { return "OpenEXR" }
    if view.hasBytes([0x8A, 0x4D, 0x4E, 0x47]) { return "MNG" }
    if view.hasBytes([0x00, 0x00, 0x01, 0x00]), let count = view.unsigned(at: 4, byteCount: 2, littleEndian: true),
      (1...256).contains(count)
    {
      return "ICO"
    }
    if isNetpbm(view) { return "Netpbm" }
    if isSVG(view) { return "SVG" }
    return "not a picture"
  }

  /// Most RAW formats are TIFF files; the maker's name or a tag tells which.
  private static func rawOrTIFFName(of view: ByteView, littleEndian: Bool) -> String {
    if view.hasPrefix("CR", at: 8) { return "CR2 (Canon RAW)" }
    let exif = EXIF(tiff: view)
    if exif.isDNG { return "DNG (RAW)" }
    let maker = (exif.make ?? "").uppercased()
    if maker.hasPrefix("NIKON") { return "NEF (Nikon RAW) or TIFF" }
    if maker.hasPrefix("SONY") { return "ARW (Sony RAW) or TIFF" }
    if maker.hasPrefix("PENTAX") { return "PEF (Pentax RAW) or TIFF" }
    return "TIFF"
  }

  private static func isNetpbm(_ view: ByteView) -> Bool {
    guard view[0] == UInt8(ascii: "P"), let kind = view[1], let space = view[2] else { return false }
    return (UInt8(ascii: "1")...UInt8(ascii: "7")).contains(kind) && [0x09, 0x0A, 0x0D, 0x20].contains(space)
  }

  /// SVG is text, with its root element after any declaration and comments.
  private static func isSVG(_ view: ByteView) -> Bool {
    guard let head = view.view(at: 0, count: min(view.count, 1024))?.array else { return false }
    let text = String(decoding: head, as: UTF8.self)
    let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    return start.hasPrefix("<svg") || (start.hasPrefix("<") && text.contains("<svg"))
  }
}

extension ByteView {
  fileprivate func hasBytes(_ expected: [UInt8]) -> Bool {
    view(at: 0, count: expected.count)?.array == expected
  }
}
