import Foundation

/// What the process has allocated, by glibc's own account.
enum AllocatedMemory {
  /// Bytes of blocks that are in use.
  static func bytes() throws -> Int {
    typealias Info = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
    // Its header is not in Swift's module of glibc.
    guard let symbol = dlsym(nil, "malloc_info"), let stream = tmpfile() else { throw CocoaError(.featureUnsupported) }
    defer { fclose(stream) }
    guard unsafeBitCast(symbol, to: Info.self)(0, stream) == 0 else { throw CocoaError(.fileWriteUnknown) }
    let length = ftell(stream)
    rewind(stream)
    var text = [UInt8](repeating: 0, count: length)
    guard fread(&text, 1, length, stream) == length else { throw CocoaError(.fileReadUnknown) }
    // The totals of all arenas come last.
    let totals = String(decoding: text, as: UTF8.self).components(separatedBy: "</heap>").last ?? ""
    func size(_ name: String) -> Int {
      totals.split(separator: "\n").first { $0.contains(name) }
        .flatMap { $0.firstMatch(of: /size="(\d+)"/) }.flatMap { Int($0.1) } ?? 0
    }
    return size("<system type=\"current\"") - size("type=\"fast\"") - size("type=\"rest\"") + size("type=\"mmap\"")
  }
}
