"""Sends malformed requests: malformed_requests.py URL COUNT SECRET

SECRET is a path of the server's machine that no answer may hold. Requests are made from a seed. A server may answer
with any status but 500, or close the connection; it must go on answering others.
"""

import base64
import json
import random
import socket
import sys
import threading
import urllib.parse

SEED = 77
THREADS = 8
ROUTES = [
    ("POST", "/v1/collections/default/search"), ("POST", "/v1/collections/default/images"),
    ("POST", "/v1/collections/default/images/batch"), ("POST", "/v1/collections"), ("PATCH", "/v1/collections/default"),
    ("POST", "/v1/jobs"), ("POST", "/v1/collections/default/images/1/labels"), ("POST", "/hnsw/search"),
    ("POST", "/hnsw/query"), ("POST", "/hnsw/fetch"), ("POST", "/hnsw/entry_count"), ("POST", "/hnswt/insert_vector"),
    ("POST", "/v1/knowledge/index/update"), ("POST", "/query"), ("POST", "/fetch"), ("POST", "/insert_vector"),
]
PATHS = [
    "/v1/collections/{}", "/v1/collections/{}/images/1", "/v1/collections/default/images/{}",
    "/v1/collections/default/images/{}/thumbnail", "/v1/collections/default/images/1/thumbnail?size={}",
    "/v1/collections/default/images?limit={}", "/v1/collections/default/labels?prefix={}", "/v1/jobs/{}", "/{}",
    "/v1/collections/default/images/{}/original", "/v1/knowledge/index/get_model?contract_id={}", "/docs/{}",
]
WORDS = [
    "..", "../..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%252f..%252f", "%00", "a%00b", "\xff\xfe", "%ff%fe", "-1", "0",
    "9" * 30, "1e999", "NaN", "true", "", " ", "/", "//", "a" * 5000, "%", "%zz", "'; DROP TABLE image; --", "\u202e",
    "1.5", "default/../default", ".hidden", "con", "~", "$HOME", "{}", "[]", "\\..\\..", "file:///etc/passwd",
]
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(200)).decode()


def value(generator, depth=0):
    """A JSON value that no route is waiting for."""
    kind = generator.randrange(12)
    if kind == 0 and depth < 4:
        return [value(generator, depth + 1) for _ in range(generator.randrange(5))]
    if kind == 1 and depth < 4:
        return {generator.choice(WORDS)[:50]: value(generator, depth + 1) for _ in range(generator.randrange(4))}
    return generator.choice(
        [None, True, False, 0, -1, 2**63, 2**70, 1.5, 1e308, -1e308, "", "x", "../../etc/passwd", "A" * 3000, [1, "2"],
         [[1, 2], [3]], [0] * 100, {"a": {"b": {}}}, JPEG, "\u0000", "\ud800"]
    )


def body(generator):
    kind = generator.randrange(8)
    names = ["id", "image", "label", "vector", "positives", "negatives", "top", "offset", "min_score", "filter", "level",
             "rerank", "exact", "contract_id", "query", "top_n", "data", "metadata", "batch_size", "name", "path",
             "collection", "labels", "model", "title"]
    if kind == 0:
        return bytes(generator.randrange(256) for _ in range(generator.randrange(400)))
    if kind == 1:
        return b"[" * generator.randrange(1, 100_000)
    if kind == 2:
        return b'{"a":' * generator.randrange(1, 20_000)
    text = json.dumps({generator.choice(names): value(generator) for _ in range(generator.randrange(1, 6))})
    if kind == 3:
        return text.encode()[: generator.randrange(len(text) + 1)]
    if kind == 4:
        cut = generator.randrange(len(text) + 1)
        return text.encode()[:cut] + bytes([generator.randrange(256)]) + text.encode()[cut:]
    return text.encode()


def request(generator):
    """The bytes of one request, and whether it is well-formed HTTP that must be answered."""
    kind = generator.randrange(10)
    if kind == 0:
        return bytes(generator.randrange(256) for _ in range(generator.randrange(1, 2000))), False
    if kind == 1:
        path = generator.choice(PATHS).format(generator.choice(WORDS))
        path = urllib.parse.quote(path, safe="/?=&%")
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode(), True
    method, path = generator.choice(ROUTES)
    content = body(generator)
    kinds = ["application/json", "application/x-ndjson", "image/jpeg", "text/plain", "", "application/json; charset=x",
             "multipart/form-data; boundary=x", "application/octet-stream"]
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: {generator.choice(kinds)}\r\n"
    if kind == 2:
        wrong = generator.choice(["-5", "9" * 40, "abc", "99999999999", "0x10", "1, 2"])
        return (head + f"Content-Length: {wrong}\r\n\r\n").encode() + content, False
    if kind == 3:
        chunk = generator.choice(["zz\r\n", "ffffffffffffffff\r\n", "-1\r\n", "5\r\nab", "\r\n\r\n", "10;x=y\r\nabc"])
        return (head + "Transfer-Encoding: chunked\r\n\r\n" + chunk).encode() + content, False
    if kind == 4:
        return (head + "X: " + "y" * generator.choice([100, 40_000, 200_000]) + "\r\n\r\n").encode(), False
    if kind == 5:
        fields = "".join(f"X-{n}: 1\r\n" for n in range(generator.choice([50, 500, 5000])))
        return (head + fields + f"Content-Length: {len(content)}\r\n\r\n").encode() + content, False
    return (head + f"Content-Length: {len(content)}\r\n\r\n").encode() + content, True


def send(address, data):
    """The answer's bytes; empty where there was none."""
    answer = b""
    with socket.create_connection(address, timeout=60) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except (ConnectionResetError, BrokenPipeError):
            pass
    return answer


def main():
    url = urllib.parse.urlsplit(sys.argv[1])
    address = (url.hostname, url.port)
    count, secret = int(sys.argv[2]), sys.argv[3].encode()
    print(f"seed {SEED}")
    statuses, faults = {}, []
    lock = threading.Lock()

    def work(number):
        for index in range(number, count, THREADS):
            generator = random.Random(SEED * 1_000_003 + index)
            data, must_answer = request(generator)
            try:
                answer = send(address, data)
            except OSError as error:
                with lock:
                    faults.append((index, repr(error), data[:300]))
                continue
            status = answer.split(b" ", 2)[1].decode("latin-1") if answer.startswith(b"HTTP/1.") else "none"
            with lock:
                statuses[status] = statuses.get(status, 0) + 1
                if status == "500" or (must_answer and status == "none") or secret in answer:
                    faults.append((index, status, data[:300], answer[:500]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("answers by status:", dict(sorted(statuses.items())))
    for fault in faults[:5]:
        print("fault:", fault)
    assert not faults, f"{len(faults)} faults"
    assert sum(statuses.values()) == count


main()
