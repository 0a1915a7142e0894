"""Decoding alone, on one processor: pictures a second from a file's bytes in memory to the network's input."""

import json
import os
import subprocess

import machine
import models
import photos
import turns
import workers

# Every program decodes the same pictures, again and again for so long in each turn.
SECONDS = 1.0


def on_one_core():
    os.sched_setaffinity(0, set(machine.cores()[:1]))


def kindred(options, folder, path, model, seconds):
    command = [options.kindred, "bench", str(folder), "--part", "decode", "--decode", path, "--threads", "1",
               "--seconds", str(seconds), "--model", model, "--json"]
    run = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=on_one_core)
    return json.loads(run.stdout)["decoding"][0]["images_per_second"]


def run(options, results):
    seconds = SECONDS / 2 if options.quick else SECONDS
    model = models.chosen(options, "default")[0]
    counts = {"photos": 100} if options.quick else {"photos": 200, "12 megapixels": 40}
    for name, count in counts.items():
        make = photos.repeated if name == "photos" else photos.large
        with turns.machine(exclusive=False):
            folder = make(options.cache, options.files, count)
        group = f"{name}, one core"
        competitors = [
            turns.Competitor(f"Kindred {path}", lambda path=path: kindred(options, folder, path, model, seconds))
            for path in ("exact", "fast")
        ]
        running = []
        try:
            for title, mode in {"Pillow": "pillow", "Pillow, draft": "pillow-draft", "torchvision": "torchvision"}.items():
                command = [options.python, str(models.PEERS / "decode.py"), mode, str(folder)]
                with turns.machine(exclusive=False):
                    worker = workers.Worker(title, command, machine.peer_environment() | {"OMP_NUM_THREADS": "1"})
                    each = worker.ask("run 20")["seconds"]
                running.append(worker)
                count = max(10, round(seconds / each))
                competitors.append(
                    turns.Competitor(title, lambda worker=worker, count=count: 1 / worker.ask(f"run {count}")["seconds"])
                )
            results.add(group, "images/s", competitors, turns.alternate(competitors, options.rounds))
        finally:
            for worker in running:
                worker.close()
        results.compare(group, "Kindred exact", "Pillow")
        results.compare(group, "Kindred exact", "torchvision")
        results.compare(group, "Kindred fast", "Pillow, draft")
        results.write()
