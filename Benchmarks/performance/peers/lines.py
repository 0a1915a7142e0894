"""The other end of workers.py: answers lines of standard input with lines of JSON."""

import json
import sys
import time

import numpy


def serve(inputs, run, **about):
    """Answers `run BATCH COUNT` and `features FILE`.

    inputs: normalised pictures [N, 3, side, side]. run: takes a batch of them, gives pooled features.
    """
    prepare = about.pop("prepare", lambda batch: batch)
    answer(pictures=len(inputs), **about)
    following = 0
    for line in sys.stdin:
        command, *words = line.split()
        if command == "run":
            size, count = map(int, words)
            batches = []
            for number in range(count):
                rows = [(following + number * size + row) % len(inputs) for row in range(size)]
                batches.append(prepare(numpy.ascontiguousarray(inputs[rows])))
            following += size * count
            start = time.perf_counter()
            for batch in batches:
                run(batch)
            answer(seconds=(time.perf_counter() - start) / count)
        elif command == "features":
            found = [
                numpy.asarray(run(prepare(numpy.ascontiguousarray(inputs[first : first + 16]))), numpy.float32)
                for first in range(0, len(inputs), 16)
            ]
            features = numpy.concatenate(found)
            numpy.save(words[0], features.reshape(len(features), -1))
            answer(rows=len(features))
        else:
            raise SystemExit(f"{command}: say `run BATCH COUNT` or `features FILE`")


def answer(**facts):
    print(json.dumps(facts), flush=True)


def pictures(path):
    """[N, 3, side, side] of a file of [N, 3 · side · side]."""
    table = numpy.load(path, mmap_mode="r")
    side = round((table.shape[1] / 3) ** 0.5)
    return table.reshape(-1, 3, side, side)
