import NIOCore

/// Has the listening socket wait where there is no open file left for a connection, and makes room.
///
/// SwiftNIO goes on asking the system for the connection that it can't have, without a pause, though a handler of its
/// own holds back what would ask again.
final class AcceptGuard: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Channel
  private static let pause = TimeAmount.milliseconds(100)
  private let table: ConnectionTable
  private var isPausing = false

  init(table: ConnectionTable) { self.table = table }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is IOError, !isPausing {
      isPausing = true
      table.makeRoom()
      let options = context.channel.syncOptions
      // This takes the socket out of what the system reports on.
      try? options?.setOption(.autoRead, value: false)
      let box = NIOLoopBound(self, eventLoop: context.eventLoop)
      let channel = context.channel
      context.eventLoop.scheduleTask(in: Self.pause) {
        box.value.isPausing = false
        try? channel.syncOptions?.setOption(.autoRead, value: true)
      }
    }
    context.fireErrorCaught(error)
  }
}

@available(*, unavailable)
extension AcceptGuard: Sendable {}
