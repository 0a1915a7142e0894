#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Read-only views of a file that grows.
///
/// A view is longer than the file, so that the file can grow into it: Linux makes pages of a shared mapping readable as
/// soon as the file has them. When the file outgrows its view a longer one is made, and the old one stays until the
/// end, because readers may still hold pointers into it. Views take addresses, not memory.
struct FileMapping: ~Copyable {
  /// The newest view.
  private(set) var base: UnsafeRawPointer
  private var capacity: Int
  private var older: [(base: UnsafeRawPointer, capacity: Int)] = []

  static let smallestView = 1 << 30

  init(_ file: borrowing FileDescriptor, size: Int) throws(VectorIndexError) {
    (base, capacity) = try Self.view(of: file, size: size)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: base), capacity)
    for view in older { munmap(UnsafeMutableRawPointer(mutating: view.base), view.capacity) }
  }

  /// Sees to it that the newest view covers the first `size` bytes of the file.
  mutating func cover(_ file: borrowing FileDescriptor, size: Int) throws(VectorIndexError) {
    guard size > capacity else { return }
    let (newBase, newCapacity) = try Self.view(of: file, size: size)
    older.append((base, capacity))
    (base, capacity) = (newBase, newCapacity)
  }

  private static func view(
    of file: borrowing FileDescriptor, size: Int
  ) throws(VectorIndexError) -> (UnsafeRawPointer, Int) {
    let page = 1 << 16
    let needed = (size + page - 1) / page * page
    var capacity = max(smallestView, needed.multipliedReportingOverflow(by: 2).partialValue, needed)
    while true {
      if let base = mmap(nil, capacity, PROT_READ, MAP_SHARED, file.raw, 0), base != MAP_FAILED {
        return (UnsafeRawPointer(base), capacity)
      }
      // Under a limit on addresses (`ulimit -v`) a view that is just long enough may still be had.
      guard errno == ENOMEM && capacity > needed && capacity > page else {
        throw file.failure("map", writing: false)
      }
      capacity = max(capacity / 2 / page * page, needed, page)
    }
  }
}
