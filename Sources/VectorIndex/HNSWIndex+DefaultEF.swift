extension HNSWIndex {
  /// The `ef` for a search that should find what exact search finds: the greater of 100 and twice `top`.
  ///
  /// Mean recall against exact search with M 16 and efConstruction 200, measured on ResNet-50-thin features of 700
  /// photos (1024 numbers, each photo a query against the others), on 20,000 blends of two such features with noise
  /// (1024, 1000 queries) and on 20,000 points around 200 centres with noise of 0.5, 1 and 2 times the centres' own
  /// deviation (512, 1000 queries):
  ///
  /// | top | ef | photos | blends | noise 0.5 | noise 1 | noise 2 |
  /// |---|---|---|---|---|---|---|
  /// | 1 | 40 | 1.000 | 0.986 | 0.999 | 0.999 | 0.999 |
  /// | 10 | 40 | 1.000 | 0.988 | 1.000 | 0.999 | 0.998 |
  /// | 10 | 50 | 1.000 | 0.997 | 1.000 | 1.000 | 1.000 |
  /// | 10 | 80 | 1.000 | 0.999 | 1.000 | 1.000 | 1.000 |
  /// | 50 | 100 | 0.999 | 0.997 | 0.999 | 1.000 | 0.997 |
  /// | 100 | 200 | 0.999 | 0.997 | 0.999 | 0.997 | 0.960 |
  ///
  /// Among 500,000 points around 1000 centres (32 numbers, efConstruction 60, 500 queries) recall@10 is 0.972 at ef 50,
  /// 0.997 at 100 and 0.999 at 200.
  ///
  /// The last figure of the table is of 100 neighbours in clusters of 100 points, where the neighbours beyond the
  /// cluster are as good as random. Vectors without any structure (Gaussian noise) are out of reach of a graph:
  /// recall@10 is 0.32 at ef 100 and 0.90 at 800 among 20,700 of them. Features of pictures are not like that.
  public static func defaultEF(top: Int) -> Int { max(100, top.multipliedReportingOverflow(by: 2).partialValue, top) }
}
