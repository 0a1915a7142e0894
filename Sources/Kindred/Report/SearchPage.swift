import Foundation
import ImageDecoding

/// A search's hits as one HTML file that needs nothing else: thumbnails are inside it.
public struct SearchPage {
  /// What was searched for, for the title.
  public var title: String
  public var hits: [SearchHit]

  public init(title: String, hits: [SearchHit]) {
    self.title = title
    self.hits = hits
  }

  private static let thumbnailSide = 256

  /// The page's text.
  public func html() -> String {
    let figures = hits.map(figure).joined(separator: "\n")
    let name = Self.escaped(title)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="Kindred \(kindredVersion)">
      <title>\(name) – Kindred</title>
      <style>
      :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
      body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; }
      h1 { font-size: 1.3rem; font-weight: 600; margin: 0 0 .2rem; }
      p { margin: 0 0 1.2rem; opacity: .7; }
      main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
      figure { margin: 0; }
      figure a { align-items: center; aspect-ratio: 1; background: color-mix(in srgb, currentColor 7%, transparent);
        border-radius: .5rem; color: inherit; display: flex; justify-content: center; overflow: hidden; }
      img { height: 100%; object-fit: contain; width: 100%; }
      figcaption { font-size: .85rem; margin-top: .35rem; overflow-wrap: anywhere; }
      .score { font-variant-numeric: tabular-nums; font-weight: 600; }
      .match { border-radius: .3rem; font-size: .75rem; margin-left: .4rem; padding: 0 .35rem;
        background: color-mix(in srgb, currentColor 12%, transparent); }
      .path { opacity: .65; }
      </style>
      </head>
      <body>
      <h1>\(name)</h1>
      <p>\(hits.count) \(hits.count == 1 ? "image" : "images"), best first</p>
      <main>
      \(figures)
      </main>
      </body>
      </html>

      """
  }

  private func figure(_ hit: SearchHit) -> String {
    let path = Self.escaped(hit.record.path)
    let name = Self.escaped((hit.record.path as NSString).lastPathComponent)
    let link = Self.escaped(URL(fileURLWithPath: hit.record.path).absoluteString)
    let labels = Self.escaped(hit.record.labels.map(\.name).joined(separator: ", "))
    let picture =
      thumbnail(hit.record.path).map { "<img alt=\"\(labels.isEmpty ? name : labels)\" src=\"\($0)\">" }
      ?? "not readable now"
    let match = hit.match == .labelled ? "<span class=\"match\">labelled</span>" : ""
    return """
      <figure><a href="\(link)">\(picture)</a><figcaption>
      <span class="score">\(String(format: "%.3f", hit.score))</span>\(match) \(labels)<br>
      <span class="path" title="\(path)">\(name)</span></figcaption></figure>
      """
  }

  private func thumbnail(_ path: String) -> String? {
    let decoder = ImageDecoder(options: DecodingOptions(path: .fast, minimumShorterSide: Self.thumbnailSide))
    guard let image = try? decoder.decode(contentsOf: path).image else { return nil }
    let bytes = image.thumbnail(longerSide: Self.thumbnailSide).jpegData(quality: 80)
    return bytes.isEmpty ? nil : "data:image/jpeg;base64," + Data(bytes).base64EncodedString()
  }

  /// Text for an element or an attribute. By scalars: a combining mark makes another `Character` of the quote before it.
  static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
      case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
      case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
      case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
