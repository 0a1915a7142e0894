import Foundation
import GRDB
import ImageDecoding
import Inference
import ResNet
import Synchronization

/// Brings a collection up to the folders that it is made from.
public struct Indexer {
  let writer: CollectionWriter
  let loadModel: () throws -> ImageModel
  let options: IndexOptions
  /// Asked between batches; true ends the run after the batch in hand.
  let isCancelled: @Sendable () -> Bool
  let report: (IndexProgress) -> Void

  /// - Parameters:
  ///   - writer: of the collection to be brought up to date.
  ///   - loadModel: loads the collection's own network; called only when there is something to embed.
  ///   - options: what to take, how, and with which labels.
  ///   - isCancelled: asked between batches; true ends the run after the batch in hand.
  ///   - report: told of progress, on the calling thread.
  public init(
    writer: CollectionWriter, loadModel: @escaping () throws -> ImageModel, options: IndexOptions = IndexOptions(),
    isCancelled: @escaping @Sendable () -> Bool = { false }, report: @escaping (IndexProgress) -> Void = { _ in }
  ) {
    self.writer = writer
    self.loadModel = loadModel
    self.options = options
    self.isCancelled = isCancelled
    self.report = report
  }

  /// Walks the folders and indexes what is new or changed.
  public func run(_ folders: [String]) throws -> IndexSummary {
    let start = ContinuousClock.now
    var summary = IndexSummary()
    let collection = writer.collection
    // Labels from files are read first: a mistake there should not wait until the end of a long run.
    let labeller = try FileLabeller(sources: options.labels)
    report(IndexProgress(phase: .walking, completed: 0, total: 0, embedded: 0))
    let walk = try FolderWalker(
      include: options.include, exclude: options.exclude, followsLinks: options.followsLinks,
      allowedRoots: options.allowedRoots,
      omittedFolders: [collection.directory]
    ).walk(folders)
    let plan = try IndexPlan(walk: walk, collection: collection, options: options)
    for problem in walk.problems + plan.skippedBefore { note(problem, in: &summary) }
    summary.unchanged = plan.unchanged
    try writer.forgetSkipped(paths: plan.forgotten)

    var moving = Moving()
    try embed(plan, labeller: labeller, moving: &moving, summary: &summary)
    if !summary.interrupted {
      // Only now is it known which of the missing files have turned up elsewhere.
      let resolved = try writer.resolveMoves(
        moving.found, edits: moving.edits, folderLabels: labeller.folderLabels)
      summary.moved = resolved.moved
      let rest = try writer.commit(
        resolved.rest.map {
          BatchEntry(file: $0.file, outcome: .known(sha256: $0.sha256), folderLabels: $0.folderLabels)
        })
      summary.indexed += rest.indexed
      summary.duplicates += rest.duplicates
      summary.removed = try resolved.removed + writer.removeImages(ids: stillMissing(plan.missing))
      try labeller.apply(to: walk.files.map(\.path), writer: writer)
    }
    try writer.sweepOrphans()
    if !summary.interrupted {
      try writer.compactIfWorthwhile()
      let total = plan.work.count
      try writer.updateGraph(isCancelled: isCancelled) { completed, missing in
        report(IndexProgress(phase: .graph, completed: completed, total: missing, embedded: total))
      }
      summary.interrupted = isCancelled()
    }
    report(IndexProgress(phase: .done, completed: plan.work.count, total: plan.work.count, embedded: 0))
    summary.total = try collection.imageCount()
    summary.seconds = (ContinuousClock.now - start).seconds
    return summary
  }

  /// What may turn out to have moved when all files have been looked at.
  private struct Moving {
    var found: [FoundFile] = []
    var edits: [BatchCounts.Edit] = []
  }

  /// Those of the missing images that did not move.
  private func stillMissing(_ ids: [Int64]) throws -> [Int64] {
    try writer.collection.read { db in
      try ids.filter { id in
        let path = try String.fetchOne(db, sql: "SELECT path FROM image WHERE id = ?", arguments: [id])
        return path.map { FileState(of: $0) == .gone } ?? false
      }
    }
  }

  private func note(_ problem: FolderWalker.Problem, in summary: inout IndexSummary) {
    if problem.code == ImageDecodingError.Code.notAPicture.rawValue {
      summary.otherFiles += 1
    } else {
      summary.count(skipped: problem.path, code: problem.code, reason: problem.reason)
    }
  }

  // MARK: The pipeline

  /// Decodes on all processors while this thread runs the network and stores batches.
  private func embed(
    _ plan: IndexPlan, labeller: FileLabeller, moving: inout Moving, summary: inout IndexSummary
  ) throws {
    guard !plan.work.isEmpty else { return }
    guard let model = try readyModel(plan) else {
      summary.interrupted = true
      return
    }
    summary.precision = model.precision
    try writer.notePrecision(model.precision)
    let embedder = Embedder(model: model, views: writer.collection.settings.views)
    let pipeline = PreparationPipeline(
      files: plan.work,
      preparer: FilePreparer(
        collection: writer.collection, embedder: embedder,
        decoder: decoder(for: model),
        fileBudget: MemoryBudget(bytes: 256 << 20), decodingBudget: MemoryBudget(bytes: 512 << 20)),
      threads: options.decodingThreads ?? ProcessInfo.processInfo.activeProcessorCount,
      capacity: options.batchSize * 2)
    defer { pipeline.stop() }

    var completed = 0
    var embedded = 0
    let total = plan.work.count
    report(IndexProgress(phase: .embedding, completed: 0, total: total, embedded: 0))
    var pending: [PreparationPipeline.Item] = []
    while true {
      let arrived = pipeline.next(limit: options.batchSize)
      pending += arrived
      let waiting = pending.count { if case .success(.prepared) = $0.outcome { true } else { false } }
      // Small commits of files that need no network are as safe as large ones and show progress.
      guard arrived.isEmpty || waiting >= options.batchSize || pending.count >= options.batchSize * 8 else { continue }
      if !pending.isEmpty {
        embedded += try store(
          pending, embedder: embedder, plan: plan, labeller: labeller, moving: &moving, summary: &summary)
        completed += pending.count
        pending = []
        report(IndexProgress(phase: .embedding, completed: completed, total: total, embedded: embedded))
      }
      if arrived.isEmpty { break }
      if isCancelled() {
        summary.interrupted = true
        break
      }
    }
  }

  private func decoder(for model: ImageModel) -> ImageDecoder {
    ImageDecoder(
      options: DecodingOptions(
        path: writer.collection.settings.decoding, minimumShorterSide: model.recipe.shorterSide,
        maximumPixels: options.maximumPixels, maximumFileBytes: 256 << 20))
  }

  /// The network in the precision asked for, calibrated on the files to be indexed where it is not yet.
  /// - Returns: `nil` when cancelled.
  private func readyModel(_ plan: IndexPlan) throws -> ImageModel? {
    let model = try loadModel()
    guard options.precision == .integer || options.precision == .auto, model.precision != .integer,
      model.canUseIntegers
    else { return model }
    let isWorthwhile = Processor.hasFastIntegers && plan.work.count >= IndexOptions.calibrationWorth
    guard options.precision == .integer || isWorthwhile else { return model }
    guard let calibration = try calibration(of: model, plan) else {
      guard !isCancelled() else { return nil }
      guard options.precision == .auto else {
        let name = try writer.collection.imageModel.name
        throw KindredError(
          .notCalibrated, place: name,
          reason: "int8 takes a calibration on at least \(Calibrator.leastCount) pictures, and there are fewer here",
          remedy: "Run: kindred model quantize \(name) --calibrate FOLDER")
      }
      return model
    }
    if calibration.keepsQuality || options.precision == .integer {
      return try ImageModel(model, arithmetic: .integer(calibration.ranges))
    }
    return Processor.hasBrainFloat ? try ImageModel(model, arithmetic: .brainFloat) : model
  }

  /// The model's calibration, made on the files to be indexed where there is none yet.
  /// - Returns: `nil` when cancelled, or where too few files are pictures.
  private func calibration(of model: ImageModel, _ plan: IndexPlan) throws -> Calibration? {
    let sha256 = try writer.collection.imageModel.sha256
    if let known = options.models.calibration(sha256: sha256, preprocessing: model.recipe) { return known }
    let files = plan.work.evenlyDrawn(Calibrator.usualCount).map(\.path)
    let calibration = try Calibrator(model: model, sha256: sha256).calibrate(
      on: files, decoder: decoder(for: model), isCancelled: isCancelled
    ) { report(IndexProgress(phase: .calibrating, completed: $0, total: $1, embedded: 0)) }
    if let calibration { try options.models.store(calibration) }
    return calibration
  }

  /// Runs one batch through the network and commits it.
  /// - Returns: how many images went through the network.
  private func store(
    _ items: [PreparationPipeline.Item], embedder: Embedder, plan: IndexPlan, labeller: FileLabeller,
    moving: inout Moving, summary: inout IndexSummary
  ) throws -> Int {
    var outcomes = try items.map { try $0.outcome.get() }
    var inputs: [Float] = []
    var indices: [Int] = []
    for (index, outcome) in outcomes.enumerated() {
      if case .prepared(_, _, let input) = outcome {
        inputs += input
        indices.append(index)
      }
    }
    let embeddings = try embedder.embed(prepared: inputs, count: indices.count)

    var entries: [BatchEntry] = []
    var nextEmbedding = 0
    for (item, outcome) in zip(items, outcomes) {
      let labels = labeller.folderLabels(of: item.file.path)
      switch outcome {
      case .known(let digest):
        if try writer.mayHaveMoved(item.file, sha256: digest, changed: plan.changed) {
          moving.found.append(FoundFile(file: item.file, sha256: digest, folderLabels: labels))
        } else {
          entries.append(BatchEntry(file: item.file, outcome: .known(sha256: digest), folderLabels: labels))
        }
      case .prepared(let digest, let metadata, _):
        let embedding = embeddings[nextEmbedding]
        nextEmbedding += 1
        guard embedding.isUsable else {
          summary.count(skipped: item.file.path, code: "no-feature", reason: "the network gave no usable feature")
          continue
        }
        let content = NewContent(
          byteCount: item.file.byteCount, metadata: metadata, embedding: embedding)
        entries.append(
          BatchEntry(file: item.file, outcome: .embedded(sha256: digest, content), folderLabels: labels))
      case .skipped(let code, let reason):
        note(FolderWalker.Problem(path: item.file.path, code: code, reason: reason), in: &summary)
        entries.append(
          BatchEntry(file: item.file, outcome: .skipped(code: code, reason: reason), folderLabels: []))
      }
    }
    outcomes = []
    let counts = try writer.commit(entries)
    summary.indexed += counts.indexed
    summary.duplicates += counts.duplicates
    moving.edits += counts.edits
    return indices.count
  }
}

extension Duration {
  var seconds: Double { self / .seconds(1) }
}
