import COpenBLAS
import Foundation
import VectorIndex

/// Exact search beside what bounds it: for one query the time to read the rows, for many the matrix product.
struct ExactSearchMeasurement: Encodable {
  /// Of one query, in the median, on one thread.
  var oneMilliseconds: Double
  /// To read the bytes of the rows once, on one thread.
  var readMilliseconds: Double
  /// Of all queries at once, a query.
  var batchMilliseconds: Double
  /// Of `sgemm` with as many queries and rows, a query.
  var productMilliseconds: Double

  init(_ embeddings: EmbeddingRows, questions: [[Float]]) throws {
    // In turn and from the same pages: both find the same of them in the processor's cache.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: embeddings.features.path), options: .alwaysMapped)
    let turns = questions.prefix(100).map { question in
      (search: timed { embeddings.exactNeighbors(of: question, top: 10) }.1, read: timed { Self.read(bytes) }.1)
    }
    oneMilliseconds = Self.median(turns.map(\.search))
    readMilliseconds = Self.median(turns.map(\.read))
    let all = questions.flatMap(\.self)
    let count = Double(questions.count)
    batchMilliseconds =
      Self.median((0..<3).map { _ in timed { embeddings.exactNeighbors(ofBatch: all, top: 10) }.1 }) / count
    let rows = embeddings.rows(Array(0..<min(4_096, embeddings.rowCount)))
    productMilliseconds =
      Self.median((0..<3).map { _ in timed { Self.product(all, rows, embeddings) }.1 }) / count
  }

  private static func median(_ seconds: [Double]) -> Double { seconds.sorted()[seconds.count / 2] * 1e3 }

  @inline(never) private static func read(_ bytes: Data) -> UInt64 {
    bytes.withUnsafeBytes { bytes in
      var sums = (SIMD8<UInt64>.zero, SIMD8<UInt64>.zero)
      for offset in stride(from: 0, to: bytes.count - 127, by: 128) {
        sums.0 &+= bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
        sums.1 &+= bytes.loadUnaligned(fromByteOffset: offset + 64, as: SIMD8<UInt64>.self)
      }
      return (sums.0 &+ sums.1).wrappedSum()
    }
  }

  /// The product of all queries with as many rows as there are, in blocks of those given.
  @inline(never) private static func product(
    _ queries: [Float], _ rows: [Float], _ embeddings: EmbeddingRows
  ) -> Float {
    let inner = embeddings.dimension
    let block = rows.count / inner
    var scores = [Float](repeating: 0, count: queries.count / inner * block)
    for first in stride(from: 0, to: embeddings.rowCount, by: block) {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(queries.count / inner),
        Int32(min(block, embeddings.rowCount - first)), Int32(inner), 1, queries, Int32(inner), rows, Int32(inner), 0,
        &scores, Int32(block))
    }
    return scores[0]
  }
}
