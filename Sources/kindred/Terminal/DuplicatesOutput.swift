import Foundation
import Kindred

/// Groups of duplicates for programs.
struct DuplicatesOutput: Encodable {
  struct Group: Encodable {
    var kind: DuplicateKind
    var members: [Member]
  }

  struct Member: Encodable {
    var id: Int64
    var path: String
    var score: Float
    var relation: [String]
    var files: Int
    var versions: Int
    var unchecked: String?
    var width: Int
    var height: Int
    var format: String
    var byteCount: Int64
    var sha256: String
  }

  var threshold: Float
  var groups: [Group]

  init(_ groups: [DuplicateGroup], threshold: Float) {
    self.threshold = threshold
    self.groups = groups.map { group in
      Group(
        kind: group.kind,
        members: group.members.map {
          Member(
            id: $0.record.id, path: $0.record.path, score: $0.score, relation: $0.relation.words, files: $0.fileCount,
            versions: $0.versionCount, unchecked: $0.unchecked, width: $0.record.width, height: $0.record.height,
            format: $0.record.format, byteCount: $0.record.byteCount, sha256: $0.record.sha256)
        })
    }
  }

  static func printCSV(_ groups: [DuplicateGroup]) {
    print("group,kind,rank,id,path,score,relation,files,versions,width,height,byte_count,unchecked")
    for (number, group) in groups.enumerated() {
      for (rank, member) in group.members.enumerated() {
        print(
          CSV.row([
            String(number + 1), group.kind.rawValue, String(rank + 1), String(member.record.id), member.record.path,
            String(format: "%.6f", member.score), member.relation.words.joined(separator: ";"),
            String(member.fileCount), String(member.versionCount), String(member.record.width),
            String(member.record.height), String(member.record.byteCount), member.unchecked ?? "",
          ]))
      }
    }
  }
}

/// Groups of duplicates for people: a section for each kind.
struct DuplicatesReport {
  private let groups: [DuplicateGroup]
  private let kinds: Set<DuplicateKind>
  private let threshold: Float

  init(_ groups: [DuplicateGroup], kinds: Set<DuplicateKind>, threshold: Float) {
    self.groups = groups
    self.kinds = kinds
    self.threshold = threshold
  }

  func show() {
    for kind in DuplicateKind.allCases where kinds.contains(kind) {
      let own = groups.filter { $0.kind == kind }
      guard !own.isEmpty else { continue }
      print("\(Self.title(kind))\n")
      for group in own { show(group) }
    }
    guard !groups.isEmpty else {
      print(kinds == [.lookAlike] ? "No look-alikes at a threshold of \(threshold)." : "No duplicates.")
      return
    }
    for kind in DuplicateKind.allCases where kinds.contains(kind) {
      let own = groups.filter { $0.kind == kind }
      let spare = own.reduce(0) { $0 + $1.members.count - 1 }
      if !own.isEmpty {
        print(
          "\(Self.title(kind)): \(Terminal.plural(own.count, "group")), \(Terminal.plural(spare, "image")) more than one of each"
        )
      }
    }
    let unchecked = Set(groups.flatMap(\.members).filter { $0.unchecked != nil }.map(\.record.id)).count
    if unchecked > 0 {
      print("\(Terminal.plural(unchecked, "picture")) could not be compared, and may be more than alike")
    }
  }

  private static func title(_ kind: DuplicateKind) -> String {
    switch kind {
    case .identical: "Same bytes"
    case .same: "Same picture"
    case .lookAlike: "Look alike"
    }
  }

  private func show(_ group: DuplicateGroup) {
    let lines = group.members.enumerated().map { rank, member in
      [
        rank == 0 ? "" : note(member, group.kind), "\(member.record.width) × \(member.record.height)",
        Terminal.bytes(member.record.byteCount), Terminal.path(member.record.path) + remark(member, group.kind),
      ]
    }
    let widths = (0..<3).map { column in lines.map { $0[column].count }.max() ?? 0 }
    for line in lines {
      var text = "  "
      for column in 0..<3 where widths[column] > 0 {
        text += line[column].padding(toLength: widths[column], withPad: " ", startingAt: 0) + "  "
      }
      print(text + line[3])
    }
    print("")
  }

  private func note(_ member: DuplicateGroup.Member, _ kind: DuplicateKind) -> String {
    switch kind {
    case .identical: ""
    case .same: member.relation.words.joined(separator: ", ")
    case .lookAlike: String(format: "%.3f", member.score)
    }
  }

  private func remark(_ member: DuplicateGroup.Member, _ kind: DuplicateKind) -> String {
    var remarks: [String] = []
    if kind == .lookAlike, member.versionCount > 1 { remarks.append("\(member.versionCount) versions") }
    if kind != .identical, member.fileCount > 1 { remarks.append("\(member.fileCount) files") }
    if let reason = member.unchecked { remarks.append("not compared: \(Terminal.printable(reason))") }
    return remarks.isEmpty ? "" : "  (\(remarks.joined(separator: "; ")))"
  }
}
