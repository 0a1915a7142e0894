import Foundation
import Testing

@testable import Kindred

@Suite struct WriterLockTests {
  /// A refused lock must leave the descriptors of other threads alone: it once emptied and closed a file that another
  /// thread had opened in the same moment.
  @Test func aRefusedLockTouchesNoOtherFile() throws {
    let sandbox = try Sandbox()
    let path = sandbox.root + "/.lock"
    let held = try WriterLock(path: path)
    let refusing = Thread {
      while !Thread.current.isCancelled { _ = try? WriterLock(path: path) }
    }
    refusing.start()
    defer { refusing.cancel() }
    let other = sandbox.root + "/other"
    for round in 0..<4_000 {
      let descriptor = open(other, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      #expect(descriptor >= 0)
      #expect(write(descriptor, "kept", 4) == 4)
      var status = stat()
      #expect(fstat(descriptor, &status) == 0 && status.st_size == 4, "round \(round)")
      #expect(close(descriptor) == 0, "round \(round)")
    }
    withExtendedLifetime(held) {}
  }
}
