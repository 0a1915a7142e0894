import ResNet
import Synchronization

/// Networks by the SHA-256 of their files, each loaded once.
final class ModelCache: Sendable {
  private let store: ModelStore
  private let load: @Sendable (ModelReference) throws -> ImageModel
  private let networks: Mutex<[String: LazyModel]> = Mutex([:])

  init(store: ModelStore, load: @escaping @Sendable (ModelReference) throws -> ImageModel) {
    self.store = store
    self.load = load
  }

  func model(of collection: Collection) throws -> ImageModel {
    let sha256 = try collection.imageModel.sha256
    return try network(sha256) { try collection.modelReference(named: nil, store: self.store) }
  }

  func model(named name: String) throws -> (ModelReference, ImageModel) {
    let reference = try store.resolve(storedName: name)
    return (reference, try network(reference.sha256) { reference })
  }

  private func network(_ sha256: String, _ find: @escaping @Sendable () throws -> ModelReference) throws -> ImageModel {
    let lazy = networks.withLock { known in
      if let lazy = known[sha256] { return lazy }
      let lazy = LazyModel { [load] in try load(find()) }
      known[sha256] = lazy
      return lazy
    }
    var timing = SearchTiming()
    do { return try lazy.get(timing: &timing) } catch {
      // It may be there the next time: a model can be fetched meanwhile.
      networks.withLock { $0[sha256] = nil }
      throw error
    }
  }
}
