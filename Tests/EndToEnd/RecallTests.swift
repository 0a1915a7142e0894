import Foundation
import Testing
import VectorIndex

@testable import Kindred

/// The graph against exact search on real features, at the default settings. So few images are searched exactly by
/// themselves; the graph is built all the same.
@Suite(.enabled(if: SharedData.isPresent && SharedData.home != nil), .serialized) struct RecallTests {
  @Test(arguments: ["default", "resnet18", "resnet50"])
  func recallAtTenIsHigh(_ name: String) throws {
    let program = try Program()
    let model = name == "default" ? name : SharedData.model(name)
    for (set, folder) in [("photos", SharedData.photos), ("sample", SharedData.sample)] {
      try program.succeed("index", folder, "--collection", set, "--model", model)
      let collection = try Collection(at: program.folder + "/index/" + set)
      do { try CollectionWriter(collection).updateGraph(force: true) }
      let moment = try collection.moment()
      let embeddings = try collection.embeddings(at: moment)
      let graph = try #require(try collection.graph(at: moment))
      var found = 0
      var wanted = 0
      for row in try collection.read({ try Collection.liveRows($0) }) {
        let query = embeddings.row(row)
        let exact = Set(embeddings.exactNeighbors(of: query, top: 10).map(\.row))
        let near = try #require(
          try graph.neighbors(of: query, top: 10, depth: .standard, embeddings: embeddings))
        found += exact.intersection(near.map(\.row)).count
        wanted += exact.count
      }
      let recall = Double(found) / Double(wanted)
      print("recall@10 of \(name) on \(set): \(recall)")
      #expect(recall >= 0.995, "\(name) on \(set)")
    }
  }
}
