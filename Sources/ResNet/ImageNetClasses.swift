/// The 1000 classes of the ImageNet challenge (ILSVRC 2012), in the order of a classifier's outputs.
public enum ImageNetClasses {
  /// One class: a synset of WordNet 3.0.
  public struct Class: Sendable, Equatable {
    /// `n` and the eight digits of the synset's offset among WordNet's nouns, such as `n02110341`.
    public var wordNetID: String
    /// The first word of the synset, such as `dalmatian`. Not unique: `crane` is a bird and a machine, and `maillot` is
    /// two garments, and WordNet gives no other word for at least one of each pair. Look names up with
    /// ``ImageNetClasses/indices(named:)``, which gives every class of a name.
    public var name: String

    public init(wordNetID: String, name: String) {
      self.wordNetID = wordNetID
      self.name = name
    }
  }

  /// Every class; the place in the array is the classifier's output.
  public static let all: [Class] = data.split { $0 == ";" || $0 == "\n" }.map { entry in
    Class(wordNetID: "n\(entry.prefix(8))", name: String(entry.dropFirst(9)))
  }

  /// The outputs of the classes with a name, whatever the case of its letters; empty for a name that is none.
  public static func indices(named name: String) -> [Int] {
    indicesByName[name.lowercased()] ?? []
  }

  /// The output of the class of a WordNet id; `nil` for an id that is none.
  public static func index(wordNetID: String) -> Int? {
    indicesByID[wordNetID]
  }

  private static let indicesByName = Dictionary(
    grouping: all.indices, by: { all[$0].name.lowercased() })
  private static let indicesByID = Dictionary(
    all.enumerated().map { ($0.element.wordNetID, $0.offset) }, uniquingKeysWith: { first, _ in first })
}
