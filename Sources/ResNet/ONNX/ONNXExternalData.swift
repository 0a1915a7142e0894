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

    // O_NOFOLLOW refuses a symbolic link, O_NONBLOCK keeps a pipe of that name from stopping the import.
    let descriptor = open(folder + "/" + location, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason =
        errno == ELOOP ? "is a symbolic link, which Kindred does not follow here" : String(cString: strerror(errno))
      throw WeightFileError(
        code: errno == ENOENT ? .notFound : .unreadable, path: "", place: name,
        reason: "its data is in \(location) beside the model: \(reason)")
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw WeightFileError(
        code: .unreadable, path: "", place: name, reason: "\(location) beside the model is no regular file")
    }
    let size = Int(information.st_size)
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
    return try Self.read(descriptor, offset: offset, count: byteCount, place: name)
  }

  private static func read(
    _ descriptor: Int32, offset: Int, count: Int, place: String?
  ) throws(WeightFileError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = 0
      guard let base = buffer.baseAddress else { return }
      while initialized < count {
        let got = pread(descriptor, base + initialized, count - initialized, off_t(offset + initialized))
        if got > 0 {
          initialized += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    if failure != 0 {
      throw WeightFileError(code: .unreadable, path: "", place: place, reason: String(cString: strerror(failure)))
    }
    guard bytes.count == count else {
      throw WeightFileError(
        code: .truncated, path: "", place: place, reason: "the file became shorter while it was read")
    }
    return bytes
  }

  private func number(_ key: String, in values: [String: String], name: String) throws(WeightFileError) -> Int? {
    guard let text = values[key] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw ONNXFault.damaged("the \(key) \"\(text)\" of its data is no size", at: name)
    }
    return number
  }
}
