import Dispatch
import Testing

@testable import Kindred

@Suite struct AheadTests {
  private struct Failure: Error, Equatable {}

  @Test func givesTheResultAsOftenAsItIsAskedFor() throws {
    let work = Ahead(on: DispatchQueue(label: "test")) { 7 }
    #expect(try work.wait() == 7)
    #expect(try work.wait() == 7)
  }

  @Test func givesTheError() {
    let work = Ahead<Int>(on: DispatchQueue(label: "test")) { throw Failure() }
    #expect(throws: Failure()) { try work.wait() }
    #expect(throws: Failure()) { try work.wait() }
  }

  @Test func doesOnePieceAfterTheOtherOnASerialQueue() throws {
    let queue = DispatchQueue(label: "test")
    let gate = DispatchSemaphore(value: 0)
    let first = Ahead(on: queue) { gate.wait() }
    let second = Ahead(on: queue) { DispatchTime.now() }
    let opened = DispatchTime.now()
    gate.signal()
    try first.wait()
    #expect(try second.wait() >= opened)
  }
}
