/// What is known of a picture beside its samples.
public struct ImageMetadata: Sendable, Equatable, Codable {
  /// Told from the bytes, never from the name.
  public var format: ImageFormat
  /// Columns after orientation.
  public var width: Int
  /// Rows after orientation.
  public var height: Int
  /// EXIF `DateTimeOriginal` (else `DateTimeDigitized`, else `DateTime`) as `yyyy-MM-ddTHH:mm:ss`, in the camera's
  /// own time; `nil` where the file has none or one that is not a date.
  public var captureDate: String?
  /// EXIF `Make` and `Model` as one string, without the make said twice.
  public var camera: String?

  public init(
    format: ImageFormat, width: Int, height: Int, captureDate: String? = nil, camera: String? = nil
  ) {
    self.format = format
    self.width = width
    self.height = height
    self.captureDate = captureDate
    self.camera = camera
  }
}
