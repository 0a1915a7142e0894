import HTTPTypes
import Hummingbird
import Kindred
import NIOCore

extension NativeRoutes {
  private static let mostLines = 256
  /// As many as run through the network together.
  private static let portion = 16

  /// `/v1/collections/{collection}/images/batch`: a line of the answer for each line of the request, in order.
  func addBatch(to table: inout RouteTable) {
    let services = services
    table.add(
      .post, "/v1/collections/{collection}/images/batch", access: .role(.writer), body: .picture, isTimed: false
    ) { request, context in
      let name = try context.collectionName()
      _ = try RequestContent.check(request, [RequestContent.lines])
      let access = context.access
      // What every line would fail for is said before the first.
      let body = try await services.watchdog.limit(seconds: services.limits.requestSeconds) {
        _ = try await services.search {
          try services.images(name, for: access, otherwise: .readOnly("This collection holds vectors and no pictures."))
        }
        return try await RequestBodyReader.bytes(request, context)
      }
      let lines = try Self.lines(of: body)
      let writer = ImageJSON(services, access)
      var headers = HTTPFields()
      headers[.contentType] = RequestContent.lines
      headers[.cacheControl] = "no-store"
      let claim = context.bodyClaim
      return Response(
        status: .ok, headers: headers,
        body: ResponseBody { output in
          defer { withExtendedLifetime(claim) {} }
          for start in stride(from: 0, to: lines.count, by: Self.portion) {
            let part = Array(lines[start..<min(start + Self.portion, lines.count)])
            let answers = await Self.add(part, services, access, name: name, writer: writer)
            try await output.write(ByteBuffer(bytes: answers.flatMap { $0.bytes + [0x0A] }))
          }
          try await output.finish(nil)
        })
    }
  }

  private static func lines(of body: ByteBuffer) throws(ServerProblem) -> [ByteBufferView] {
    var view = body.readableBytesView
    if view.last == 0x0A { view = view.dropLast() }
    guard !view.isEmpty else { return [] }
    let lines = view.split(separator: 0x0A, maxSplits: mostLines, omittingEmptySubsequences: false)
    guard lines.count <= mostLines else { throw .tooLarge("A batch may have \(mostLines) lines at most.") }
    return lines
  }

  private static func add(
    _ lines: [ByteBufferView], _ services: ServerServices, _ access: Access, name: String, writer: ImageJSON
  ) async -> [JSONValue] {
    do {
      return try await services.write {
        let wanted = lines.map { line in
          Result { try PictureToAdd(RequestContent.parse(line), roots: services.roots).image }
        }
        var added = try services.add(wanted.compactMap { try? $0.get() }, to: name, for: access).makeIterator()
        return wanted.map { image -> JSONValue in
          switch image {
          case .failure(let error): line(error, services)
          case .success:
            switch added.next() {
            case .success(let image)?:
              .object([
                ("status", .int(image.isNew ? 201 : 200)),
                ("image", writer.value(image.record, collection: name)),
              ])
            case .failure(let error)?: line(error, services)
            case nil: line(ServerProblem.overloaded(reason: "the picture was not added"), services)
            }
          }
        }
      }
    } catch {
      return lines.map { _ in line(error, services) }
    }
  }

  private static func line(_ error: any Error, _ services: ServerServices) -> JSONValue {
    var problem = ServerProblem.problem(of: error)
    if problem == nil {
      services.logger.error("failed", metadata: ["route": "batch", "error": "\(error)"])
      problem = ServerProblem(status: 500, code: "internal", title: "Something went wrong in the server")
    }
    return .object([("status", .int(Int64(problem?.status ?? 500))), ("problem", problem?.json ?? .null)])
  }
}
