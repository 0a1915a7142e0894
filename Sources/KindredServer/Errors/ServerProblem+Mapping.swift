import HTTPTypes
import Hummingbird
import ImageDecoding
import Inference
import Kindred
import NIOCore
import ResNet
import VectorIndex

extension ServerProblem {
  /// What a stranger is told of an error.
  ///
  /// Errors of the engine are written for the person at this machine: their places and remedies hold paths and
  /// commands. So what leaves the machine is chosen by code, and of reasons only what names no path.
  /// - Returns: `nil` for an error that is the server's fault; the log has it then.
  public static func problem(of error: any Error) -> ServerProblem? {
    switch error {
    case let error as ServerProblem: error
    case let error as KindredError: problem(of: error)
    case let error as ImageDecodingError: problem(of: error)
    case let error as ModelStoreError: problem(of: error)
    case let error as VectorIndexError: problem(of: error)
    case is WeightFileError, is InferenceError: modelMissing(nil)
    case is CancellationError: draining
    case is NIOTooManyBytesError: tooLarge("The request's body is over its bound.")
    case let error as any HTTPResponseError: problem(ofStatus: error.status)
    default: nil
    }
  }

  private static func problem(of error: KindredError) -> ServerProblem? {
    switch error.code {
    case .noCollection: return unknownCollection
    case .collectionExists:
      return conflict("A collection of this name is there already.", remedy: "Choose another name.")
    case .busy: return busy
    case .unknownImage: return unknownImage
    case .unknownLabel:
      return ServerProblem(
        status: 404, code: "unknown-label", title: "No such label",
        detail: "No image of the collection carries this label.")
    case .unknownEntry:
      return ServerProblem(
        status: 404, code: "unknown-entry", title: "No such entry",
        detail: PathScrubber.sentence(error.place.map { "\($0): \(error.reason)" } ?? error.reason))
    case .wrongKind: return readOnly(error.reason.capitalizedFirst + ".")
    case .outsideRoots:
      return forbidden(
        "Nothing under an allowed folder has this path.",
        remedy: "Write the name of an allowed folder, then the path below it.")
    case .goneFile: return gone
    case .unknownJob: return unknownJob
    case .tooManyJobs: return overloaded(reason: "too many jobs wait already")
    case .invalidArgument, .dimensionMismatch:
      return invalid(PathScrubber.sentence(error.reason) ?? "A value can't be used.")
    case .modelMismatch, .notCalibrated: return modelMissing(nil)
    case .unreadableFolder, .unreadableFile:
      return ServerProblem(
        status: 422, code: "unreadable", title: "It can't be read",
        detail: "The file or folder is not there or can't be read.")
    case .unwritable:
      return unavailable(
        code: "storage-failed", title: "The server can't store it", detail: "The index can't be written to.",
        remedy: "The server's log says more.")
    case .unknownKey, .damagedFile: return nil
    case .foreignCollection, .damagedCollection:
      return unavailable(
        code: "damaged-collection", title: "The collection can't be used",
        detail: "The collection's files are damaged.",
        remedy: "Whoever runs the server should run `kindred verify --repair`.")
    }
  }

  private static func problem(of error: ImageDecodingError) -> ServerProblem? {
    let reason = PathScrubber.sentence(error.reason)
    switch error.code {
    case .notFound, .unreadable, .notARegularFile:
      return ServerProblem(
        status: 404, code: "not-found", title: "Not found", detail: "There is no file here that can be read.")
    case .notAPicture, .empty: return notAPicture(reason ?? "The bytes are no picture.")
    case .unsupportedFormat: return notAPicture(reason ?? "Pictures of this format can't be read.")
    case .truncated, .corrupt, .zeroSized: return unusablePicture(reason ?? "The picture is damaged.")
    case .tooManyPixels, .fileTooLarge: return tooLarge(reason ?? "The picture is over its bound.")
    }
  }

  private static func problem(of error: ModelStoreError) -> ServerProblem? {
    switch error.code {
    case .unknownModel, .invalidName:
      return ServerProblem(
        status: 404, code: "not-found", title: "No such model", detail: "The server's store has no model of this name.")
    default: return modelMissing(nil)
    }
  }

  private static func problem(of error: VectorIndexError) -> ServerProblem? {
    switch error.code {
    case .dimensionMismatch, .invalidArgument:
      return invalid(PathScrubber.sentence(error.reason) ?? "The vector can't be used.")
    case .outOfSpace, .unwritable:
      return unavailable(
        code: "storage-failed", title: "The server can't store it", detail: "The disk is full or can't be written to.",
        remedy: "The server's log says more.")
    default:
      return unavailable(
        code: "damaged-collection", title: "The collection can't be used",
        detail: "The collection's files are damaged.",
        remedy: "Whoever runs the server should run `kindred verify --repair`.")
    }
  }

  /// The collection's network is not to be had.
  public static func modelMissing(_ name: String?) -> ServerProblem {
    unavailable(
      code: "model-missing", title: "The model is not there",
      detail: (name.map { "The model \($0) is" } ?? "The collection's model is") + " not on the server.",
      remedy: "Whoever runs the server should run `kindred model fetch`.")
  }

  private static func problem(ofStatus status: HTTPResponse.Status) -> ServerProblem? {
    switch status.code {
    case 404: notFound
    case 413: tooLarge("The request's body is over its bound.")
    case 400..<500: invalid("The request can't be read.")
    default: nil
    }
  }
}
