import Glibc

/// A program run for its exit status alone.
enum ChildProcess {
  enum Outcome: Equatable {
    case exited(Int32)
    /// Ended by a signal, such as that for an illegal instruction.
    case crashed(signal: Int32)
    /// Still running when the time was up, and ended for it.
    case tookTooLong
    case couldNotStart(error: Int32)
  }

  /// - Parameters:
  ///   - environment: added to this process's; `nil` removes a variable.
  ///   - seconds: after so long the program is killed.
  static func run(
    _ program: String, _ arguments: [String], environment changes: [String: String?], seconds: Double
  ) -> Outcome {
    var id = pid_t()
    let status = withCStrings([program] + arguments) { arguments in
      withCStrings(changed(changes)) { environment in
        withQuietOutput { actions in posix_spawn(&id, program, actions, nil, arguments, environment) }
      }
    }
    guard status == 0 else { return .couldNotStart(error: status) }
    return wait(for: id, seconds: seconds)
  }

  /// Replaces this process by a program; returns only where that fails.
  static func replace(
    by program: String, _ arguments: [String], environment changes: [String: String?]
  ) -> Int32 {
    withCStrings(arguments) { arguments in
      withCStrings(changed(changes)) { environment in
        _ = execve(program, arguments, environment)
        return errno
      }
    }
  }

  private static func wait(for id: pid_t, seconds: Double) -> Outcome {
    var status: Int32 = 0
    var waited = 0.0
    while true {
      let result = waitpid(id, &status, WNOHANG)
      if result == id { break }
      if result < 0 && errno != EINTR { return .couldNotStart(error: errno) }
      guard waited < seconds else {
        kill(id, SIGKILL)
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return .tookTooLong
      }
      usleep(1000)
      waited += 0.001
    }
    // What WIFSIGNALED and WEXITSTATUS do.
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .crashed(signal: signal)
  }

  /// Its output is nobody's business.
  private static func withQuietOutput(
    _ body: (UnsafePointer<posix_spawn_file_actions_t>) -> Int32
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    return withUnsafePointer(to: &actions) { body($0) }
  }

  private static func changed(_ changes: [String: String?]) -> [String] {
    var result: [String] = []
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      let name = String(text.prefix { $0 != "=" })
      if !changes.keys.contains(name) { result.append(text) }
      next += 1
    }
    for (name, value) in changes {
      if let value { result.append("\(name)=\(value)") }
    }
    return result
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer {
      for copy in copies { free(copy) }
    }
    return body(copies + [nil])
  }
}
