import Foundation
import ImageDecoding

extension Collection {
  /// Longer sides that thumbnails are made in, in pixels.
  public static let thumbnailSizes = [128, 256, 512]
  /// Decoder memory that all threads hold at once for thumbnails.
  private static let decodingBudget = MemoryBudget(bytes: 512 << 20)
  private static let quality = 82
  private static let largestThumbnail = 4 << 20

  /// A small JPEG of an image, upright. It is made once for each content and kept in the collection's folder, where that
  /// can be written to.
  /// - Parameters:
  ///   - record: of the image.
  ///   - longerSide: one of ``thumbnailSizes``; a smaller picture keeps its size.
  /// - Throws: ``KindredError/Code/goneFile`` where there is none yet and the file is gone.
  public func thumbnail(of record: ImageRecord, longerSide: Int) throws -> [UInt8] {
    guard Self.thumbnailSizes.contains(longerSide) else {
      throw KindredError(
        .invalidArgument, place: String(longerSide), reason: "not a size of thumbnails",
        remedy: "Sizes are \(Self.thumbnailSizes.map(String.init).joined(separator: ", ")).")
    }
    let path = thumbnailPath(digest: record.sha256, longerSide: longerSide)
    if let path, let (bytes, _) = try? PrivateFile(path: path).read(limit: Self.largestThumbnail),
      bytes.starts(with: [0xFF, 0xD8]), bytes.suffix(2) == [0xFF, 0xD9]
    {
      return bytes
    }
    let bytes = try makeThumbnail(of: record, longerSide: longerSide)
    // Without it in its place the next caller makes it again.
    if let path {
      // One by one, since the collection's own folder is not to be made again where it was renamed meanwhile.
      let components = path.dropFirst(directory.count + 1).split(separator: "/").dropLast()
      var folder = directory
      for component in components {
        folder += "/" + component
        mkdir(folder, 0o755)
      }
      _ = try? PrivateFile(path: path).replace(with: bytes, mode: 0o644, flushes: false)
    }
    return bytes
  }

  private func makeThumbnail(of record: ImageRecord, longerSide: Int) throws -> [UInt8] {
    let original = try originalBytes(of: record)
    let name = (record.path as NSString).lastPathComponent
    let (shorter, longer) = (min(record.width, record.height), max(record.width, record.height, 1))
    let (pixels, overflow) = record.width.multipliedReportingOverflow(by: record.height)
    let decoder = ImageDecoder(
      options: DecodingOptions(
        path: .fast, minimumShorterSide: max(1, longerSide * shorter / longer + 1),
        // What was indexed with a larger limit is shown too.
        maximumPixels: overflow ? Int.max : max(pixels, 100_000_000), maximumFileBytes: original.count))
    let header = try decoder.header(of: original, name: name)
    let bytes = try Self.decodingBudget.withBytes(header.estimatedDecodingBytes) {
      try decoder.decode(original, name: name).image.thumbnail(longerSide: longerSide).jpegData(quality: Self.quality)
    }
    guard !bytes.isEmpty else {
      throw KindredError(.unreadableFile, place: name, reason: "its thumbnail can't be made; memory has run out")
    }
    return bytes
  }

  /// `nil` for a digest that is none: it becomes part of a path.
  private func thumbnailPath(digest: String, longerSide: Int) -> String? {
    guard ContentHash.isHexDigest(digest) else { return nil }
    return "\(directory)/thumbnails/\(longerSide)/\(digest.prefix(2))/\(digest).jpg"
  }

  func removeThumbnails(digest: String) {
    for size in Self.thumbnailSizes {
      if let path = thumbnailPath(digest: digest, longerSide: size) { unlink(path) }
    }
  }
}
