/// Why the engine could not do what it was asked.
public struct KindredError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// No collection at the place given.
    case noCollection
    /// A collection is there already.
    case collectionExists
    /// The file is not a Kindred collection, or of a version that this program does not know.
    case foreignCollection
    /// The collection's files contradict each other.
    case damagedCollection
    /// Another process is writing to the collection.
    case busy
    /// The collection was made with another model.
    case modelMismatch
    /// A model is to run in int8 and has not been calibrated on pictures.
    case notCalibrated
    /// The collection holds pictures where vectors are meant, or the other way round.
    case wrongKind
    /// A vector has another count of numbers than the collection's.
    case dimensionMismatch
    /// A folder that was to be indexed is not there or can't be read.
    case unreadableFolder
    /// No image has the label.
    case unknownLabel
    /// No image has the identifier or path.
    case unknownImage
    /// No vector has the identifier.
    case unknownEntry
    /// The query or an option makes no sense.
    case invalidArgument
    /// A file could not be read.
    case unreadableFile
    /// A file could not be written.
    case unwritable
    /// The path is under no folder that the operator allows, or nothing is there.
    case outsideRoots
    /// An image's file is gone or has other bytes than when it was indexed.
    case goneFile
    /// No access key has the identifier.
    case unknownKey
    /// A file of the index folder, such as the one with the access keys, is damaged.
    case damagedFile
    /// No job has the identifier.
    case unknownJob
    /// As many jobs are waiting as may.
    case tooManyJobs
  }
  public var code: Code
  /// The file, folder, label or option at fault.
  public var place: String?
  /// What was wrong.
  public var reason: String
  /// What to do about it.
  public var remedy: String?

  public init(_ code: Code, place: String? = nil, reason: String, remedy: String? = nil) {
    self.code = code
    self.place = place
    self.reason = reason
    self.remedy = remedy
  }

  public var description: String {
    let what = place.map { "\($0): \(reason)" } ?? reason
    return remedy.map { "\(what)\n\($0)" } ?? what
  }
}
