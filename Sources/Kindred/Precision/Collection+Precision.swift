import GRDB
import Inference
import ResNet

extension Collection {
  /// The numbers that the network ran in when pictures were last indexed; `nil` before that, and in collections that are
  /// older than the choice.
  public func precision() throws -> Precision? {
    try read { try String.fetchOne($0, sql: "SELECT value FROM property WHERE name = 'precision'") }
      .flatMap(Precision.init(rawValue:))
  }

  /// Loads the collection's network in the precision that its pictures were indexed in, where this machine has it, so
  /// that a picture's query and its entry are alike; else in the fastest that it has.
  public func load(
    _ reference: ModelReference, executor: ExecutorKind = .oneDNN, store: ModelStore = ModelStore(),
    threads: Int? = nil
  ) throws -> ImageModel {
    let choice: PrecisionChoice = try precision() == .integer ? .auto : .single
    return try reference.load(executor: executor, precision: choice, store: store, threads: threads)
  }
}

extension CollectionWriter {
  /// Notes what the network runs in.
  func notePrecision(_ precision: Precision) throws {
    guard try collection.precision() != precision else { return }
    try write {
      try $0.execute(
        sql: "INSERT OR REPLACE INTO property (name, value) VALUES ('precision', ?)", arguments: [precision.rawValue])
    }
  }
}
