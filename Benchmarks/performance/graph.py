"""The graph and exact search beside other libraries, on real features and on 200,000 blends of them.

Benchmarks/graph has what measures: graph-benchmark for Kindred, peers.py for the others. They take turns, a build each.
"""

import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy

import machine
import turns

PEERS = machine.REPOSITORY / "Benchmarks" / "graph" / "peers.py"
PICTURES = machine.REPOSITORY / "Benchmarks" / "pictures"
# As peers.py calls them.
LIBRARIES = ("hnswlib", "faiss flat", "faiss fp16", "faiss sq8", "usearch f32", "usearch f16", "usearch bf16",
             "usearch i8", "voyager")
MIXED = 200_000
SEED = 5
BUILDS = 2
# Of the fastest peer's queries a second: slower ones are not built again, where a build takes minutes.
AGAIN, MANY = 0.7, 100_000
# Kindred's queries a second at a recall of 0.99 over the fastest peer's; memory of a node over hnswlib's, at most;
# share of the speed that memory or the matrix product would allow (docs/performance.md).
SPEED_BAR, MEMORY_BAR, EXACT_BAR = 1.5, 1 / 3, 0.8


def features(options):
    """Files of features, by what they are."""
    network = options.models[0] if options.models_named else options.models[-2:-1][0] if len(options.models) > 1 else "default"
    folders = machine.output([str(PICTURES)]).splitlines()
    key = hashlib.sha256(json.dumps([network, folders, SEED]).encode()).hexdigest()[:12]
    place = pathlib.Path(options.cache) / "benchmark-features"
    real, mixed = place / f"real-{key}.npy", place / f"mixed-{key}.npy"
    if not mixed.exists():
        place.mkdir(parents=True, exist_ok=True)
        print("  making features", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as work, turns.machine(exclusive=False):
            index = ["--index", os.path.join(work, "index")]
            subprocess.run([options.kindred, "index", *folders, *index, "--model", network, "--recipe", "plain", "--labels",
                            "none", "--precision", "f32"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run([options.kindred, "export", os.path.join(work, "features.npy"), *index], check=True,
                           stdout=subprocess.DEVNULL)
            # Copies are one row of a collection.
            rows = numpy.unique(numpy.load(os.path.join(work, "features.npy")), axis=0)
            rows = rows[numpy.random.default_rng(SEED).permutation(len(rows))]
        rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)
        numpy.save(real, rows)
        drawn = numpy.random.default_rng(SEED)
        first, second = drawn.integers(len(rows), size=(2, MIXED))
        share = drawn.random((MIXED, 1), dtype=numpy.float32)
        numpy.save(mixed, (share * rows[first] + (1 - share) * rows[second]).astype(numpy.float32))
    return {f"{len(numpy.load(path, mmap_mode='r')):,} {name} features": path for name, path in
            {"real": real, "mixed": mixed}.items()}


def answer(command):
    """The JSON that a program writes to the file behind `--json`."""
    with tempfile.TemporaryDirectory() as work, turns.machine(exclusive=True):
        path = os.path.join(work, "found.json")
        subprocess.run([*command, "--json", path], check=True, stdout=subprocess.DEVNULL, env=machine.peer_environment())
        with open(path) as file:
            return json.load(file)


def kindred(options, path, builds=1):
    return answer([options.graph_binary, str(path), "--builds", str(builds)])


def run(options, results):
    if not PEERS.exists():
        print(f"{PEERS.relative_to(machine.REPOSITORY)} is missing: the graph's peers can't be measured", file=sys.stderr)
        return False
    for group, path in features(options).items():
        print(f"== {results.data['benchmark']}: {group}", file=sys.stderr, flush=True)
        (exact if results.data["benchmark"] == "exact" else graph)(options, results, group, path)
        results.write()


def graph(options, results, group, path):
    results.data["rounds"] = BUILDS
    runs = {}
    names = ["Kindred", *LIBRARIES]
    for number in range(BUILDS):
        for name in names:
            if name == "Kindred":
                found = kindred(options, path)
                one = found["builds"][0]
                one |= {"build_seconds": one["seconds"], "bytes_per_node": found["memory_per_row"]}
            else:
                found = answer([options.python, str(PEERS), "--libraries", name, "--builds", "1", str(path)])
                one = found["libraries"][name]["builds"][0]
            runs.setdefault(name, []).append(one)
            print(f"  build {number + 1} of {BUILDS}, {name}: {one['queries_per_second_at_aim']} queries/s", file=sys.stderr,
                  flush=True)
        if len(numpy.load(path, mmap_mode="r")) > MANY:
            first = {name: builds[0]["queries_per_second_at_aim"] or 0 for name, builds in runs.items()}
            fastest = max(first[name] for name in LIBRARIES)
            names = [name for name in names if name == "Kindred" or first[name] >= AGAIN * fastest]
    for name, builds in runs.items():
        speeds = [build["queries_per_second_at_aim"] for build in builds]
        reached = all(speeds)
        most = max(point["recall"] for build in builds for point in build["curve"])
        results.data["measurements"].append({
            "group": group, "name": name, "unit": "queries/s at recall 0.99",
            "median": round(statistics.median(speeds)) if reached else 0, "rounds": [speed or 0 for speed in speeds],
            "recall": round(most, 4), "build_seconds": round(statistics.median(b["build_seconds"] for b in builds), 2),
            "bytes_per_node": round(statistics.median(b["bytes_per_node"] for b in builds)),
        })
        results.data.setdefault("curves", []).append({"group": group, "name": name, "points": builds[0]["curve"]})
    bars(results, group)


def bars(results, group):
    """Kindred over the fastest peer, over hnswlib's memory, and over the build of the fastest peer to build."""
    found = {item["name"]: item for item in results.data["measurements"] if item["group"] == group}
    ours = found.pop("Kindred")
    fastest = max(found.values(), key=lambda item: item["median"])
    results.compare(group, "Kindred", fastest["name"], SPEED_BAR)
    for what, key, peer, bar in (
        ("memory", "bytes_per_node", found["hnswlib"], MEMORY_BAR),
        ("build time", "build_seconds", min(found.values(), key=lambda item: item["build_seconds"]), 1.0),
    ):
        share = round(ours[key] / peer[key], 3)
        results.data["ratios"].append({
            "group": f"{group}, {what}", "of": "Kindred", "to": peer["name"], "median": share, "least": share,
            "most": share, "bar": round(bar, 3), "at_most": True, "met": share <= bar,
        })


def exact(options, results, group, path):
    rounds = [kindred(options, path, builds=0)["exact"] for _ in range(options.rounds)]
    pairs = {"one query": ("one_milliseconds", "read_milliseconds", "reading the rows"),
             "a thousand at once": ("batch_milliseconds", "product_milliseconds", "sgemm")}
    for what, (ours, bound, name) in pairs.items():
        place = f"{group}, {what}"
        competitors = [turns.Competitor("Kindred", None), turns.Competitor(name, None)]
        rates = {"Kindred": [1000 / found[ours] for found in rounds], name: [1000 / found[bound] for found in rounds]}
        results.add(place, "queries/s", competitors, rates)
        results.compare(place, "Kindred", name, EXACT_BAR)
