import Foundation
import Inference

/// What `kindred doctor` found.
public struct DoctorReport: Sendable, Codable {
  public enum State: String, Sendable, Codable { case good, note, bad }
  public struct Finding: Sendable, Codable {
    public var state: State
    public var text: String
  }
  public struct Section: Sendable, Codable {
    public var title: String
    public var findings: [Finding]
  }
  public var sections: [Section]
  /// Whether nothing is bad.
  public var isHealthy: Bool

  init(sections: [Section]) {
    self.sections = sections
    isHealthy = !sections.contains { $0.findings.contains { $0.state == .bad } }
  }
}

/// Examines the machine, the libraries, the models and a collection.
public struct Doctor {
  let indexFolder: String
  let collectionDirectory: String
  let openBLASNote: String?

  /// - Parameters:
  ///   - indexFolder: the folder whose disk must have room.
  ///   - collectionDirectory: the collection to examine, if one is there.
  ///   - openBLASNote: what the program found out about OpenBLAS when it started; `nil` for nothing amiss.
  public init(indexFolder: String, collectionDirectory: String, openBLASNote: String?) {
    self.indexFolder = indexFolder
    self.collectionDirectory = collectionDirectory
    self.openBLASNote = openBLASNote
  }

  public func examine() -> DoctorReport {
    DoctorReport(sections: [machine(), libraries(), checks(), models(), collection()])
  }

  private func machine() -> DoctorReport.Section {
    let information = ProcessInfo.processInfo
    let memory = Double(information.physicalMemory) / 1e9
    return .init(
      title: "Machine",
      findings: [
        .init(state: .good, text: "kindred \(kindredVersion)"),
        .init(state: .good, text: "processor: \(LibraryInfo.processorModel)"),
        .init(state: .good, text: "features: \(Self.processorFeatures())"),
        .init(
          state: .good,
          text: "\(information.activeProcessorCount) processors, \(String(format: "%.1f", memory)) GB of memory"),
      ])
  }

  /// The vector instructions that matter to the libraries.
  static func processorFeatures() -> String {
    let wanted = [
      "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile", "asimd",
      "asimddp",
    ]
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
    let flags = Set(line?.split(separator: " ").map(String.init) ?? [])
    let found = wanted.filter(flags.contains)
    return found.isEmpty ? "not known" : found.joined(separator: " ")
  }

  private func libraries() -> DoctorReport.Section {
    let libraries = [LibraryInfo.oneDNN, LibraryInfo.openBLAS]
    var findings = libraries.map { library in
      DoctorReport.Finding(
        state: .good,
        text: "\(library.name) \(library.version), for \(library.processor), \(library.threads) threads"
          + (library.configuration.isEmpty ? "" : " (\(library.configuration))"))
    }
    findings.append(.init(state: .good, text: "SQLite \(Self.sqliteVersion)"))
    return .init(title: "Libraries", findings: findings)
  }

  private func checks() -> DoctorReport.Section {
    var findings: [DoctorReport.Finding] = []
    if let openBLASNote { findings.append(.init(state: .note, text: openBLASNote)) }
    do {
      let results = try SelfCheck.run()
      let failed = results.filter { !$0.passed }
      for result in failed {
        findings.append(
          .init(state: .bad, text: "\(result.name): off by \(result.largestRelativeError) of the sum of magnitudes"))
      }
      let worst = results.map(\.largestRelativeError).max() ?? 0
      findings.append(
        .init(
          state: failed.isEmpty ? .good : .bad,
          text: "\(results.count - failed.count) of \(results.count) products and convolutions agree with plain loops "
            + "(largest relative error \(String(format: "%.1e", worst)))"))
    } catch {
      findings.append(.init(state: .bad, text: "the libraries can't be checked: \(error)"))
    }
    return .init(title: "Arithmetic", findings: findings)
  }

  private func models() -> DoctorReport.Section {
    let store = ModelStore()
    var findings: [DoctorReport.Finding] = []
    for listing in store.list() {
      guard let path = listing.path, let recorded = listing.sha256 else { continue }
      do {
        let seen = ContentHash.hexString(try ContentHash.sha256(fileAt: path))
        findings.append(
          seen == recorded
            ? .init(state: .good, text: "\(listing.name): SHA-256 \(seen.prefix(12))… as recorded")
            : .init(
              state: .bad,
              text: "\(listing.name): SHA-256 is \(seen), recorded was \(recorded); fetch or import it again"))
      } catch {
        findings.append(.init(state: .bad, text: "\(listing.name): \(error)"))
      }
    }
    if findings.isEmpty {
      findings.append(.init(state: .note, text: "no model in \(store.directory); run: kindred model fetch default"))
    }
    return .init(title: "Models", findings: findings)
  }

  private func collection() -> DoctorReport.Section {
    var findings: [DoctorReport.Finding] = []
    if Collection.exists(at: collectionDirectory) {
      do {
        let collection = try Collection(at: collectionDirectory, kind: nil)
        let statistics = try CollectionStatistics(collection)
        findings.append(
          .init(
            state: .good,
            text: "\(collectionDirectory): "
              + (statistics.settings.model.map { "\(statistics.images) images, model \($0.name)" }
                ?? "\(statistics.images) vectors")))
        let report = try Verifier(collection, hashesFiles: false).run()
        let serious = report.problems.filter { $0.kind != .missingFile && $0.kind != .changedFile }
        for problem in serious.prefix(5) {
          findings.append(.init(state: .bad, text: "\(problem.place): \(problem.description)"))
        }
        if serious.count > 5 {
          findings.append(.init(state: .bad, text: "and \(serious.count - 5) more; run: kindred verify"))
        }
        let stale = report.problems.count - serious.count
        if stale > 0 {
          findings.append(.init(state: .note, text: "\(stale) files are gone or changed; run: kindred index"))
        }
        if report.isSound { findings.append(.init(state: .good, text: "rows, features and graph agree")) }
      } catch {
        findings.append(.init(state: .bad, text: "\(error)"))
      }
    } else {
      findings.append(.init(state: .note, text: "no collection at \(collectionDirectory)"))
    }
    if let free = Self.freeBytes(at: indexFolder) {
      let text = "\(String(format: "%.1f", Double(free) / 1e9)) GB free on the index's disk"
      findings.append(.init(state: free < 500_000_000 ? .bad : .good, text: text))
    }
    return .init(title: "Collection", findings: findings)
  }

  /// Free bytes for this user at a folder, or at the nearest one above it that exists.
  private static func freeBytes(at folder: String) -> Int64? {
    var path = (folder as NSString).isAbsolutePath ? folder : FileManager.default.currentDirectoryPath + "/" + folder
    while !FileManager.default.fileExists(atPath: path), path != "/" {
      path = (path as NSString).deletingLastPathComponent
    }
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
  }
}
