import ArgumentParser
import Foundation
import Kindred

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write features as safetensors or .npy, with a CSV of paths in the same order.",
    discussion: "The CSV has the file's whole name and the ending .csv: features.npy.csv for features.npy.")

  @Argument(help: "File to write; its ending (.safetensors or .npy) tells the format.", completion: .file()) var file:
    String
  @Flag(help: "L2-normalised vectors instead of the pooled features.") var normalize = false
  @OptionGroup var place: CollectionOptions

  func run() throws {
    guard let format = Exporter.Format(rawValue: (file as NSString).pathExtension.lowercased()) else {
      throw KindredError(
        .invalidArgument, place: file, reason: "the ending is neither .safetensors nor .npy",
        remedy: "Name the file so.")
    }
    let written = try Exporter(place.open(once: true)).export(to: file, format: format, normalized: normalize)
    print(
      "\(Terminal.plural(written.images, "feature")) written to \(Terminal.printable(file)), paths to \(Terminal.printable(written.csv))"
    )
  }
}
