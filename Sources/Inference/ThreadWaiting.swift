import Glibc

/// How OpenMP's threads wait for each other.
public enum ThreadWaiting {
  private static let policyVariable = "OMP_WAIT_POLICY"

  /// Lets oneDNN's threads sleep while they wait, if need be by starting the program again.
  ///
  /// By default they spin. Beside other work – decoders of this program, or other programs – a thread that spins takes
  /// the processor from the one that it waits for; indexing on two busy cores was seen to take ten times as long. The
  /// OpenMP library reads the choice from the environment when it is loaded, before any of a program's own code.
  /// - Parameter arguments: the program's, with its name. The choice of a person who set the variable is left alone.
  public static func preferSleeping(arguments: [String]) {
    guard getenv(policyVariable) == nil else { return }
    setenv(policyVariable, "passive", 1)
    var pointers = arguments.map { strdup($0) }
    pointers.append(nil)
    // Returns only where it fails; then threads spin, and all else works.
    execv("/proc/self/exe", pointers)
    for pointer in pointers { free(pointer) }
  }
}
