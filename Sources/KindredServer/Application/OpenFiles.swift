import Glibc

/// The process's bound of open files, connections among them.
enum OpenFiles {
  /// More than any server needs; some systems allow so many that the kernel's tables of them are large.
  private static let most = 65_536

  /// Raises the bound as far as this process may.
  /// - Returns: the bound.
  static func raiseLimit() -> Int {
    var bound = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bound) == 0 else { return 1024 }
    let wanted = min(bound.rlim_max, rlim_t(most))
    if bound.rlim_cur < wanted {
      let old = bound.rlim_cur
      bound.rlim_cur = wanted
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &bound) != 0 { bound.rlim_cur = old }
    }
    return Int(clamping: bound.rlim_cur)
  }

  /// How many connections there may be, so that files for collections, pictures and jobs are left.
  static func connections(wanted: Int, openFiles: Int) -> Int {
    max(1, min(wanted, max(openFiles - 200, openFiles / 4)))
  }
}
