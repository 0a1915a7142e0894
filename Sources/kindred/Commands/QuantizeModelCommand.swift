import ArgumentParser
import Foundation
import ImageDecoding
import Kindred
import ResNet

struct QuantizeModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize", abstract: "Calibrate a network for int8 on pictures.",
    discussion: """
      Ranges and means of the numbers between the layers are taken from three quarters of the pictures, and features \
      in int8 are compared with those in f32 over the rest. Where their cosine is at least \
      \(Calibration.leastMeanCosine) in the mean, `--precision auto` runs the network in int8 from then on.
      """)

  @Argument(help: "Model or weight file.") var name = "default"
  @Option(help: ArgumentHelp("Folder of pictures like those to be indexed.", valueName: "folder"))
  var calibrate: String
  @Option(help: ArgumentHelp("Pictures to use.", valueName: "number")) var count = Calibrator.usualCount
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (Calibrator.leastCount...100_000).contains(count) else {
      throw ValidationError("--count must be between \(Calibrator.leastCount) and 100000.")
    }
  }

  func run() throws {
    let store = ModelStore()
    let reference = try store.resolve(name)
    let model = try reference.load()
    Interruption.watch()
    let bar = ProgressBar("Calibrating int8", unit: "images")
    let calibration = try Calibrator(model: model, sha256: reference.sha256).calibrate(
      on: Calibrator.files(under: calibrate, count: count),
      decoder: ImageDecoder(options: DecodingOptions(minimumShorterSide: model.recipe.shorterSide)),
      isCancelled: { Interruption.isRequested }, report: { bar.show($0, of: $1) })
    bar.clear()
    if Interruption.isRequested { throw ExitCode(130) }
    guard let calibration else {
      throw KindredError(
        .notCalibrated, place: calibrate,
        reason: "at least \(Calibrator.leastCount) pictures that can be read are needed, and there are fewer here",
        remedy: "Name a folder with more pictures.")
    }
    try store.store(calibration)
    if json { return try printJSON(calibration) }
    print(
      "\(Terminal.printable(reference.name)) is calibrated on \(Terminal.plural(calibration.calibrationCount, "picture"))."
    )
    let cosines = String(format: "%.4f in the mean, %.4f at least", calibration.meanCosine, calibration.leastCosine)
    print("Cosine of int8 to f32 over \(Terminal.plural(calibration.comparisonCount, "other picture")): \(cosines)")
    if !calibration.keepsQuality {
      print("That is too far apart: --precision auto stays with f32 or bf16.")
    }
  }
}
