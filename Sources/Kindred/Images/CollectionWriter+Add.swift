import Foundation
import GRDB
import ImageDecoding
import ResNet

extension CollectionWriter {
  /// Pictures that run through the network together.
  private static let batchSize = 16
  /// Bytes of files that a batch holds; a larger file is alone in its batch.
  private static let batchBytes: Int64 = 256 << 20

  /// Adds a picture from its bytes, which are kept in the collection's folder.
  ///
  /// ```swift
  /// let writer = try CollectionWriter(collection)
  /// let added = try writer.add(image: bytes, name: "dog.jpg", labels: ["dalmatian"], model: { model })
  /// print(added.record.id, added.isNew)
  /// ```
  /// - Parameters:
  ///   - bytes: a whole file of any format that can be decoded.
  ///   - name: the file's name; what can't be in one is left out, and the ending is made to fit the format.
  ///   - labels: words to give it.
  ///   - model: loads the collection's network; called only when the bytes are new to the collection.
  ///   - maximumPixels: pictures of more pixels are refused.
  /// - Returns: the image, and whether it is new: the same bytes under the same name are the same image.
  /// - Throws: `ImageDecodingError` for what can't be decoded, ``KindredError``.
  public func add(
    image bytes: [UInt8], name: String?, labels: [String] = [], model: () throws -> ImageModel,
    maximumPixels: Int = 100_000_000
  ) throws -> AddedImage {
    try add([NewImage(.bytes(bytes, name: name), labels: labels)], model: model, maximumPixels: maximumPixels)[0].get()
  }

  /// Adds a picture that stays where it is, as an index run would.
  /// - Parameters:
  ///   - path: the file. A link to one is indexed under its own name.
  ///   - labels: words to give it.
  ///   - model: loads the collection's network; called only when the bytes are new to the collection.
  ///   - maximumPixels: pictures of more pixels are refused.
  /// - Returns: the image, and whether it is new. A file that changed keeps its image.
  /// - Throws: `ImageDecodingError` for what can't be read or decoded, ``KindredError``.
  public func add(
    file path: String, labels: [String] = [], model: () throws -> ImageModel, maximumPixels: Int = 100_000_000
  ) throws -> AddedImage {
    try add([NewImage(.file(path), labels: labels)], model: model, maximumPixels: maximumPixels)[0].get()
  }

  /// Adds pictures, sixteen at a time through the network. One that fails does not stop the others.
  /// - Returns: what became of each, in their order.
  /// - Throws: when the network can't be loaded or the collection can't be written to.
  public func add(
    _ images: [NewImage], model: () throws -> ImageModel, maximumPixels: Int = 100_000_000
  ) throws -> [Result<AddedImage, any Error>] {
    let reader = try NewImageReader(collection: collection, maximumPixels: maximumPixels)
    var results: [Result<AddedImage, any Error>] = []
    var batch: [NewImage] = []
    var bytes: Int64 = 0
    for image in images {
      var size: Int64 = 0
      // What callers hand over in memory is theirs to bound.
      if case .file(let path) = image.source, case .file(let file) = FileState(of: path) { size = file.byteCount }
      if batch.count == Self.batchSize || (!batch.isEmpty && bytes + size > Self.batchBytes) {
        results += try add(batch: batch, reader: reader, model: model)
        (batch, bytes) = ([], 0)
      }
      batch.append(image)
      bytes += min(size, Self.batchBytes)
    }
    if !batch.isEmpty { results += try add(batch: batch, reader: reader, model: model) }
    return results
  }

  private func add(
    batch: [NewImage], reader: NewImageReader, model: () throws -> ImageModel
  ) throws -> [Result<AddedImage, any Error>] {
    var images = NewImageReader.concurrently(batch) { try reader.read($0) }
    let contents = try embed(&images, reader: reader, model: model)

    var entries: [BatchEntry] = []
    var created: [String] = []
    var isNew: [Bool] = []
    var seen = Set<PathKey>()
    do {
      for image in images {
        guard case .success(let image) = image else {
          isNew.append(false)
          continue
        }
        var file = image.file
        if file == nil {
          if try collection.uploads.store(image.bytes, digest: image.digest, at: image.path) {
            created.append(image.path)
          }
          guard case .file(let stored) = FileState(of: image.path) else {
            throw KindredError(.unwritable, place: "uploads", reason: "a file is gone right after it was written")
          }
          file = stored
        }
        guard let file else { preconditionFailure("set above") }
        let known = try knownImage(file: file, digest: image.digest)
        isNew.append(!known.isThere && seen.insert(PathKey(image.path)).inserted)
        if known.isSame { continue }
        entries.append(
          BatchEntry(
            file: file,
            outcome: contents[image.digest].map { .embedded(sha256: image.digest, $0) }
              ?? .known(sha256: image.digest),
            folderLabels: image.folderLabels))
      }
      let counts = try commit(entries)
      created = []
      // A file that changed leaves its old content behind.
      if !counts.edits.isEmpty { try sweepOrphans() }
    } catch {
      for path in created { collection.uploads.remove(path) }
      throw error
    }
    let ids = try label(images)
    return try zip(zip(images, isNew), ids).map { image, id in
      switch (image.0, id) {
      case (.success, let id?): .success((try collection.record(id: id), image.1))
      case (.success(let image), nil): .failure(Collection.gone(image.name))
      case (.failure(let error), _): .failure(error)
      }
    }
  }

  /// Runs what the collection does not know through the network. Pictures that can't be decoded become failures.
  private func embed(
    _ images: inout [Result<ReadImage, any Error>], reader: NewImageReader, model: () throws -> ImageModel
  ) throws -> [[UInt8]: NewContent] {
    var digests = Set<[UInt8]>()
    let unknown = images.indices.filter { index in
      guard case .success(let image) = images[index] else { return false }
      return image.isUnknown && digests.insert(image.digest).inserted
    }
    guard !unknown.isEmpty else { return [:] }
    let embedder = Embedder(model: try model(), views: collection.settings.views)
    let prepared = NewImageReader.concurrently(try unknown.map { try images[$0].get() }) {
      try reader.prepare($0, embedder: embedder)
    }
    var inputs: [Float] = []
    var decoded: [(image: ReadImage, metadata: ImageMetadata)] = []
    var faults: [[UInt8]: any Error] = [:]
    for (index, result) in zip(unknown, prepared) {
      let image = try images[index].get()
      switch result {
      case .success(let (metadata, input)):
        inputs += input
        decoded.append((image, metadata))
      case .failure(let error): faults[image.digest] = error
      }
    }
    var contents: [[UInt8]: NewContent] = [:]
    for (item, embedding) in zip(
      decoded, try embedder.embed(prepared: inputs, count: decoded.count))
    {
      guard embedding.isUsable else {
        faults[item.image.digest] = KindredError(
          .invalidArgument, place: item.image.name, reason: "the network gives no usable feature of this picture")
        continue
      }
      contents[item.image.digest] = NewContent(
        byteCount: Int64(item.image.bytes.count), metadata: item.metadata, embedding: embedding)
    }
    for (index, image) in images.enumerated() {
      if case .success(let image) = image, let fault = faults[image.digest] { images[index] = .failure(fault) }
    }
    return contents
  }

  /// Whether an image is at a file's path, and whether it is as the collection knows it.
  private func knownImage(file: WalkedFile, digest: [UInt8]) throws -> (isThere: Bool, isSame: Bool) {
    try collection.read { db in
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT image.byte_count, image.modified_ns, content.sha256
          FROM image JOIN content ON content.id = image.content_id WHERE image.path = ?
          """, arguments: [file.path])
      guard let row else { return (false, false) }
      let isSame =
        row["byte_count"] == file.byteCount && row["modified_ns"] == file.modified
        && [UInt8](row["sha256"] as Data) == digest
      return (true, isSame)
    }
  }

  /// Gives images that are in the collection now the labels that came with them.
  /// - Returns: their identifiers; `nil` for those that could not be added.
  private func label(_ images: [Result<ReadImage, any Error>]) throws -> [Int64?] {
    let named = images.map { try? $0.get() }
    if named.allSatisfy({ $0?.labels.isEmpty ?? true }) {
      return try collection.read { db in
        try named.map { image in try image.flatMap { try Self.imageRow(db, path: $0.path)?.id } }
      }
    }
    return try write { db in
      try named.map { image in
        guard let image, let id = try Self.imageRow(db, path: image.path)?.id else { return nil }
        for label in image.labels {
          try db.execute(
            sql: "INSERT OR IGNORE INTO label (image_id, name, source, confidence) VALUES (?, ?, ?, 1)",
            arguments: [id, label, Label.Source.manual.rawValue])
        }
        return id
      }
    }
  }
}

extension Collection {
  fileprivate static func gone(_ name: String) -> KindredError {
    KindredError(.unknownImage, place: name, reason: "it left the collection while it was being added")
  }
}
