import Foundation
import Testing

@testable import KindredServer

@Suite struct PartsTests {
  @Test(arguments: [
    ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("[::1]", true),
    ("app.localhost", true), ("0.0.0.0", false), ("127.0.0.1.example.org", false), ("127.0.0", false), ("", false),
    ("10.0.0.1", false), ("localhost.example.org", false), ("127.0.0.256", false),
  ])
  func loopback(_ host: String, _ expected: Bool) { #expect(HostName.isLoopback(host) == expected) }

  @Test(arguments: [
    ("localhost:8080", "localhost"), ("[::1]:80", "::1"), ("Example.ORG", "example.org"), ("a.b:1", "a.b"),
  ])
  func authority(_ text: String, _ host: String) { #expect(HostName.host(ofAuthority: text) == host) }

  @Test func tokensRunOutAndComeBack() {
    let limiter = RateLimiter(rate: 2, burst: 3)
    let start = ContinuousClock.now
    for _ in 0..<3 { #expect(limiter.take("a", now: start) == nil) }
    #expect(limiter.take("a", now: start) == 1)
    #expect(limiter.take("b", now: start) == nil)
    #expect(limiter.take("a", now: start + .seconds(0.6)) == nil)
    #expect(limiter.take("a", now: start + .seconds(0.6)) != nil)
  }

  @Test func strangersDoNotFillTheTable() {
    let limiter = RateLimiter(rate: 1, burst: 2, capacity: 100)
    for number in 0..<5_000 { _ = limiter.take("\(number)") }
    for _ in 0..<2 { _ = limiter.take("last") }
    #expect(limiter.take("last") != nil)
  }

  @Test func pathsAreNoticed() {
    #expect(PathScrubber.namesPath("can't open /srv/photos/x.jpg"))
    #expect(PathScrubber.namesPath("'/etc'"))
    #expect(PathScrubber.namesPath("~/x"))
    #expect(!PathScrubber.namesPath("image/jpeg and 3/4"))
    #expect(PathScrubber.sentence("the file ends early") == "The file ends early.")
    #expect(PathScrubber.sentence("no /x") == nil)
  }

  @Test func entityTags() {
    #expect(EntityTag.matches("\"a\"", "\"a\""))
    #expect(EntityTag.matches("\"b\", W/\"a\" ", "\"a\""))
    #expect(EntityTag.matches("*", "\"a\""))
    #expect(!EntityTag.matches("\"b\"", "\"a\""))
    #expect(!EntityTag.matches(nil, "\"a\""))
  }

  @Test func poolRefusesWhatComesPastItsBound() async throws {
    let pool = WorkPool(name: "test", threads: 1, capacity: 2)
    let gate = DispatchSemaphore(value: 0)
    let isHeld = Flag()
    let first = Task {
      try await pool.run {
        isHeld.isSet = true
        gate.wait()
      }
    }
    while !isHeld.isSet { try await Task.sleep(for: .milliseconds(5)) }
    let waiting = (0..<2).map { number in Task { try await pool.run { number } } }
    while pool.waiting < 2 { try await Task.sleep(for: .milliseconds(5)) }
    let problem = await #expect(throws: ServerProblem.self) { try await pool.run { 0 } }
    #expect(problem?.code == "overloaded")
    // A caller that gives up goes on at once, though its work has not begun.
    waiting[0].cancel()
    await #expect(throws: CancellationError.self) { try await waiting[0].value }
    gate.signal()
    try await first.value
    #expect(try await waiting[1].value == 1)
  }

  @Test func watchdogCancels() async throws {
    let watchdog = Watchdog()
    let problem = await #expect(throws: ServerProblem.self) {
      try await watchdog.limit(seconds: 0.1) { try await Task.sleep(for: .seconds(20)) }
    }
    #expect(problem?.code == "timeout")
    #expect(try await watchdog.limit(seconds: 5) { 7 } == 7)
    watchdog.stop()
  }
}
