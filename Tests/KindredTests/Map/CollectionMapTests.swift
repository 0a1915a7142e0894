import Foundation
import Testing

@testable import Kindred

@Suite struct CollectionMapTests {
  @Test func picturesThatLookAlikeAreNear() throws {
    let sandbox = try Sandbox()
    for number in 0..<6 { try sandbox.picture("red/\(number).jpg", hue: 0, variant: number) }
    for number in 0..<6 { try sandbox.picture("blue/\(number).jpg", hue: 2, variant: number) }
    try sandbox.picture("twin.jpg", hue: 0, variant: 3)
    try sandbox.run()
    let collection = try sandbox.collection()
    let map = try collection.map(limit: 100)
    #expect(map.total == 13 && map.ids == (1...13).map(Int64.init) && map.x.count == 13 && map.y.count == 13)
    #expect(try map.generation == collection.generation())
    let extent = zip(map.x, map.y).map { max(abs($0), abs($1)) }.max() ?? 0
    #expect(abs(extent - 1) < 1e-6)
    func place(_ name: String) throws -> (x: Float, y: Float) {
      let id = try collection.imageIDs(paths: [sandbox.pictures + "/" + name])[0]
      let index = try #require(map.ids.firstIndex(of: id))
      return (map.x[index], map.y[index])
    }
    #expect(try place("twin.jpg") == place("red/3.jpg"))
    func centre(_ folder: String) throws -> (x: Float, y: Float) {
      try (0..<6).map { try place("\(folder)/\($0).jpg") }.reduce((0, 0)) { ($0.0 + $1.x / 6, $0.1 + $1.y / 6) }
    }
    func distance(_ first: (x: Float, y: Float), _ second: (x: Float, y: Float)) -> Float {
      ((first.x - second.x) * (first.x - second.x) + (first.y - second.y) * (first.y - second.y)).squareRoot()
    }
    let (red, blue) = (try centre("red"), try centre("blue"))
    for number in 0..<6 {
      #expect(try distance(place("red/\(number).jpg"), red) < distance(place("red/\(number).jpg"), blue))
      #expect(try distance(place("blue/\(number).jpg"), blue) < distance(place("blue/\(number).jpg"), red))
    }
    #expect(try collection.map(limit: 100) == map)
    // Fewer are shown at the same places.
    let part = try collection.map(limit: 4)
    #expect(part.total == 13 && part.ids == [1, 4, 7, 10])
    #expect(try collection.map(limit: 0).ids.isEmpty)
  }

  @Test func emptyAndSmallCollections() throws {
    let sandbox = try Sandbox()
    let collection = try sandbox.collection()
    #expect(try collection.map(limit: 10) == CollectionMap(total: 0, ids: [], x: [], y: [], generation: 0))
    try sandbox.picture("a.jpg", hue: 0)
    try sandbox.picture("b.jpg", hue: 0)
    try sandbox.run()
    let map = try collection.map(limit: 10)
    #expect(map.ids == [1, 2] && map.x == [0, 0] && map.y == [0, 0])
    let vectors = try IndexFolder(path: sandbox.root + "/index").createVectors(name: "v")
    try CollectionWriter(vectors.collection).insert([
      NewVector(vector: [1], metadata: "{}"), NewVector(vector: [-1], metadata: "{}"),
    ])
    let line = try vectors.collection.map(limit: 10)
    #expect(line.ids == [0, 1] && line.y == [0, 0] && line.x.sorted() == [-1, 1])
  }
}
