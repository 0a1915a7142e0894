/// What a HEIF file will have libheif do, found out beforehand.
///
/// libheif 1.15 trusts several sizes: a grid's own, and those inside coded pictures, may be anything beside the size
/// that the file gives out, and pictures of over 2³¹ bytes overrun its buffers. So the boxes are walked here first:
/// each size that the primary picture depends on is held against the limit, and files that two readers could
/// understand differently, or whose pictures are made of each other in circles, are refused.
///
/// Source: ISO/IEC 14496-12, section 8.11 (meta boxes); ISO/IEC 23008-12, section 6 (items and properties).
struct HEIFStructure {
  struct Location {
    var usesItemData = false
    var extents: [(offset: Int, length: Int)] = []
  }

  let file: ByteView
  private(set) var itemData: ByteView?
  private(set) var primary = 0
  private(set) var types: [Int: String] = [:]
  private(set) var locations: [Int: Location] = [:]
  private(set) var derivations: [Int: [Int]] = [:]
  private(set) var auxiliaries: [Int: [Int]] = [:]
  private(set) var properties: [ISOBox] = []
  private(set) var associations: [Int: [Int]] = [:]

  private static let ambiguous = DecodingFault(.corrupt, "bad HEIF: a box that must be single is repeated")
  static let damaged = DecodingFault(.corrupt, "bad HEIF: its item tables are damaged")

  init(_ view: ByteView) throws(DecodingFault) {
    file = view
    let boxes = try ISOBox.boxes(in: view, allowsTrailer: true)
    let metas = boxes.filter { $0.type == "meta" }
    guard let meta = metas.first, let content = meta.full?.payload else {
      throw DecodingFault(
        boxes.contains { $0.type == "moov" } ? .unsupportedFormat : .truncated,
        boxes.contains { $0.type == "moov" }
          ? "unsupported format: HEIF sequence without a still picture" : "truncated HEIF: no table of its pictures")
    }
    guard metas.count == 1 else { throw Self.ambiguous }
    var seen = Set<String>()
    for box in try ISOBox.boxes(in: content) {
      guard ["pitm", "iinf", "iloc", "iprp", "iref", "idat"].contains(box.type) else { continue }
      guard seen.insert(box.type).inserted else { throw Self.ambiguous }
      switch box.type {
      case "pitm": try readPrimary(box)
      case "iinf": try readItems(box)
      case "iloc": try readLocations(box)
      case "iprp": try readProperties(box)
      case "iref": try readReferences(box)
      default: itemData = box.payload
      }
    }
  }

  private mutating func readPrimary(_ box: ISOBox) throws(DecodingFault) {
    guard let full = box.full,
      let identifier = full.payload.unsigned(at: 0, byteCount: full.version == 0 ? 2 : 4)
    else { throw Self.damaged }
    primary = identifier
  }

  private mutating func readItems(_ box: ISOBox) throws(DecodingFault) {
    guard let full = box.full, let entries = full.payload.view(from: full.version == 0 ? 2 : 4) else {
      throw Self.damaged
    }
    for entry in try ISOBox.boxes(in: entries) where entry.type == "infe" {
      guard let entry = entry.full else { throw Self.damaged }
      guard entry.version >= 2 else { continue }
      let identifierBytes = entry.version == 2 ? 2 : 4
      guard let identifier = entry.payload.unsigned(at: 0, byteCount: identifierBytes),
        let type = entry.payload.fourCharacterCode(at: identifierBytes + 2)
      else { throw Self.damaged }
      guard types.updateValue(type, forKey: identifier) == nil else { throw Self.ambiguous }
    }
  }

  private mutating func readLocations(_ box: ISOBox) throws(DecodingFault) {
    guard let full = box.full else { throw Self.damaged }
    var cursor = ByteCursor(full.payload)
    guard let sizes = cursor.unsigned(2), let count = cursor.unsigned(full.version < 2 ? 2 : 4) else {
      throw Self.damaged
    }
    let (offsetBytes, lengthBytes, baseBytes) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15)
    let indexBytes = full.version == 0 ? 0 : sizes & 15
    guard [offsetBytes, lengthBytes, baseBytes, indexBytes].allSatisfy({ [0, 4, 8].contains($0) }) else {
      throw Self.damaged
    }
    for _ in 0..<count {
      var location = Location()
      guard let identifier = cursor.unsigned(full.version < 2 ? 2 : 4),
        let construction = cursor.unsigned(full.version == 0 ? 0 : 2), cursor.unsigned(2) != nil,
        let base = cursor.unsigned(baseBytes), let extentCount = cursor.unsigned(2)
      else { throw Self.damaged }
      location.usesItemData = construction & 15 == 1
      for _ in 0..<extentCount {
        guard cursor.unsigned(indexBytes) != nil, let offset = cursor.unsigned(offsetBytes),
          let length = cursor.unsigned(lengthBytes)
        else { throw Self.damaged }
        let (start, overflow) = base.addingReportingOverflow(offset)
        guard !overflow else { throw Self.damaged }
        location.extents.append((start, length))
      }
      guard locations.updateValue(location, forKey: identifier) == nil else { throw Self.ambiguous }
    }
  }

  private mutating func readProperties(_ box: ISOBox) throws(DecodingFault) {
    let parts = try ISOBox.boxes(in: box.payload)
    guard parts.count(where: { $0.type == "ipco" }) == 1, let container = parts.first(where: { $0.type == "ipco" })
    else { throw Self.ambiguous }
    properties = try ISOBox.boxes(in: container.payload)
    for part in parts where part.type == "ipma" {
      guard let full = part.full else { throw Self.damaged }
      var cursor = ByteCursor(full.payload)
      guard let count = cursor.unsigned(4) else { throw Self.damaged }
      for _ in 0..<count {
        guard let identifier = cursor.unsigned(full.version == 0 ? 2 : 4), let linkCount = cursor.unsigned(1) else {
          throw Self.damaged
        }
        for _ in 0..<linkCount {
          guard let link = cursor.unsigned(full.flags & 1 == 1 ? 2 : 1) else { throw Self.damaged }
          associations[identifier, default: []].append(link & (full.flags & 1 == 1 ? 0x7FFF : 0x7F))
        }
      }
    }
  }

  private mutating func readReferences(_ box: ISOBox) throws(DecodingFault) {
    guard let full = box.full else { throw Self.damaged }
    let identifierBytes = full.version == 0 ? 2 : 4
    for reference in try ISOBox.boxes(in: full.payload) {
      var cursor = ByteCursor(reference.payload)
      guard let from = cursor.unsigned(identifierBytes), let count = cursor.unsigned(2) else { throw Self.damaged }
      for _ in 0..<count {
        guard let to = cursor.unsigned(identifierBytes) else { throw Self.damaged }
        if reference.type == "dimg" { derivations[from, default: []].append(to) }
        if reference.type == "auxl" { auxiliaries[to, default: []].append(from) }
      }
    }
  }
}
