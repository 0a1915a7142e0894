import Foundation
import ImageDecoding
import ResNet
import Synchronization

/// How fast pictures are decoded, resized and cropped on this machine.
public struct DecodingMeasurement: Sendable, Equatable {
  public var path: DecodingOptions.Path
  public var threads: Int
  /// Pictures a second, from the file's bytes in memory to the network's normalised input.
  public var rate: Double
  /// Mean pixels of the pictures, in millions.
  public var megapixels: Double
}

/// Times decoders on pictures that are held in memory, so that the disk has no part in it.
public struct DecodingBenchmark: Sendable {
  private let model: ImageModel
  private let pictures: [[UInt8]]
  private let megapixels: Double

  /// File bytes that are held.
  private static let mostBytes = 256 << 20

  /// Reads pictures, as many as fit into 256 MiB.
  /// - Parameters:
  ///   - folder: searched with all folders in it.
  ///   - model: says how large the network's input is.
  /// - Throws: ``KindredError`` where the folder can't be read or has no picture.
  public init(folder: String, model: ImageModel) throws {
    self.model = model
    let decoder = ImageDecoder()
    var pictures: [[UInt8]] = []
    var bytes = 0
    var pixels = 0
    for file in try FolderWalker().walk([folder]).files where bytes < Self.mostBytes {
      guard let data = try? decoder.read(contentsOf: file.path),
        let header = try? decoder.header(of: data, name: file.path), (try? decoder.decode(data, name: file.path)) != nil
      else { continue }
      pictures.append(data)
      bytes += data.count
      pixels += header.width * header.height
    }
    guard !pictures.isEmpty else {
      throw KindredError(.unreadableFolder, place: folder, reason: "there is no picture in this folder")
    }
    self.pictures = pictures
    megapixels = Double(pixels) / Double(pictures.count) / 1e6
  }

  /// Decodes the pictures in turn, again and again until the time is over.
  /// - Parameters:
  ///   - path: which of the decoders.
  ///   - threads: how many decode at once.
  ///   - seconds: how long.
  public func measure(_ path: DecodingOptions.Path, threads: Int, seconds: Double) -> DecodingMeasurement {
    let decoder = ImageDecoder(
      options: DecodingOptions(path: path, minimumShorterSide: model.recipe.shorterSide))
    let embedder = Embedder(model: model)
    let next = Atomic<Int>(0)
    let done = Atomic<Int>(0)
    let start = ContinuousClock.now
    let end = start + .seconds(seconds)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while ContinuousClock.now < end {
        let picture = pictures[next.add(1, ordering: .relaxed).oldValue % pictures.count]
        guard (try? embedder.prepare(picture, name: "picture", decoder: decoder)) != nil else { continue }
        done.add(1, ordering: .relaxed)
      }
    }
    return DecodingMeasurement(
      path: path, threads: threads,
      rate: Double(done.load(ordering: .relaxed)) / (ContinuousClock.now - start).seconds, megapixels: megapixels)
  }
}
