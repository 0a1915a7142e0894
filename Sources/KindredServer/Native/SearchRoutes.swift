import Hummingbird
import Kindred

extension NativeRoutes {
  /// `/v1/collections/{collection}/search`.
  func addSearch(to table: inout RouteTable) {
    let services = services
    table.add(.post, "/v1/collections/{collection}/search", access: .role(.reader), body: .picture) {
      request, context in
      let name = try context.collectionName()
      var wanted = try SearchWanted(QueryParameters(request))
      wanted.request.maximumPixels = services.limits.imagePixels
      let type = try RequestContent.check(request, [RequestContent.json] + RequestContent.pictureTypes)
      if type == RequestContent.json {
        wanted = try await RequestContent.parsed(request, context, services) { [wanted] value in
          var wanted = wanted
          try wanted.read(value)
          return wanted
        }
      } else {
        wanted.setPicture(try await RequestContent.picture(request, context))
      }
      wanted.request.filter.visibility = PathVisibility(services, context.access)
      let pool = wanted.needsNetwork ? services.embedding : services.searching
      let search = wanted.request
      let writer = ImageJSON(services, context.access)
      let answer = try await pool.run {
        let member = try services.member(name, for: context.access)
        do {
          return member.collection.kind == .images
            ? try Self.images(member, search, name: name, writer: writer) : try Self.vectors(member, search)
        } catch let error as KindredError {
          throw Self.unanswerable(error) ?? error
        }
      }
      services.metrics.countSearch(
        embed: answer.timing.load + answer.timing.embed, search: answer.timing.search + answer.timing.fetch)
      return .json(answer.json)
    }
  }

  /// What a search found, in the form of the API.
  private struct Answer: Sendable {
    var hits: [JSONValue]
    var label: String?
    var labelled: Int?
    var exact: Bool
    /// Whether there are more that were left out for their score; `nil` where that is not told.
    var hidesMore: Bool?
    var timing: SearchTiming

    var json: JSONValue {
      func milliseconds(_ seconds: Double) -> JSONValue { .double((seconds * 1e6).rounded() / 1e3) }
      var fields: [(String, JSONValue)] = [("hits", .array(hits))]
      if let label { fields.append(("label", .string(label))) }
      if let labelled { fields.append(("labelled", .int(Int64(labelled)))) }
      fields.append(("exact", .bool(exact)))
      if let hidesMore { fields.append(("more_below_min_score", .bool(hidesMore))) }
      fields.append(
        (
          "took_ms",
          .object([
            ("embed", milliseconds(timing.load + timing.embed)), ("search", milliseconds(timing.search)),
            ("fetch", milliseconds(timing.fetch)),
          ])
        ))
      return .object(fields)
    }
  }

  private static func images(
    _ member: IndexFolder.Member, _ request: SearchRequest, name: String, writer: ImageJSON
  ) throws -> Answer {
    var request = request
    request.minimumScore = request.minimumScore ?? ScoreScale.cutOff
    let result: SearchResult
    do { result = try member.searcher.search(request) } catch let error as KindredError
      where error.code == .unknownLabel
    {
      throw try unknownLabel(request.label ?? "", in: member.collection)
    }
    let hits = result.hits.map { hit -> JSONValue in
      var fields = writer.fields(hit.record, collection: name)
      fields.insert(("match", .string(hit.match.rawValue)), at: 1)
      fields.insert(("cosine", .float(hit.cosine)), at: 1)
      fields.insert(("score", .float(hit.score)), at: 1)
      return .object(fields)
    }
    return Answer(
      hits: hits, label: result.label, labelled: result.labelledCount, exact: result.exact,
      hidesMore: result.hidesMore, timing: result.timing)
  }

  /// Vectors are searched by what they are, or by words of their metadata.
  private static func vectors(_ member: IndexFolder.Member, _ request: SearchRequest) throws -> Answer {
    let searcher = try VectorSearcher(member.collection)
    guard request.filter.isEmpty else {
      throw ServerProblem.invalid("A collection of vectors has nothing that a filter could be for.")
    }
    let hits: [VectorHit]
    var exact = true
    var timing = SearchTiming()
    if let label = request.label {
      let start = ContinuousClock.now
      hits = Array(try searcher.search(words: label, top: request.top + request.offset).dropFirst(request.offset))
      timing.search = (ContinuousClock.now - start) / .seconds(1)
    } else {
      let result = try searcher.search(
        like: examples(request.positives), unlike: examples(request.negatives), top: request.top,
        offset: request.offset, minimumScore: request.minimumScore, depth: request.depth)
      (hits, exact, timing) = (result.hits, result.exact, result.timing)
    }
    let values = hits.map { hit -> JSONValue in
      .object([
        ("id", .int(hit.record.id)), ("score", .float(hit.score)),
        // Text that is no JSON would break the answer.
        ("metadata", (try? JSONParser.value(of: Array(hit.record.metadata.utf8))) ?? .string(hit.record.metadata)),
      ])
    }
    return Answer(hits: values, exact: exact, timing: timing)
  }

  private static func examples(_ examples: [SearchRequest.Example]) throws(ServerProblem) -> [VectorSearcher.Example] {
    var found: [VectorSearcher.Example] = []
    for example in examples {
      switch example {
      case .vector(let vector): found.append(.vector(vector))
      case .identifier(let id): found.append(.identifier(id))
      case .file, .bytes: throw .invalid("A collection of vectors holds no pictures to search by.")
      }
    }
    return found
  }

  /// What is wrong with a search that is well-formed; `nil` for errors of another kind.
  private static func unanswerable(_ error: KindredError) -> ServerProblem? {
    let reason = PathScrubber.sentence(error.reason)
    switch error.code {
    case .dimensionMismatch:
      return ServerProblem(
        status: 422, code: "dimension-mismatch", title: "The vector has another dimension", detail: reason)
    case .invalidArgument where error.place == SearchWanted.pictureName:
      return .unusablePicture(reason ?? "The network gives no usable feature of it.")
    case .invalidArgument:
      return ServerProblem(status: 422, code: "no-direction", title: "Nothing to search for is left", detail: reason)
    case .unknownImage, .unknownEntry: return ServerProblem.problem(of: error)?.ofRequest
    default: return nil
    }
  }

  /// A label that a request names and no image carries, with those that are spelt like it.
  static func unknownLabel(_ label: String, in collection: Kindred.Collection) throws -> ServerProblem {
    let known = try collection.labels(limit: 20_000).map(\.name)
    var problem = ServerProblem(
      status: 422, code: "unknown-label", title: "No such label",
      detail: "No image of the collection carries this label.")
    let nearest = Spelling.nearest(to: String(label.prefix(200)), among: known, limit: 5)
    if !nearest.isEmpty { problem.suggestions = nearest }
    return problem
  }
}
