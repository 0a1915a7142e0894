import Foundation

/// A real HTTP server on a free loopback port: a Python process that serves one file in the ways that hubs do, and
/// in ways that they should not.
///
/// The first part of a request's path is the behaviour, so that a hub's address is `http://127.0.0.1:PORT/BEHAVIOUR`.
final class FileServer: Sendable {
  struct Request: Decodable {
    var target: String
    var range: String?
    var ifRange: String?
  }

  let port: Int
  private let process: Process
  private let input = Pipe()
  private let log: String
  private let folder: TemporaryFolder

  init(serving content: [UInt8]) throws {
    folder = try TemporaryFolder()
    let folder = folder.path
    try Data(content).write(to: URL(fileURLWithPath: folder + "/content"))
    log = folder + "/log"
    try Data().write(to: URL(fileURLWithPath: log))
    let output = Pipe()
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", Self.script, folder + "/content", log]
    process.standardOutput = output
    process.standardInput = input
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw CocoaError(.fileReadUnknown)
    }
    self.port = port
  }

  // The server ends with its input: also when the tests are killed.
  deinit { try? input.fileHandleForWriting.close() }

  func endpoint(_ behaviour: String) -> String { "http://127.0.0.1:\(port)/\(behaviour)" }

  /// What was asked of the server so far.
  func requests() throws -> [Request] {
    let text = try String(contentsOfFile: log, encoding: .utf8)
    return try text.split(separator: "\n").map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
  }

  private static let script = #"""
    import hashlib, http.server, json, os, sys, threading, time

    content = open(sys.argv[1], "rb").read()
    tag = '"v1"'
    counts, guard = {}, threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments):
            pass

        def do_CONNECT(self):
            self.note()
            self.send_error(403)

        def note(self):
            with guard, open(sys.argv[2], "a") as log:
                log.write(json.dumps({"target": self.path, "range": self.headers["Range"],
                                      "ifRange": self.headers["If-Range"]}) + "\n")

        def do_GET(self):
            self.note()
            path = self.path
            if path.startswith("http://"):  # asked as a proxy
                path = "/" + path.split("/", 3)[3]
            kind = path.split("/")[1]
            with guard:
                counts[kind] = count = counts.get(kind, 0) + 1
            if kind == "missing":
                return self.send_error(404)
            if kind == "raw":
                self.close_connection = True
                return self.wfile.write(content)
            if kind == "busy" and count == 1:
                return self.send_error(503)
            if kind in ("redirect", "wronglink"):
                self.send_response(302)
                digest = hashlib.sha256(content if kind == "redirect" else b"other").hexdigest()
                self.send_header("X-Linked-Etag", '"' + digest + '"')
                self.send_header("Location", "/content/cut" if kind == "redirect" else "/content/plain")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            if kind == "loop":
                self.send_response(302)
                self.send_header("Location", path)
                self.send_header("Content-Length", "0")
                return self.end_headers()
            if kind == "content":
                kind = path.split("/")[2]
            if kind == "hints":
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nETag: \"v0\"\r\n\r\n")
            version = '"v%d"' % count if kind == "changing" else tag
            start, status = 0, 200
            asked = self.headers["Range"]
            condition = self.headers["If-Range"]
            if asked and kind != "norange" and (condition is None or condition == version):
                start, status = int(asked.split("=")[1].split("-")[0]), 206
                if kind == "past" or start >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
            body = content[start:]
            if kind == "html":
                body = b"<html>Please log in to the network</html>"
            self.send_response(status)
            if status == 206:
                first = start + (7 if kind == "wrongrange" else 0)
                self.send_header("Content-Range", "bytes %d-%d/%d" % (first, len(content) - 1, len(content)))
            if kind != "notag":
                self.send_header("ETag", version)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cutting = ("cut", "changing", "norange", "wrongrange", "past", "notag")
            if kind in cutting and count == 1 or kind == "alwayscut":
                body = body[: len(content) // 3]
            elif kind == "stall":
                body = body[: len(content) // 2] if count == 1 else b""
            elif kind in ("slow", "held"):
                piece = len(body) // 20 + 1
                for at in range(0, len(body), piece):
                    # A held answer does not end the first time: whoever stops it finds it under way.
                    is_held = kind == "held" and count == 1 and at + piece >= len(body)
                    time.sleep(60 if is_held else 0.1)
                    self.wfile.write(body[at : at + piece])
                return
            self.wfile.write(body)
            if kind == "stall":
                self.wfile.flush()
                time.sleep(60)
            if kind in cutting or kind == "alwayscut":
                self.close_connection = True

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *arguments):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)
    """#
}
