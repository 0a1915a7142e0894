import Foundation
import Testing

@testable import Inference

@Suite struct SafetyTests {
  @Test func selfCheckPasses() throws {
    let results = try SelfCheck.run()
    #expect(results.count > 40)
    for result in results { #expect(result.passed, "\(result)") }
  }

  @Test func librariesAreKnown() {
    let oneDNN = LibraryInfo.oneDNN
    #expect(oneDNN.version.hasPrefix("2.") || oneDNN.version.hasPrefix("3."))
    #expect(oneDNN.threads >= 1)
    let openBLAS = LibraryInfo.openBLAS
    #expect(openBLAS.version.contains("."))
    #expect(openBLAS.threads >= 1)
    #expect(!openBLAS.processor.isEmpty)
    #expect(OpenBLASSafety.cacheKey.contains(openBLAS.version))
    #expect(!OpenBLASSafety.cacheKey.contains("\n"))
  }

  @Test func rightProductsAreTakenForRight() { #expect(OpenBLASSafety.computesCorrectly()) }

  /// In a process of its own, since others compute in this one.
  @Test func endedThreadsComeBackForLargeProducts() async {
    await #expect(processExitsWith: .success) {
      func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
      let before = try threads()
      OpenBLASThreads.endIdle()
      let after = try threads()
      #expect(after < before || LibraryInfo.openBLAS.threads == 1)
      #expect(OpenBLASSafety.computesCorrectly())
      #expect(try threads() > after || LibraryInfo.openBLAS.threads == 1)
      // Again, and where there are none.
      OpenBLASThreads.endIdle()
      OpenBLASThreads.endIdle()
      #expect(OpenBLASSafety.computesCorrectly())
    }
  }

  /// What wrong kernels do: forget a part of the sum, the border, or write nothing.
  @Test func wrongProductsAreFound() {
    let forgetsTail: ProductCase.Multiply = { check, a, b, output in
      ProductCase.sgemm(check, a, b, &output)
      if check.inner > 64 { for index in output.indices { output[index] *= 0.999 } }
    }
    let forgetsBorder: ProductCase.Multiply = { check, a, b, output in
      ProductCase.sgemm(check, a, b, &output)
      for row in 0..<check.rows where check.columns % 8 != 0 { output[(row + 1) * check.columns - 1] = 0 }
    }
    let writesNothing: ProductCase.Multiply = { check, a, b, output in
      if check.columns > 1 { ProductCase.sgemm(check, a, b, &output) }
    }
    for wrong in [forgetsTail, forgetsBorder, writesNothing] {
      #expect(!OpenBLASSafety.computesCorrectly(multiply: wrong))
    }
  }

  @Test func firstCoreTypeThatHelpsIsTaken() {
    #expect(OpenBLASSafety.probeAll { _ in nil } == .correct)
    #expect(OpenBLASSafety.probeAll { $0 == nil ? "is wrong" : nil } == .replaced(coreType: "SkylakeX"))
    #expect(OpenBLASSafety.probeAll { $0 == "Zen" ? nil : "crashes" } == .replaced(coreType: "Zen"))
    #expect(
      OpenBLASSafety.probeAll { _ in "crashes" }
        == .broken(reason: "OpenBLAS crashes, whichever of its kernels is chosen"))
  }

  @Test func childrenTellTheirEnd() {
    func run(_ script: String, _ environment: [String: String?] = [:], seconds: Double = 20) -> ChildProcess.Outcome {
      ChildProcess.run("/bin/sh", ["-c", script], environment: environment, seconds: seconds)
    }
    #expect(run("exit 0") == .exited(0))
    #expect(run("exit 7") == .exited(7))
    #expect(run("kill -ILL $$") == .crashed(signal: SIGILL))
    #expect(run("exec sleep 60", seconds: 0.05) == .tookTooLong)
    #expect(run("test \"$KINDRED_TEST\" = yes", ["KINDRED_TEST": "yes"]) == .exited(0))
    #expect(run("test -z \"$PATH_OF_NOTHING$KINDRED_TEST\"", ["KINDRED_TEST": nil]) == .exited(0))
    let missing = ChildProcess.run("/no/such/program", [], environment: [:], seconds: 1)
    #expect(missing == .couldNotStart(error: ENOENT))
    #expect(OpenBLASSafety.complaint(from: .exited(0)) == nil)
    for outcome in [.exited(1), .crashed(signal: 4), .tookTooLong, missing] as [ChildProcess.Outcome] {
      #expect(OpenBLASSafety.complaint(from: outcome) != nil)
    }
  }

  @Test func verdictsAreKept() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("verdict").path
    #expect(VerdictCache.read(path, key: "a") == nil)
    VerdictCache.write(path, key: "a", .replaced(coreType: "Zen"))
    #expect(VerdictCache.read(path, key: "a") == .replaced(coreType: "Zen"))
    #expect(VerdictCache.read(path, key: "b") == nil)
    VerdictCache.write(path, key: "b", .correct)
    #expect(VerdictCache.read(path, key: "b") == .correct)
    VerdictCache.write(path, key: "c", .broken(reason: "x"))
    #expect(VerdictCache.read(path, key: "c") == nil)
    // Only known core types go into the environment.
    try Data("a\nZen; rm\n".utf8).write(to: folder.appendingPathComponent("verdict"))
    #expect(VerdictCache.read(path, key: "a") == nil)
    VerdictCache.write("/no/such/folder/verdict", key: "a", .correct)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["verdict"])
  }
}
