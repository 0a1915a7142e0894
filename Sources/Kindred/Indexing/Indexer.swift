import Foundation
import GRDB
import ImageDecoding
import ResNet

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
  struct Moving {
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

  func note(_ problem: FolderWalker.Problem, in summary: inout IndexSummary) {
    if problem.code == ImageDecodingError.Code.notAPicture.rawValue {
      summary.otherFiles += 1
    } else {
      summary.count(skipped: problem.path, code: problem.code, reason: problem.reason)
    }
  }
}

extension Duration {
  var seconds: Double { self / .seconds(1) }
}
