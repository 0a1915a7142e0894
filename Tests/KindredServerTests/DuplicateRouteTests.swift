import Foundation
import ImageDecoding
import Kindred
import Testing

@testable import KindredServer

@Suite struct DuplicateRouteTests {
  private let path = "/v1/collections/default/duplicates"

  /// Asks until the search is done.
  private func found(_ client: RouterClient, _ query: String = "", isCurrent: Bool = true) async throws
    -> RouterAnswer
  {
    for _ in 0..<1000 {
      let answer = try await client.send(.get, path + query)
      if answer.status == .ok, try !isCurrent || answer.json["current"]?.text == "true" { return answer }
      #expect(answer.status == .ok || answer.status == .accepted, "\(answer.text)")
      if answer.status == .accepted {
        #expect(answer.headers[.retryAfter] == "1")
        #expect(try ["running", "waiting"].contains(answer.json["state"]?.text.trimmingCharacters(in: ["\""])))
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw CocoaError(.coderReadCorrupt)
  }

  private func names(_ answer: RouterAnswer) throws -> [[String]] {
    guard case .array(let groups) = try answer.json["groups"] else { throw CocoaError(.coderReadCorrupt) }
    return try groups.map { group in
      guard case .array(let members) = group["members"] else { throw CocoaError(.coderReadCorrupt) }
      return members.compactMap { $0["image"]?["name"]?.text }
    }
  }

  @Test func tellsThreeKindsApart() async throws {
    let gallery = try await Gallery(isFilled: false)
    let photos = gallery.sandbox.photos
    func write(_ bytes: [UInt8], _ name: String) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: photos + "/" + name))
    }
    // A scene of patches, in two sizes, and twice the same file.
    try write(Self.scene(side: 160), "scene.jpg")
    try write(Self.scene(side: 160), "copy.jpg")
    try write(Self.scene(side: 120), "small.jpg")
    let folder = gallery.server.services.folder
    let member = try folder.create(name: "default", model: "tiny")
    try folder.write(to: member) { writer in
      _ = try Indexer(writer: writer, loadModel: { try folder.model(of: member) }).run([photos])
    }
    try await gallery.server.ask { client async throws in
      #expect(try await client.send(.get, path).status == .accepted)
      let identical = try await found(client, "?kind=identical")
      #expect(try names(identical) == [[#""copy.jpg""#, #""scene.jpg""#]])
      let same = try await found(client)
      let groups = try names(same).filter { $0.contains(#""small.jpg""#) }
      #expect(groups == [[#""copy.jpg""#, #""small.jpg""#]], "\(same.text)")
      #expect(same.text.contains(#""changes":["resized"]"#) && same.text.contains(#""files":2"#), "\(same.text)")
      #expect(!same.text.contains(gallery.sandbox.root + "/index"))
      #expect(try same.json["totals"]?["identical"]?.text == "1")
      #expect(try await client.send(.get, path + "?kind=identical&offset=1").json["groups"]?.text == "[]")

      // What was found stays to be seen while the changed collection is looked through.
      guard
        case .int(let small) = try JSONParser.value(of: Array(same.body.readableBytesView))["groups"]?
          .first(where: { $0.text.contains("small.jpg") })?["members"]?.first(where: { $0.text.contains("small.jpg") }
          )?[
            "image"]?["id"]
      else {
        Issue.record("no identifier in \(same.text)")
        return
      }
      #expect(try await client.send(.delete, "/v1/collections/default/images/\(small)").status == .noContent)
      let stale = try await client.send(.get, path)
      #expect(try stale.status == .ok && stale.json["current"]?.text == "false" && !stale.text.contains("small.jpg"))
      #expect(try names(await found(client)).allSatisfy { !$0.contains(#""small.jpg""#) })
      #expect(try names(await found(client, "?kind=identical")).count == 1)
    }
  }

  @Test func refusesWhatMakesNoSense() async throws {
    let gallery = try await Gallery()
    _ = try gallery.server.services.folder.createVectors(name: "vectors")
    try await gallery.server.ask { client async throws in
      for query in ["kind=none", "kind=", "top=0", "top=201", "offset=-1", "kind=same&kind=same"] {
        #expect(try await client.send(.get, "\(path)?\(query)").problem == "invalid-request", "\(query)")
      }
      let vectors = try await client.send(.get, "/v1/collections/vectors/duplicates")
      #expect(try vectors.json["groups"]?.text == "[]" && vectors.json["kind"]?.text == #""same""#)
      #expect(try await client.send(.get, "/v1/collections/none/duplicates").problem == "unknown-collection")
    }
  }

  /// A JPEG of patches and a slope, which stays the same picture in every size.
  private static func scene(side: Int) -> [UInt8] {
    var pixels: [UInt8] = []
    for row in 0..<side {
      for column in 0..<side {
        let (x, y) = (column * 160 / side, row * 160 / side)
        let patch = (x / 23 * 7 + y / 19 * 13) % 11
        pixels += [UInt8(20 + patch * 20), UInt8(40 + x), UInt8(250 - y - patch * 5)]
      }
    }
    return RGBImage(width: side, height: side, pixels: pixels).jpegData(quality: 92)
  }
}

extension JSONValue {
  fileprivate func first(where condition: (JSONValue) -> Bool) -> JSONValue? {
    if case .array(let values) = self { values.first(where: condition) } else { nil }
  }
}
