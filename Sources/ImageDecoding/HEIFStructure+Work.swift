/// What decoding the primary picture of a HEIF file amounts to, counted up while its parts are visited.
private struct Work {
  let limit: Int
  let canBeRaised: Bool
  var pixels = 0
  var largestPicture = 0
  var parts = 0
  /// Coded items that have been looked into: a grid may name the same tile many times.
  var bounds: [Int: PictureBound] = [:]

  init(limit: Int, canBeRaised: Bool) {
    self.limit = limit
    self.canBeRaised = canBeRaised
  }
}

extension HEIFStructure {
  /// More parts than any camera's grid has; each costs libheif a decoder of its own.
  private static let mostParts = 4096

  /// The deepest chain of derived pictures: an alpha plane's identity derivation of a grid of tiles.
  private static let deepestDerivation = 3

  /// Pixels that decoding the primary picture makes, with its tiles and auxiliary pictures, and those of the largest
  /// one of these, which are held at once.
  /// - Throws: `tooManyPixels` where any one of its pictures is over `limit`, or all together are over four times that;
  ///   `unsupportedFormat` and `corrupt` for what libheif should not be given.
  func decodedPixelCount(
    limit: Int, canBeRaised: Bool = true
  ) throws(DecodingFault) -> (total: Int, largest: Int) {
    var work = Work(limit: limit, canBeRaised: canBeRaised)
    try visit(primary, depth: 0, isAuxiliary: false, &work)
    return (work.pixels, work.largestPicture)
  }

  private func visit(
    _ identifier: Int, depth: Int, isAuxiliary: Bool, _ work: inout Work
  ) throws(DecodingFault) {
    guard depth <= Self.deepestDerivation else {
      throw DecodingFault(.corrupt, "bad HEIF: pictures made of pictures without end")
    }
    work.parts += 1
    guard work.parts <= Self.mostParts else {
      throw DecodingFault(.corrupt, "bad HEIF: over \(Self.mostParts) parts in one picture")
    }
    guard let type = types[identifier] else { throw DecodingFault(.corrupt, "bad HEIF: a picture that is not there") }
    switch type {
    case "grid":
      let grid = try data(of: identifier)
      let sideBytes = grid[1].map { $0 & 1 == 1 } == true ? 4 : 2
      guard let width = grid.unsigned(at: 4, byteCount: sideBytes),
        let height = grid.unsigned(at: 4 + sideBytes, byteCount: sideBytes)
      else { throw Self.damaged }
      try add(width: width, height: height, &work)
    case "hvc1", "av01":
      let bound: PictureBound
      if let known = work.bounds[identifier] { bound = known } else { bound = try codedPicture(identifier, type: type) }
      work.bounds[identifier] = bound
      try add(width: bound.width, height: bound.height, &work)
    case "iden": break
    case "iovl": throw DecodingFault(.unsupportedFormat, "unsupported format: HEIF overlay of several pictures")
    case _ where isAuxiliary: return
    default: throw DecodingFault(.unsupportedFormat, "unsupported format: HEIF with items of type \(type)")
    }
    for part in derivations[identifier] ?? [] {
      try visit(part, depth: depth + 1, isAuxiliary: isAuxiliary, &work)
    }
    for part in Set(auxiliaries[identifier] ?? []) {
      try visit(part, depth: depth + 1, isAuxiliary: true, &work)
    }
  }

  private func codedPicture(_ identifier: Int, type: String) throws(DecodingFault) -> PictureBound {
    let item = try data(of: identifier)
    var bound =
      type == "hvc1" ? HEVCParameterSets.largestPicture(inItem: item) : AV1Headers.largestPicture(inItem: item)
    for property in linkedProperties(of: identifier) where type == "hvc1" && property.type == "hvcC" {
      bound.include(HEVCParameterSets.largestPicture(inConfiguration: property.payload))
    }
    guard bound.width > 0 else { throw DecodingFault(.corrupt, "bad HEIF: a coded picture does not say its size") }
    return bound
  }

  private func add(width: Int, height: Int, _ work: inout Work) throws(DecodingFault) {
    let size = try PixelSize(width: width, height: height, limit: work.limit, canBeRaised: work.canBeRaised)
    work.pixels += size.pixelCount
    work.largestPicture = max(work.largestPicture, size.pixelCount)
    guard work.pixels / 4 <= max(work.limit, 1 << 14) else {
      throw DecodingFault(
        .tooManyPixels, "the parts of the picture have over four times the limit of \(work.limit) pixels")
    }
  }

  private func linkedProperties(of identifier: Int) -> [ISOBox] {
    (associations[identifier] ?? []).compactMap { link in
      properties.indices.contains(link - 1) ? properties[link - 1] : nil
    }
  }

  private func data(of identifier: Int) throws(DecodingFault) -> ByteView {
    guard let location = locations[identifier] else { throw Self.damaged }
    guard let source = location.usesItemData ? itemData : file else { throw Self.damaged }
    let parts = location.extents.map { source.view(at: $0.offset, count: $0.length) }
    guard parts.allSatisfy({ $0 != nil }) else {
      throw DecodingFault(.truncated, "truncated HEIF: the file ends before the picture does")
    }
    // Stretches that overlap could add up to any size.
    guard parts.reduce(0, { $0 + ($1?.count ?? 0) }) <= source.count else { throw Self.damaged }
    if parts.count == 1, let part = parts[0] { return part }
    return ByteView(parts.flatMap { $0?.array ?? [] })
  }
}
