import Foundation
import Testing

@Suite(.serialized, .enabled(if: PythonScript.isPresent && SharedData.isPresent)) struct SchemaTests {
  /// Schemathesis makes requests from the API's document, those that it allows and those that it does not, and checks
  /// the answers against it.
  @Test func answersFitTheDocument() throws {
    let program = try Program()
    try program.succeed("index", SharedData.photos + "/dalmatian")
    let server = try LiveServer(program, ["--root", SharedData.photos])
    let examples = ProcessInfo.processInfo.environment["KINDRED_TEST_EXAMPLES"] ?? "200"
    try PythonScript.run(
      module: "schemathesis.cli",
      [
        "--config-file", PythonScript.folder + "/schemathesis.toml", "run", server.url + "/openapi.json", "--checks",
        "all", "--max-examples", examples, "--seed", "1", "--no-color",
      ])
    #expect(try server.request("GET", "/healthz").status == 200)
  }
}
