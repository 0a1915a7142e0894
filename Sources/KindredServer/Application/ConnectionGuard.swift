import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Watches over one connection: answers what is no HTTP with a problem document, closes after answers that say so, and
/// lets go of readers that take nothing.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let table: ConnectionTable
  private let patience: TimeAmount
  private let largestBody: Int
  /// For each request that is not answered yet, whether the connection is to be closed after its answer.
  private var requests: [Bool] = []
  private var requestsInProgress: Int { requests.count }
  private var closesAfterAnswer = false
  /// Nothing is passed on any more; the connection is about to be closed.
  private var isClosing = false
  private var stall: Scheduled<Void>?

  /// - Parameters:
  ///   - table: of all connections.
  ///   - patience: how long a reader may take nothing.
  ///   - largestBody: bytes that a body may have on any route.
  init(table: ConnectionTable, patience: TimeAmount, largestBody: Int) {
    self.largestBody = largestBody
    self.table = table
    self.patience = patience
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let pipeline = context.pipeline.syncOperations
    if let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) {
      try? pipeline.addHandler(RequestHeadHandler(), position: .before(codec))
    }
    if context.channel.isActive { table.opened(context.channel) }
  }

  func channelActive(context: ChannelHandlerContext) {
    table.opened(context.channel)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    stall?.cancel()
    table.closed(context.channel)
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    if case .head(let head) = unwrapInboundIn(data) {
      requests.append(head.headerFields[.connection] == "close")
      table.changed(context.channel, isIdle: false)
      goOn(head, context)
    }
    context.fireChannelRead(data)
  }

  /// Tells a client to send its body that waits to be told; not one whose body is to be refused.
  private func goOn(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
    // Answers to requests that came before must not be mixed up.
    guard requestsInProgress == 1, head.headerFields[.expect]?.lowercased() == "100-continue",
      head.headerFields[.contentLength].map({ Int($0) ?? .max <= largestBody }) ?? true
    else { return }
    context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isClosing else { return }
    // While a request is answered, its handler finds out when it reads the body.
    guard requestsInProgress == 0, !(error is IOError), !(error is ChannelError) else {
      context.fireErrorCaught(error)
      return
    }
    let isOverflow = (error as? HTTPParserError) == .headerOverflow
    let problem = ServerProblem(
      status: isOverflow ? 431 : 400, code: isOverflow ? "headers-too-large" : "invalid-request",
      title: isOverflow ? "Headers too large" : "The request makes no sense",
      detail: isOverflow ? "The request's headers are over their bound." : "What came is no well-formed HTTP request.")
    let body = ByteBuffer(bytes: problem.json.bytes)
    var headers = HTTPFields()
    headers[.contentType] = "application/problem+json"
    headers[.contentLength] = String(body.readableBytes)
    headers[.connection] = "close"
    SecurityHeadersMiddleware.add(to: &headers)
    context.write(
      wrapOutboundOut(.head(HTTPResponse(status: .init(code: problem.status), headerFields: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    close(context)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // After a whole answer nothing may follow that no request asked for.
    guard !isClosing, requestsInProgress > 0 else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      close(context)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(var head):
      if requests.first == true { head.headerFields[.connection] = "close" }
      closesAfterAnswer = head.headerFields[.connection]?.lowercased() == "close"
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      requests.removeFirst()
      if requestsInProgress == 0 { table.changed(context.channel, isIdle: true) }
      guard closesAfterAnswer else {
        context.write(data, promise: promise)
        return
      }
      isClosing = true
      let written = promise ?? context.eventLoop.makePromise()
      context.writeAndFlush(data, promise: written)
      // A slow reader gets all of it first.
      written.futureResult.assumeIsolated().whenComplete { _ in self.end(context) }
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    stall?.cancel()
    stall = nil
    if !context.channel.isWritable {
      let channel = context.channel
      stall = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  /// Ends the connection in order: what was written still arrives, though the other side may be sending. Closing at
  /// once would make the system reset the connection and drop the answer.
  private func close(_ context: ChannelHandlerContext) {
    guard !isClosing else { return }
    isClosing = true
    end(context)
  }

  private func end(_ context: ChannelHandlerContext) {
    let channel = context.channel
    context.close(mode: .output, promise: nil)
    // What still comes is read and dropped meanwhile.
    context.read()
    _ = context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if isClosing { context.read() }
    context.fireChannelReadComplete()
  }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
