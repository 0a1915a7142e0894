"""Prints recall@10 and time of each level of search: measure_levels.py URL [COUNT] [DIMENSION]

Inserts COUNT vectors (100,000 of 128 numbers unless given) into the server's default collection if it is empty, waits
for the graph, and compares 500 queries at every level with level 5, which compares all.
"""

import statistics
import sys
import time

from dria_client import Connection, DriaLocal
from vectors import clustered

QUERIES = 500


def insert(local, vectors):
    for start in range(0, len(vectors), 1000):
        part = vectors[start : start + 1000].tolist()
        local.insert_vector({"data": [{"vector": v, "metadata": {"n": start + i}} for i, v in enumerate(part)]})


def wait_for_graph(url):
    session = Connection(url).session
    while True:
        collection = session.get(url + "/v1/collections/default").json()
        if collection["index"]["type"] == "hnsw" and collection["index"]["current"]:
            return
        time.sleep(0.5)


def main():
    url = sys.argv[1].rstrip("/")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    dimension = int(sys.argv[3]) if len(sys.argv) > 3 else 128
    local = DriaLocal(url)
    if not local.query([1.0] * dimension, top_n=1):
        start = time.monotonic()
        insert(local, clustered(count, dimension, seed=1))
        print(f"inserted {count} vectors in {time.monotonic() - start:.1f} s")
        wait_for_graph(url)
        print(f"the graph has them after {time.monotonic() - start:.1f} s")
    queries = clustered(QUERIES, dimension, seed=2).tolist()
    truth = None
    rows = []
    for level in range(5, -1, -1):
        found, times = [], []
        for query in queries:
            answer = local.session.post(
                url + "/v1/collections/default/search", json={"vector": query, "top": 10, "level": level}
            ).json()
            found.append({hit["id"] for hit in answer["hits"]})
            times.append(answer["took_ms"]["search"])
        truth = truth or found
        recall = sum(len(a & b) for a, b in zip(found, truth)) / sum(len(b) for b in truth)
        rows.append((level, recall, statistics.median(times)))
    print("level  recall@10  median search, ms")
    for level, recall, median in reversed(rows):
        print(f"{level:5}  {recall:9.4f}  {median:.3f}")


main()
