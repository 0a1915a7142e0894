import Foundation
import GRDB

/// Finds images that are alike, in three kinds that are told apart: files with the same bytes, versions of the same
/// picture, and look-alikes.
///
/// Candidates are neighbours by embedding, a bounded number for each image. Whether two are the same picture is told from
/// their samples (``PictureComparison``), which are read from the files; where a file is gone or has changed, its image
/// can only be a look-alike.
///
/// ```swift
/// for group in try DuplicateFinder(collection).groups() where group.kind == .same {
///   print(group.members.map(\.record.path))
/// }
/// ```
public struct DuplicateFinder {
  let collection: Collection

  public init(_ collection: Collection) { self.collection = collection }

  /// - Parameters:
  ///   - kinds: which kinds to return.
  ///   - threshold: least score of two look-alikes, 0…1.
  ///   - progress: told how far the search is; what it throws ends the search.
  /// - Returns: groups of at least two images: kinds in their order, in each the groups with most members first. An image
  ///   of several files stands among versions and look-alikes once, and a picture of several versions among look-alikes
  ///   once.
  public func groups(
    kinds: Set<DuplicateKind> = Set(DuplicateKind.allCases), threshold: Float = DuplicateThresholds.lookAlikeScore,
    progress: (DuplicateProgress) throws -> Void = { _ in }
  ) throws -> [DuplicateGroup] {
    guard threshold > 0, threshold <= 1 else {
      throw KindredError(.invalidArgument, place: "--threshold \(threshold)", reason: "must be above 0 and at most 1")
    }
    let (moment, contents) = try collection.read { (try collection.moment($0), try DuplicateContents($0)) }
    var found: [DuplicateGroup] = []
    if kinds.contains(.identical) { found += try identical(contents) }
    if kinds.contains(.same) || kinds.contains(.lookAlike), contents.count > 1 {
      found += try alike(contents, moment, kinds: kinds, threshold: threshold, progress: progress)
    }
    return found
  }

  private func identical(_ contents: DuplicateContents) throws -> [DuplicateGroup] {
    let groups = try collection.read { db in
      try contents.fileCounts.keys.sorted().map { number in
        let records = try contents.records(db, number)
        return DuplicateGroup(
          kind: .identical,
          members: records.map {
            DuplicateGroup.Member(
              record: $0, score: 1, relation: .identical, fileCount: records.count, versionCount: records.count)
          })
      }
    }
    return Self.ordered(groups)
  }

  private func alike(
    _ contents: DuplicateContents, _ moment: Collection.Moment, kinds: Set<DuplicateKind>, threshold: Float,
    progress: (DuplicateProgress) throws -> Void
  ) throws -> [DuplicateGroup] {
    let wantsLookAlikes = kinds.contains(.lookAlike)
    let candidates = try DuplicateCandidates(collection, moment: moment, contents: contents)
    let least =
      wantsLookAlikes ? min(threshold, DuplicateThresholds.candidateScore) : DuplicateThresholds.candidateScore
    var pairs = try candidates.pairs(least: least) {
      try progress(DuplicateProgress(stage: .neighbors, completed: $0, total: contents.count))
    }
    let store = SignatureStore(collection, contents: contents)
    var same = SameGroups(contents: contents, store: store)
    let checked = pairs.prefix { $0.score >= DuplicateThresholds.candidateScore }
    try same.compare(Array(checked)) {
      try progress(DuplicateProgress(stage: .pairs, completed: $0, total: checked.count))
    }
    // Versions may fill the neighbourhood of a picture and hide others behind them.
    var roots = same.groups
    let crowded = same.groups.groups().filter { $0.count > DuplicateThresholds.neighbors / 2 }.map { roots.root($0[0]) }
    let more = try candidates.pairs(outOfGroups: crowded, least: least) { roots.root($0) }
    same.compare(more.filter { $0.score >= DuplicateThresholds.candidateScore }) { _ in }
    pairs += more

    var found: [DuplicateGroup] = []
    let versions = same.groups.groups()
    let versionCounts = Dictionary(uniqueKeysWithValues: versions.map { (same.groups.root($0[0]), $0.count) })
    if kinds.contains(.same) {
      found += try groups(.same, versions, contents, candidates, store) { first, number in
        (same.relation(first, number), 1)
      }
    }
    if wantsLookAlikes {
      var alike = DisjointGroups(count: contents.count)
      for pair in pairs where pair.score >= threshold {
        let (first, second) = (same.groups.root(Int(pair.first)), same.groups.root(Int(pair.second)))
        let (root, other) = (alike.root(first), alike.root(second))
        if root != other { alike.join(root, other, root: root) }
      }
      found += try groups(.lookAlike, alike.groups(), contents, candidates, store) { _, number in
        ([], versionCounts[number] ?? 1)
      }
    }
    return found
  }

  private func groups(
    _ kind: DuplicateKind, _ groups: [[Int]], _ contents: DuplicateContents, _ candidates: DuplicateCandidates,
    _ store: SignatureStore, describe: (_ first: Int, _ number: Int) -> (PictureRelation, versions: Int)
  ) throws -> [DuplicateGroup] {
    let problems = store.problems
    let found = try groups.compactMap { numbers -> DuplicateGroup? in
      let numbers = contents.largestFirst(numbers)
      let members = try numbers.compactMap { number -> DuplicateGroup.Member? in
        // Gone meanwhile, perhaps.
        guard let record = try collection.read({ try contents.records($0, number).first }) else { return nil }
        let (relation, versions) =
          number == numbers[0] ? ([], describe(number, number).versions) : describe(numbers[0], number)
        return DuplicateGroup.Member(
          record: record, score: candidates.score(numbers[0], number), relation: relation,
          fileCount: contents.fileCounts[number] ?? 1, versionCount: versions, unchecked: problems[number]?.reason)
      }
      return members.count > 1 ? DuplicateGroup(kind: kind, members: members) : nil
    }
    return Self.ordered(found)
  }

  private static func ordered(_ groups: [DuplicateGroup]) -> [DuplicateGroup] {
    groups.sorted {
      ($0.members.count, $1.members[0].record.path) > ($1.members.count, $0.members[0].record.path)
    }
  }
}
