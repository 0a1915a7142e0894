import Foundation
import Synchronization

/// The access keys of an index folder, in its `keys.json`.
///
/// ```swift
/// let store = KeyStore(index: "index")
/// let made = try store.create(role: .reader, collections: nil, expires: nil, note: "the web shop")
/// print(made.secret)
/// print(try store.authenticate(made.secret)?.role)
/// ```
///
/// A file that is damaged or can't be read lets nobody in: every call throws until it is mended. Changes by other
/// processes are noticed at the next call.
public final class KeyStore: Sendable {
  let file: PrivateFile
  private let known = Mutex(Known())

  /// What was read last.
  private struct Known {
    var stamp: PrivateFile.Stamp?
    var keys: [StoredKey] = []
  }

  /// - Parameter index: the index folder; it need not exist yet.
  public init(index: String) {
    file = PrivateFile(path: index + "/keys.json")
  }

  /// Makes a key.
  /// - Parameters:
  ///   - role: what it may do.
  ///   - collections: identifiers of the collections that it is for; `nil` for all.
  ///   - expires: from when on it is not valid any more.
  ///   - note: what to know it by.
  /// - Returns: the key, and its secret `kindred_<id>_<43 characters>`, which is not kept and can't be had again.
  public func create(
    role: AccessRole, collections: [String]?, expires: Date?, note: String?
  ) throws -> (key: AccessKey, secret: String) {
    let now = Date()
    if let expires, expires <= now {
      throw KindredError(.invalidArgument, place: Collection.timestamp(expires), reason: "the expiry is in the past")
    }
    if let collections, collections.isEmpty {
      throw KindredError(.invalidArgument, reason: "a key for no collection opens nothing")
    }
    let folder = (file.path as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw KindredError(.unwritable, place: folder, reason: "the folder can't be made")
    }
    return try change { keys in
      let taken = Set(keys.map(\.key.id))
      var id = KeySecret.newIdentifier()
      while taken.contains(id) { id = KeySecret.newIdentifier() }
      let secret = KeySecret.new(identifier: id)
      let key = AccessKey(
        id: id, role: role, collections: collections.map { Array(Set($0)).sorted() },
        note: note.flatMap { LabelReader.cleaned($0) }, created: Collection.timestamp(now),
        expires: expires.map { Collection.timestamp($0) })
      keys.append(StoredKey(key: key, sha256: ContentHash.hexString(KeySecret.digest(secret))))
      return (key, secret)
    }
  }

  /// Every key that was made, also expired and revoked ones, in the order of making.
  public func list() throws -> [AccessKey] { try current().map(\.key) }

  /// Makes a key open nothing from now on. One that is revoked already stays as it is.
  /// - Throws: ``KindredError/Code/unknownKey``.
  public func revoke(id: String) throws -> AccessKey {
    let unknown = KindredError(
      .unknownKey, place: id, reason: "no key has this identifier", remedy: "`kindred key list` prints them.")
    // Asked first without the lock, whose file may have no folder yet.
    guard try current().contains(where: { $0.key.id == id }) else { throw unknown }
    return try change { keys in
      guard let position = keys.firstIndex(where: { $0.key.id == id }) else { throw unknown }
      if keys[position].key.revoked == nil { keys[position].key.revoked = Collection.timestamp() }
      return keys[position].key
    }
  }

  /// Whether there is no file of keys, since no key was ever made. Revoked and expired ones count, and so does a file
  /// that holds none: whoever has one wants callers to have a key.
  public var isEmpty: Bool {
    get throws {
      try known.withLock { known in
        _ = try current(&known)
        return known.stamp == nil
      }
    }
  }

  /// The key of a secret, when it is valid now.
  /// - Throws: when the keys can't be read; nobody is to be let in then.
  public func authenticate(_ secret: String) throws -> AccessKey? {
    let keys = try current()
    guard let id = KeySecret.identifier(of: secret), let stored = keys.first(where: { $0.key.id == id }),
      KeySecret.matches(secret, sha256: stored.sha256)
    else { return nil }
    return stored.key.isValid(at: Date()) ? stored.key : nil
  }

  // MARK: The file

  private func current() throws -> [StoredKey] { try known.withLock { try current(&$0) } }

  private func current(_ known: inout Known) throws -> [StoredKey] {
    let stamp = try file.stamp()
    if let stamp, stamp == known.stamp { return known.keys }
    return try Self.read(file, into: &known)
  }

  private static func read(_ file: PrivateFile, into known: inout Known) throws -> [StoredKey] {
    guard let (bytes, stamp) = try file.read(limit: KeyFile.largest) else {
      // Keys that were there a moment ago are not the same as keys that never were.
      guard known.stamp == nil else {
        throw KindredError(
          .damagedFile, place: file.path, reason: "the access keys were here and are gone",
          remedy: "Put the file back, or restart the server without keys.")
      }
      return []
    }
    let keys = try KeyFile.keys(bytes, path: file.path)
    known = Known(stamp: stamp, keys: keys)
    return keys
  }

  private func change<T>(_ body: (inout [StoredKey]) throws -> T) throws -> T {
    try file.withLock {
      var now = known.withLock { $0 }
      var keys = try Self.read(file, into: &now)
      let result = try body(&keys)
      let stamp = try file.replace(with: KeyFile.bytes(keys))
      let changed = Known(stamp: stamp, keys: keys)
      known.withLock { $0 = changed }
      return result
    }
  }
}
