import Foundation
import Kindred
import Testing

@testable import KindredServer

@Suite struct JobRouteTests {
  @Test func indexesAFolderAndTellsOfIt() async throws {
    let gallery = try await Gallery(isFilled: false)
    try await gallery.server.ask { client async throws in
      let started = try await client.send(
        .post, "/v1/jobs", json: #"{"collection":"new","path":"photos/red","model":"tiny","recipe":"crop+squash"}"#)
      #expect(started.status == .accepted, "\(started.text)")
      let id = try #require(try started.json["id"]?.text.trimmingCharacters(in: ["\""]))
      #expect(started.headers[.location] == "/v1/jobs/\(id)")
      #expect(!started.text.contains(gallery.sandbox.root))
      let events = try await client.send(.get, "/v1/jobs/\(id)/events")
      #expect(events.headers[.contentType] == "text/event-stream")
      let parts = events.text.components(separatedBy: "\n\n").filter { $0.hasPrefix("event: job\ndata: ") }
      let last = try #require(parts.last)
      let job = try JSONParser.value(of: Array(last.dropFirst("event: job\ndata: ".count).utf8))
      #expect(job["state"]?.text == #""done""# && job["summary"]?["indexed"]?.text == "3")
      #expect(try await client.send(.get, "/v1/jobs/\(id)").json.text == job.text)
      #expect(try await client.send(.get, "/v1/jobs").json["jobs"]?.text == "[\(job.text)]")
      let ended = try await client.send(.delete, "/v1/jobs/\(id)")
      #expect(try ended.status == .accepted && ended.json["state"]?.text == #""done""#)
      let made = try await client.send(.get, "/v1/collections/new").json
      #expect(made["entries"]?.text == "3" && made["recipe"]?["views"]?.text == #"["crop","squash"]"#)
      #expect(gallery.server.services.metrics.eventStreams.value == 0)
      for path in ["", "/events"] {
        #expect(try await client.send(.get, "/v1/jobs/nobody\(path)").problem == "unknown-job")
        #expect(try await client.send(.get, "/v1/jobs/NOBODY\(path)").problem == "unknown-job")
      }
    }
  }

  @Test(arguments: [
    ("{}", "invalid-request"), (#"{"collection":"a"}"#, "invalid-request"),
    (#"{"collection":"a b","path":"photos"}"#, "invalid-request"),
    (#"{"collection":"a","path":"photos","labels":"csv"}"#, "invalid-request"),
    (#"{"collection":"a","path":"photos","extra":1}"#, "invalid-request"),
    (#"{"collection":"a","path":"/etc"}"#, "forbidden"), (#"{"collection":"a","path":"photos/.."}"#, "forbidden"),
    (#"{"collection":"a","path":"photos/nothing"}"#, "forbidden"),
    (#"{"collection":"a","path":"photos/red/0.jpg"}"#, "unreadable"),
    (#"{"collection":"a","path":"photos","model":"/etc/passwd"}"#, "not-found"),
    (#"{"collection":"keys.json","path":"photos"}"#, "conflict"),
  ])
  func refusesWrongJobs(_ body: String, _ code: String) async throws {
    let gallery = try await Gallery(isFilled: false)
    try await gallery.server.ask { client async throws in
      let answer = try await client.send(.post, "/v1/jobs", json: body)
      #expect(answer.problem == code, "\(body): \(answer.text)")
    }
  }

  @Test func aJobThatFailsSaysWhyWithoutPaths() async throws {
    let gallery = try await Gallery(isFilled: false)
    try await gallery.server.ask { client async throws in
      let started = try await client.send(
        .post, "/v1/jobs", json: #"{"collection":"new","path":"photos","model":"nobody"}"#)
      let id = try #require(try started.json["id"]?.text.trimmingCharacters(in: ["\""]))
      let events = try await client.send(.get, "/v1/jobs/\(id)/events")
      #expect(events.text.contains(#""state":"failed""#) && events.text.contains(#""code":"model-missing""#))
      #expect(!events.text.contains(gallery.sandbox.root))
    }
  }

  @Test func keysSeeTheirOwnJobs() async throws {
    let gallery = try await Gallery()
    let other = try gallery.server.services.folder.create(name: "other", model: "tiny")
    let narrow = try gallery.sandbox.key(.writer, collections: [other.collection.identifier])
    let writer = try gallery.sandbox.key(.writer)
    let reader = try gallery.sandbox.key(.reader)
    try await gallery.server.ask { client async throws in
      let body = #"{"collection":"default","path":"photos"}"#
      #expect(try await client.send(.post, "/v1/jobs", key: reader, json: body).problem == "forbidden")
      let started = try await client.send(.post, "/v1/jobs", key: writer, json: body)
      #expect(started.status == .accepted)
      let id = try #require(try started.json["id"]?.text.trimmingCharacters(in: ["\""]))
      #expect(try await client.send(.get, "/v1/jobs/\(id)", key: narrow).problem == "unknown-job")
      #expect(try await client.send(.delete, "/v1/jobs/\(id)", key: narrow).problem == "unknown-job")
      #expect(try await client.send(.get, "/v1/jobs/\(id)/events", key: narrow).problem == "unknown-job")
      #expect(try await client.send(.get, "/v1/jobs", key: narrow).json["jobs"]?.text == "[]")
      #expect(try await client.send(.get, "/v1/jobs/\(id)", key: reader).status == .ok)
      #expect(try await client.send(.delete, "/v1/jobs/\(id)", key: reader).problem == "forbidden")
      // A collection that is not there yet needs more than a writer.
      let new = #"{"collection":"fresh","path":"photos","model":"tiny"}"#
      #expect(try await client.send(.post, "/v1/jobs", key: writer, json: new).problem == "forbidden")
    }
  }

  @Test func streamsEndWhenTheServerStops() async throws {
    let gallery = try await Gallery(isFilled: false)
    // A writer that goes on keeps the job from beginning, so that its stream stays open.
    let member = try gallery.server.services.folder.create(name: "held", model: "tiny")
    let release = DispatchSemaphore(value: 0)
    Thread { try? gallery.server.services.folder.write(to: member) { _ in release.wait() } }.start()
    // The stream of a job that waits has no end of its own: only the stop ends it, and the socket's patience fails else.
    try await LiveServer.run(gallery.server) { live async throws in
      let job = try gallery.server.services.jobs.start(collection: "held", path: "photos")
      async let stream = live.blocking { port in
        let socket = try RawSocket(port: port, patience: 20)
        socket.send("GET /v1/jobs/\(job.id)/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try socket.read()
      }
      try await Task.sleep(for: .seconds(1))
      await live.group.triggerGracefulShutdown()
      let text = try await stream
      #expect(text.contains("event: job") && text.contains(job.id))
    }
    release.signal()
  }
}
