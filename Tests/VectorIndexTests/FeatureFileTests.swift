import Foundation
import Testing

@testable import VectorIndex

@Suite struct FeatureFileTests {
  @Test func keepsRows() throws {
    let folder = try TemporaryFolder()
    let file = try FeatureFile.create(path: folder("features"), dimension: 3)
    #expect(file.rowCount == 0)
    #expect(try file.append([1, 0, 0, 0, 1, 0]) == 0)
    #expect(try file.append([]) == 2)
    #expect(try file.append([0, 0, 1]) == 2)
    try file.synchronize()
    #expect(file.rowCount == 3)
    #expect(file.row(1) == [0, 1, 0])
    #expect(file.rows(1..<3) == [0, 1, 0, 0, 0, 1])
    #expect(file.rows(0..<0) == [])
    let again = try FeatureFile(path: folder("features"), expectedDimension: 3)
    #expect(again.dimension == 3 && again.rowCount == 3 && again.rows(0..<3) == file.rows(0..<3))
    #expect(again.checksum(ofRow: 0) == file.checksum(ofRow: 0))
    #expect(again.checksum(ofRow: 0) != again.checksum(ofRow: 1))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder("features"))).count == 64 + 3 * 12)
  }

  @Test func checksumIsThatOfTheBytes() throws {
    let folder = try TemporaryFolder()
    // "12345678" as two little-endian floats.
    let values = [Float(bitPattern: 0x3433_3231), Float(bitPattern: 0x3837_3635)]
    let file = try FeatureFile.filled(folder("features"), dimension: 2, values)
    #expect(file.checksum(ofRow: 0) == 0x6087_809A)
  }

  @Test func seesRowsOfAnotherWriter() throws {
    let folder = try TemporaryFolder()
    let writer = try FeatureFile.create(path: folder("features"), dimension: 2)
    let reader = try FeatureFile(path: folder("features"))
    for count in 1...2000 {
      try writer.append([Float(count), 0])
      if count.isMultiple(of: 500) {
        #expect(reader.rowCount == count - 500)
        #expect(try reader.refresh() == count)
        #expect(reader.row(count - 1) == [Float(count), 0])
      }
    }
  }

  @Test func readOnlyFileCantBeChanged() throws {
    let folder = try TemporaryFolder()
    _ = try FeatureFile.filled(folder("features"), dimension: 2, [1, 0])
    let reader = try FeatureFile(path: folder("features"))
    expectError(.unwritable) { try reader.append([0, 1]) }
    expectError(.unwritable) { try reader.truncate(toRows: 0) }
    #expect(reader.rowCount == 1 && reader.row(0) == [1, 0])
  }

  @Test func dropsWhatACrashLeft() throws {
    let folder = try TemporaryFolder()
    let path = folder("features")
    _ = try FeatureFile.filled(path, dimension: 2, [1, 0, 0, 1])
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([1, 2, 3, 4, 5]))
    try handle.close()

    let file = try FeatureFile(path: path, writable: true)
    #expect(file.rowCount == 2)
    try file.truncate(toRows: 1)
    #expect(file.rowCount == 1)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 64 + 8)
    try file.append([0.5, 0.5])
    #expect(file.rows(0..<2) == [1, 0, 0.5, 0.5])
    expectError(.invalidArgument) { try file.truncate(toRows: 3) }
    expectError(.invalidArgument) { try file.truncate(toRows: -1) }
  }

  @Test func appendsOverACutOffRow() throws {
    let folder = try TemporaryFolder()
    let path = folder("features")
    _ = try FeatureFile.filled(path, dimension: 2, [1, 0, 0, 1])
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: 64 + 8 + 3)
    try handle.close()
    let file = try FeatureFile(path: path, writable: true)
    #expect(file.rowCount == 1)
    #expect(try file.append([0.25, 0.75]) == 1)
    #expect(file.rows(0..<2) == [1, 0, 0.25, 0.75])
  }

  @Test func refusesOtherFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder("features")
    expectError(.notFound) { _ = try FeatureFile(path: path) }
    expectError(.notFound) { _ = try FeatureFile.create(path: folder("no/features"), dimension: 2) }
    expectError(.foreign) { _ = try FeatureFile(path: folder.path) }
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    expectError(.foreign) { _ = try FeatureFile(path: folder("pipe")) }
    expectError(.invalidArgument) { _ = try FeatureFile.create(path: path, dimension: 0) }
    expectError(.invalidArgument) { _ = try FeatureFile.create(path: path, dimension: 70_000) }
    #expect(!FileManager.default.fileExists(atPath: path))

    let file = try FeatureFile.filled(path, dimension: 4, [1, 0, 0, 0])
    expectError(.unwritable) { _ = try FeatureFile.create(path: path, dimension: 4) }
    #expect(file.rowCount == 1)
    expectError(.dimensionMismatch) { try file.append([1, 0, 0]) }
    expectError(.dimensionMismatch) { _ = try FeatureFile(path: path, expectedDimension: 5) }
  }

  /// Every changed byte of the header is noticed, and so is every cut.
  @Test func refusesADamagedHeader() throws {
    let folder = try TemporaryFolder()
    let path = folder("features")
    _ = try FeatureFile.filled(path, dimension: 4, [1, 0, 0, 0])
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for offset in 0..<64 {
      var bytes = good
      bytes[offset] ^= 0x10
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let code: VectorIndexError.Code =
        switch offset {
        case 0..<8: .foreign
        case 8..<12: .unknownVersion
        default: .damaged
        }
      expectError(code) { _ = try FeatureFile(path: path) }
    }
    for size in 0..<64 {
      try Data(good[..<size]).write(to: URL(fileURLWithPath: path))
      expectError(size == 0 || size >= 8 ? .damaged : .foreign) { _ = try FeatureFile(path: path) }
    }
  }

  /// A header whose checksum was made to fit is still checked.
  @Test func refusesAnImpossibleHeader() throws {
    let folder = try TemporaryFolder()
    let path = folder("features")
    for (offset, value) in [(12, 63), (16, 0), (16, 70_000), (16, 0xFFFF_FFFF), (20, 2)] as [(Int, UInt32)] {
      var bytes = try FeatureFile.Header(layout: RowLayout(dimension: 4), path: path).bytes
      for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
      let checksum = bytes[..<60].withUnsafeBytes(Checksum.crc32c)
      for byte in 0..<4 { bytes[60 + byte] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * byte)) }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      expectError(.damaged) { _ = try FeatureFile(path: path) }
    }
  }

  /// The file system's own limit stands in for a full disk: the write stops in the middle of a row.
  @Test func failedAppendLeavesTheFileAsItWas() throws {
    let folder = try TemporaryFolder()
    let path = folder("features")
    let dimension = 65_536
    let rowBytes = dimension * 4
    _ = try FeatureFile.create(path: path, dimension: dimension)
    // Sparse, and so long that the limit does not touch what other tests write.
    let limit = 16 << 30
    let rows = limit / rowBytes - 1
    #expect(truncate(path, off_t(64 + rows * rowBytes)) == 0)
    let file = try FeatureFile(path: path, writable: true)
    #expect(file.rowCount == rows)

    signal(SIGXFSZ, SIG_IGN)
    var old = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
    var new = rlimit(rlim_cur: rlim_t(limit), rlim_max: old.rlim_max)
    #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &new) == 0)
    defer { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old) }
    expectError(.unwritable) { try file.append([Float](repeating: 0.5, count: 2 * dimension)) }
    #expect(file.rowCount == rows)
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    #expect(size == 64 + rows * rowBytes)
  }

  @Test func nameTheFullDisk() {
    #expect(FileDescriptor.failure(ENOSPC, path: "f", doing: "write", writing: true).code == .outOfSpace)
    #expect(FileDescriptor.failure(EDQUOT, path: "f", doing: "flush", writing: true).code == .outOfSpace)
    #expect(FileDescriptor.failure(EIO, path: "f", doing: "read", writing: false).code == .unreadable)
  }

  /// A file that outgrows its view gets a longer one, and the old one stays good.
  @Test func viewGrows() throws {
    let folder = try TemporaryFolder()
    let path = folder("sparse")
    let file = try FileDescriptor.create(path: path)
    let start: [UInt8] = [1, 2, 3]
    try start.withUnsafeBufferPointer { (bytes) throws(VectorIndexError) in
      try file.write(UnsafeRawBufferPointer(bytes), at: 0)
    }
    var mapping = try FileMapping(file, size: 3)
    let first = mapping.base
    #expect(first.load(fromByteOffset: 2, as: UInt8.self) == 3)
    for size in [FileMapping.smallestView, FileMapping.smallestView + 1, 5 * FileMapping.smallestView] {
      try start.withUnsafeBufferPointer { (bytes) throws(VectorIndexError) in
        try file.write(UnsafeRawBufferPointer(bytes), at: size - 3)
      }
      try mapping.cover(file, size: size)
      #expect(mapping.base.load(fromByteOffset: size - 1, as: UInt8.self) == 3)
    }
    #expect(mapping.base != first)
    #expect(first.load(fromByteOffset: 1, as: UInt8.self) == 2)
  }

  @Test func manyThreadsReadWhileOneAppends() async throws {
    let folder = try TemporaryFolder()
    let file = try FeatureFile.create(path: folder("features"), dimension: 16)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for row in 0..<500 { try file.append([Float](repeating: Float(row), count: 16)) }
      }
      for _ in 0..<3 {
        group.addTask {
          while file.rowCount < 500 {
            let count = file.rowCount
            if count > 0 { #expect(file.row(count - 1) == [Float](repeating: Float(count - 1), count: 16)) }
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
