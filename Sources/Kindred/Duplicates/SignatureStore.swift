import Foundation
import GRDB
import ImageDecoding
import Synchronization

/// Makes signatures of contents from their files and keeps as many as fit a budget. Any thread may ask.
final class SignatureStore: Sendable {
  /// Why a picture can't be compared.
  struct Problem: Error, Sendable, Equatable {
    var reason: String
  }

  private struct State {
    var signatures: [Int: PictureSignature] = [:]
    /// Numbers in the order in which they came, which is that in which they go.
    var order: [Int] = []
    var next = 0
    var byteCount = 0
    var problems: [Int: Problem] = [:]
    var sketches: [Int: PictureSketch] = [:]
  }

  private let collection: Collection
  private let contents: DuplicateContents
  private let state = Mutex(State())
  /// Bytes of signatures that are kept, some 18,000 of them; others are made again.
  private let keptBytes: Int
  /// Bytes of files and memory of decoders that all threads hold at once.
  private let fileBudget = MemoryBudget(bytes: 256 << 20)
  private let decodingBudget = MemoryBudget(bytes: 512 << 20)

  init(_ collection: Collection, contents: DuplicateContents, keptBytes: Int = 256 << 20) {
    self.collection = collection
    self.contents = contents
    self.keptBytes = keptBytes
  }

  var problems: [Int: Problem] { state.withLock { $0.problems } }

  /// The signature of a content's picture.
  /// - Throws: ``Problem``; it is remembered, and not tried again.
  func signature(_ number: Int) throws -> PictureSignature {
    let known = try state.withLock { state in
      if let problem = state.problems[number] { throw problem }
      return state.signatures[number]
    }
    if let known { return known }
    do {
      let made = try make(number)
      keep(made, number)
      return made
    } catch let problem as Problem {
      state.withLock { $0.problems[number] = problem }
      throw problem
    }
  }

  /// The sketch of a content's picture, which is kept for good.
  /// - Throws: as ``signature(_:)``.
  func sketch(_ number: Int) throws -> PictureSketch {
    if let known = state.withLock({ $0.sketches[number] }) { return known }
    let sketch = PictureSketch(try signature(number))
    state.withLock { $0.sketches[number] = sketch }
    return sketch
  }

  private func keep(_ signature: PictureSignature, _ number: Int) {
    state.withLock { state in
      guard state.signatures.updateValue(signature, forKey: number) == nil else { return }
      state.order.append(number)
      state.byteCount += signature.byteCount
      while state.byteCount > keptBytes, state.next < state.order.count {
        if let gone = state.signatures.removeValue(forKey: state.order[state.next]) {
          state.byteCount -= gone.byteCount
        }
        state.next += 1
      }
      if state.next > 65_536 {
        state.order.removeFirst(state.next)
        state.next = 0
      }
    }
  }

  private func make(_ number: Int) throws -> PictureSignature {
    let records = try collection.read { try contents.records($0, number) }
    guard let record = records.first else { throw Problem(reason: "it left the collection meanwhile") }
    return try fileBudget.withBytes(Int(clamping: record.byteCount)) {
      // Any file with these bytes will do.
      for record in records {
        if let bytes = try? collection.originalBytes(of: record) { return try decode(bytes, record) }
      }
      throw Problem(reason: "its file is gone, or has other bytes than when it was indexed")
    }
  }

  private func decode(_ bytes: [UInt8], _ record: ImageRecord) throws -> PictureSignature {
    let (shorter, longer) = (min(record.width, record.height), max(record.width, record.height, 1))
    let small = PictureSignature.size(width: max(1, record.width), height: max(1, record.height))
    let (pixels, overflow) = record.width.multipliedReportingOverflow(by: record.height)
    // Half as much again as the signature has, so that resizing does the averaging and not the decoder.
    let wanted = max(small.width, small.height) * 3 / 2
    let decoder = ImageDecoder(
      options: DecodingOptions(
        path: .fast, minimumShorterSide: max(min(small.width, small.height), wanted * shorter / longer, 1),
        maximumPixels: overflow ? Int.max : max(pixels, 100_000_000), maximumFileBytes: bytes.count))
    let name = (record.path as NSString).lastPathComponent
    do {
      let header = try decoder.header(of: bytes, name: name)
      return try decodingBudget.withBytes(header.estimatedDecodingBytes) {
        let decoded = try decoder.decode(bytes, name: name)
        return PictureSignature(decoded.image, pictureWidth: record.width, pictureHeight: record.height)
      }
    } catch let error as ImageDecodingError {
      throw Problem(reason: "it can't be decoded: \(error.reason)")
    }
  }
}
