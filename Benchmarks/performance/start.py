"""Cold starts on an index of 10,000 pictures: a search by picture, and a look at a folder where nothing changed."""

import os
import shutil
import subprocess
import sys
import time

import photos
import turns

PICTURES = 10_000
# Seconds, in the median (docs/performance.md).
SEARCH_BAR, REINDEX_BAR = 0.15, 1.0


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def dropped_caches():
    """Whether the system let go of what it keeps of files in memory."""
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3\n")
        return True
    except OSError:
        return False


def index(options, folder):
    """The folder's index, kept from run to run, and the command that brings it up to date."""
    place = os.path.join(options.cache, "benchmark-index", os.path.basename(folder))
    command = [options.kindred, "index", str(folder), "--index", place, "--model", "default", "--labels", "none"]
    print("== start: indexing, unless it was done before", file=sys.stderr, flush=True)
    with turns.machine(exclusive=False):
        if subprocess.run(command, capture_output=True).returncode:
            # Of a version that is not understood any more.
            shutil.rmtree(place, ignore_errors=True)
            timed(command)
    return place, command


def run(options, results):
    count = options.count or PICTURES
    with turns.machine(exclusive=False):
        folder = photos.small(options.cache, options.files, count)
        # Photos as people have them, not one of the small ones.
        large = photos.large(options.cache, options.files, 1) / "000000.jpg"
    place, again = index(options, folder)

    def search(picture):
        command = [options.kindred, "search", str(picture), "--index", place, "--model", "default"]
        return lambda: timed(command)

    group = f"{count} pictures, default model"
    photo = search(options.files[len(options.files) // 2])
    entries = [
        turns.Competitor("search by a photo", photo),
        turns.Competitor("search by a photo of 12 megapixels", search(large)),
        turns.Competitor("index again", lambda: timed(again)),
        turns.Competitor("--version", lambda: timed([options.kindred, "--version"])),
    ]
    # The first of each brings files into memory.
    turns.alternate(entries, 1, show=False)
    results.add(group, "s", entries, turns.alternate(entries, options.rounds))
    results.require(group, "search by a photo", SEARCH_BAR)
    results.require(group, "index again", REINDEX_BAR)
    with turns.machine(exclusive=True):
        if dropped_caches():
            first = turns.Competitor("search by a photo, nothing in memory", photo)
            results.add(group, "s", [first], {first.name: [photo()]})
        else:
            print("  caches can't be dropped here: the first search after that is not measured", file=sys.stderr)
