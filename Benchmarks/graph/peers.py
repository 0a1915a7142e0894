"""Measures other libraries' graphs on the rows and queries of graph-benchmark.

    peers.py --json FILE [--libraries NAME...] [--queries N] [--builds N] [--plain] ROWS.npy

Rows are normalised; unless --plain is given, the mean of those in the graph is taken away and they are normalised
again, as Kindred compares them. Every library has the same vectors, inner products, M 16 and ef_construction 200, a process of
its own, two threads to build and one to search, and gets all queries in one call, so that Python costs it nothing.
Recall@10 is judged by comparing all rows in single precision. FILE gets, and keeps from earlier runs, for each library
and build the time of building, memory and a curve over a fine grid of ef; and the queries a second where the curve
passes a recall of 0.99.
"""

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import time

K = 10
M = 16
EF_CONSTRUCTION = 200
BUILD_THREADS = 2
AIM = 0.99
ENOUGH = 0.998
GRID = [
    10, 12, 14, 16, 18, 20, 23, 26, 30, 34, 38, 43, 48, 54, 60, 68, 76, 85, 96, 110, 125, 140, 160, 180, 200, 230, 260,
    300, 350, 400, 480, 560, 640, 800, 1000,
]
# These would be for Debian's OpenBLAS, and numpy brings its own.
UNSET = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]


class Hnswlib:
    def build(self, rows):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=rows.shape[1])
        self.index.init_index(len(rows), M=M, ef_construction=EF_CONSTRUCTION)
        self.index.add_items(rows, num_threads=BUILD_THREADS)

    def search(self, queries, ef):
        self.index.set_ef(ef)
        return self.index.knn_query(queries, K, num_threads=1)[0]


class Faiss:
    def __init__(self, kind):
        self.kind = kind

    def build(self, rows):
        import faiss

        faiss.omp_set_num_threads(BUILD_THREADS)
        if self.kind == "flat":
            self.index = faiss.IndexHNSWFlat(rows.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        else:
            number = {"fp16": faiss.ScalarQuantizer.QT_fp16, "sq8": faiss.ScalarQuantizer.QT_8bit}[self.kind]
            self.index = faiss.IndexHNSWSQ(rows.shape[1], number, M, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION
        self.index.train(rows)
        self.index.add(rows)

    def search(self, queries, ef):
        import faiss

        faiss.omp_set_num_threads(1)
        self.index.hnsw.efSearch = ef
        return self.index.search(queries, K)[1]


class Usearch:
    def __init__(self, kind):
        self.kind = kind

    def build(self, rows):
        import numpy
        from usearch.index import Index

        self.index = Index(
            ndim=rows.shape[1], metric="ip", dtype=self.kind, connectivity=M, expansion_add=EF_CONSTRUCTION
        )
        self.index.add(numpy.arange(len(rows), dtype=numpy.uint64), rows, threads=BUILD_THREADS)

    def search(self, queries, ef):
        self.index.expansion_search = ef
        return self.index.search(queries, K, threads=1).keys


class Voyager:
    def build(self, rows):
        import voyager

        # Its space of inner products adds a dimension; rows of length 1 have the same order in this one.
        self.index = voyager.Index(
            voyager.Space.Cosine, num_dimensions=rows.shape[1], M=M, ef_construction=EF_CONSTRUCTION,
            max_elements=len(rows),
        )
        self.index.add_items(rows, num_threads=BUILD_THREADS)

    def search(self, queries, ef):
        return self.index.query(queries, K, num_threads=1, query_ef=ef)[0]


LIBRARIES = {
    "hnswlib": Hnswlib,
    "faiss flat": lambda: Faiss("flat"), "faiss fp16": lambda: Faiss("fp16"), "faiss sq8": lambda: Faiss("sq8"),
    "usearch f32": lambda: Usearch("f32"), "usearch f16": lambda: Usearch("f16"),
    "usearch bf16": lambda: Usearch("bf16"), "usearch i8": lambda: Usearch("i8"),
    "voyager": Voyager,
}


def load(path, queries, plain):
    """Rows of the graph, queries, and the ten nearest rows of each query."""
    import numpy

    table = numpy.load(path).astype(numpy.float32, copy=False)
    table = table / numpy.maximum(numpy.linalg.norm(table, axis=1, keepdims=True), 1e-30)
    asked = numpy.zeros(len(table), bool)
    # As graph-benchmark draws them.
    asked[[number * len(table) // queries for number in range(queries)]] = True
    if not plain:
        table -= table[~asked].mean(axis=0)
        table /= numpy.maximum(numpy.linalg.norm(table, axis=1, keepdims=True), 1e-30)
    rows, questions = numpy.ascontiguousarray(table[~asked]), numpy.ascontiguousarray(table[asked])
    truth = []
    for first in range(0, len(questions), 64):
        scores = questions[first : first + 64] @ rows.T
        truth += list(numpy.argpartition(-scores, K - 1, axis=1)[:, :K])
    return rows, questions, [set(map(int, nearest)) for nearest in truth]


def resident():
    # Rows that were read are freed, and would else be taken for room that the library did not need.
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def point(library, questions, truth, ef, least):
    """Recall and speed with one ef, in the median of turns of `least` seconds together."""
    times = []
    while not times or (len(times) < 3 and sum(times) < 2) or sum(times) < least:
        start = time.perf_counter()
        found = library.search(questions, ef)
        times.append(time.perf_counter() - start)
    right = sum(len(nearest & set(map(int, row))) for nearest, row in zip(truth, found))
    return {"ef": ef, "recall": right / (K * len(truth)), "queries_per_second": len(questions) / statistics.median(times)}


def curve_of(library, questions, truth):
    curve = []
    for ef in GRID:
        curve.append(point(library, questions, truth, ef, least=0.2))
        if curve[-1]["recall"] >= ENOUGH:
            break
    return curve


def at_aim(curve):
    """The most queries a second at a recall of AIM, between points of the curve, and the points that it is between;
    none if it does not come to that."""
    best, between = None, []
    for before, after in zip([None] + curve, curve):
        if after["recall"] < AIM:
            continue
        speed, points = after["queries_per_second"], [after]
        if before and before["recall"] < AIM:
            share = (AIM - before["recall"]) / (after["recall"] - before["recall"])
            speed = before["queries_per_second"] + share * (speed - before["queries_per_second"])
            points = [before, after]
        if speed > (best or 0):
            best, between = speed, points
    return best, between


def speed_at_aim(library, questions, truth, curve):
    """The speed at the aim, timed again: the most of many points is also the luckiest."""
    return at_aim([point(library, questions, truth, place["ef"], least=1) for place in at_aim(curve)[1]])[0]


def measure(options):
    rows, questions, truth = load(options.rows, options.queries, options.plain)
    library = LIBRARIES[options.one]()
    before = resident()
    start = time.perf_counter()
    library.build(rows)
    seconds = time.perf_counter() - start
    memory = resident() - before
    curve = curve_of(library, questions, truth)
    result = {
        "build_seconds": seconds, "bytes_per_node": memory / len(rows), "curve": curve,
        "queries_per_second_at_aim": speed_at_aim(library, questions, truth, curve),
    }
    print(json.dumps({"rows": len(rows), "dimension": rows.shape[1], "queries": len(questions), "result": result}))


def summary(builds):
    speeds = [build["queries_per_second_at_aim"] for build in builds if build["queries_per_second_at_aim"]]
    return {
        "queries_per_second_at_aim": statistics.median(speeds) if speeds else None,
        "most_recall": max(point["recall"] for build in builds for point in build["curve"]),
        "build_seconds": statistics.median(build["build_seconds"] for build in builds),
        "bytes_per_node": statistics.median(build["bytes_per_node"] for build in builds),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", help="results, which are added to those that are there")
    parser.add_argument("--libraries", nargs="+", default=list(LIBRARIES), choices=list(LIBRARIES), metavar="NAME")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--builds", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="take no mean away")
    parser.add_argument("--one", choices=list(LIBRARIES), help=argparse.SUPPRESS)
    parser.add_argument("rows")
    options = parser.parse_args()
    if options.one:
        return measure(options)
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    print("unset for the peers: " + ", ".join(f"{name} (was {os.environ.get(name, 'unset')})" for name in UNSET))
    found = {"libraries": {}}
    if options.json and os.path.exists(options.json):
        with open(options.json) as file:
            found = json.load(file)
    for _ in range(options.builds):
        for name in options.libraries:
            command = [sys.executable, __file__, options.rows, "--one", name, "--queries", str(options.queries)]
            answer = subprocess.run(
                command + ["--plain"] * options.plain, env=environment, check=True, capture_output=True, text=True
            )
            one = json.loads(answer.stdout.splitlines()[-1])
            found.update({name: value for name, value in one.items() if name != "result"}, plain=options.plain)
            entry = found["libraries"].setdefault(name, {"builds": []})
            entry["builds"].append(one["result"])
            entry.update(summary(entry["builds"]))
            if options.json:
                with open(options.json, "w") as file:
                    json.dump(found, file, indent=1)
                    file.write("\n")
    print(f"{found['rows']} rows of {found['dimension']}, {found['queries']} queries")
    print(f"| library | queries/s at recall {AIM} | most recall | bytes a node | build, s |\n|---|---|---|---|---|")
    for name, entry in found["libraries"].items():
        speed = entry["queries_per_second_at_aim"]
        print(
            f"| {name} | {format(speed, '.0f') if speed else 'never'} | {entry['most_recall']:.4f} "
            f"| {entry['bytes_per_node']:.0f} | {entry['build_seconds']:.1f} |"
        )


main()
