import Dispatch
import Foundation
import ImageDecoding

extension Indexer {
  /// Files that were looked at together, and the embeddings of those that are pictures.
  private struct Batch {
    var items: [PreparationPipeline.Item]
    /// In the order of the items that were prepared.
    var embeddings: Ahead<[Embedding]>
    /// How many of the items were prepared.
    var count: Int
  }

  /// Decodes on all processors while the network runs on one batch and this thread stores the one before.
  func embed(
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
    let networkQueue = DispatchQueue(label: "kindred network")
    var gathered: [PreparationPipeline.Item] = []
    var running: Batch?
    func finishRunning() throws {
      guard let batch = running else { return }
      running = nil
      try store(batch, plan: plan, labeller: labeller, moving: &moving, summary: &summary)
      embedded += batch.count
      completed += batch.items.count
      report(IndexProgress(phase: .embedding, completed: completed, total: total, embedded: embedded))
    }
    while true {
      let arrived = pipeline.next(limit: options.batchSize)
      gathered += arrived
      let waiting = gathered.count { if case .success(.prepared) = $0.outcome { true } else { false } }
      // Small commits of files that need no network are as safe as large ones and show progress.
      guard arrived.isEmpty || waiting >= options.batchSize || gathered.count >= options.batchSize * 8 else { continue }
      if !gathered.isEmpty {
        let next = try start(gathered, embedder: embedder, on: networkQueue)
        gathered = []
        try finishRunning()
        running = next
      }
      if arrived.isEmpty { break }
      if isCancelled() {
        summary.interrupted = true
        break
      }
    }
    try finishRunning()
  }

  /// Has the network run on the pictures of a batch.
  private func start(
    _ items: [PreparationPipeline.Item], embedder: Embedder, on queue: DispatchQueue
  ) throws -> Batch {
    var items = items
    var inputs: [Float] = []
    var count = 0
    for index in items.indices {
      guard case .prepared(let digest, let metadata, let input) = try items[index].outcome.get() else { continue }
      if count == 0 { inputs.reserveCapacity(input.count * items.count) }
      inputs += input
      count += 1
      // The numbers are held once.
      items[index].outcome = .success(.prepared(sha256: digest, metadata: metadata, input: []))
    }
    let (batchInputs, batchCount) = (inputs, count)
    return Batch(
      items: items, embeddings: Ahead(on: queue) { try embedder.embed(prepared: batchInputs, count: batchCount) },
      count: count)
  }

  /// Waits for a batch's embeddings and commits it.
  private func store(
    _ batch: Batch, plan: IndexPlan, labeller: FileLabeller, moving: inout Moving, summary: inout IndexSummary
  ) throws {
    let embeddings = try batch.embeddings.wait()
    var entries: [BatchEntry] = []
    var nextEmbedding = 0
    for item in batch.items {
      let labels = labeller.folderLabels(of: item.file.path)
      switch try item.outcome.get() {
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
    let counts = try writer.commit(entries)
    summary.indexed += counts.indexed
    summary.duplicates += counts.duplicates
    moving.edits += counts.edits
  }
}
