import Foundation
import Inference

/// What figures of speed depend on beside the program.
public struct BenchmarkMachine: Sendable, Equatable, Codable {
  public var processor: String
  /// The vector instructions that matter to the libraries.
  public var features: String
  public var processors: Int
  public var libraries: [String]

  /// This machine.
  public static var current: BenchmarkMachine {
    BenchmarkMachine(
      processor: LibraryInfo.processorModel, features: Doctor.processorFeatures(),
      processors: ProcessInfo.processInfo.activeProcessorCount,
      libraries: [LibraryInfo.oneDNN, LibraryInfo.openBLAS].map { "\($0.name) \($0.version), for \($0.processor)" })
  }
}
