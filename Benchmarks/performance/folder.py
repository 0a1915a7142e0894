"""A folder of photos, from files to features that are kept: whole processes, from start to end."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import machine
import models
import network
import photos
import turns

# Kindred at `auto` and at f32 over PyTorch, and at `auto` over ONNX Runtime's int8 (docs/performance.md).
BARS = {("auto", "PyTorch"): 4.0, ("auto", "ONNX Runtime int8"): 1.5, ("f32", "PyTorch"): 2.0}
# What a precision is compared with.
PEERS = {"f32": ("PyTorch", "ONNX Runtime f32"), "auto": ("PyTorch", "ONNX Runtime int8")}
TRIAL = 160
# Photos of each kind, where no count is named.
PHOTOS, LARGE = 2000, 300
SCALED = ", scaled"


class Command:
    """A program over a folder; every run is a process of its own with a new index."""

    def __init__(self, name, build, environment=None):
        self.name, self.build, self.environment = name, build, environment
        self.seconds, self.busy = [], []

    def rate(self, folder, keep=True):
        with tempfile.TemporaryDirectory() as work:
            start = time.perf_counter()
            with open(os.path.join(work, "printed"), "w+") as printed:
                process = subprocess.Popen(
                    self.build(str(folder), work), stdout=printed, stderr=subprocess.STDOUT, env=self.environment)
                _, status, usage = os.wait4(process.pid, 0)
                seconds = time.perf_counter() - start
                process.returncode = os.waitstatus_to_exitcode(status)
                printed.seek(0)
                text = printed.read()
        if process.returncode:
            raise RuntimeError(f"{self.name} ended with status {process.returncode}: {text[-1500:]}")
        count = done(text)
        if count != len(photos.found(folder)):
            raise RuntimeError(f"{self.name} did {count} of {len(photos.found(folder))} photos")
        if keep:
            self.seconds.append(seconds)
            self.busy.append((usage.ru_utime + usage.ru_stime) / seconds / len(machine.cores()))
        return count / seconds


def done(text):
    """How many photos a program says that it did."""
    answer = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return answer.get("images", answer.get("indexed"))


def kindred(options, model, precision, scaled):
    def build(folder, work):
        return [options.kindred, "index", folder, "--index", os.path.join(work, "index"), "--model", model.argument,
                "--recipe", "plain", "--labels", "none", "--decode", "fast" if scaled else "exact",
                "--precision", precision, "--threads", str(options.threads), "--json"]

    return Command(f"Kindred {precision}" + SCALED * scaled, build)


def peer(options, name, engine, file, *settings):
    def build(folder, work):
        return [options.python, str(models.PEERS / "index_folder.py"), folder, os.path.join(work, "features.npy"),
                "--engine", engine, "--model", str(file), "--threads", str(options.threads), *settings]

    return Command(name, build, machine.peer_environment())


def best(options, folder, name, engine, file, choices, fixed=()):
    """The settings of a peer that are fastest on a few photos."""
    commands = {" ".join(choice): peer(options, " ".join(choice), engine, file, *choice, *fixed) for choice in choices}
    competitors = [
        turns.Competitor(key, lambda command=command: command.rate(folder, keep=False))
        for key, command in commands.items()
    ]
    chosen, rates = turns.fastest(competitors, tries=1, together=False)
    print(f"  {name}: {chosen.name or 'without settings'}", file=sys.stderr, flush=True)
    return chosen.name.split(), {key: round(rate, 1) for key, rate in rates.items()}


def competitors(options, model, results):
    """Kindred's precisions and the peers' at their best: those that decode every sample, and the same, scaled while
    decoding."""
    with turns.machine(exclusive=False):
        trial = photos.repeated(options.cache, options.files, TRIAL)
        calibration = photos.table(options.cache, options.files[1:], network.CALIBRATION, model.recipe)
        variant = network.int8_variant()
        files = models.onnx_files(model, options.cache, options.python, calibration, [variant])
        # As the peer's weights are made ready before.
        machine.output([options.kindred, "model", "quantize", model.argument, "--calibrate", options.photos])
    tried = results.data["settings"].setdefault("tried", {}).setdefault(model.name, {})
    builders = [lambda scaled, precision=precision: kindred(options, model, precision, scaled)
                for precision in ("f32", "auto")]

    def add(name, engine, file, choices, *fixed):
        settings, tried[name] = best(options, trial, name, engine, file, choices, fixed)
        builders.append(
            lambda scaled: peer(options, name + SCALED * scaled, engine, file, *settings, *fixed, *["--draft"] * scaled))

    if model.is_torch:
        forms = ["eager", "frozen-channels-last"]
        add("PyTorch", "torch", model.path,
            [("--form", form, "--feeding", feeding) for form in forms for feeding in ("threads", "loader")])
    for precision, file in {"f32": "f32", "int8": variant}.items():
        add(f"ONNX Runtime {precision}", "onnx", files / f"{file}.onnx", [("--spinning",), ()], "--recipe", model.recipe)
    return [[build(scaled) for build in builders] for scaled in (False, True)]


def run(options, results):
    for argument in models.chosen(options, "resnet18", "default"):
        model = models.find(options.kindred, argument)
        print(f"== folder: {model.name}", file=sys.stderr, flush=True)
        whole, scaled = competitors(options, model, results)
        count = options.count or PHOTOS
        measure(options, results, f"{model.name}, {count} photos", photos.repeated, count, whole)
        # What is to be scaled while decoding must be twice as large as the network's input.
        count = max(1, count * LARGE // PHOTOS)
        measure(options, results, f"{model.name}, {count} photos of 12 megapixels", photos.large, count, whole + scaled)


def measure(options, results, group, make, count, commands):
    with turns.machine(exclusive=False):
        folder = make(options.cache, options.files, count)
    for command in commands:
        command.seconds, command.busy = [], []
    entries = [turns.Competitor(command.name, lambda command=command: command.rate(folder)) for command in commands]
    rates = turns.alternate(entries, options.rounds, together=False)
    for command, entry in zip(commands, entries):
        entry.facts = {"seconds": round(statistics.median(command.seconds), 2),
                       "cores_busy": round(statistics.median(command.busy), 3)}
    results.add(group, "images/s", entries, rates)
    names = [command.name for command in commands]
    for precision, peers in PEERS.items():
        for ours in (f"Kindred {precision}", f"Kindred {precision}{SCALED}"):
            for other in [peer + scaled for peer in peers for scaled in ("", SCALED)]:
                # What is scaled is compared with both, the whole decoded with the same only.
                if {ours, other} <= set(names) and (ours.endswith(SCALED) or not other.endswith(SCALED)):
                    results.compare(group, ours, other, BARS.get((precision, other)))
    results.write()
