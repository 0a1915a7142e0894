import Foundation
import HTTPTypes
import ImageDecoding
import Kindred
import Testing

@testable import KindredServer

@Suite struct ImageRouteTests {
  private let base = "/v1/collections/default/images"

  @Test func listsByPages() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let first = try await client.send(.get, "\(base)?limit=4").json
      #expect(ids(first["images"]) == [1, 2, 3, 4] && first["next"]?.text == "4")
      let second = try await client.send(.get, "\(base)?limit=4&after_id=4").json
      #expect(ids(second["images"]) == [5, 6] && second["next"]?.text == "null")
      let newest = try await client.send(.get, "\(base)?limit=4&order=newest").json
      #expect(ids(newest["images"]) == [6, 5, 4, 3] && newest["next"]?.text == "3")
      let oldest = try await client.send(.get, "\(base)?limit=4&order=newest&after_id=3").json
      #expect(ids(oldest["images"]) == [2, 1] && oldest["next"]?.text == "null")
      let red = try await client.send(.get, "\(base)?filter_label=RED").json
      #expect(ids(red["images"]).count == 3)
      #expect(ids(try await client.send(.get, "\(base)?filter_format=png").json["images"]).isEmpty)
      #expect(ids(try await client.send(.get, "\(base)?filter_before=0000").json["images"]).isEmpty)
      #expect(ids(try await client.send(.get, "\(base)?filter_after=2000-02-29T23:59").json["images"]).count == 6)
      for query in [
        "limit=0", "limit=1001", "limit=", "limit=a", "limit=1.5", "limit=1&limit=2", "after_id=-1",
        "filter_format=gif",
        "filter_label=%20", "filter_label=", "filter_after=2024-13", "filter_after=24", "filter_after=%2B123",
        "filter_after=2023-02-29", "filter_path=", "filter_label=%ff", "filter_label=%zz",
      ] {
        let answer = try await client.send(.get, "\(base)?\(query)")
        #expect(answer.problem == "invalid-request", "\(query): \(answer.text)")
      }
      #expect(try await client.send(.get, "\(base)?unknown=1").status == .ok)
    }
  }

  private func ids(_ value: JSONValue?) -> [Int64] {
    guard case .array(let items) = value else { return [] }
    return items.compactMap { item in
      guard case .int(let id) = item["id"] else { return nil }
      return id
    }
  }

  @Test func describesWithoutTheMachinesPaths() async throws {
    let gallery = try await Gallery()
    let key = try gallery.sandbox.key(.reader)
    try await gallery.server.ask { client async throws in
      let answer = try await client.send(.get, "\(base)/1", key: key)
      let image = try answer.json
      #expect(!answer.text.contains(gallery.sandbox.root))
      #expect(image["path"]?.text.hasPrefix(#""photos/"#) == true)
      #expect(image["width"]?.text == "48" && image["format"]?.text == #""jpeg""#)
      for (id, problem) in [
        ("7", "unknown-image"), ("0", "invalid-request"), ("x", "invalid-request"), ("-1", "invalid-request"),
        ("99999999999999999999", "invalid-request"), ("1.0", "invalid-request"),
      ] { #expect(try await client.send(.get, "\(base)/\(id)", key: key).problem == problem, "\(id)") }
    }
  }

  @Test func addsPicturesInEveryWay() async throws {
    let gallery = try await Gallery()
    let picture = Picture.jpeg(hue: 3, variant: 9)
    let text = Data(picture).base64EncodedString()
    try Data(Picture.jpeg(hue: 4, variant: 1)).write(to: URL(fileURLWithPath: gallery.sandbox.photos + "/new.jpg"))
    try FileManager.default.createSymbolicLink(
      atPath: gallery.sandbox.photos + "/link", withDestinationPath: gallery.sandbox.root)
    try await gallery.server.ask { client async throws in
      let added = try await client.send(
        .post, "\(base)?name=a%20b.jpg&label=one&label=two", headers: ["Content-Type": "image/jpeg"], body: picture)
      #expect(added.status == .created, "\(added.text)")
      #expect(try added.json["name"]?.text == #""a b.jpg""#)
      #expect(try added.json["labels"]?.text.contains(#""name":"two","source":"manual""#) == true)
      let again = try await client.send(
        .post, base, json: #"{"image":"\#(text)","name":"a b.jpg","labels":["three"]}"#)
      #expect(again.status == .ok)
      #expect(try again.json["id"]?.text == added.json["id"]?.text)
      #expect(try again.json["labels"]?.text.contains("three") == true)
      let path = try await client.send(.post, base, json: #"{"path":"photos/new.jpg"}"#)
      #expect(path.status == .created)

      for body in [
        #"{}"#, #"{"image":"\#(text)","path":"photos/new.jpg"}"#, #"{"image":"***"}"#, #"{"image":""}"#,
        #"{"image":1}"#,
        #"{"path":"photos/new.jpg","labels":[""]}"#, #"{"path":"photos/new.jpg","labels":"a"}"#, #"{"path":""}"#,
      ] { #expect(try await client.send(.post, base, json: body).problem == "invalid-request", "\(body.prefix(60))") }
      for path in ["../x.jpg", "photos/../../x", "/etc/passwd", "photos/link/index/keys.json", "photos/%2e%2e/x", "no"]
      {
        let answer = try await client.send(.post, base, json: #"{"path":"\#(path)"}"#)
        #expect(answer.problem == "forbidden", "\(path)")
      }
      let words = try await client.send(
        .post, base, headers: ["Content-Type": "application/octet-stream"], body: Array("just words".utf8))
      #expect(words.status.code == 422 && words.problem == "not-a-picture")
      let half = try await client.send(
        .post, base, headers: ["Content-Type": "image/jpeg"], body: Array(picture.prefix(picture.count / 2)))
      #expect(half.status.code == 422 && half.problem == "unusable-picture")
      #expect(try await client.send(.post, base, headers: ["Content-Type": "image/gif"], body: [1]).status.code == 415)
    }
  }

  @Test func refusesPicturesOfTooManyPixels() async throws {
    let gallery = try await Gallery { $0.limits.imagePixels = 1000 }
    try await gallery.server.ask { client async throws in
      for path in [base, "/v1/collections/default/search"] {
        let answer = try await client.send(
          .post, path, headers: ["Content-Type": "image/jpeg"], body: Picture.jpeg(hue: 4, variant: 5))
        #expect(answer.problem == "too-large")
      }
    }
  }

  @Test func deletesAnUploadWithItsFile() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let added = try await client.send(
        .post, base, headers: ["Content-Type": "image/jpeg"], body: Picture.jpeg(hue: 3, variant: 2))
      let id = try #require(try added.json["id"]?.text)
      #expect(try await client.send(.get, "\(base)/\(id)/original").status == .ok)
      #expect(try await client.send(.delete, "\(base)/\(id)").status == .noContent)
      #expect(try await client.send(.delete, "\(base)/\(id)").problem == "unknown-image")
      let uploads = gallery.sandbox.index + "/default/uploads"
      #expect((try? FileManager.default.contentsOfDirectory(atPath: uploads))?.isEmpty ?? true)
    }
  }

  @Test func servesThumbnailsAndOriginals() async throws {
    let gallery = try await Gallery()
    let record = try gallery.collection.record(id: 1)
    try await gallery.server.ask { client async throws in
      let image = try await client.send(.get, "\(base)/1").json
      let address = try #require(image["thumbnail"]?.text.trimmingCharacters(in: ["\""]))
      for size in ["", "&size=128", "&size=512"] {
        let answer = try await client.send(.get, address + size)
        #expect(answer.headers[.contentType] == "image/jpeg")
        #expect(answer.headers[.cacheControl] == "private, max-age=31536000, immutable")
        let decoded = try ImageDecoder().decode(Array(answer.body.readableBytesView), name: "thumbnail")
        #expect(decoded.image.width == 48)
        let tag = try #require(answer.headers[.eTag])
        let again = try await client.send(.get, address + size, headers: ["If-None-Match": tag])
        #expect(again.status == .notModified && again.headers[.eTag] == tag && again.body.readableBytes == 0)
      }
      // Only an address that names the present bytes stays right.
      for query in ["", "?v=0123456789abcdef", "?v=\(record.sha256.prefix(8))"] {
        let answer = try await client.send(.get, "\(base)/1/thumbnail\(query)")
        #expect(answer.status == .ok && answer.headers[.cacheControl] == "private, no-cache")
      }
      let named = DriaMetadata.json(of: record, collection: "default")["thumbnail"]?.text
      #expect(named == "\"\(address)\"")
      #expect(try await client.send(.get, "\(base)/1/thumbnail?size=100").problem == "invalid-request")
      let original = try await client.send(.get, "\(base)/1/original")
      #expect(original.headers[.contentType] == "image/jpeg")
      #expect(try Array(original.body.readableBytesView) == Array(Data(contentsOf: URL(fileURLWithPath: record.path))))
      let tag = try #require(original.headers[.eTag])
      #expect(try await client.send(.get, "\(base)/1/original", headers: ["If-None-Match": tag]).status.code == 304)
      // A file that changed is not what was indexed.
      try Data(Picture.jpeg(hue: 2, variant: 8)).write(to: URL(fileURLWithPath: record.path))
      #expect(try await client.send(.get, "\(base)/1/original").problem == "gone")
      #expect(try await client.send(.get, "\(base)/9/original").problem == "unknown-image")
    }
  }

  @Test func labelsAreGivenTakenAndCompleted() async throws {
    let gallery = try await Gallery()
    try await gallery.server.ask { client async throws in
      let labels = try await client.send(.get, "/v1/collections/default/labels?prefix=GR").json
      #expect(labels.text == #"{"labels":[{"name":"green","count":3,"given":3}]}"#)
      let added = try await client.send(.post, "\(base)/1/labels", json: #"{"label":"Étoile"}"#)
      #expect(try added.json["labels"]?.text.contains("Étoile") == true)
      let found = try await client.send(.get, "/v1/collections/default/labels?prefix=%C3%A9t").json
      #expect(found.text.contains("Étoile"))
      let taken = try await client.send(.delete, "\(base)/1/labels?label=%C3%89toile")
      #expect(try taken.json["labels"]?.text.contains("Étoile") == false)
      #expect(try await client.send(.delete, "\(base)/1/labels?label=%C3%89toile").problem == "unknown-label")
      #expect(try await client.send(.delete, "\(base)/1/labels").problem == "invalid-request")
      #expect(try await client.send(.delete, "\(base)/1/labels?label=a&label=b").problem == "invalid-request")
      #expect(try await client.send(.post, "\(base)/9/labels", json: #"{"label":"a"}"#).problem == "unknown-image")
      for body in [#"{"label":" "}"#, #"{"label":""}"#, #"{}"#, #"{"label":["a"]}"#] {
        #expect(try await client.send(.post, "\(base)/1/labels", json: body).problem == "invalid-request")
      }
    }
  }

  @Test func aBatchAnswersLineByLine() async throws {
    let gallery = try await Gallery()
    let good = Data(Picture.jpeg(hue: 3, variant: 3)).base64EncodedString()
    var lines = [
      #"{"image":"\#(good)","labels":["new"]}"#, "nonsense", #"{"path":"/etc/passwd"}"#, "", #"{"image":"aGk="}"#,
      #"{"image":"\#(good)"}"#,
    ]
    for number in 0..<20 {
      lines.append(#"{"image":"\#(Data(Picture.jpeg(hue: 2, variant: number)).base64EncodedString())"}"#)
    }
    let body = lines.joined(separator: "\n") + "\n"
    try await gallery.server.ask { client async throws in
      let headers = ["Content-Type": "application/x-ndjson"]
      let answer = try await client.send(.post, "\(base)/batch", headers: headers, body: Array(body.utf8))
      #expect(answer.headers[.contentType] == "application/x-ndjson")
      let answers = try answer.text.split(separator: "\n").map { try JSONParser.value(of: Array($0.utf8)) }
      #expect(answers.map { $0["status"]?.text ?? "" }.prefix(6) == ["201", "400", "403", "400", "422", "200"])
      #expect(answers.count == 26 && answers.dropFirst(6).allSatisfy { $0["status"]?.text == "201" })
      #expect(answers[0]["image"]?["id"]?.text == answers[5]["image"]?["id"]?.text)
      #expect(answers[4]["problem"]?["code"]?.text == #""not-a-picture""#)
      let many = String(repeating: "{}\n", count: 257)
      #expect(
        try await client.send(.post, "\(base)/batch", headers: headers, body: Array(many.utf8)).problem == "too-large")
      #expect(try await client.send(.post, "\(base)/batch", json: "{}").problem == "unsupported-media-type")
      let nowhere = "/v1/collections/nobody/images/batch"
      #expect(
        try await client.send(.post, nowhere, headers: headers, body: Array("{}".utf8)).problem == "unknown-collection")
    }
  }
}
