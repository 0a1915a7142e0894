import GRDB
import VectorIndex

/// Which images carry labels that somebody gave, at one moment.
struct LabelledState {
  /// An image and its row of the feature file.
  struct Image: Hashable {
    var imageID: Int64
    var row: Int
  }

  /// A labelled row: what is learnt from.
  struct Example {
    var row: Int
    /// In ``Task/labels``.
    var labels: [Int]
  }

  /// Labels that compete with each other, and images that may get one of them.
  struct Task {
    var labels: [String]
    var labelled: [Example]
    var open: [Image]
  }

  /// In the order of rows, those of the same bytes in the order of identifiers.
  private var images: [Image] = []
  /// Names, by image.
  private var folders: [Int64: [String]] = [:]
  private var given: [Int64: [String]] = [:]
  private(set) var rejections: Set<LabelRejections.Rejection> = []

  init(_ db: Database) throws {
    var cursor = try Row.fetchCursor(
      db,
      sql: """
        SELECT image.id AS id, content.feature_row AS feature_row
        FROM image JOIN content ON content.id = image.content_id ORDER BY content.feature_row, image.id
        """)
    while let row = try cursor.next() { images.append(Image(imageID: row["id"], row: row["feature_row"])) }
    cursor = try Row.fetchCursor(
      db,
      sql: "SELECT image_id, name, source = 'folder' AS is_folder FROM label WHERE source <> 'predicted' ORDER BY name")
    while let row = try cursor.next() {
      let (image, name, isFolder): (Int64, String, Bool) = (row["image_id"], row["name"], row["is_folder"])
      if isFolder { folders[image, default: []].append(name) } else { given[image, default: []].append(name) }
    }
    rejections = try LabelRejections.all(db)
  }

  /// Sets are hashed the same in whatever order they are kept.
  func hash(into hasher: inout Hasher) {
    hasher.combine(images)
    hasher.combine(folders)
    hasher.combine(given)
    hasher.combine(rejections)
  }

  /// One task for labels that are names of folders, and one for the others.
  func tasks(leastImages: Int, mostLabels: Int) -> [Task] {
    let folderNames = Set(folders.values.joined())
    func labels(of image: Int64) -> [String] { folders[image, default: []] + given[image, default: []] }
    let ofFolders = task(
      names: { labels(of: $0).filter(folderNames.contains) }, isOpen: { folders[$0] == nil && given[$0] == nil },
      leastImages: leastImages, mostLabels: mostLabels)
    let ofOthers = task(
      names: { given[$0, default: []].filter { !folderNames.contains($0) } }, isOpen: { given[$0] == nil },
      leastImages: leastImages, mostLabels: mostLabels)
    return [ofFolders, ofOthers]
  }

  private func task(
    names: (Int64) -> [String], isOpen: (Int64) -> Bool, leastImages: Int, mostLabels: Int
  ) -> Task {
    // Images of the same bytes are one example.
    var rows: [(row: Int, names: Set<String>)] = []
    var counts: [String: Int] = [:]
    for image in images {
      let carried = names(image.imageID)
      guard !carried.isEmpty else { continue }
      if rows.last?.row != image.row { rows.append((image.row, [])) }
      for name in carried where rows[rows.count - 1].names.insert(name).inserted { counts[name, default: 0] += 1 }
    }
    let chosen = counts.filter { $0.value >= leastImages }
      .sorted { ($0.value, $1.key) > ($1.value, $0.key) }
      .prefix(mostLabels).map(\.key).sorted()
    let places = Dictionary(uniqueKeysWithValues: chosen.enumerated().map { ($1, $0) })
    let examples = rows.map { Example(row: $0.row, labels: $0.names.compactMap { places[$0] }.sorted()) }
    return Task(
      labels: chosen, labelled: examples.filter { !$0.labels.isEmpty }, open: images.filter { isOpen($0.imageID) })
  }
}

extension LabelledState.Task {
  /// No more than `limit` examples: of each label all, or as many as of any other that has more.
  func examples(limit: Int) -> [LabelledState.Example] {
    guard labelled.count > limit else { return labelled }
    var byLabel = [[Int]](repeating: [], count: labels.count)
    for (place, example) in labelled.enumerated() { for label in example.labels { byLabel[label].append(place) } }
    // The largest quota that fits; an example of several labels counts for each, so the limit holds.
    var quota = 1
    while byLabel.reduce(0, { $0 + min($1.count, quota + 1) }) <= limit { quota += 1 }
    var chosen = Set<Int>()
    for places in byLabel { chosen.formUnion(places.evenlyDrawn(quota)) }
    return chosen.sorted().prefix(limit).map { labelled[$0] }
  }
}
