import Foundation
import Testing

@testable import ImageDecoding

/// What a fixture should decode to, as `make_fixtures.py` recorded it.
struct Fixture: Decodable, Sendable, CustomTestStringConvertible {
  var name = ""
  var format: ImageFormat
  var width: Int
  var height: Int
  /// Levels that samples may be off on average and at most, where library versions differ.
  var mean: Double
  var maximum: Int
  var captureDate: String?
  var camera: String?

  private enum CodingKeys: CodingKey {
    case format, width, height, mean, maximum, captureDate, camera
  }

  var testDescription: String { name }

  static let all: [Fixture] = {
    let url = TestData.fixtures.appendingPathComponent("manifest.json")
    guard let data = try? Data(contentsOf: url),
      let entries = try? JSONDecoder().decode([String: Fixture].self, from: data)
    else { return [] }
    return entries.sorted { $0.key < $1.key }.map { name, entry in
      var fixture = entry
      fixture.name = name
      return fixture
    }
  }()

  func bytes() throws -> [UInt8] { try TestData.fixture(name) }
}

@Suite struct FixtureTests {
  @Test func everyVariantIsThere() {
    #expect(Fixture.all.count > 100)
    #expect(Set(Fixture.all.map(\.format)) == Set(ImageFormat.allCases))
  }

  @Test(arguments: Fixture.all) func decodesToTheRecordedSamples(fixture: Fixture) throws {
    let decoded = try ImageDecoder().decode(fixture.bytes(), name: fixture.name)
    #expect(decoded.metadata.format == fixture.format)
    #expect(decoded.metadata.width == fixture.width)
    #expect(decoded.metadata.height == fixture.height)
    #expect(decoded.metadata.captureDate == fixture.captureDate)
    #expect(decoded.metadata.camera == fixture.camera)
    try #require(decoded.image.width == fixture.width && decoded.image.height == fixture.height)
    let difference = SampleDifference(decoded.image.pixels, try TestData.fixture(fixture.name + ".rgb"))
    #expect(difference.mean <= fixture.mean, "\(difference)")
    #expect(difference.maximum <= fixture.maximum, "\(difference)")
  }

  @Test(arguments: Fixture.all) func headerAgreesWithTheDecodedPicture(fixture: Fixture) throws {
    let header = try ImageDecoder().header(of: fixture.bytes(), name: fixture.name)
    #expect(header.format == fixture.format)
    let stored = [header.width, header.height].sorted()
    let upright = [fixture.width, fixture.height].sorted()
    if fixture.format == .heic {
      // HEVC stores whole blocks, which the file has cut to the picture.
      #expect(stored[0] >= upright[0] && stored[1] >= upright[1])
    } else {
      #expect(stored == upright)
    }
    #expect(header.estimatedDecodingBytes >= fixture.width * fixture.height * 3)
  }

  @Test(arguments: Fixture.all) func theLimitOnPixelsHolds(fixture: Fixture) throws {
    let bytes = try fixture.bytes()
    let header = try ImageDecoder().header(of: bytes, name: fixture.name)
    let pixels = header.width * header.height
    guard pixels > 1 else { return }
    let refusing = ImageDecoder(options: DecodingOptions(maximumPixels: pixels - 1))
    let refusal = #expect(throws: ImageDecodingError.self) { try refusing.decode(bytes, name: fixture.name) }
    #expect(refusal?.code == .tooManyPixels)
    let headerRefusal = #expect(throws: ImageDecodingError.self) { try refusing.header(of: bytes, name: fixture.name) }
    #expect(headerRefusal?.code == .tooManyPixels)
    // The tiles of a grid may each be larger than a small picture.
    let accepting = ImageDecoder(options: DecodingOptions(maximumPixels: max(pixels, 64 * 64)))
    #expect(throws: Never.self) { try accepting.decode(bytes, name: fixture.name) }
  }
}
