import ResNet

/// Writes a matrix row by row in one of the export formats.
final class FeatureWriter {
  private enum Backend {
    case npy(OutputFile)
    case safetensors(SafetensorsWriter)
  }
  private let backend: Backend

  init(path: String, format: Exporter.Format, rows: Int, dimension: Int) throws {
    switch format {
    case .npy:
      let file = try OutputFile(path: path)
      try file.write(NPYFile.header(rows: rows, columns: dimension))
      backend = .npy(file)
    case .safetensors:
      backend = .safetensors(try SafetensorsWriter(path: path, tensors: [("features", [rows, dimension])]))
    }
  }

  func append(_ vector: [Float]) throws {
    switch backend {
    case .npy(let file):
      // Kindred runs on little-endian processors only, as Swift on Linux does.
      try file.write(vector.withUnsafeBytes { Array($0) })
    case .safetensors(let writer):
      try writer.append(vector)
    }
  }

  func finish() throws {
    switch backend {
    case .npy(let file): try file.finish()
    case .safetensors(let writer): try writer.finish()
    }
  }
}
