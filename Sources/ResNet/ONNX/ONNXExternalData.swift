import Foundation

/// Reads tensors that lie in files beside a model.
///
/// A model from a stranger must not make Kindred read other files of the machine, so only a plain name inside the
/// model's own folder is followed, and no symbolic link.
struct ONNXExternalData {
  /// The folder of the model.
  let folder: String
  /// Bytes read so far, by file.
  private var bytesRead: [String: Int] = [:]

  init(folder: String) {
    self.folder = folder
  }

  /// - Parameters:
  ///   - entries: the tensor's `external_data`: `location`, and `offset` and `length` in bytes.
  ///   - byteCount: what the tensor's shape and type need.
  ///   - name: the tensor's, for errors.
  mutating func read(
    _ entries: [ONNXStringStringEntryProto], byteCount: Int, name: String
  ) throws(WeightFileError) -> [UInt8] {
    var values: [String: String] = [:]
    for entry in entries { values[entry.key] = entry.value }
    guard let location = values["location"] else {
      throw ONNXFault.damaged("its data is in another file, which is not named", at: name)
    }
    guard !location.isEmpty, location != ".", location != "..", !location.contains("/"), !location.contains("\\"),
      !location.unicodeScalars.contains("\0")
    else {
      throw ONNXFault.unsupported(
        "its data is in \"\(location)\"; Kindred only reads a file beside the model, named without a folder", at: name)
    }
    let offset = try number("offset", in: values, name: name) ?? 0
    if let length = try number("length", in: values, name: name), length != byteCount {
      throw ONNXFault.damaged("its shape needs \(byteCount) bytes of \(location), which says \(length)", at: name)
    }

    do {
      let file = try WeightFileHandle(path: folder + "/" + location, followsLinks: false)
      try check(offset: offset, byteCount: byteCount, location: location, size: file.size, name: name)
      return try file.bytes(at: offset, count: byteCount)
    } catch {
      guard error.place == nil else { throw error }
      throw WeightFileError(
        code: error.code, path: "", place: name, reason: "its data is in \(location) beside the model: \(error.reason)")
    }
  }

  /// Whether a part lies in its file and is not read too often.
  private mutating func check(
    offset: Int, byteCount: Int, location: String, size: Int, name: String
  ) throws(WeightFileError) {
    guard byteCount <= size, offset <= size - byteCount else {
      throw WeightFileError(
        code: .truncated, path: "", place: name,
        reason: "its data is \(byteCount) bytes from byte \(offset) of \(location), which has \(size)")
    }
    // Two names for one tensor occur; a thousand would let a small model fill the memory.
    let total = bytesRead[location, default: 0] + byteCount
    guard total / 2 <= size else {
      throw ONNXFault.tooLarge("the model reads the same bytes of \(location) again and again", at: name)
    }
    bytesRead[location] = total
  }

  private func number(_ key: String, in values: [String: String], name: String) throws(WeightFileError) -> Int? {
    guard let text = values[key] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw ONNXFault.damaged("the \(key) \"\(text)\" of its data is no size", at: name)
    }
    return number
  }
}
