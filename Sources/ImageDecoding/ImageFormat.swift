/// The file formats that can be decoded.
public enum ImageFormat: String, Sendable, Codable, CaseIterable {
  case jpeg, png, webp, heic, avif
}
