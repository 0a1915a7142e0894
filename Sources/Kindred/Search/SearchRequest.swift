/// What is looked for.
public struct SearchRequest: Sendable {
  /// Something that results should be like, or unlike.
  public enum Example: Sendable, Equatable {
    /// A picture's file.
    case file(String)
    /// A picture's bytes, with a name for errors.
    case bytes([UInt8], name: String)
    /// An image of the collection.
    case identifier(Int64)
    /// A pooled feature, which stands for every view of a picture, or a whole embedding; of any length but zero.
    case vector([Float])
  }

  /// Averaged.
  public var positives: [Example] = []
  /// Their average is subtracted, at a quarter of their weight.
  public var negatives: [Example] = []
  /// Images that carry this label come first, then their nearest neighbours that do not.
  public var label: String?
  /// How many hits at most.
  public var top = 10
  /// Hits of a lower score are left out, but for those that carry the label that is asked for.
  public var minimumScore: Float?
  public var filter = SearchFilter()
  /// How many of the best hits to leave out.
  public var offset = 0
  /// How deep the graph is searched.
  public var depth = SearchDepth.standard

  /// Query pictures of more pixels are refused.
  public var maximumPixels = 100_000_000

  public init() {}
}

/// One image that was found.
public struct SearchHit: Sendable, Equatable {
  /// Why an image is among the hits.
  public enum Match: String, Sendable, Codable {
    /// It is near the query.
    case similar
    /// It carries the label that was asked for.
    case labelled
  }

  public var record: ImageRecord
  /// How alike it is to the query, 0…1: 1 is the same image, and from ``ScoreScale/cutOff`` on it is more than chance.
  /// See ``ScoreScale``.
  public var score: Float
  /// Cosine of the embeddings, −1…1, from which the score is made; for a label, with the centroid of the images that
  /// carry it.
  public var cosine: Float
  public var match: Match

  /// - Parameter cosine: rounding may have left it a little outside −1…1.
  init(record: ImageRecord, cosine: Float, scale: ScoreScale, match: Match) {
    self.record = record
    self.cosine = min(1, max(-1, cosine))
    self.match = match
    score = scale.score(ofCosine: self.cosine)
  }
}

/// What a search found.
public struct SearchResult: Sendable {
  /// Best first.
  public var hits: [SearchHit]
  /// The label as the collection spells it, for a label search.
  public var label: String?
  /// How many images carry the label, within the filter.
  public var labelledCount: Int?
  /// Whether every image was compared.
  public var exact: Bool
  /// Whether there are images that were left out for their score alone.
  public var hidesMore: Bool
  public var timing: SearchTiming
}

/// Where a search's time went, in seconds.
public struct SearchTiming: Sendable, Equatable {
  /// Loading the network; 0 where it was not needed.
  public var load = 0.0
  /// Decoding and running the network.
  public var embed = 0.0
  /// Comparing vectors.
  public var search = 0.0
  /// Reading rows from SQLite.
  public var fetch = 0.0

  public init() {}
}
