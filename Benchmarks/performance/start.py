"""Cold starts on an index of 10,000 pictures: a search by picture, and a look at a folder where nothing changed."""

import os
import subprocess
import sys
import tempfile
import time

import photos
import turns

SEARCHES = 20
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


def run(options, results):
    count = options.count or 10_000
    with turns.machine(exclusive=False):
        folder = photos.small(options.cache, options.files, count)
    # A photo as people have them, not one of the small ones.
    query = photos.large(options.cache, options.files, 1) / "000000.jpg"
    photo = options.files[len(options.files) // 2]
    with tempfile.TemporaryDirectory() as work:
        index = ["--index", os.path.join(work, "index"), "--model", "default"]
        reindex = [options.kindred, "index", str(folder), *index, "--labels", "none"]
        print(f"== start: indexing {count} pictures", file=sys.stderr, flush=True)
        with turns.machine(exclusive=False):
            results.data["settings"]["indexing_seconds"] = round(timed(reindex), 1)

        def search(picture):
            return lambda: timed([options.kindred, "search", str(picture), *index])

        group = f"{count} pictures, default model"
        entries = [
            turns.Competitor("search by a photo", search(photo)),
            turns.Competitor("search by a photo of 12 megapixels", search(query)),
            turns.Competitor("index again", lambda: timed(reindex)),
        ]
        # The first of each brings files into memory.
        turns.alternate(entries, 1, show=False)
        results.add(group, "s", entries, turns.alternate(entries, SEARCHES))
        results.require(group, "search by a photo", SEARCH_BAR)
        results.require(group, "index again", REINDEX_BAR)
        with turns.machine(exclusive=True):
            if dropped_caches():
                first = turns.Competitor("search by a photo, nothing in memory", lambda: None)
                results.add(group, "s", [first], {first.name: [search(photo)()]})
            else:
                print("  caches can't be dropped here: the first search after that is not measured", file=sys.stderr)
