import Foundation
import Kindred
import Testing

@testable import KindredServer

@Suite struct CollectionRouteTests {
  @Test func describesItsCollections() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let answer = try await client.send(.get, "/v1/collections/default").json
      #expect(answer["name"]?.text == #""default""# && answer["kind"]?.text == #""images""#)
      #expect(
        answer["entries"]?.text == "6" && answer["dimension"]?.text == "64" && answer["model"]?.text == #""tiny""#)
      #expect(answer["index"]?["type"]?.text == #""exact""# && answer["index"]?["current"]?.text == "true")
      let id = try #require(answer["id"]?.text.trimmingCharacters(in: ["\""]))
      #expect(try await client.send(.get, "/v1/collections/\(id)").status == .ok)
      let list = try await client.send(.get, "/v1/collections").json
      #expect(list["collections"]?.text == "[\(answer.text)]")
      for name in ["nobody", ".hidden", "a%2Fb", "..%2Fdefault", "%2e%2e", "a%20b"] {
        #expect(try await client.send(.get, "/v1/collections/\(name)").problem == "unknown-collection", "\(name)")
      }
      #expect(try await client.send(.get, "/v1/collections/%ff").problem == "invalid-request")
    }
  }

  @Test func makesRenamesAndDeletes() async throws {
    let gallery = try await Gallery(isFilled: false)
    try await gallery.server.ask { client async throws in
      let made = try await client.send(
        .post, "/v1/collections", json: #"{"name":"holidays","model":"tiny","title":"Ours","category":""}"#)
      #expect(made.status == .created)
      #expect(try made.json["title"]?.text == #""Ours""# && made.json["category"]?.text == "null")
      let again = try await client.send(.post, "/v1/collections", json: #"{"name":"holidays","model":"tiny"}"#)
      #expect(again.status == .conflict && again.problem == "conflict")
      let changed = try await client.send(
        .patch, "/v1/collections/holidays", json: #"{"name":"trips","title":"","description":"A and B"}"#)
      #expect(changed.status == .ok)
      #expect(try changed.json["name"]?.text == #""trips""# && changed.json["title"]?.text == "null")
      #expect(try await client.send(.get, "/v1/collections/holidays").status == .notFound)
      #expect(try await client.send(.delete, "/v1/collections/trips").status == .noContent)
      #expect(try await client.send(.get, "/v1/collections/trips").status == .notFound)
    }
  }

  @Test func changesRecipes() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let base = "/v1/collections/default"
      let made = try await client.send(.get, base).json
      #expect(made["recipe"]?["views"]?.text == #"["crop","crop-mirror","squash","squash-mirror"]"#)
      #expect(made["recipe"]?["name"]?.text == #""best""# && made["recipe"]?["similarity"]?.text == #""centered""#)
      #expect(
        made["possible_recipes"]?.text == #"["plain","fast","balanced","best"]"#
          && made["recipe_change"]?.text == "null")
      let search = base + "/search"
      let before = try await client.send(.post, search, json: #"{"id":1,"min_score":0}"#).json["hits"]?.text
      let plain = try await client.send(.patch, base, json: #"{"recipe":"plain","title":"Ours"}"#)
      #expect(plain.status == .ok, "\(plain.text)")
      #expect(
        try plain.json["recipe"]?.text == #"{"name":"plain","views":["crop"],"class_weight":0.0,"similarity":"cosine"}"#
      )
      #expect(try plain.json["title"]?.text == #""Ours""# && plain.json["recipe_change"]?.text == "null")
      #expect(try await client.send(.post, search, json: #"{"id":1,"min_score":0}"#).json["hits"]?.text != before)
      // Views have a place in a recipe of their own.
      let pair = try await client.send(.patch, base, json: #"{"recipe":"squash+crop"}"#)
      #expect(try pair.json["recipe"]?["name"]?.text == "null")
      #expect(try pair.json["recipe"]?["views"]?.text == #"["squash","crop"]"#)
      #expect(try await client.send(.patch, base, json: #"{"recipe":"best"}"#).status == .ok)
      #expect(try await client.send(.post, search, json: #"{"id":1,"min_score":0}"#).json["hits"]?.text == before)

      let body = #"{"name":"small","model":"tiny","recipe":"crop+squash"}"#
      let small = try await client.send(.post, "/v1/collections", json: body)
      #expect(try small.json["stored_views"]?.text == #"["crop","squash"]"#)
      #expect(try small.json["possible_recipes"]?.text == #"["plain","fast","balanced"]"#)
      // What can't be leaves the rest of the body undone.
      let refused = try await client.send(.patch, "/v1/collections/small", json: #"{"recipe":"best","title":"A"}"#)
      #expect(refused.problem == "recipe-not-possible" && refused.text.contains("crop, squash"))
      #expect(try await client.send(.get, "/v1/collections/small").json["title"]?.text == "null")
      for (wrong, problem) in [
        ("none", "invalid-request"), ("crop+", "invalid-request"), ("Best", "invalid-request"),
        ("crop+crop", "recipe-not-possible"),
      ] {
        let answer = try await client.send(.patch, base, json: #"{"recipe":"\#(wrong)"}"#)
        #expect(answer.problem == problem, "\(wrong): \(answer.text)")
      }
      _ = try gallery.server.services.folder.createVectors(name: "vectors")
      let vectors = try await client.send(.patch, "/v1/collections/vectors", json: #"{"recipe":"plain"}"#)
      #expect(vectors.problem == "read-only")
      #expect(try await client.send(.get, "/v1/collections/vectors").json["recipe"]?.text == "null")
    }
  }

  @Test func aRecipeThatTakesLongGoesOn() async throws {
    let gallery = try await Gallery { $0.limits.recipeSeconds = 0.02 }
    let services = gallery.server.services
    let member = try services.folder.member("default")
    try await gallery.server.ask { client async throws in
      let base = "/v1/collections/default"
      // Another writer has its turn, so the change can't begin.
      let gate = DispatchSemaphore(value: 0)
      let isHeld = DispatchSemaphore(value: 0)
      let holder = Thread {
        _ = try? services.folder.write(to: member) { _ in
          isHeld.signal()
          gate.wait()
        }
      }
      holder.start()
      isHeld.wait()
      let answer = try await client.send(.patch, base, json: #"{"recipe":"plain"}"#)
      #expect(answer.status == .accepted, "\(answer.text)")
      #expect(try answer.json["recipe_change"]?["state"]?.text == #""running""#)
      #expect(try answer.json["recipe"]?["name"]?.text == #""best""#)
      #expect(try await client.send(.patch, base, json: #"{"recipe":"fast"}"#).problem == "conflict")
      gate.signal()
      var state = try await client.send(.get, base).json
      for _ in 0..<1500 where state["recipe_change"]?.text != "null" {
        try await Task.sleep(for: .milliseconds(20))
        state = try await client.send(.get, base).json
      }
      #expect(state["recipe"]?["name"]?.text == #""plain""# && state["recipe_change"]?.text == "null")
    }
  }

  @Test(arguments: [
    ("{", 400), ("[]", 400), ("{}", 400), (#"{"name":1}"#, 400), (#"{"name":""}"#, 400), (#"{"name":"a b"}"#, 400),
    (#"{"name":".a"}"#, 400), (#"{"name":"a","extra":1}"#, 400), (#"{"name":"a","title":null}"#, 400),
    (#"{"name":"a","model":"nobody"}"#, 404), (#"{"name":"a","model":"../../etc/passwd"}"#, 404),
    (#"{"name":"a","model":"/etc/passwd"}"#, 404), (#"{"name":"keys.json","model":"tiny"}"#, 409),
  ])
  func refusesWrongBodies(_ body: String, _ status: Int) async throws {
    let gallery = try await Gallery(isFilled: false)
    try await gallery.server.ask { client async throws in
      let answer = try await client.send(.post, "/v1/collections", json: body)
      #expect(answer.status.code == status && answer.problem != nil, "\(answer.text)")
      #expect(!answer.text.contains("passwd"))
    }
  }

  @Test func contentTypesAreChecked() async throws {
    let gallery = try await Gallery(isFilled: false)
    try await gallery.server.ask { client async throws in
      for type in ["text/plain", "", "application/x-www-form-urlencoded", "image/jpeg"] {
        let answer = try await client.send(
          .post, "/v1/collections", headers: ["Content-Type": type], body: Array(#"{"name":"a"}"#.utf8))
        #expect(answer.problem == "unsupported-media-type")
      }
      let answer = try await client.send(
        .post, "/v1/collections", headers: ["Content-Type": "Application/JSON; charset=utf-8"],
        body: Array(#"{"name":"a","model":"tiny"}"#.utf8))
      #expect(answer.status == .created)
    }
  }

  @Test func aKeyForOneCollectionSeesNoOther() async throws {
    let gallery = try await Gallery()
    let vectors = try gallery.server.services.folder.createVectors(name: "other")
    let key = try gallery.sandbox.key(.admin, collections: [vectors.collection.identifier])
    let whole = try gallery.sandbox.key(.admin)
    let identifier = try gallery.collection.identifier
    try await gallery.server.ask { client async throws in
      let list = try await client.send(.get, "/v1/collections", key: key).json
      guard case .array(let collections) = list["collections"] else {
        Issue.record("no list")
        return
      }
      #expect(collections.map { $0["name"]?.text } == [#""other""#])
      #expect(try await client.send(.get, "/v1/session", key: key).json["collections"]?.text == #"["other"]"#)
      #expect(try await client.send(.get, "/v1/session", key: whole).json["collections"]?.text == "null")
      for name in ["default", identifier, "nobody"] {
        let base = "/v1/collections/\(name)"
        for path in ["", "/images", "/images/1", "/images/1/thumbnail", "/images/1/original", "/labels", "/map"] {
          let answer = try await client.send(.get, base + path, key: key)
          #expect(answer.problem == "unknown-collection", "\(base + path)")
        }
        let search = try await client.send(.post, base + "/search", key: key, json: #"{"id":1}"#)
        #expect(search.problem == "unknown-collection")
        #expect(try await client.send(.delete, base, key: key).problem == "unknown-collection")
        #expect(try await client.send(.patch, base, key: key, json: #"{"title":"x"}"#).problem == "unknown-collection")
        let job = #"{"collection":"\#(name)","path":"photos"}"#
        #expect(try await client.send(.post, "/v1/jobs", key: key, json: job).problem == "unknown-collection")
      }
      let create = try await client.send(.post, "/v1/collections", key: key, json: #"{"name":"a","model":"tiny"}"#)
      #expect(create.problem == "forbidden")
      #expect(try await client.send(.get, "/v1/collections/default", key: whole).status == .ok)
    }
  }

  @Test func tellsWhatTheCallerMayDo() async throws {
    let gallery = try await Gallery(isFilled: false)
    try await gallery.server.ask { client async throws in
      let session = try await client.send(.get, "/v1/session").json
      #expect(session["role"]?.text == #""admin""# && session["keyed"]?.text == "false")
      let roots = try await client.send(.get, "/v1/roots")
      #expect(try roots.json.text == #"{"roots":[{"name":"photos","folders":["green","red"]}]}"#)
      #expect(!roots.text.contains(gallery.sandbox.root))
    }
  }
}
