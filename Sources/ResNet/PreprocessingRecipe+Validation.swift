extension PreprocessingRecipe {
  /// Recipes come from files and settings: nothing is computed from one that contradicts itself.
  func validate(path: String) throws(WeightFileError) {
    func fail(_ reason: String) -> WeightFileError {
      WeightFileError(code: .damaged, path: path, place: "preprocessing recipe", reason: reason)
    }
    guard (1...4096).contains(crop) else { throw fail("a crop of \(crop) pixels; 1 to 4096 are possible") }
    guard (crop...16_384).contains(shorterSide) else {
      throw fail("a shorter side of \(shorterSide) pixels for a crop of \(crop)")
    }
    guard mean.count == 3, standardDeviation.count == 3 else {
      throw fail("mean and standard deviation need three numbers each")
    }
    guard scale.isFinite, (mean + standardDeviation).allSatisfy(\.isFinite), !standardDeviation.contains(0) else {
      throw fail("scale, mean and standard deviation must be finite, and no deviation zero")
    }
  }
}
