import Dispatch
import Foundation
import ImageDecoding
import ResNet
import Synchronization

/// A picture that was read and is known to be of a format that can be decoded.
struct ReadImage: Sendable {
  var bytes: [UInt8]
  var digest: [UInt8]
  /// What errors call it.
  var name: String
  /// Where its file is, or is to be.
  var path: String
  /// Size and time of a file that is there already; `nil` for an upload.
  var file: WalkedFile?
  var labels: [String]
  var folderLabels: [Label]
  /// Whether the collection has no feature of these bytes yet.
  var isUnknown: Bool
}

/// Takes pictures that are to be added from bytes or paths to the network's input, on any thread.
struct NewImageReader: Sendable {
  static let largestFile = 256 << 20
  let collection: Collection
  let decoder: ImageDecoder
  /// Decoder memory that all threads hold at once.
  private static let decodingBudget = MemoryBudget(bytes: 512 << 20)

  init(collection: Collection, maximumPixels: Int) throws {
    self.collection = collection
    decoder = ImageDecoder(
      options: DecodingOptions(
        path: collection.settings.decoding,
        minimumShorterSide: try collection.imageModel.preprocessing.shorterSide, maximumPixels: maximumPixels,
        maximumFileBytes: Self.largestFile))
  }

  /// Reads, hashes and looks at the header.
  /// - Throws: `ImageDecodingError` for what is no picture or a too large one, ``KindredError`` for an empty label.
  func read(_ image: NewImage) throws -> ReadImage {
    let labels = try image.labels.map { label in
      guard let cleaned = LabelReader.cleaned(label) else {
        throw KindredError(.invalidArgument, reason: "a label can't be empty")
      }
      return cleaned
    }
    switch image.source {
    case .bytes(let bytes, let name):
      let shown = name.map { PrintableText.printable(String($0.prefix(200))) } ?? "picture"
      guard bytes.count <= Self.largestFile else {
        throw ImageDecodingError(
          code: .fileTooLarge, path: shown, reason: "\(bytes.count) bytes, more than the limit of \(Self.largestFile)")
      }
      let header = try decoder.header(of: bytes, name: shown)
      let digest = ContentHash.sha256(bytes)
      let hex = ContentHash.hexString(digest)
      let safe = UploadName.sanitised(name, format: header.format, fallback: String(hex.prefix(12)))
      return ReadImage(
        bytes: bytes, digest: digest, name: shown, path: collection.uploads.path(digest: hex, name: safe), file: nil,
        labels: labels, folderLabels: [], isUnknown: try isUnknown(digest))
    case .file(let path):
      try decoder.checkFormat(contentsOf: path)
      guard let own = ResolvedPath.keepingTheFile(path), case .file(let file) = FileState(of: own) else {
        throw ImageDecodingError(code: .notFound, path: path, reason: "no such file")
      }
      let bytes = try decoder.read(contentsOf: own)
      _ = try decoder.header(of: bytes, name: path)
      let digest = ContentHash.sha256(bytes)
      return ReadImage(
        bytes: bytes, digest: digest, name: path, path: own, file: file, labels: labels,
        folderLabels: LabelReader.folderLabels(of: own), isUnknown: try isUnknown(digest))
    }
  }

  private func isUnknown(_ digest: [UInt8]) throws -> Bool {
    try collection.read { try Collection.contentID($0, sha256: digest) } == nil
  }

  /// Decodes a picture to the network's input.
  func prepare(_ image: ReadImage, embedder: Embedder) throws -> (metadata: ImageMetadata, input: [Float]) {
    let header = try decoder.header(of: image.bytes, name: image.name)
    return try Self.decodingBudget.withBytes(header.estimatedDecodingBytes) {
      let prepared = try embedder.prepare(image.bytes, name: image.name, decoder: decoder)
      return (prepared.metadata, prepared.input)
    }
  }

  /// Runs `body` for every element, on all processors.
  static func concurrently<Element: Sendable, Value: Sendable>(
    _ elements: [Element], _ body: @Sendable (Element) throws -> Value
  ) -> [Result<Value, any Error>] {
    if elements.count < 2 { return elements.map { element in Result { try body(element) } } }
    let results = Mutex([Result<Value, any Error>?](repeating: nil, count: elements.count))
    DispatchQueue.concurrentPerform(iterations: elements.count) { index in
      let result = Result { try body(elements[index]) }
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }.compactMap(\.self)
  }
}
