import Hummingbird

/// Bounds how many requests are under way; what comes past it is refused at once.
struct RequestSlotMiddleware: RouterMiddleware {
  let slots: RequestSlots
  /// Whether the request has a body, and counts only when it is there.
  let waitsForBody: Bool

  func handle(
    _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    let slot = try slots.slot(for: context.access.key)
    defer { slot.end() }
    if !waitsForBody { try slot.take() }
    var context = context
    context.slot = slot
    return try await next(request, context)
  }
}
