import Foundation
import Kindred
import Testing

@testable import KindredServer

@Suite struct SuggestionRouteTests {
  private let path = "/v1/collections/default/suggestions"
  /// Pictures whose label a person has given, and in all, of each of two kinds.
  private static let (labelled, count) = (12, 18)

  /// A collection of red and green pictures, two thirds of which are labelled.
  private func gallery() async throws -> Gallery {
    let gallery = try await Gallery(isFilled: false)
    for hue in 0..<2 {
      for number in 0..<Self.count {
        try Data(Picture.jpeg(hue: hue, variant: number)).write(
          to: URL(fileURLWithPath: "\(gallery.sandbox.photos)/\(hue)-\(number).jpg"))
      }
    }
    let folder = gallery.server.services.folder
    let member = try folder.create(name: "default", model: "tiny")
    try folder.write(to: member) { writer in
      var options = IndexOptions()
      options.labels = []
      let indexer = Indexer(writer: writer, loadModel: { try folder.model(of: member) }, options: options)
      _ = try indexer.run([gallery.sandbox.photos])
      for hue in 0..<2 {
        let ids = try ids(of: hue, in: member.collection).prefix(Self.labelled)
        _ = try writer.addLabel(hue == 0 ? "red" : "green", to: Array(ids))
      }
    }
    return gallery
  }

  private func ids(of hue: Int, in collection: Kindred.Collection) throws -> [Int64] {
    try collection.images(limit: 1000).filter {
      ($0.path as NSString).lastPathComponent.hasPrefix("\(hue)-")
    }.map(\.id)
  }

  private func suggestions(_ answer: RouterAnswer) throws -> [(label: String, confidence: Double, image: Int64)] {
    guard case .array(let values) = try answer.json["suggestions"] else { throw CocoaError(.coderReadCorrupt) }
    return try values.map { value in
      guard case .string(let label) = value["label"], case .double(let confidence) = value["confidence"],
        case .int(let id) = value["image"]?["id"]
      else { throw CocoaError(.coderReadCorrupt) }
      return (label, confidence, id)
    }
  }

  @Test func proposesAcceptsAndRejects() async throws {
    let gallery = try await gallery()
    try await gallery.server.ask { client async throws in
      let all = try await client.send(.get, path + "?min_confidence=0")
      #expect(all.status == .ok, "\(all.text)")
      let found = try suggestions(all)
      #expect(found.count > 2 && found.map(\.confidence) == found.map(\.confidence).sorted(by: >))
      #expect(try all.json["total"]?.text == "\(found.count)")
      let page = try await client.send(.get, path + "?min_confidence=0&top=1&offset=1")
      #expect(try suggestions(page).map(\.image) == [found[1].image] && page.json["total"]?.text == "\(found.count)")
      let red = try await client.send(.get, path + "?min_confidence=0&label=RED")
      #expect(try suggestions(red).map(\.image) == found.filter { $0.label == "red" }.map(\.image))
      let bound = (found[0].confidence + found[found.count - 1].confidence) / 2
      let sure = try await client.send(.get, path + "?min_confidence=\(bound)")
      #expect(try suggestions(sure).count == found.filter { $0.confidence >= bound }.count)

      let (first, second) = (found[0], found[1])
      let accepted = try await client.send(
        .post, path + "/accept", json: #"{"label":"\#(first.label)","images":[\#(first.image)]}"#)
      #expect(accepted.status == .ok && accepted.text == #"{"changed":1}"#, "\(accepted.text)")
      let image = try await client.send(.get, "/v1/collections/default/images/\(first.image)").json
      #expect(image["labels"]?.text == #"[{"name":"\#(first.label)","source":"manual","confidence":1.0}]"#)
      let reject = try await client.send(
        .post, path + "/reject", json: #"{"label":"\#(second.label)","images":[\#(second.image)]}"#)
      #expect(reject.text == #"{"changed":1}"#, "\(reject.text)")
      let left = try suggestions(await client.send(.get, path + "?min_confidence=0"))
      #expect(!left.contains { $0.image == first.image })
      #expect(!left.contains { $0.image == second.image && $0.label == second.label })
      // What is not there leaves all as it was.
      let partly = #"{"label":"red","images":[\#(found[2].image),9999]}"#
      #expect(try await client.send(.post, path + "/accept", json: partly).problem == "unknown-image")
      #expect(try await client.send(.post, path + "/reject", json: partly).problem == "unknown-image")
      let same = try await client.send(.get, "/v1/collections/default/images/\(found[2].image)").json
      #expect(same["labels"]?.text == "[]")
      let unknown = try await client.send(.get, path + "?label=rad")
      #expect(try unknown.problem == "unknown-label" && unknown.json["suggestions"]?.text == #"["red"]"#)
      #expect(unknown.status == .unprocessableContent)
      // The collection is there: not found is only what an address names.
      let rejected = try await client.send(.post, path + "/reject", json: #"{"label":"rad","images":[1]}"#)
      #expect(rejected.problem == "unknown-label" && rejected.status == .unprocessableContent)
    }
  }

  @Test func refusesWhatMakesNoSense() async throws {
    let gallery = try await Gallery()
    let reader = try gallery.sandbox.key(.reader)
    let writer = try gallery.sandbox.key(.writer)
    try await gallery.server.ask { client async throws in
      for query in ["top=0", "top=1001", "offset=-1", "min_confidence=2", "min_confidence=x", "label=", "label=%20"] {
        #expect(try await client.send(.get, "\(path)?\(query)", key: reader).problem == "invalid-request", "\(query)")
      }
      for body in [
        "{}", #"{"label":"a"}"#, #"{"images":[1]}"#, #"{"label":"a","images":[]}"#, #"{"label":"a","images":[0]}"#,
        #"{"label":"a","images":["1"]}"#, #"{"label":"a","images":[1.5]}"#, #"{"label":" ","images":[1]}"#,
        #"{"label":"a","images":[1],"more":1}"#, #"{"label":"a","images":[1e300]}"#,
      ] {
        for verb in ["accept", "reject"] {
          let answer = try await client.send(.post, "\(path)/\(verb)", key: writer, json: body)
          #expect(answer.problem == "invalid-request", "\(verb) \(body): \(answer.text)")
        }
      }
      let one = #"{"label":"red","images":[1]}"#
      #expect(try await client.send(.post, path + "/accept", key: reader, json: one).problem == "forbidden")
      #expect(try await client.send(.post, path + "/reject", key: reader, json: one).problem == "forbidden")
      _ = try gallery.server.services.folder.createVectors(name: "vectors")
      let vectors = try await client.send(.get, "/v1/collections/vectors/suggestions", key: reader)
      #expect(vectors.text == #"{"suggestions":[],"total":0,"unlabelled":0,"labels":[]}"#)
      let accept = try await client.send(.post, "/v1/collections/vectors/suggestions/accept", key: writer, json: one)
      #expect(accept.problem == "unknown-image" && accept.status == .unprocessableContent)
    }
  }
}
