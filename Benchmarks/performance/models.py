"""Networks: what Kindred calls them, and the files and recipes that the peers need."""

import dataclasses
import hashlib
import json
import os
import pathlib
import subprocess

import machine

PEERS = pathlib.Path(__file__).parent / "peers"


@dataclasses.dataclass
class Model:
    argument: str  # what Kindred is told
    name: str
    path: str
    recipe: str

    @property
    def is_torch(self):
        return self.path.endswith(".safetensors")


def chosen(options, *names):
    """The networks that the user named, or else those of `names` that are there."""
    if options.models_named:
        return options.models
    return [path for path in options.models if pathlib.Path(path).stem in names] or options.models[-1:]


def find(kindred, argument):
    if os.path.exists(argument):
        path, name = os.path.abspath(argument), pathlib.Path(argument).stem
    else:
        path = stored(kindred, argument)
        name = argument
    recipe = "caffe" if path.endswith(".onnx") else "torchvision"
    return Model(os.path.abspath(argument) if os.path.exists(argument) else argument, name, path, recipe)


def stored(kindred, name):
    for _ in range(2):
        for listing in json.loads(machine.output([kindred, "model", "list", "--json"])):
            if name in [listing["name"], *listing.get("aliases", [])] and listing.get("path"):
                return listing["path"]
        subprocess.run([kindred, "model", "fetch", name], check=True)
    raise SystemExit(f"{name}: kindred model fetch did not bring this model")


def onnx_files(model, cache, python, calibration=None, variants=()):
    """The folder of the model's files for ONNX Runtime; see peers/onnx_models.py."""
    stat = os.stat(model.path)
    script = PEERS / "onnx_models.py"
    version = machine.output([python, "-c", "import onnxruntime; print(onnxruntime.__version__)"])
    made_of = [model.path, stat.st_size, stat.st_mtime, str(calibration), version, script.read_text()]
    key = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:12]
    folder = pathlib.Path(cache) / "benchmark-models" / f"{model.name}-{key}"
    if all((folder / f"{name}.onnx").exists() for name in ["f32", *variants]):
        return folder
    command = [python, str(script), model.path, str(folder)]
    if variants:
        command += [str(calibration), *variants]
    run = subprocess.run(command, env=machine.peer_environment(), capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{model.name} can't be made ready for ONNX Runtime:\n" + run.stderr[-2000:])
    return folder
