import NIOCore
import NIOHTTP1

/// Looks at heads of requests before they become what the rest of the server knows, which has no version of HTTP.
///
/// - Whoever says `Connection: close` in any letters, or speaks HTTP/1.0 without `keep-alive`, has the connection closed.
/// - Two `Host` are an error (RFC 9112, section 3.2): the server and a proxy could each believe another.
final class RequestHeadHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  private var isRefused = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    guard case .head(var head) = unwrapInboundIn(data) else {
      context.fireChannelRead(data)
      return
    }
    guard head.headers["Host"].count < 2 else {
      isRefused = true
      context.fireErrorCaught(HTTPParserError.invalidHeaderToken)
      return
    }
    let connection = head.headers[canonicalForm: "Connection"].map { $0.lowercased() }
    if connection.contains("close") || head.version != .http1_1 && !connection.contains("keep-alive") {
      head.headers.replaceOrAdd(name: "Connection", value: "close")
    }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }
}

@available(*, unavailable)
extension RequestHeadHandler: Sendable {}
