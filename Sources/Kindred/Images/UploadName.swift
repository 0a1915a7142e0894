import Foundation
import ImageDecoding

/// Names of files that callers send, made such that they are one plain file in any folder.
enum UploadName {
  /// Bytes in UTF-8.
  static let longest = 200

  private static let endings: [ImageFormat: [String]] = [
    .jpeg: ["jpg", "jpeg", "jpe", "jfif"], .png: ["png"], .webp: ["webp"], .heic: ["heic", "heif", "hif"],
    .avif: ["avif"],
  ]
  /// Endings that promise a picture, and so are replaced when they promise another than the bytes are.
  private static let pictureEndings = Set(
    endings.values.joined() + ["apng", "bmp", "dib", "gif", "ico", "jp2", "jxl", "psd", "svg", "tga", "tif", "tiff"])

  /// A name without folders, control and formatting characters, leading dots and surrounding space, whose ending fits
  /// the format.
  /// - Parameter fallback: the name, without ending, where nothing is left.
  static func sanitised(_ name: String?, format: ImageFormat, fallback: String) -> String {
    // Windows programs send whole paths.
    let last = (name ?? "").split(omittingEmptySubsequences: true) { $0 == "/" || $0 == "\\" }.last ?? ""
    // One form of accents, so that the same name from two systems is one image.
    let scalars = String(last).precomposedStringWithCanonicalMapping.unicodeScalars.filter { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
      default: scalar != "/" && scalar != "\\"
      }
    }
    let text = trimmed(String(String.UnicodeScalarView(scalars)))
    var stem = text
    var ending = ""
    if let dot = text.lastIndex(of: "."), dot != text.startIndex {
      let candidate = text[text.index(after: dot)...].lowercased()
      if pictureEndings.contains(candidate) {
        stem = trimmed(String(text[..<dot]))
        ending = String(text[text.index(after: dot)...])
      }
    }
    let fitting = endings[format] ?? [format.rawValue]
    if !fitting.contains(ending.lowercased()) { ending = fitting[0] }
    // Cut between code points; an accent may be lost, but no byte is half of anything.
    var bytes = stem.utf8.count
    let room = longest - 1 - ending.utf8.count
    var kept = stem.unicodeScalars
    while bytes > room, let scalar = kept.popLast() { bytes -= UTF8.width(scalar) }
    stem = trimmed(String(kept))
    return (stem.isEmpty ? fallback : stem) + "." + ending
  }

  private static func trimmed(_ text: String) -> String {
    var text = text.trimmingCharacters(in: .whitespacesAndNewlines)[...]
    while let first = text.first, first == "." || first.isWhitespace { text = text.dropFirst() }
    while let last = text.last, last == "." || last.isWhitespace { text = text.dropLast() }
    return String(text)
  }
}
