import Foundation
import Kindred

extension PathVisibility {
  /// Whoever sits at this machine sees whole paths.
  init(_ services: ServerServices, _ access: Access) {
    self.init(roots: services.roots, showsOthers: !access.isKeyed && services.options.isLoopback)
  }
}

/// Writes images as the API describes them.
struct ImageJSON: Sendable {
  let visibility: PathVisibility

  init(_ services: ServerServices, _ access: Access) { visibility = PathVisibility(services, access) }

  /// The image.
  /// - Parameter collection: the name by which the collection is addressed.
  func value(_ record: ImageRecord, collection: String) -> JSONValue { .object(fields(record, collection: collection)) }

  func fields(_ record: ImageRecord, collection: String) -> [(String, JSONValue)] {
    let address = "/v1/collections/\(collection)/images/\(record.id)"
    var fields: [(String, JSONValue)] = [
      ("id", .int(record.id)), ("name", .string((record.path as NSString).lastPathComponent)),
    ]
    if let path = visibility.path(of: record.path) { fields.append(("path", .string(path))) }
    fields += [
      ("labels", .array(record.labels.map(Self.label))), ("format", .string(record.format)),
      ("width", .int(Int64(record.width))), ("height", .int(Int64(record.height))),
      ("byte_count", .int(record.byteCount)),
      ("sha256", .string(record.sha256)), ("modified", .string(record.modified)),
      ("capture_date", .optional(record.captureDate)), ("camera", .optional(record.camera)),
      // Other bytes have another address, so that thumbnails may be kept for good.
      ("thumbnail", .string("\(address)/thumbnail?v=\(record.contentVersion)")),
      ("original", .string("\(address)/original")),
    ]
    return fields
  }

  static func label(_ label: Label) -> JSONValue {
    let confidence = label.confidence.isNaN ? 0 : min(1, max(0, label.confidence))
    return .object([
      ("name", .string(label.name)), ("source", .string(label.source.rawValue)), ("confidence", .double(confidence)),
    ])
  }
}

extension ImageRecord {
  /// What addresses of thumbnails name the image's bytes by.
  var contentVersion: Substring { sha256.prefix(16) }
}
