import Foundation

/// What the store can say of a model.
public struct ModelListing: Sendable, Codable, Equatable {
  public enum State: String, Sendable, Codable {
    case available
    /// Some of it was downloaded.
    case partial
    case missing
  }
  public var name: String
  public var aliases: [String]
  public var title: String
  public var state: State
  /// Whether Kindred knows the model, and can fetch it.
  public var known: Bool
  /// The file's path; `nil` unless ``state`` is `available`.
  public var path: String?
  /// The file's size; of a partial file what there is; of a missing one what is known of it.
  public var bytes: Int64?
  /// In hexadecimal digits, where known.
  public var sha256: String?
  /// `nil` for the one that the file itself asks for.
  public var recipe: ModelRecipe?
  /// Numbers in a feature.
  public var featureDimension: Int?
  public var classifier: ClassifierKind?
  /// SPDX identifier; `nil` for a model that Kindred doesn't know.
  public var licence: String?
  public var source: String
  /// When the file came into the store.
  public var date: Date?
}

extension ModelStore {
  /// All known models in the manifest's order, then the imported ones by name.
  public func list() -> [ModelListing] {
    manifest.models.map(listing) + importedNames().compactMap { record($0).map(listing) }
  }

  /// What the store can say of one model.
  /// - Parameter name: a name or alias, of the manifest or the store.
  public func describe(_ name: String) throws(ModelStoreError) -> ModelListing {
    if let model = manifest.model(named: name) { return listing(model) }
    if (try? Self.checkName(name)) != nil, let (record, _) = installed(name) { return listing(record) }
    throw unknownModel(name)
  }

  private func listing(_ model: KnownModel) -> ModelListing {
    var listing = ModelListing(
      name: model.name, aliases: model.aliases, title: model.title, state: .missing, known: true, path: nil,
      bytes: model.bytes, sha256: model.sha256, recipe: model.recipe, featureDimension: model.featureDimension,
      classifier: model.classifier, licence: model.licence, source: model.sourceDescription, date: nil)
    if let (record, path) = installed(model.name) {
      listing.state = .available
      listing.path = path
      listing.bytes = record.bytes
      listing.sha256 = record.sha256
      listing.recipe = record.recipe
      listing.classifier = record.classifier
      listing.source = record.source
      listing.date = record.date
    } else if let part = try? FileStamp(path: partPath(model.name)), part.bytes > 0 {
      listing.state = .partial
      listing.bytes = part.bytes
    }
    return listing
  }

  private func listing(_ record: ModelRecord) -> ModelListing {
    ModelListing(
      name: record.name, aliases: [], title: "Imported from \(record.source)", state: .available, known: false,
      path: path(record.file), bytes: record.bytes, sha256: record.sha256, recipe: record.recipe,
      featureDimension: record.featureDimension, classifier: record.classifier, licence: nil, source: record.source,
      date: record.date)
  }
}
