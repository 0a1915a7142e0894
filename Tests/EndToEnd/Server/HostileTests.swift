import Foundation
import Testing

/// What strangers send must not end the server, fill its memory or tell them of its files.
@Suite(.serialized, .enabled(if: PythonScript.isPresent)) struct HostileTests {
  @Test(.enabled(if: SharedData.isPresent)) func tenThousandMalformedRequests() throws {
    let program = try Program()
    try program.succeed("index", SharedData.photos + "/dalmatian")
    let server = try LiveServer(program, ["--root", SharedData.photos])
    try PythonScript.run("malformed_requests.py", [server.url, "10000", SharedData.folder])
    #expect(server.process.isRunning)
    #expect(server.memory < 1_200 << 20, "\(server.memory >> 20) MiB")
    #expect(try server.request("GET", "/healthz").status == 200)
    #expect(try server.request("POST", "/v1/collections/default/search", json: ["id": 1]).status == 200)
    #expect(!server.log.contains("Fatal"))
    #expect(server.stop() == 0)
    #expect(try program.run("verify").status == 0)
  }
}
