"""Makes the files that ONNX Runtime runs: onnx_models.py WEIGHTS FOLDER [CALIBRATION.npy VARIANT...]

`f32.onnx`: the network up to the pooled features, exported from torchvision's architecture where the weights are
safetensors, else the ONNX file itself, cut there. `VARIANT.onnx` for each variant of int8 that is named: static, weights
per channel, calibrated on the pictures.
"""

import os
import sys

import numpy
import onnx
from onnx import version_converter

# The first opset whose QDQ has scales for each channel is 13.
OPSET = 17
# Format, whether weights have 7 bits (processors without VNNI add pairs of products in 16 bits), activations' type.
VARIANTS = {
    "qdq": ("QDQ", False, "QUInt8"),
    "qdq-reduced": ("QDQ", True, "QUInt8"),
    "qdq-signed": ("QDQ", False, "QInt8"),
    "qoperator": ("QOperator", False, "QUInt8"),
    "qoperator-reduced": ("QOperator", True, "QUInt8"),
}


def export(weights, path):
    import torch
    import torch_models

    network = torch_models.resnet(weights)
    example = torch.zeros(2, 3, 224, 224)
    torch.onnx.export(
        network, (example,), path, input_names=["input"], output_names=["features"], dynamo=False,
        dynamic_axes={"input": {0: "batch"}, "features": {0: "batch"}}, opset_version=OPSET,
    )


def cut(source, path):
    """The graph up to what goes into the last fully connected layer."""
    model = onnx.load(source)
    last = [node for node in model.graph.node if node.op_type in ("Gemm", "MatMul")][-1]
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info(last.input[0], onnx.TensorProto.FLOAT, None))
    wanted = {last.input[0]}
    kept = []
    for node in reversed(model.graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    del model.graph.node[:]
    model.graph.node.extend(reversed(kept))
    used = [tensor for tensor in model.graph.initializer if tensor.name in wanted]
    del model.graph.initializer[:]
    model.graph.initializer.extend(used)
    if model.opset_import[0].version < OPSET:
        model = version_converter.convert_version(model, OPSET)
    onnx.save(model, path)


class Calibration:
    """What ONNX Runtime's quantisation reads its pictures from."""

    def __init__(self, name, batches):
        self.batches = iter([{name: batch} for batch in batches])

    def get_next(self):
        return next(self.batches, None)


def quantize(folder, pictures, variant):
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    source, prepared = f"{folder}/f32.onnx", f"{folder}/prepared.onnx"
    if not os.path.exists(prepared):
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
    graph_input = onnx.load(prepared).graph.input[0]
    inputs = oriented(pictures, graph_input)
    form, reduced, activations = VARIANTS[variant]
    quantization.quantize_static(
        prepared, f"{folder}/{variant}.onnx",
        Calibration(graph_input.name, [inputs[first : first + 8] for first in range(0, len(inputs), 8)]),
        quant_format=quantization.QuantFormat[form], per_channel=True, reduce_range=reduced,
        activation_type=quantization.QuantType[activations], weight_type=quantization.QuantType.QInt8,
    )


def oriented(pictures, graph_input):
    """[N, 3, H, W] as the graph takes it; TensorFlow's take the channels last."""
    sizes = [dimension.dim_value for dimension in graph_input.type.tensor_type.shape.dim]
    return numpy.ascontiguousarray(pictures.transpose(0, 2, 3, 1)) if sizes[-1] == 3 else pictures


def main():
    import lines

    weights, folder, *rest = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(f"{folder}/f32.onnx"):
        (cut if weights.endswith(".onnx") else export)(weights, f"{folder}/f32.onnx")
    if rest:
        pictures = lines.pictures(rest[0])
        for variant in rest[1:]:
            if not os.path.exists(f"{folder}/{variant}.onnx"):
                quantize(folder, numpy.ascontiguousarray(pictures), variant)


if __name__ == "__main__":
    main()
