/// Makes the errors of the importer. The path is filled in by ``ONNXImporter``, the place by ``ONNXGraphBuilder``
/// when a node is at fault.
enum ONNXFault {
  static func damaged(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .damaged, path: "", place: place, reason: reason)
  }

  static func unsupported(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .unsupportedOperator, path: "", place: place, reason: reason)
  }

  static func wrongShape(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .wrongShape, path: "", place: place, reason: reason)
  }

  static func tooLarge(_ reason: String, at place: String? = nil) -> WeightFileError {
    WeightFileError(code: .tooLarge, path: "", place: place, reason: reason)
  }
}
