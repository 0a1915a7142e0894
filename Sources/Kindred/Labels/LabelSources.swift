import Foundation

/// Where `kindred index` takes labels from.
public enum LabelSource: Sendable, Equatable {
  /// The name of the folder that holds the picture.
  case folder
  /// The text file beside the picture with the same name and the ending `.txt`.
  case sidecar
  /// A CSV file of `path,label[,confidence]`.
  case csv(String)

  /// Reads what a person typed: `folder`, `sidecar`, or the path of a CSV file.
  public init(argument: String) {
    switch argument {
    case "folder": self = .folder
    case "sidecar": self = .sidecar
    default: self = .csv(argument)
    }
  }
}

/// Reads labels from files. Label files come from anywhere: sizes are bounded.
enum LabelReader {
  /// Longer labels are cut.
  static let longestLabel = 200
  private static let largestSidecar = 64 << 10
  private static let mostSidecarLabels = 64

  /// A label without control characters and surrounding space and within the longest length; `nil` when nothing is
  /// left.
  static func cleaned(_ text: some StringProtocol) -> String? {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard scalar.properties.generalCategory == .control else {
        scalars.append(scalar)
        continue
      }
      // A tab or an end of line stands between words; other control characters are no part of any.
      if scalar.properties.isWhitespace { scalars.append(" ") }
    }
    let trimmed = String(scalars).trimmingCharacters(in: .whitespacesAndNewlines)
    guard !trimmed.isEmpty else { return nil }
    return String(trimmed.prefix(longestLabel))
  }

  static func folderLabels(of path: String) -> [Label] {
    let folder = ((path as NSString).deletingLastPathComponent as NSString).lastPathComponent
    return cleaned(folder).map { $0 == "/" ? [] : [Label(name: $0, source: .folder)] } ?? []
  }

  /// Labels of the text file beside a picture: one a line; lines of the form `key=value` are not labels.
  /// - Returns: none where there is no such file; `nil` when it is there and can't be read.
  static func sidecarLabels(of path: String) -> [Label]? {
    let sidecar = (path as NSString).deletingPathExtension + ".txt"
    guard let information = FolderWalker.information(sidecar), information.st_mode & S_IFMT == S_IFREG,
      information.st_size <= largestSidecar
    else { return [] }
    guard let data = FileManager.default.contents(atPath: sidecar) else { return nil }
    var names: [String] = []
    for line in String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline) {
      guard !line.contains("="), var name = cleaned(line), names.count < mostSidecarLabels else { continue }
      while name.hasSuffix(".") { name.removeLast() }
      if let name = cleaned(name), !names.contains(name) { names.append(name) }
    }
    return names.map { Label(name: $0, source: .sidecar) }
  }

  /// Labels by absolute path from a CSV file of `path,label[,confidence]`; relative paths are below the CSV's folder.
  /// A first line of `path,label` is taken as a header.
  static func csvLabels(contentsOf file: String) throws -> [PathKey: [Label]] {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw KindredError(
        .unreadableFile, place: file, reason: "the label file can't be read",
        remedy: "--labels takes `folder`, `sidecar`, `none` or a CSV file of path,label[,confidence].")
    }
    let folder = ((file as NSString).isAbsolutePath ? file : FileManager.default.currentDirectoryPath + "/" + file)
    let base = (folder as NSString).deletingLastPathComponent
    var labels: [PathKey: [Label]] = [:]
    for (number, fields) in try CSV.rows(String(decoding: data, as: UTF8.self), name: file) {
      if number == 1, fields.first?.lowercased() == "path" { continue }
      guard fields.count == 2 || fields.count == 3, let path = fields.first, !path.isEmpty,
        let name = cleaned(fields[1])
      else {
        throw KindredError(
          .unreadableFile, place: "\(file):\(number)", reason: "a line must be path,label or path,label,confidence")
      }
      var confidence = 1.0
      if fields.count == 3 {
        guard let value = Double(fields[2].trimmingCharacters(in: .whitespaces)), (0...1).contains(value) else {
          throw KindredError(
            .unreadableFile, place: "\(file):\(number)",
            reason: "the confidence \"\(fields[2])\" is not between 0 and 1")
        }
        confidence = value
      }
      let absolute = (path as NSString).isAbsolutePath ? path : base + "/" + path
      let key = ResolvedPath.keepingTheFile(absolute)
      labels[PathKey(key ?? (absolute as NSString).standardizingPath), default: []].append(
        Label(name: name, source: .csv, confidence: confidence))
    }
    return labels
  }
}
