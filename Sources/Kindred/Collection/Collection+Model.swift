import Foundation
import ResNet

extension CollectionSettings.Model {
  /// What a collection remembers of a model.
  public init(_ reference: ModelReference, _ model: ImageModel) {
    self.init(
      name: reference.name, path: reference.path, sha256: reference.sha256, preprocessing: model.recipe,
      featureDimension: model.featureDimension, classCount: model.classCount)
  }
}

extension Collection {
  /// The collection's own network on this machine.
  /// - Parameters:
  ///   - name: what a person asked for; `nil` for whatever the collection was made with.
  ///   - store: where models are looked for.
  /// - Throws: ``KindredError/Code/modelMismatch`` for another model's name, or when the network is not to be found.
  public func modelReference(named name: String?, store: ModelStore = ModelStore()) throws -> ModelReference {
    let own = try imageModel
    if let name {
      let reference = try store.resolve(name)
      guard reference.sha256 == own.sha256 else {
        throw KindredError(
          .modelMismatch, place: name,
          reason: "this collection was made with \(own.name) (\(own.sha256.prefix(12))…); features of "
            + "\(reference.name) (\(reference.sha256.prefix(12))…) can't be compared with it",
          remedy:
            "Leave --model out, or make another collection: kindred index FOLDER --collection NAME --model \(name)")
      }
      return reference
    }
    for candidate in [own.name, own.path].compactMap({ $0 }) {
      if let reference = try? store.resolve(candidate), reference.sha256 == own.sha256 { return reference }
    }
    for listing in store.list() where listing.sha256 == own.sha256 {
      if let reference = try? store.resolve(listing.name), reference.sha256 == own.sha256 { return reference }
    }
    let isKnown = store.manifest.model(withSHA256: own.sha256) != nil
    throw KindredError(
      .modelMismatch, place: own.name, reason: "this collection's model (SHA-256 \(own.sha256)) is not on this machine",
      remedy: isKnown
        ? "Run: kindred model fetch \(own.name)"
        : "Name its weight file with --model FILE, or run: kindred model import FILE")
  }
}
