"""A folder of photos, from files to features that are kept: whole processes, from start to end."""

import json
import os
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
BARS = {("fast auto", "PyTorch"): 4.0, ("fast auto", "ONNX Runtime int8"): 1.5, ("fast f32", "PyTorch"): 2.0}
TRIAL = 160


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


def kindred(options, model, path, precision):
    def build(folder, work):
        command = [options.kindred, "index", folder, "--index", os.path.join(work, "index"), "--model", model.argument,
                   "--recipe", "plain", "--labels", "none", "--decode", path, "--json"]
        return command + (["--precision", precision] if precision else [])

    return Command(f"Kindred {path} {precision or 'f32'}", build)


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
    print(f"  {name}: {chosen.name}", file=sys.stderr, flush=True)
    return chosen.name.split(), {key: round(rate, 1) for key, rate in rates.items()}


def competitors(options, model, results):
    """Kindred's settings, and the peers' at their best, with Pillow's draft mode and without."""
    with turns.machine(exclusive=False):
        trial = photos.repeated(options.cache, options.files, TRIAL)
        calibration = photos.table(options.cache, options.files[1:], network.CALIBRATION, model.recipe)
        variant = network.int8_variant()
        files = models.onnx_files(model, options.cache, options.python, calibration, [variant])
    help_text = machine.output([options.kindred, "index", "--help"])
    precisions = ["f32", "auto"] if "--precision" in help_text else [None]
    found = [kindred(options, model, path, precision) for path in ("exact", "fast") for precision in precisions]
    tried = results.data["settings"].setdefault("tried", {}).setdefault(model.name, {})
    if model.is_torch:
        forms = ["eager", "frozen-channels-last"]
        choices = [("--form", form, "--feeding", feeding) for form in forms for feeding in ("threads", "loader")]
        settings, tried["PyTorch"] = best(options, trial, "PyTorch", "torch", model.path, choices)
        found += [peer(options, "PyTorch", "torch", model.path, *settings),
                  peer(options, "PyTorch, draft", "torch", model.path, *settings, "--draft")]
    for precision, file in {"f32": "f32", "int8": variant}.items():
        name, path = f"ONNX Runtime {precision}", files / f"{file}.onnx"
        fixed = ("--recipe", model.recipe)
        settings, tried[name] = best(options, trial, name, "onnx", path, [("--spinning",), ()], fixed)
        found += [peer(options, name, "onnx", path, *settings, *fixed),
                  peer(options, f"{name}, draft", "onnx", path, *settings, *fixed, "--draft")]
    return found


def run(options, results):
    counts = {"photos": options.count or 2000, "12 megapixels": max(1, (options.count or 2000) * 3 // 20)}
    chosen = options.models if options.models_named else list(dict.fromkeys([options.models[0], "default"]))
    for argument in chosen:
        model = models.find(options.kindred, argument)
        print(f"== folder: {model.name}", file=sys.stderr, flush=True)
        commands = competitors(options, model, results)
        for name, count in counts.items():
            with turns.machine(exclusive=False):
                folder = (photos.repeated if name == "photos" else photos.large)(options.cache, options.files, count)
            group = f"{model.name}, {count} {'photos' if name == 'photos' else 'photos of ' + name}"
            for command in commands:
                command.seconds, command.busy = [], []
            entries = [
                turns.Competitor(command.name, lambda command=command: command.rate(folder)) for command in commands
            ]
            rates = turns.alternate(entries, options.rounds, together=False)
            for command, entry in zip(commands, entries):
                entry.facts = {"seconds": round(sorted(command.seconds)[len(command.seconds) // 2], 2),
                               "cores_busy": round(sorted(command.busy)[len(command.busy) // 2], 3)}
            results.add(group, "images/s", entries, rates)
            compare(results, group, [command.name for command in commands])
            results.write()


def compare(results, group, names):
    for ours in [name for name in names if name.startswith("Kindred")]:
        setting = ours.removeprefix("Kindred ")
        for other in [name for name in names if not name.startswith("Kindred")]:
            # Scaled while decoding against the same, and the whole decoded against the same.
            if setting.startswith("fast") or not other.endswith("draft"):
                results.compare(group, ours, other, BARS.get((setting, other)))
