"""torchvision's ResNets with the weights of a safetensors file."""

import json
import struct

import numpy
import torch
import torchvision

TYPES = {"F32": numpy.float32, "F16": numpy.float16, "F64": numpy.float64, "I64": numpy.int64}
# Whether blocks are bottlenecks, and blocks of the third stage.
DEPTHS = {(False, 2): 18, (False, 6): 34, (True, 6): 50, (True, 23): 101, (True, 36): 152}


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        values = numpy.frombuffer(data[8 + length + start : 8 + length + end], TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors


def resnet(path):
    """The network up to the pooled features."""
    weights = read_safetensors(path)
    blocks = len({name.split(".")[1] for name in weights if name.startswith("layer3.")})
    depth = DEPTHS[("layer1.0.conv3.weight" in weights, blocks)]
    network = getattr(torchvision.models, f"resnet{depth}")()
    missing, unknown = network.load_state_dict(weights, strict=False)
    if unknown or any(not name.endswith("num_batches_tracked") for name in missing):
        raise SystemExit(f"{path}: not torchvision's names: {missing + unknown}")
    network.fc = torch.nn.Identity()
    return network.eval()


FORMS = ("eager", "eager-channels-last", "frozen", "frozen-channels-last", "compiled", "bf16", "bf16-channels-last",
         "bf16-autocast", "bf16-autocast-channels-last")


def runner(path, form, side):
    """A function from a batch [N, 3, side, side] (NumPy) to features (NumPy)."""
    network = resnet(path)
    layout = torch.channels_last if form.endswith("channels-last") else torch.contiguous_format
    network = network.to(memory_format=layout)
    kind = torch.bfloat16 if form.startswith("bf16") and "autocast" not in form else torch.float32
    network = network.to(kind)
    if form.startswith("frozen"):
        with torch.no_grad():
            example = torch.zeros(1, 3, side, side).to(memory_format=layout)
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, example)))
    if form == "compiled":
        network = torch.compile(network)

    def run(batch):
        tensor = torch.from_numpy(batch) if isinstance(batch, numpy.ndarray) else batch
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled="autocast" in form):
            return network(tensor.to(kind).to(memory_format=layout)).float().numpy()

    return run
