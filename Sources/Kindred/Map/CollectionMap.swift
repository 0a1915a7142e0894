/// A collection's images as points of a plane, near each other where they look alike.
public struct CollectionMap: Sendable, Equatable, Codable {
  /// Images in the collection.
  public var total: Int
  /// Of the images that are shown, in the order of their identifiers.
  public var ids: [Int64]
  /// −1…1, as is ``y``.
  public var x: [Float]
  public var y: [Float]
  /// The collection's generation: another one has another map.
  public var generation: Int64

  public init(total: Int, ids: [Int64], x: [Float], y: [Float], generation: Int64) {
    self.total = total
    self.ids = ids
    self.x = x
    self.y = y
    self.generation = generation
  }
}
