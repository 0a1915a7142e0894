import Foundation
import Kindred
import Testing

@testable import KindredServer

@Suite struct SearchRouteTests {
  private let path = "/v1/collections/default/search"

  private func hits(_ answer: RouterAnswer) throws -> [JSONValue] {
    guard case .array(let hits) = try answer.json["hits"] else { throw CocoaError(.coderReadCorrupt) }
    return hits
  }

  private func ids(_ answer: RouterAnswer) throws -> [String] { try hits(answer).map { $0["id"]?.text ?? "" } }

  private func numbers(_ answer: RouterAnswer, _ field: String) throws -> [Double] {
    try hits(answer).map { hit in
      guard case .double(let number) = hit[field] else { throw CocoaError(.coderReadCorrupt) }
      return number
    }
  }

  @Test func findsByPictureInEveryWay() async throws {
    let gallery = try await Gallery()
    let record = try gallery.collection.record(id: 1)
    let known = try Array(Data(contentsOf: URL(fileURLWithPath: record.path)))
    let fresh = Picture.jpeg(hue: 0, variant: 7)
    try await gallery.server.ask { client async throws in
      let bytes = try await client.send(
        .post, "\(path)?top=3&min_score=0", headers: ["Content-Type": "image/jpeg"], body: known)
      #expect(bytes.status == .ok, "\(bytes.text)")
      #expect(try ids(bytes).count == 3 && ids(bytes).first == "1")
      let first = try #require(try hits(bytes).first)
      guard case .double(let score) = first["score"] else {
        Issue.record("no score in \(first.text)")
        return
      }
      #expect(abs(score - 1) < 1e-3 && first["match"]?.text == #""similar""#)
      guard case .double(let cosine) = first["cosine"] else {
        Issue.record("no cosine in \(first.text)")
        return
      }
      #expect(abs(cosine - 1) < 1e-3)
      #expect(try bytes.json["exact"]?.text == "true" && bytes.json["took_ms"]?["embed"]?.text == "0.0")
      let body = #"{"image":"\#(Data(fresh).base64EncodedString())","top":2,"filter":{"label":"red"}}"#
      let base64 = try await client.send(.post, path, json: body)
      #expect(try hits(base64).allSatisfy { $0["labels"]?.text.contains("red") == true })
      #expect(try base64.json["took_ms"]?["embed"]?.text != "0.0")
      #expect(gallery.server.services.metrics.registry.families.contains { $0.name == "kindred_embed_seconds" })
      let id = try await client.send(.post, path, json: #"{"id":1,"exact":true,"min_score":0}"#)
      #expect(try ids(id).count == 5 && !ids(id).contains("1"))
      let page = try await client.send(.post, path, json: #"{"id":1,"offset":2,"top":2.0,"min_score":0}"#)
      #expect(try ids(page) == Array(ids(id)[2..<4]))
    }
  }

  @Test func findsByLabelVectorAndExamples() async throws {
    let gallery = try await Gallery()
    let vector = try gallery.collection.features(ids: [2])[0].vector
    try await gallery.server.ask { client async throws in
      let label = try await client.send(.post, path, json: #"{"label":"RED","top":4,"min_score":0}"#)
      #expect(try label.json["label"]?.text == #""red""# && label.json["labelled"]?.text == "3")
      #expect(try hits(label).map { $0["match"]?.text ?? "" }.filter { $0.contains("labelled") }.count == 3)
      let unknown = try await client.send(.post, path, json: #"{"label":"rad"}"#)
      #expect(unknown.problem == "unknown-label")
      #expect(try unknown.json["suggestions"]?.text == #"["red"]"#)
      let text = JSONValue.array(vector.map(JSONValue.float)).text
      #expect(try ids(await client.send(.post, path, json: #"{"vector":\#(text),"top":1,"level":0}"#)) == ["2"])
      let both = try await client.send(
        .post, path, json: #"{"positives":[{"id":1},{"vector":\#(text)}],"negatives":[{"id":4}],"min_score":0}"#)
      #expect(try both.status == .ok && !ids(both).contains("4"))
      #expect(try await client.send(.post, path, json: #"{"positives":[{"id":77}]}"#).problem == "unknown-image")
      #expect(try await client.send(.post, path, json: #"{"vector":[1,2]}"#).problem == "dimension-mismatch")
      let cancelling = #"{"positives":[{"id":1}],"negatives":[{"vector":\#(text)},{"id":2}]}"#
      #expect(try await client.send(.post, path, json: cancelling).status == .ok)
    }
  }

  @Test(arguments: [
    "{}", "null", #"{"id":1,"label":"a"}"#, #"{"id":"1"}"#, #"{"id":true}"#, #"{"id":1,"top":0}"#,
    #"{"id":1,"top":1001}"#, #"{"id":1,"top":true}"#, #"{"id":1,"top":null}"#, #"{"id":1,"offset":-1}"#,
    #"{"id":1,"min_score":2}"#, #"{"id":1,"min_score":"0"}"#, #"{"id":1,"level":6}"#, #"{"id":1,"rerank":1}"#,
    #"{"id":1,"exact":"true"}"#, #"{"id":1,"filter":[]}"#, #"{"id":1,"filter":{"labels":"a"}}"#,
    #"{"id":1,"filter":{"format":"gif"}}"#, #"{"id":1,"filter":{"after":"x"}}"#, #"{"vector":[]}"#,
    #"{"vector":[1,"2"]}"#, #"{"positives":[]}"#, #"{"positives":[{}]}"#,
    #"{"positives":[{"id":1,"vector":[1]}]}"#, #"{"positives":[{"path":"a"}]}"#, #"{"positives":1}"#,
    #"{"image":"?"}"#, #"{"image":"aGk"}"#, #"{"label":""}"#, #"{"id":1,"unknown":2}"#, #"{"id":NaN}"#,
    #"{"negatives":[{"id":1}]}"#,
  ])
  func refusesWrongSearches(_ body: String) async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let answer = try await client.send(.post, path, json: body)
      #expect(answer.problem == "invalid-request", "\(body): \(answer.text)")
    }
  }

  @Test func whatIsNoMoreAlikeThanChanceIsHidden() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let all = try await client.send(.post, path, json: #"{"id":1,"min_score":0}"#)
      let (scores, cosines) = (try numbers(all, "score"), try numbers(all, "cosine"))
      #expect(try scores.count == 5 && all.json["more_below_min_score"]?.text == "false")
      #expect(scores == scores.sorted(by: >) && cosines == cosines.sorted(by: >))
      #expect(scores.allSatisfy { (0...1).contains($0) } && cosines.allSatisfy { (-1...1).contains($0) })
      #expect(try ids(await client.send(.post, path, json: #"{"id":1,"min_score":-1}"#)) == ids(all))
      // What the default leaves out is what a bound of 0.5 does.
      let usual = try await client.send(.post, path, json: #"{"id":1}"#)
      let half = try await client.send(.post, path, json: #"{"id":1,"min_score":0.5}"#)
      #expect(try ids(usual) == ids(half) && ids(usual).count == scores.filter { $0 >= 0.5 }.count)
      let bound = (scores[1] + scores[2]) / 2
      for query in ["?min_score=\(bound)", "?min_score=0"] {
        let body = query.hasSuffix("=0") ? #"{"id":1,"min_score":\#(bound)}"# : #"{"id":1}"#
        let part = try await client.send(.post, path + query, json: body)
        #expect(try ids(part) == Array(ids(all)[..<2]) && part.json["more_below_min_score"]?.text == "true")
      }
      // What carries the label is shown, however unlike.
      let label = try await client.send(.post, path, json: #"{"label":"red","min_score":1}"#)
      #expect(try hits(label).map { $0["match"]?.text } == Array(repeating: #""labelled""#, count: 3))
      #expect(try label.json["more_below_min_score"]?.text == "true")
    }
  }

  @Test func queriesAreCheckedBesideABody() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      for query in ["top=0", "min_score=nan", "min_score=inf", "level=6", "rerank=1", "exact=yes", "offset=1&offset=2"]
      {
        #expect(try await client.send(.post, "\(path)?\(query)", json: #"{"id":1}"#).problem == "invalid-request")
      }
      let both = try await client.send(.post, "\(path)?top=4&min_score=0", json: #"{"id":1,"top":2}"#)
      #expect(try ids(both).count == 2)
    }
  }

  @Test func searchesVectorsToo() async throws {
    let gallery = try await Gallery(isFilled: false)
    let folder = gallery.server.services.folder
    let member = try folder.createVectors(name: "default")
    try folder.write(to: member) { writer in
      try writer.insert([
        NewVector(vector: [1, 0], metadata: #"{"text":"a cat"}"#), NewVector(vector: [0, 1], metadata: "\"dog\""),
      ])
    }
    try await gallery.server.ask { client async throws in
      let answer = try await client.send(.post, path, json: #"{"vector":[2,1]}"#)
      #expect(try ids(answer) == ["0", "1"])
      // Scores of vectors are cosines, and none is hidden.
      #expect(try hits(answer).allSatisfy { $0["cosine"] == nil } && answer.json["more_below_min_score"] == nil)
      #expect(try ids(await client.send(.post, path, json: #"{"vector":[1,-0.1]}"#)) == ["0", "1"])
      #expect(try ids(await client.send(.post, path, json: #"{"vector":[1,-0.1],"min_score":0}"#)) == ["0"])
      #expect(try hits(answer)[0]["metadata"]?.text == #"{"text":"a cat"}"#)
      #expect(try ids(await client.send(.post, path, json: #"{"id":1,"top":1}"#)) == ["0"])
      let apart = #"{"positives":[{"vector":[1,1]}],"negatives":[{"id":0}]}"#
      #expect(try ids(await client.send(.post, path, json: apart)) == ["1"])
      #expect(try await client.send(.post, path, json: #"{"id":2}"#).problem == "unknown-entry")
      #expect(try ids(await client.send(.post, path, json: #"{"label":"cat"}"#)) == ["0"])
      #expect(try await client.send(.post, path, json: #"{"vector":[1,2,3]}"#).problem == "dimension-mismatch")
      #expect(try await client.send(.post, path, json: #"{"vector":[0,0]}"#).problem == "no-direction")
      #expect(try await client.send(.post, path, json: #"{"vector":[1e39,0]}"#).problem == "no-direction")
      #expect(try await client.send(.post, path, json: #"{"id":5}"#).status == .unprocessableContent)
      #expect(
        try await client.send(.post, path, headers: ["Content-Type": "image/jpeg"], body: [1]).problem
          == "invalid-request"
      )
      #expect(try await client.send(.get, "/v1/collections/default/images").json["images"]?.text == "[]")
      #expect(try await client.send(.get, "/v1/collections/default/labels").json["labels"]?.text == "[]")
      #expect(try await client.send(.get, "/v1/collections/default/images/1").problem == "unknown-image")
      let image = Picture.jpeg(hue: 1, variant: 1)
      let add = try await client.send(
        .post, "/v1/collections/default/images", headers: ["Content-Type": "image/jpeg"], body: image)
      #expect(add.problem == "read-only")
    }
  }

  @Test func drawsTheMap() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let map = try await client.send(.get, "/v1/collections/default/map").json
      #expect(map["total"]?.text == "6" && map["ids"]?.text == "[1,2,3,4,5,6]")
      let part = try await client.send(.get, "/v1/collections/default/map?limit=2").json
      guard case .array(let x) = part["x"], case .array(let y) = part["y"] else {
        Issue.record("no places")
        return
      }
      #expect(x.count == 2 && y.count == 2)
      // A change shows at once.
      #expect(try await client.send(.delete, "/v1/collections/default/images/6").status == .noContent)
      #expect(try await client.send(.get, "/v1/collections/default/map").json["ids"]?.text == "[1,2,3,4,5]")
      #expect(try await client.send(.get, "/v1/collections/default/map?limit=0").problem == "invalid-request")
      // Another recipe too, though no image has changed.
      let before = try await client.send(.get, "/v1/collections/default/map").text
      let plain = try await client.send(.patch, "/v1/collections/default", json: #"{"recipe":"crop-mirror"}"#)
      #expect(plain.status == .ok, "\(plain.text)")
      #expect(try await client.send(.get, "/v1/collections/default/map").text != before)
    }
  }
}
