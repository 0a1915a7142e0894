"""Measures the graph of an image collection on real pictures and on mixed features.

    recall.py --results FILE --model NAME --graph GRAPH-BENCHMARK FOLDER...

The pictures of the folders are indexed with the default recipe and searched over HTTP at each level by identifier;
level 5 compares all and is the truth. Their features, and 200,000 blends of two of them each, go through
`graph-benchmark`: how many of the exact ten nearest are among the first candidates, recall and time of the levels, time
of building, memory and bytes. What the collection takes on disk is counted too.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile

import numpy
import requests

SEED = 5
QUERIES = 500
MIXED = 200_000


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def levels(kindred, index):
    """Recall against level 5 and time of each level, through the API."""
    server = subprocess.Popen(
        [kindred, "serve", "--port", "0", "--log-level", "warning", "--index", index], stdout=subprocess.PIPE, text=True
    )
    try:
        url = next(word for line in server.stdout for word in line.split() if word.startswith("http")).rstrip("/.")
        session = requests.Session()
        collection = url + "/v1/collections/default"
        ids = [image["id"] for image in pages(session, collection + "/images")]
        asked = random.Random(SEED).sample(ids, min(QUERIES, len(ids)))
        truth, rows = {}, []
        for level in range(5, -1, -1):
            times, right, whole = [], 0, 0
            for image in asked:
                answer = session.post(
                    collection + "/search", json={"id": image, "top": 10, "level": level, "min_score": 0}
                ).json()
                # Files of the same bytes are one row of the graph, and in any order among themselves.
                cosines = [round(hit["cosine"], 5) for hit in answer["hits"]]
                if level == 5:
                    truth[image] = cosines
                right += sum(cosine >= truth[image][-1] for cosine in cosines)
                whole += len(truth[image])
                times.append(answer["took_ms"]["search"])
            rows.insert(0, {"level": level, "recall": right / whole, "median_ms": statistics.median(times)})
        return len(ids), rows
    finally:
        server.terminate()
        server.wait()


def pages(session, url):
    query = {"limit": 1000}
    while True:
        page = session.get(url, params=query).json()
        yield from page["images"]
        if not page.get("next"):
            return
        query["after_id"] = page["next"]


def mixed(features, count):
    """Blends of two rows each, as much of the one as of the other in the mean."""
    drawn = numpy.random.default_rng(SEED)
    unit = features / numpy.linalg.norm(features, axis=1, keepdims=True)
    first, second = drawn.integers(len(unit), size=(2, count))
    share = drawn.random((count, 1), dtype=numpy.float32)
    return (share * unit[first] + (1 - share) * unit[second]).astype(numpy.float32)


def size(folder, test):
    return sum(
        os.path.getsize(os.path.join(place, name)) for place, _, names in os.walk(folder) for name in names if test(name)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--graph", required=True, help="the program graph-benchmark")
    parser.add_argument("--index", help="a collection that is there already")
    parser.add_argument("folders", nargs="*")
    options = parser.parse_args()
    kindred = os.environ["KINDRED_BINARY"]
    with tempfile.TemporaryDirectory() as work:
        index = options.index or work + "/index"
        if not options.index:
            run(kindred, "index", *options.folders, "--index", index, "--model", options.model)
        images, rows = levels(kindred, index)
        run(kindred, "export", work + "/features.npy", "--index", index)
        features = numpy.load(work + "/features.npy")
        # Copies are one row of a collection.
        features = numpy.unique(features, axis=0)
        sets = {"real": features, "mixed": mixed(features, MIXED)}
        graphs = {}
        for name, vectors in sets.items():
            numpy.save(work + f"/{name}.npy", numpy.ascontiguousarray(vectors))
            graphs[name] = json.loads(run(options.graph, work + f"/{name}.npy"))
            # Speed at each `ef` is what Benchmarks/run compares.
            del graphs[name]["builds"]
        contents = len(features)
        disk = {
            "features": size(index, lambda name: name.endswith(".f16") or name.startswith("features")),
            "graph": size(index, lambda name: name.startswith("graph")),
            "database": size(index, lambda name: ".sqlite" in name or ".db" in name),
            "all": size(index, lambda name: True),
        }
    found = {
        "images": images, "contents": contents, "levels_over_http": rows, "graphs": graphs,
        "disk_bytes_per_image": {name: value / contents for name, value in disk.items()},
    }
    with open(options.results, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    print(f"{images} images of {contents} contents, over HTTP:")
    print("| level | recall@10 | median search, ms |\n|---|---|---|")
    for row in rows:
        print(f"| {row['level']} | {row['recall']:.4f} | {row['median_ms']:.3f} |")
    for name, graph in graphs.items():
        print(f"\n{name}: {graph['rows']} rows of {graph['dimension']}, {graph['codes']} of {graph['code_dimension']}")
        print("candidates: " + ", ".join(f"{n} {graph['candidates'][n]:.4f}" for n in sorted(graph["candidates"], key=int)))
        print("| level | recall@10 | median, µs |\n|---|---|---|")
        for row in graph["levels"]:
            print(f"| {row['level']} | {row['recall']:.4f} | {row['median_microseconds']:.0f} |")
        print(
            f"memory {graph['memory_per_row']:.0f} bytes a row, file {graph['graph_bytes_per_row']:.0f}; "
            f"built in {min(graph['build_seconds']):.1f} s, fitted in {graph['fit_seconds']:.1f} s"
        )
    print("\nbytes on disk a content: " + ", ".join(f"{name} {value / contents:.0f}" for name, value in disk.items()))


main()
