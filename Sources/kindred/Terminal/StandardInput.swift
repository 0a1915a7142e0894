import Foundation
import Kindred

/// The picture that `-` stands for.
enum StandardInput {
  private static let limit = 256 << 20

  /// - Throws: for more bytes than a picture's file may have.
  static func picture() throws -> [UInt8] {
    let bytes = [UInt8](FileHandle.standardInput.readData(ofLength: limit + 1))
    guard bytes.count <= limit else {
      throw KindredError(.invalidArgument, place: "standard input", reason: "more than 256 MiB")
    }
    return bytes
  }
}
