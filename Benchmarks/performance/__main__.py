"""Measures Kindred's speed against its peers; Benchmarks/run calls this and says what it takes."""

import argparse
import os
import pathlib
import sys

import machine
import quick
import results

NAMES = ("network", "decode", "folder", "graph", "exact", "start")
# Turns that every program has, where it isn't said. Short ones vary, since the machine slows down for seconds at a time;
# whole processes over a folder run for a minute each.
ROUNDS, OTHER_ROUNDS = 5, {"network": 20, "start": 20, "folder": 3}


def main():
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(NAMES)} (all)")
    parser.add_argument("--quick", action="store_true", help="three minutes; fails where a ratio is under the recorded one")
    parser.add_argument("--record", action="store_true", help="with --quick: record the ratios of this kind of processor")
    parser.add_argument("--models", help="networks, separated by colons: names that Kindred knows, or files")
    parser.add_argument("--photos", help="folder of JPEG photos (../shared/images)")
    parser.add_argument("--threads", type=int, default=len(machine.cores()), help="processors that every program gets")
    parser.add_argument("--rounds", type=int, help=f"turns that every program has ({said_rounds()})")
    parser.add_argument("--count", type=int, help="pictures of `folder` (2000, and 300 large ones) and `start` (10000)")
    parser.add_argument("--results", help="folder for the results (Benchmarks/results)")
    options = parser.parse_args()
    if options.record and not options.quick:
        parser.error("--record is for --quick")
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: choose from {', '.join(NAMES)}")
    options.names = options.names or list(NAMES)
    settle(options)
    machine.use_threads(options.threads)
    machine.introduce(options.kindred, options.threads)
    if options.quick:
        sys.exit(quick.run(options))
    failed = []
    rounds = options.rounds
    for name in options.names:
        module = __import__("graph" if name == "exact" else name)
        options.rounds = rounds or OTHER_ROUNDS.get(name, ROUNDS)
        found = results.Results(name, options.kindred, options.threads, options.rounds, options.results)
        if module.run(options, found) is False:
            failed.append(name)
            continue
        found.write()
        found.show()
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


def said_rounds():
    return "; ".join([str(ROUNDS)] + [f"`{name}`: {rounds}" for name, rounds in OTHER_ROUNDS.items()])


def settle(options):
    """Fills in what was not said."""
    repository = machine.REPOSITORY
    binaries = pathlib.Path(os.environ["KINDRED_BENCHMARK_BINARIES"])
    options.kindred = str(binaries / "kindred")
    options.network_binary = str(binaries / "network-benchmark")
    options.graph_binary = str(binaries / "graph-benchmark")
    options.python = sys.executable
    options.cache = os.environ["KINDRED_BENCHMARK_CACHE"]
    options.results = options.results or str(repository / "Benchmarks" / "results")
    shared = repository.parent / "shared"
    if not options.photos:
        options.photos = str(shared / "images")
        if not os.path.isdir(options.photos):
            sys.exit("Name a folder of JPEG photos: Benchmarks/run --photos FOLDER")
    import photos

    options.files = photos.found(options.photos)
    weights = [str(shared / "models" / f"{name}.safetensors") for name in ("resnet50", "resnet18")]
    options.models_named = bool(options.models)
    options.models = (
        options.models.split(":") if options.models else [path for path in weights if os.path.exists(path)] + ["default"]
    )


main()
