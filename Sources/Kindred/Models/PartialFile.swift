import Foundation

/// What a resumed download must match: written beside a `.part` file before its first byte.
struct PartialFileTag: Codable, Equatable {
  var url: String
  /// The server's strong validator for this version of the file.
  var entityTag: String?
  /// The whole file's size, where the server told it.
  var total: Int64?
}

/// A file that grows to the end of a download, hashed as it grows.
final class PartialFile {
  let path: String
  private let descriptor: Int32
  private var hash = SHA256Stream()
  /// Bytes in the file.
  private(set) var bytes: Int64 = 0

  var tagPath: String { path + ".json" }

  /// Opens or creates the file, and hashes what an earlier download left in it.
  init(path: String) throws(ModelStoreError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw ModelStoreError(path: path, errorNumber: errno, writing: true) }
    var status = stat()
    // A device has no end to go on from.
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return }
    do {
      try hash.update(contentsOf: descriptor, path: path)
    } catch {
      throw ModelStoreError(error)
    }
    bytes = Int64(lseek(descriptor, 0, SEEK_CUR))
  }

  deinit { close(descriptor) }

  /// The tag of the download that left the file.
  var tag: PartialFileTag? {
    StoreFile.readSmall(tagPath).flatMap { try? JSONDecoder().decode(PartialFileTag.self, from: $0) }
  }

  /// Empties the file, for a download from its beginning.
  func restart(tag: PartialFileTag) throws(ModelStoreError) {
    guard bytes == 0 || (ftruncate(descriptor, 0) == 0 && lseek(descriptor, 0, SEEK_SET) == 0) else {
      throw ModelStoreError(path: path, errorNumber: errno, writing: true)
    }
    bytes = 0
    hash = SHA256Stream()
    guard let data = try? JSONEncoder().encode(tag) else { return }
    try StoreFile.replace(tagPath, with: data)
  }

  func append(_ data: some ContiguousBytes) throws(ModelStoreError) {
    // The closure of withUnsafeBytes can't say which errors it throws.
    let failure = data.withUnsafeBytes { buffer -> Int32? in
      if let number = StoreFile.write(buffer, to: descriptor) { return number }
      hash.update(buffer)
      bytes += Int64(buffer.count)
      return nil
    }
    if let failure { throw ModelStoreError(path: path, errorNumber: failure, writing: true) }
  }

  /// The SHA-256 of all bytes so far, in hexadecimal digits.
  var sha256: String { hash.hexDigest() }

  /// Has the bytes on disk before it returns.
  func synchronize() throws(ModelStoreError) {
    guard fsync(descriptor) == 0 else { throw ModelStoreError(path: path, errorNumber: errno, writing: true) }
  }

  /// Deletes the file and its tag.
  func discard() {
    unlink(path)
    unlink(tagPath)
  }
}
