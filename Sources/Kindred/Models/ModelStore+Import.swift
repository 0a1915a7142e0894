import Foundation
import ResNet

extension ModelStore {
  /// Copies a weight file into the store.
  ///
  /// The file must be a network that Kindred can run. A file with a known model's SHA-256 gets that model's name and
  /// recipe unless others are given.
  ///
  /// - Parameters:
  ///   - file: a safetensors or ONNX file.
  ///   - name: the model's name in the store; the known model's, or else the file's without its ending, when `nil`.
  ///   - recipe: the preprocessing; the known model's, or else the one that the file itself asks for (torchvision's
  ///     unless it says otherwise), when `nil`.
  ///   - replacing: whether a model that has the name already is replaced.
  /// - Returns: the model, as ``resolve(_:)`` gives it.
  @discardableResult
  public func `import`(
    _ file: String, name: String? = nil, recipe: ModelRecipe? = nil, replacing: Bool = false
  ) async throws(ModelStoreError) -> ModelReference {
    let known = manifest.model(withSHA256: try Self.hash(file))
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let asked = name ?? known?.name ?? stem
    try Self.checkName(asked)
    let target = manifest.model(named: asked)
    let final = target?.name ?? asked
    let named = recipe ?? known?.recipe ?? target?.recipe
    let network = try inspect(file, recipe: named, expecting: target)

    let lock = try await lock(final) {}
    defer { lock.release() }
    let temporary = path(".\(final).import")
    let sha256 = try copy(file, to: temporary)
    defer { unlink(temporary) }
    if let expected = target?.sha256, expected != sha256 {
      throw ModelStoreError(
        code: .wrongHash, place: file,
        reason: "its SHA-256 is \(sha256), and \(final)'s is \(expected)",
        remedy: "Import it with another --name.")
    }
    try checkSame(network, as: try inspect(temporary, recipe: named, expecting: target), file: file)
    let stamp = try FileStamp(path: temporary)
    let record = ModelRecord(
      name: final, file: "\(final).\(try Self.ending(of: temporary))", sha256: sha256, bytes: stamp.bytes,
      modified: stamp.modified, recipe: named ?? ModelRecipe(network.recipe),
      source: URL(fileURLWithPath: file).standardizedFileURL.path, origin: .imported, date: Date(),
      classifier: ClassifierKind(classCount: network.classCount), featureDimension: network.featureDimension)
    if let (present, _) = installed(final) {
      if present.sha256 == sha256, present.recipe == record.recipe { return try resolve(final) }
      guard replacing else {
        throw ModelStoreError(
          code: .nameTaken, place: final, reason: "another model has this name",
          remedy: "Import the file with another --name, or replace the model.")
      }
    }
    if let old = self.record(final), old.file != record.file { unlink(path(old.file)) }
    try write(record)
    try StoreFile.rename(temporary, to: path(record.file))
    return try resolve(final)
  }

  /// Opens a file as a network, to see whether it is one.
  /// - Parameter model: the known model that it's to be, if any.
  @discardableResult
  func inspect(
    _ file: String, recipe: ModelRecipe?, expecting model: KnownModel?
  ) throws(ModelStoreError) -> ImageModel {
    let network: ImageModel
    do {
      network = try ImageModel(contentsOf: file, recipe: recipe?.preprocessing, threads: 1)
    } catch {
      let reason = (error as? WeightFileError)?.withoutPath ?? "\(error)"
      throw ModelStoreError(
        code: .foreignFile, place: file, reason: "this is not a network that Kindred can run: \(reason)",
        remedy: "Kindred runs residual networks in safetensors (torchvision's or transformers' names) and ONNX files.")
    }
    if let model, network.featureDimension != model.featureDimension {
      throw ModelStoreError(
        code: .foreignFile, place: file,
        reason: "its features have \(network.featureDimension) numbers, and \(model.name)'s have "
          + "\(model.featureDimension)",
        remedy: "Import it with another --name.")
    }
    return network
  }

  /// Throws when a file is another network in the store than where it came from.
  private func checkSame(_ original: ImageModel, as copy: ImageModel, file: String) throws(ModelStoreError) {
    guard original.spec == copy.spec, original.recipe == copy.recipe else {
      throw ModelStoreError(
        code: .foreignFile, place: file, reason: "what network this is depends on the config.json beside it",
        remedy: "Leave it in its folder, and use its path as the model's name.")
    }
  }

  /// Copies a file and has it on disk.
  /// - Returns: the SHA-256 of the copy.
  private func copy(_ file: String, to target: String) throws(ModelStoreError) -> String {
    try StoreFile.checkRoom(for: try FileStamp(path: file).bytes, in: directory)
    unlink(target)
    let part = try PartialFile(path: target)
    do {
      let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
      defer { try? source.close() }
      while let piece = try source.read(upToCount: 1 << 20), !piece.isEmpty { try part.append(piece) }
      try part.synchronize()
      return part.sha256
    } catch {
      part.discard()
      throw (error as? ModelStoreError)
        ?? ModelStoreError(code: .unreadable, place: file, reason: (error as NSError).localizedDescription)
    }
  }

  /// The ending of a weight file's name, by its content.
  private static func ending(of path: String) throws(ModelStoreError) -> String {
    do {
      return try WeightFileFormat(of: path) == .onnx ? "onnx" : "safetensors"
    } catch {
      throw ModelStoreError(code: .foreignFile, place: path, reason: error.withoutPath)
    }
  }
}

extension WeightFileError {
  /// The text without the path, where an outer error has that.
  var withoutPath: String { place.map { "\($0): \(reason)" } ?? reason }
}
