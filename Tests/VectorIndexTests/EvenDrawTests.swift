import Testing

@testable import VectorIndex

@Suite struct EvenDrawTests {
  @Test func drawsEvenly() {
    #expect((0..<9).evenlyDrawn(3) == [0, 3, 6])
    #expect((0..<6).evenlyDrawn(4) == [0, 1, 3, 4])
    #expect((0..<3).evenlyDrawn(9) == [0, 1, 2])
    #expect((0..<3).evenlyDrawn(0).isEmpty)
    #expect((0..<0).evenlyDrawn(3).isEmpty)
    // A part of a list counts from where it starts.
    #expect(["a", "b", "c", "d", "e"].dropFirst().evenlyDrawn(2) == ["b", "d"])
  }
}
