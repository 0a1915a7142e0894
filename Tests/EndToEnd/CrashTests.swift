import Foundation
import Testing

/// `kill -9` and Ctrl-C at any instant.
@Suite(.enabled(if: SharedData.isPresent && SharedData.home != nil), .serialized) struct CrashTests {
  static let seed = UInt64(ProcessInfo.processInfo.environment["KINDRED_TEST_SEED"] ?? "") ?? 20_261_124

  /// What a collection holds, without identifiers and rows: path, hash, labels and feature of every image.
  private func contents(_ program: Program) throws -> [String: (facts: [String], feature: [Float])] {
    try program.succeed("export", "features.npy", "--normalize")
    let csv = try String(contentsOfFile: program.folder + "/features.npy.csv", encoding: .utf8)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: program.folder + "/features.npy"))
    let rows = csv.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let numbers = bytes.dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let dimension = rows.isEmpty ? 0 : numbers.count / rows.count
    var found: [String: (facts: [String], feature: [Float])] = [:]
    for (index, row) in rows.enumerated() {
      found[row[2]] = (Array(row[3...]), Array(numbers[(index * dimension)..<((index + 1) * dimension)]))
    }
    return found
  }

  @Test func killedAtTwentyRandomInstants() throws {
    print("seed \(Self.seed)")
    var state = Self.seed
    func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53)
    }
    let reference = try Program()
    let start = ContinuousClock.now
    try reference.succeed("index", SharedData.photos, "--recipe", "fast")
    var seconds = (ContinuousClock.now - start) / .seconds(1)
    let wanted = try contents(reference)
    #expect(wanted.count == 500)

    var kills = 0
    var finished = 0
    while kills < 20, finished < 60 {
      let program = try Program()
      // Several kills on the way to one collection, and some collections killed but once.
      let rounds = 1 + Int(random() * 4)
      for _ in 0..<rounds {
        let process = try program.start(
          ["index", SharedData.photos, "--recipe", "fast"], output: FileHandle.nullDevice, errors: FileHandle.nullDevice
        )
        Thread.sleep(forTimeInterval: seconds * random())
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        if process.terminationReason == .uncaughtSignal {
          kills += 1
        } else {
          // The machine is quicker now, or less was left to do.
          finished += 1
          if rounds == 1 { seconds *= 0.8 }
        }
      }
      try program.succeed("index", SharedData.photos, "--recipe", "fast")
      let verify = try program.run("verify")
      #expect(verify.status == 0, "\(verify.output)")
      let found = try contents(program)
      #expect(found.count == wanted.count)
      for (path, (facts, feature)) in found {
        #expect(facts == wanted[path]?.facts)
        let other = wanted[path]?.feature ?? []
        // Batches are put together anew, and a batch's size may change the order of a sum, and so to which side a number
        // is rounded: half precision has steps of a thousandth.
        let isSame = zip(feature, other).allSatisfy { abs($0 - $1) <= 1.1e-3 * max(abs($0), abs($1)) + 1e-4 }
        #expect(feature.count == other.count && isSame, "\(path)")
      }
    }
    #expect(kills >= 20)
  }

  @Test func controlCKeepsWhatIsDone() throws {
    let program = try Program()
    let process = try program.start(
      ["index", SharedData.photos, "--recipe", "fast"], output: FileHandle.nullDevice, errors: FileHandle.nullDevice)
    Thread.sleep(forTimeInterval: 1.2)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    // On a fast machine it may be done by then.
    #expect([130, 0].contains(process.terminationStatus))
    #expect(try program.succeed("verify").output.contains("all sound"))
    let summary = try program.json("index", SharedData.photos, "--recipe", "fast", "--json")
    #expect(summary["total"] as? Int == 500)
  }

  @Test func memoryStaysBounded() throws {
    for model in ["default", SharedData.model("resnet18"), SharedData.model("resnet50")] {
      let program = try Program()
      let process = try program.start(
        ["index", SharedData.photos, "--recipe", "fast", "--model", model], output: FileHandle.nullDevice,
        errors: FileHandle.nullDevice)
      var peak = 0
      while process.isRunning {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        if let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
          let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
          peak = max(peak, kilobytes)
        }
        Thread.sleep(forTimeInterval: 0.05)
      }
      #expect(process.terminationStatus == 0)
      #expect(peak > 0 && peak <= 1_500_000, "\(model): \(peak) kB")
      print("peak memory of indexing with \((model as NSString).lastPathComponent): \(peak / 1000) MB")
    }
  }
}
