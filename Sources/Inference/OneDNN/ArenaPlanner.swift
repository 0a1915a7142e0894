/// A stretch of the arena, alive from its first to its last step.
final class ArenaBuffer {
  let byteCount: Int
  /// The last node that reads a value in this buffer: only then may it be overwritten in place.
  var lastReader: Int
  var firstStep = Int.max
  var lastStep = -1
  /// Where it lies in the arena, once planned.
  var offset = 0

  init(byteCount: Int, lastReader: Int) {
    self.byteCount = byteCount
    self.lastReader = lastReader
  }

  func touch(step: Int) {
    firstStep = min(firstStep, step)
    lastStep = max(lastStep, step)
  }
}

enum ArenaPlanner {
  private static let alignment = 256

  /// Places every buffer so that no two that live at the same time overlap, the largest first.
  /// - Returns: the arena's size in bytes.
  static func place(_ buffers: [ArenaBuffer]) -> Int {
    var placed: [ArenaBuffer] = []
    var size = 0
    for buffer in buffers.sorted(by: { $0.byteCount > $1.byteCount }) {
      // `placed` stays sorted by offset: the first gap that is wide enough is taken.
      var offset = 0
      for other in placed where other.firstStep <= buffer.lastStep && buffer.firstStep <= other.lastStep {
        if other.offset >= offset + buffer.byteCount { break }
        offset = max(offset, roundedUp(other.offset + other.byteCount))
      }
      buffer.offset = offset
      size = max(size, roundedUp(offset + buffer.byteCount))
      placed.insert(buffer, at: placed.firstIndex { $0.offset > offset } ?? placed.count)
    }
    return size
  }

  private static func roundedUp(_ size: Int) -> Int { (size + alignment - 1) / alignment * alignment }
}
