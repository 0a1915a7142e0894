"""Runs both forms of Dria's protocol against a server: dria_protocol.py URL [KEY]

The server's index must be empty, and the key, where there is one, an admin's.
"""

import json
import math
import random
import sys

from dria_client import Dria, DriaError, DriaLocal

SEED = 20_240_501
DIMENSION = 24


def refused(status, part, call, *arguments, **named):
    """Checks that a call fails with a status and a message that has all parts."""
    try:
        answer = call(*arguments, **named)
    except DriaError as error:
        assert error.status == status, error
        for text in [part] if isinstance(part, str) else part:
            assert text in error.data, (text, error)
        return
    raise AssertionError(f"not refused: {answer}")


def unit(vector):
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector]


def nearest(query, vectors, top):
    """Identifiers and cosines of the nearest vectors, by comparing all."""
    query = unit(query)
    scores = [sum(a * b for a, b in zip(query, unit(vector))) for vector in vectors]
    order = sorted(range(len(vectors)), key=lambda index: -scores[index])[:top]
    return [(index, scores[index]) for index in order]


def check_hits(hits, expected):
    assert [hit["id"] for hit in hits] == [index for index, _ in expected], (hits, expected)
    for hit, (_, score) in zip(hits, expected):
        assert set(hit) == {"id", "score", "metadata"}, hit
        assert abs(hit["score"] - score) < 1e-5, (hit, score)


def close(found, wanted):
    assert len(found) == len(wanted)
    assert all(abs(a - b) <= 1e-5 * max(1, abs(b)) for a, b in zip(found, wanted)), (found, wanted)


def hosted(url, key, generator):
    dria = Dria(url, key)
    contract = dria.create("Colours & shapes", "my/embedding-model", "Art", "Made by a test")
    assert contract in [one["contract_id"] for one in dria.list()]
    assert dria.get_model() == "my/embedding-model"
    assert dria.entry_count() == 0
    assert dria.query([1.0] * DIMENSION) == []
    assert dria.search("anything") == []

    vectors = [[generator.uniform(-2, 2) for _ in range(DIMENSION)] for _ in range(1000)]
    names = ["crimson circle", "azure square", "golden triangle", "emerald star"]
    metadata = [
        {"text": f"A {names[index % 4]} number{index}", "index": index, "even": index % 2 == 0, "share": index / 8}
        for index in range(1000)
    ]
    assert isinstance(dria.insert_vector(vectors, metadata), str)
    assert dria.entry_count() == 1000
    refused(400, "1001", dria.insert_vector, vectors + vectors[:1], metadata + metadata[:1])
    refused(400, [str(DIMENSION), "7"], dria.insert_vector, [[1.0] * 7], [{}])
    refused(400, "base64", dria.post, "/hnswt/insert_vector", {"data": "***", "batch_size": 1, "contract_id": contract})
    refused(400, "vector", dria.insert_vector, [[0.0] * DIMENSION], [{}])
    assert dria.entry_count() == 1000

    for _ in range(20):
        query = [generator.uniform(-1, 1) for _ in range(DIMENSION)]
        for level in range(6):
            hits = dria.query(query, top_n=10, level=level)
            check_hits(hits, nearest(query, vectors, 10))
            for hit in hits:
                assert json.loads(hit["metadata"]) == metadata[hit["id"]], hit
    assert len(dria.post("/hnsw/query", {"vector": vectors[0], "contract_id": contract})) == 10
    refused(400, [str(DIMENSION), "3"], dria.query, [1.0, 2.0, 3.0])
    refused(400, "vector", dria.query, [0.0] * DIMENSION)
    refused(400, "level", dria.query, vectors[0], level=6)
    refused(400, "top_n", dria.query, vectors[0], top_n=0)

    hits = dria.search("number517 square", top_n=3)
    assert hits[0]["id"] == 517 and hits[0]["metadata"] == metadata[517], hits
    assert hits[0]["score"] >= hits[1]["score"] >= hits[2]["score"], hits
    plain = dria.search("number517 square", top_n=3, rerank=False, model="any", field="text")
    assert [json.loads(hit["metadata"]) for hit in plain] == [hit["metadata"] for hit in hits]
    assert dria.search("qqqq") == []
    refused(400, "top_n", dria.search, "star", top_n=21)
    refused(400, "level", dria.search, "star", level=-1)

    found = dria.fetch([999, 0, 4])
    assert set(found) == {"vectors", "metadata"}
    for vector, text, index in zip(found["vectors"], found["metadata"], [999, 0, 4]):
        close(vector, vectors[index])
        assert json.loads(text) == metadata[index]
    refused(404, "1000", dria.fetch, [0, 1000])
    refused(501, "text", dria.insert_text, [{"text": "a", "metadata": {}}])

    updated = dria.update(name="Shapes", description="Another")
    assert updated["name"] == "Shapes" and updated["description"] == "Another" and updated["category"] == "Art", updated
    base = dria.get_knowledge_base()
    assert base["name"] == "Shapes" and base["entry_count"] == 1000 and base["index_type"] == "hnsw", base
    assert base["embedding_model"] == "my/embedding-model" and base["created"], base
    listed = [one for one in dria.list() if one["contract_id"] == contract]
    assert listed == [
        {"contract_id": contract, "name": "Shapes", "description": "Another", "category": "Art"}
    ], listed

    assert dria.remove() == {"message": True}
    assert contract not in [one["contract_id"] for one in dria.list()]
    for call in [dria.entry_count, dria.remove, dria.get_model, dria.get_knowledge_base]:
        refused(404, "", call)
    refused(404, "", dria.query, vectors[0])
    refused(400, "name", dria.post, "/v1/knowledge/index/create", {})
    refused(404, "", dria.post, "/hnsw/nothing", {})


def local(url, key, generator):
    dria = DriaLocal(url, key)
    assert dria.health() == "hello world!"
    assert dria.query([1.0, 2.0]) == []
    vectors = [[generator.uniform(-1, 1) for _ in range(DIMENSION)] for _ in range(30)]
    metadata = [{"name": f"thing {index}", "list": [index, None, 0.5]} for index in range(30)]
    pairs = list(zip(vectors, metadata))
    objects = [{"vector": vector, "metadata": fields} for vector, fields in pairs]
    assert dria.insert_vector({"data": objects[:10]}) == "Success"
    assert dria.insert_vector({"data": [[vector, fields] for vector, fields in pairs[10:29]]}) == "Success"
    assert dria.insert_vector(objects[29]) == "Success"

    query = [generator.uniform(-1, 1) for _ in range(DIMENSION)]
    expected = nearest(query, vectors, 5)
    hits = dria.query(query, top_n=5)
    check_hits(hits, expected)
    assert [hit["metadata"] for hit in hits] == [metadata[index] for index, _ in expected]
    last = hits[-1]
    moved = dria.query(query, top_n=5, query=f"where is {last['metadata']['name'].split()[1]}")
    front = [hit for hit in moved if last["metadata"]["name"].split()[1] in json.dumps(hit["metadata"])]
    assert last in front and moved[: len(front)] == front, moved
    assert sorted(hit["id"] for hit in moved) == sorted(hit["id"] for hit in hits)

    assert dria.fetch([29, 3]) == [metadata[29], metadata[3]]
    refused(404, "30", dria.fetch, [3, 30])
    refused(400, [str(DIMENSION), "2"], dria.insert_vector, {"vector": [1.0, 2.0], "metadata": {}})
    refused(400, [str(DIMENSION), "2"], dria.query, [1.0, 2.0])
    for wrong in [{}, {"data": []}, {"data": [{"metadata": {}}]}, {"data": "x"}, {"vector": "x", "metadata": {}}]:
        refused(400, "", dria.insert_vector, wrong)
    assert len(dria.query(query, top_n=100)) == 30


def main():
    url = sys.argv[1]
    key = sys.argv[2] if len(sys.argv) > 2 else None
    print(f"seed {SEED}")
    generator = random.Random(SEED)
    hosted(url, key, generator)
    local(url, key, generator)
    print("both forms passed")


main()
