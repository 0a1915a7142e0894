import Foundation

/// A table of single-precision numbers, as NumPy writes it (format versions 1 and 2, little-endian, row by row).
struct NPYFile {
  var rows: Int
  var columns: Int
  /// `[rows, columns]`, flattened.
  var values: [Float]

  struct Fault: Error, CustomStringConvertible {
    var description: String
  }

  init(contentsOf path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    guard data.count > 12, data.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw Fault(description: "\(path): this is no .npy file")
    }
    let isLong = data[6] > 1
    let length = isLong ? (8..<12).reversed().reduce(0) { $0 << 8 | Int(data[$1]) } : Int(data[8]) | Int(data[9]) << 8
    let start = (isLong ? 12 : 10) + length
    guard start <= data.count, let header = String(data: data[(isLong ? 12 : 10)..<start], encoding: .utf8),
      header.contains("'<f4'"), header.contains("'fortran_order': False"),
      let shape = header.firstMatch(of: /\((\d+), (\d+)\)/), let rows = Int(shape.1), let columns = Int(shape.2),
      rows.multipliedReportingOverflow(by: columns).overflow == false, data.count - start == rows * columns * 4
    else { throw Fault(description: "\(path): this is no table of single-precision numbers") }
    (self.rows, self.columns) = (rows, columns)
    values = data[start...].withUnsafeBytes { bytes in
      (0..<rows * columns).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
  }
}
