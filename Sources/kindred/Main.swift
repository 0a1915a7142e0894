import Foundation
import Inference
import Kindred

/// Sees to the process before any command runs.
@main
enum Main {
  static func main() async {
    let arguments = CommandLine.arguments
    let home = KindredHome().path
    let verdict = OpenBLASSafety.ensure(cacheFile: home + "/openblas-check", arguments: arguments)
    switch verdict {
    case .correct: break
    case .replaced(let coreType):
      DoctorCommand.openBLASNote =
        "OpenBLAS computes wrongly on this processor with the kernels that it chooses; its \(coreType) kernels are used"
    case .broken(let reason):
      Terminal.note("kindred: \(reason). Nothing that depends on it can be trusted; install another libopenblas0.")
      if arguments.dropFirst().first != "doctor" { exit(1) }
      DoctorCommand.openBLASNote = reason
    }
    await KindredCommand.main()
  }
}
