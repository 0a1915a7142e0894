import Foundation

extension ModelStore {
  /// Finds the model that a person means.
  ///
  /// A text with a slash or a weight file's ending is a path. Else it is a name in the store, and else, if there is
  /// such a file in the working directory, a path after all.
  ///
  /// A store's file is hashed again only when its size or modification time is not as recorded. A file outside is
  /// hashed once and remembered by device, inode, size and times.
  public func resolve(_ nameOrFile: String) throws(ModelStoreError) -> ModelReference {
    if nameOrFile.contains("/") || Self.hasWeightFileEnding(nameOrFile) { return try resolve(file: nameOrFile) }
    let known = manifest.model(named: nameOrFile)
    let name = known?.name ?? nameOrFile
    if (try? Self.checkName(name)) != nil, let (record, path) = installed(name) {
      try check(record, at: path)
      return reference(record)
    }
    if let known, let record = try adopt(known) { return reference(record) }
    if StoreFile.exists(nameOrFile) { return try resolve(file: nameOrFile) }
    if let known {
      throw ModelStoreError(
        code: .notFetched, place: nameOrFile, reason: "this model is not on this machine yet",
        remedy: "Run: kindred model fetch \(known.aliases.contains(nameOrFile) ? nameOrFile : known.name)")
    }
    throw unknownModel(nameOrFile)
  }

  /// Finds a model of the store by its name, for callers who may not name files.
  public func resolve(storedName name: String) throws(ModelStoreError) -> ModelReference {
    let isInstalled = (try? Self.checkName(name)) != nil && installed(name) != nil
    guard isInstalled || manifest.model(named: name) != nil else { throw unknownModel(name) }
    return try resolve(name)
  }

  private func resolve(file: String) throws(ModelStoreError) -> ModelReference {
    let path = URL(fileURLWithPath: file).standardizedFileURL.path
    let stamp = try FileStamp(path: path)
    let cache = HashCache(path: self.path(".hashes.json"))
    let sha256: String
    if let seen = cache.sha256(of: stamp) {
      sha256 = seen
    } else {
      sha256 = try Self.hash(path)
      // Only what stayed the same while it was read.
      if try FileStamp(path: path) == stamp { cache.remember(sha256, of: stamp) }
    }
    let known = manifest.model(withSHA256: sha256)
    return ModelReference(
      name: URL(fileURLWithPath: path).lastPathComponent, path: path, sha256: sha256,
      recipe: known?.recipe, classifier: known?.classifier)
  }

  /// Throws unless a store's file is still the one that was recorded.
  private func check(_ record: ModelRecord, at path: String) throws(ModelStoreError) {
    let stamp = try FileStamp(path: path)
    if stamp.bytes == record.bytes, stamp.modified == record.modified { return }
    let sha256 = try Self.hash(path)
    guard sha256 == record.sha256 else {
      throw ModelStoreError(
        code: .wrongHash, place: path,
        reason: "the file was changed or damaged: its SHA-256 is \(sha256), and \(record.sha256) was recorded",
        remedy: record.origin == .fetched
          ? "Delete it, and run: kindred model fetch \(record.name)"
          : "Delete it, and import it again with: kindred model import FILE --name \(record.name)")
    }
    var record = record
    record.bytes = stamp.bytes
    record.modified = stamp.modified
    // A store that can't be written to still serves: it only hashes again next time.
    try? write(record)
  }

  /// Takes in a known model's file that a person has put into the store's folder by hand, if its hash is right.
  func adopt(_ model: KnownModel) throws(ModelStoreError) -> ModelRecord? {
    let path = path(model.fileName)
    guard let expected = model.sha256 ?? record(model.name)?.sha256, StoreFile.exists(path) else { return nil }
    let stamp = try FileStamp(path: path)
    guard try Self.hash(path) == expected else { return nil }
    let record = ModelRecord(
      name: model.name, file: model.fileName, sha256: expected, bytes: stamp.bytes, modified: stamp.modified,
      recipe: model.recipe, source: "put into the folder by hand", origin: .imported, date: Date(),
      classifier: model.classifier, featureDimension: model.featureDimension)
    // A store that can't be written to still serves.
    try? write(record)
    return record
  }

  func unknownModel(_ name: String) -> ModelStoreError {
    let imported = importedNames()
    let names = manifest.names + imported
    let nearest = Spelling.nearest(to: name, among: names, limit: 1).first
    let list = "Known models: \(manifest.names.joined(separator: ", "))"
    let own = imported.isEmpty ? "" : "; imported: \(imported.joined(separator: ", "))"
    return ModelStoreError(
      code: .unknownModel, place: name, reason: "there is no model of this name",
      remedy: (nearest.map { "Did you mean \($0)? " } ?? "") + list + own + ".")
  }

  /// Names of the store's models that are not in the manifest.
  func importedNames() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return files.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.map { String($0.dropLast(5)) }
      .filter { manifest.model(named: $0) == nil && installed($0) != nil }.sorted()
  }
}
