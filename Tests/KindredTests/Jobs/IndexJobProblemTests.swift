import Foundation
import Testing

@testable import Kindred

@Suite struct IndexJobProblemTests {
  @Test func filesOfTheServerAreNotNamed() throws {
    let sandbox = try Sandbox()
    let roots = try AllowedRoots([sandbox.pictures])
    func problem(_ place: String?) -> IndexJob.Problem {
      IndexJob.Problem(
        KindredError(.unwritable, place: place, reason: "the disk is full"), roots: roots, index: "private/index")
    }
    for place in ["private/index/a/collection.sqlite", "/srv/private/index/a/collection.sqlite", "../private/x"] {
      #expect(problem(place).reason == "the disk is full")
    }
    #expect(problem(nil).reason == "the disk is full")
    #expect(problem("animals").reason == "animals: the disk is full")
    #expect(problem("\(sandbox.pictures)/cats/1.jpg").reason == "pictures/cats/1.jpg: the disk is full")
    #expect(problem("animals").code == "unwritable")
  }
}
