"""The network alone: images a second from normalised pictures to pooled features, and how near these are to f32's."""

import os
import sys
import tempfile

import numpy

import machine
import models
import photos
import turns
import workers

BATCHES = (16, 1)
# Kindred over the best of the peer's forms, at a batch of 16 (docs/performance.md).
BARS = {"f32": 1.15, "bf16": 1.3, "int8": 1.1}
# Kindred's images a second one by one over those in batches of 16.
SINGLE_BAR = 0.85
# Turns are short and many: what else the machine does then falls on all programs.
TURN_SECONDS = 0.5
# Turns of each of a peer's forms before the fastest is taken.
TRIES = 4
# Kindred's images of a turn, in batches and one by one.
SINGLE_IMAGES = 32
CALIBRATION = 64
# Pictures before anything is timed: Kindred lays out its work anew after 64 in batches of one size.
WARM = 80
# A form whose features are further from f32's in the median is compared only where none is nearer: it does other work.
LEAST_COSINE = {"int8": 0.985, "bf16": 0.999, "f32": 0.9999}


class Program:
    """A worker and what it is called; it is started when it is first needed."""

    def __init__(self, name, command, environment=None):
        self.name, self.command, self.environment = name, command, environment
        self.worker = None
        self.counts = {}
        self.facts = {}

    def start(self):
        if self.worker is None:
            with turns.machine(exclusive=False):
                self.worker = workers.Worker(self.name, self.command, self.environment)

    def close(self):
        if self.worker:
            self.worker.close()
            self.worker = None

    def seconds(self, batch, count):
        return self.worker.ask(f"run {batch} {count}")["seconds"]

    def settle(self, batch):
        """Runs until the library has settled on its plans, and sets how many batches a measurement has; once."""
        self.start()
        if batch in self.counts:
            return
        with turns.machine(exclusive=True):
            self.seconds(batch, WARM // batch)
            self.counts[batch] = max(1, round(TURN_SECONDS / self.seconds(batch, 2)))

    def rate(self, batch, count=None):
        return batch / self.seconds(batch, count or self.counts[batch])

    def features(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "features.npy")
            self.worker.ask(f"features {path}")
            return numpy.load(path)


def int8_variant():
    """The form of ONNX Runtime's int8 that is taken where only one is. Processors without VNNI add pairs of products in
    16 bits, which 8-bit weights overflow."""
    return "qdq" if machine.has_vnni() else "qdq-reduced"


def available_precisions(binary):
    return machine.output([binary, "--precisions"]).split()


def programs(model, options, inputs):
    """Kindred's precisions, and the peers' forms by the precision and program that they stand for."""
    threads = str(options.threads)
    ours = {}
    precisions = available_precisions(options.network_binary)
    if "int8" in precisions:
        with turns.machine(exclusive=False):
            machine.output([options.kindred, "model", "quantize", model.argument, "--calibrate", options.photos])
    for precision in precisions:
        ours[precision] = Program(
            f"Kindred {precision}",
            [options.network_binary, str(inputs), "--model", model.argument, "--precision", precision,
             "--threads", threads],
        )
    environment = machine.peer_environment()
    peers = {}
    torch_forms = {} if options.quick else {
        "PyTorch eager": ["eager", "eager-channels-last"],
        "PyTorch frozen": ["frozen", "frozen-channels-last"],
        "PyTorch compiled": ["compiled"],
    }
    if machine.has_bfloat16():
        torch_forms["PyTorch bf16"] = ["bf16", "bf16-channels-last", "bf16-autocast", "bf16-autocast-channels-last"]
    else:
        print("  PyTorch bf16: left out, this processor does not compute in bfloat16", file=sys.stderr)
    if model.is_torch:
        for name, forms in torch_forms.items():
            peers[name] = [
                Program(
                    form, [options.python, str(models.PEERS / "torch_network.py"), model.path, str(inputs), form, threads],
                    environment)
                for form in forms
            ]
    variants = ["qdq", "qdq-signed", "qoperator"] + ([] if machine.has_vnni() else ["qdq-reduced", "qoperator-reduced"])
    if options.quick:
        variants = [int8_variant()]
    calibration = photos.table(options.cache, options.files[1:], CALIBRATION, model.recipe)
    with turns.machine(exclusive=False):
        folder = models.onnx_files(model, options.cache, options.python, calibration, variants)
    for name, files in {"ONNX Runtime f32": ["f32"], "ONNX Runtime int8": variants}.items():
        peers[name] = [
            Program(
                file, [options.python, str(models.PEERS / "onnx_network.py"), f"{folder}/{file}.onnx", str(inputs), threads],
                environment)
            for file in files
        ]
    return ours, peers


def choose(name, forms, reference):
    """The fastest form of a peer whose features are near enough, running, with what was found of all; `None` where no
    form works."""
    able, found = [], {}
    least = LEAST_COSINE[name.split()[-1] if name.split()[-1] in LEAST_COSINE else "f32"]
    for form in forms:
        print(f"  {name}: {form.name}", file=sys.stderr, flush=True)
        try:
            form.start()
            with turns.machine(exclusive=False):
                form.facts = nearness(form.features(), reference)
            form.settle(BATCHES[0])
        except workers.WorkerFailure as failure:
            print(f"  {name}, {form.name}: left out: {str(failure).splitlines()[-1]}", file=sys.stderr)
            form.worker = None
            continue
        found[form.name] = dict(form.facts)
        able.append(form)
    if not able:
        return None, found
    able = [form for form in able if form.facts["cosine"] >= least] or able
    competitors = [turns.Competitor(form.name, lambda form=form: form.rate(BATCHES[0])) for form in able]
    best, rates = turns.fastest(competitors, TRIES)
    for form, rate in rates.items():
        found[form]["images_per_second"] = round(rate, 1)
    chosen = next(form for form in able if form.name == best.name)
    for form in forms:
        if form is not chosen:
            form.close()
    if len(able) > 1:
        chosen.facts["setting"] = chosen.name
    chosen.name = name
    return chosen, found


def nearness(features, reference):
    """Cosines of features with the same pictures' in f32, and the share of ten nearest neighbours in common."""
    first = features / numpy.linalg.norm(features, axis=1, keepdims=True)
    second = reference / numpy.linalg.norm(reference, axis=1, keepdims=True)
    cosines = (first * second).sum(axis=1)

    def nearest(rows):
        scores = rows @ rows.T
        numpy.fill_diagonal(scores, -2)
        return numpy.argsort(-scores, axis=1)[:, :10]

    common = [len(set(a) & set(b)) for a, b in zip(nearest(first), nearest(second))]
    return {
        "cosine": round(float(numpy.median(cosines)), 6), "least_cosine": round(float(cosines.min()), 6),
        "overlap": round(sum(common) / (10 * len(common)), 4),
    }


def run(options, results):
    for argument in options.models:
        model = models.find(options.kindred, argument)
        print(f"== network: {model.name}", file=sys.stderr, flush=True)
        with turns.machine(exclusive=False):
            inputs = photos.table(options.cache, options.files, 48 if options.quick else 200, model.recipe)
        ours, peers = programs(model, options, inputs)
        running, tried = dict(ours), {}
        try:
            reference = of_onnx_f32(peers)
            for program in ours.values():
                program.start()
                with turns.machine(exclusive=False):
                    program.facts = nearness(program.features(), reference)
            for name, forms in peers.items():
                chosen, tried[name] = choose(name, forms, reference)
                if chosen:
                    running[name] = chosen
            results.data["settings"].setdefault("tried", {})[model.name] = tried
            for batch in BATCHES[:1] if options.quick else BATCHES:
                group = f"{model.name}, batch {batch}"
                for program in running.values():
                    program.settle(batch)
                competitors = [
                    turns.Competitor(program.name, lambda program=program: program.rate(batch), program.facts)
                    for program in running.values()
                ]
                rates = turns.alternate(competitors, options.rounds)
                results.add(group, "images/s", competitors, rates)
                compare(results, group, batch)
            if not options.quick:
                single_images(results, model.name, ours.values(), options.rounds)
        finally:
            for forms in [ours.values(), *peers.values()]:
                for program in forms:
                    program.close()
        results.write()


def of_onnx_f32(peers):
    """What features are compared with."""
    (program,) = peers["ONNX Runtime f32"]
    program.start()
    with turns.machine(exclusive=False):
        return program.features()


def compare(results, group, batch):
    bars = BARS if batch == 16 else {}
    resnet50 = group.startswith("resnet50")
    for precision, matching in {"f32": ["ONNX Runtime f32", "PyTorch eager", "PyTorch frozen", "PyTorch compiled"],
                                "bf16": ["PyTorch bf16"], "int8": ["ONNX Runtime int8"]}.items():
        for peer in matching:
            decides = resnet50 and peer in ("ONNX Runtime f32", "PyTorch bf16", "ONNX Runtime int8")
            results.compare(group, f"Kindred {precision}", peer, bars.get(precision) if decides else None)


def single_images(results, model, ours, rounds):
    """How fast single images are against batches, in turns of their own."""
    group = f"{model}, one by one"
    competitors = [
        turns.Competitor(
            f"{program.name}, batch {batch}",
            lambda program=program, batch=batch: program.rate(batch, SINGLE_IMAGES // batch))
        for program in ours for batch in BATCHES
    ]
    results.add(group, "images/s", competitors, turns.alternate(competitors, rounds))
    for program in ours:
        results.compare(group, f"{program.name}, batch 1", f"{program.name}, batch 16", SINGLE_BAR)
