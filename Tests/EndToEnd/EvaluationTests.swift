import Foundation
import Testing

/// The reference pipeline's figures, reproduced from the files on.
@Suite(.enabled(if: SharedData.isPresent && SharedData.home != nil), .serialized) struct EvaluationTests {
  @Test(arguments: ["resnet18", "resnet50", "open-nsfw"])
  func reproducesTheReference(_ name: String) throws {
    let text = try Data(contentsOf: URL(fileURLWithPath: SharedData.folder + "/golden/retrieval-reference.json"))
    let all = try #require(JSONSerialization.jsonObject(with: text) as? [String: [String: Double]])
    let reference = try #require(all[name])
    let program = try Program()
    let model = name == "open-nsfw" ? "default" : SharedData.model(name)
    let found = try program.json("evaluate", SharedData.photos, "--model", model, "--json")
    #expect(found["count"] as? Int == 500)
    func expect(_ key: String, _ wanted: Double?, within tolerance: Double, in json: [String: Any]) {
      let value = json[key] as? Double ?? .nan
      #expect(abs(value - (wanted ?? .nan)) <= tolerance, "\(name) \(key): \(value), reference \(wanted ?? .nan)")
    }
    expect("precision_at_1", reference["precision_at_1"], within: 0.01, in: found)
    expect("precision_at_10", reference["precision_at_10"], within: 0.01, in: found)
    expect("mean_average_precision", reference["mean_average_precision"], within: 0.005, in: found)
    guard name != "open-nsfw" else {
      #expect(try program.run("evaluate", SharedData.sample, "--classify").errors.contains("no ImageNet classifier"))
      return
    }
    let classes = try program.json("evaluate", SharedData.sample, "--classify", "--model", model, "--json")
    #expect(classes["count"] as? Int == 200)
    expect("top1", reference["imagenet_sample_top1"], within: 0.01, in: classes)
    expect("top5", reference["imagenet_sample_top5"], within: 0.01, in: classes)
  }

  @Test func tenCropsAreAtLeastAsGoodAsChance() throws {
    let program = try Program()
    let manager = FileManager.default
    try manager.createDirectory(atPath: program.folder + "/s", withIntermediateDirectories: true)
    for name in try manager.contentsOfDirectory(atPath: SharedData.sample).sorted().prefix(20) {
      try manager.copyItem(atPath: SharedData.sample + "/" + name, toPath: program.folder + "/s/" + name)
    }
    let json = try program.json(
      "evaluate", "s", "--classify", "--crops", "10", "--model", SharedData.model("resnet18"), "--json")
    #expect(json["count"] as? Int == 20)
    #expect((json["top5"] as? Double ?? 0) >= 0.8)
    #expect(json["mean_average_precision"] == nil)
  }

  @Test func predictionsBecomeLabels() throws {
    let program = try Program()
    let manager = FileManager.default
    try manager.createDirectory(atPath: program.folder + "/s", withIntermediateDirectories: true)
    for name in ["n02110185_Siberian_husky.JPEG", "n07747607_orange.JPEG"] {
      try manager.copyItem(atPath: SharedData.sample + "/" + name, toPath: program.folder + "/s/" + name)
    }
    try program.succeed("index", "s", "--model", SharedData.model("resnet50"), "--labels", "none")
    let json = try program.json("search", "--label", "orange", "--json", "--top", "1")
    let hit = try #require((json["hits"] as? [[String: Any]])?.first)
    #expect((hit["path"] as? String)?.hasSuffix("orange.JPEG") == true)
    let labels = try #require(hit["labels"] as? [[String: Any]])
    #expect(labels.contains { $0["source"] as? String == "predicted" && ($0["confidence"] as? Double ?? 0) > 0.1 })
    #expect(try program.succeed("label", "list").output.contains("orange  (predicted)"))
  }
}
