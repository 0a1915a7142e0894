import Foundation
import Testing

@testable import ImageDecoding

/// Damaged files: whatever comes of them, it is a picture or a typed error.
///
/// `KINDRED_FUZZ_ROUNDS` multiplies the work, `KINDRED_FUZZ_SEED` changes it.
@Suite struct MutationTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let rounds = environment["KINDRED_FUZZ_ROUNDS"].flatMap(Int.init) ?? 1
  private static let seed = environment["KINDRED_FUZZ_SEED"].flatMap(UInt64.init) ?? 20_261_124

  /// Small limits keep lying headers cheap.
  private let decoder = ImageDecoder(options: DecodingOptions(maximumPixels: 1 << 20))

  /// One to eight small changes: bits, bytes, runs, lengths, cuts and repeats.
  private func mutated(_ original: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      guard !bytes.isEmpty else { return bytes }
      // Headers are where most of the decisions are.
      let reach = Bool.random(using: &generator) ? bytes.count : min(bytes.count, 600)
      let place = Int.random(in: 0..<reach, using: &generator)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes[place] = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &generator) ?? 0
      case 3:
        for index in place..<min(bytes.count, place + 4) {
          bytes[index] = Bool.random(using: &generator) ? 0xFF : 0x00
        }
      case 4: bytes.removeLast(Int.random(in: 0..<max(1, bytes.count / 4), using: &generator))
      case 5: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &generator)))
      default:
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &generator))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      }
    }
    return bytes
  }

  /// The PNG with its checksums made right, so that damage reaches the decoder behind them.
  private func resealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var offset = 8
    while let length = ByteView(bytes).unsigned(at: offset, byteCount: 4), offset + 12 + length <= bytes.count {
      let end = offset + 8 + length
      let crc = crc32(Array(bytes[offset + 4..<end]))
      for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: crc >> (24 - 8 * UInt32(index))) }
      offset = end + 4
    }
    return bytes
  }

  private func check(_ bytes: [UInt8], name: String) throws {
    if let keep = Self.environment["KINDRED_FUZZ_KEEP"] {
      // A crash leaves its input behind.
      try Data(bytes).write(to: URL(fileURLWithPath: keep))
    }
    do throws(ImageDecodingError) {
      _ = try decoder.header(of: bytes, name: name)
    } catch {
      #expect(error.path == name && !error.reason.isEmpty)
    }
    do throws(ImageDecodingError) {
      let decoded = try decoder.decode(bytes, name: name)
      let image = decoded.image
      #expect(image.pixels.count == image.width * image.height * 3)
      #expect(image.width * image.height <= decoder.options.maximumPixels)
      #expect(decoded.metadata.width == image.width && decoded.metadata.height == image.height)
    } catch {
      #expect(error.path == name && !error.reason.isEmpty)
    }
  }

  @Test(arguments: ImageFormat.allCases) func mutationsGiveAPictureOrATypedError(format: ImageFormat) throws {
    let fixtures = Fixture.all.filter { $0.format == format && $0.name != "long-1x5000.png" }
    let count = Self.rounds * (format == .heic || format == .avif ? 800 : 2500)
    print("\(format.rawValue): seed \(Self.seed), \(count) mutations of \(fixtures.count) files")
    var generator = SeededGenerator(seed: Self.seed)
    let files = try fixtures.map { try $0.bytes() }
    for _ in 0..<count {
      let index = Int.random(in: 0..<files.count, using: &generator)
      let bytes = mutated(files[index], using: &generator)
      try check(format == .png && Bool.random(using: &generator) ? resealed(bytes) : bytes, name: fixtures[index].name)
    }
  }

  /// Every file cut at many places. Whatever is not complete is an error, except where only the end marker is lost.
  @Test(arguments: ImageFormat.allCases) func cutFilesAreErrors(format: ImageFormat) throws {
    // A tiny picture may be complete long before its file is.
    for fixture in Fixture.all where fixture.format == format && !fixture.name.hasPrefix("tiny-") {
      let bytes = try fixture.bytes()
      var generator = SeededGenerator(seed: Self.seed)
      for _ in 0..<6 {
        // The last bytes hold checksums and end markers; the samples may be complete without them.
        let count = Int.random(in: 0..<min(bytes.count * 9 / 10, bytes.count - 32), using: &generator)
        let cut = Array(bytes[..<count])
        if fixture.name == "trailing-data.jpg", count > 700 { continue }
        let error = #expect(throws: ImageDecodingError.self, "\(fixture.name) cut to \(count)") {
          _ = try decoder.decode(cut, name: fixture.name)
        }
        guard let error else { continue }
        // The first bytes alone are no picture yet.
        let expected: [ImageDecodingError.Code] =
          count < 32 ? [.truncated, .unsupportedFormat, .empty, .corrupt] : [.truncated]
        #expect(expected.contains(error.code), "\(fixture.name) cut to \(count) of \(bytes.count): \(error)")
      }
    }
  }
}
