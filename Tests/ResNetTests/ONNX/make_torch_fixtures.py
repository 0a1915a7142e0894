"""Exports tiny residual networks of torchvision's classes with PyTorch's own exporters into Fixtures/.

Needs torch, torchvision, onnx, onnxscript and onnxruntime. Usage: python make_torch_fixtures.py
"""

import io
import sys
import warnings

import numpy as np
import onnx
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from make_fixtures import FOLDER, judge, random_feed


class Tiny(ResNet):
    """torchvision's network with a handful of channels, one block a stage and four stages at most."""

    def __init__(self, block, planes):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups, self.base_width = 2, 1, 1, 64
        self.conv1 = nn.Conv2d(3, 2, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(2)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        for stage in range(4):
            layer = nn.Identity()
            if stage < len(planes):
                layer = self._make_layer(block, planes[stage], 1, stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", layer)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(planes[-1] * block.expansion, 5)


class ReshapingTiny(Tiny):
    """Flattens with a size that it asks for, as many older networks do."""

    def _forward_impl(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = x.mean([2, 3]).view(x.size(0), -1)
        return torch.softmax(self.fc(x), dim=1)


class OptionA(nn.Module):
    """The paper's shortcut without parameters, as CIFAR networks for PyTorch write it."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(4), nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        shortcut = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2), "constant", 0)
        x = torch.relu(self.bn2(self.conv2(x)) + shortcut)
        x = nn.functional.avg_pool2d(x, x.size()[3])
        return self.fc(x.view(x.size(0), -1))


def prepare(net, seed):
    torch.manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return net.eval()


def slim(model):
    """Without the texts and shapes beside the graph, which are most of a tiny network's file."""
    del model.graph.value_info[:]
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    return model


def export(name, net, opset, dynamo=False, free=True, size=17, **options):
    images = torch.from_numpy(random_feed(np.random.default_rng(opset), (2, 3, size, size)))
    if dynamo:
        shapes = ({0: torch.export.Dim("batch", min=1, max=64)},) if free else None
        program = torch.onnx.export(net, (images,), dynamo=True, opset_version=opset, dynamic_shapes=shapes, **options)
        model = program.model_proto
    else:
        axes = {"input": {0: "batch"}} if free else None
        file = io.BytesIO()
        torch.onnx.export(net, (images,), file, dynamo=False, opset_version=opset, input_names=["input"],
                          dynamic_axes=axes, **options)
        model = onnx.load_from_string(file.getvalue())
    onnx.save(slim(model), FOLDER / f"{name}.onnx")
    judge(name, images.numpy())
    print(name, (FOLDER / f"{name}.onnx").stat().st_size, [o.version for o in model.opset_import], file=sys.stderr)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    basic = prepare(Tiny(BasicBlock, (2, 3, 4)), 1)
    bottleneck = prepare(Tiny(Bottleneck, (1, 2)), 2)
    reshaping = prepare(ReshapingTiny(BasicBlock, (2, 3)), 3)
    option_a = prepare(OptionA(), 4)
    training = torch.onnx.TrainingMode.PRESERVE
    export("torch-script-basic-9", basic, 9)
    export("torch-script-bottleneck-13", bottleneck, 13)
    export("torch-script-basic-17-fixed", basic, 17, free=False)
    export("torch-script-kept-13", bottleneck, 13, training=training, do_constant_folding=False)
    export("torch-script-reshaping-11", reshaping, 11)
    export("torch-script-option-a-10", option_a, 10, size=8)
    export("torch-script-option-a-13", option_a, 13, size=8, do_constant_folding=False)
    export("torch-dynamo-basic-18", basic, 18, dynamo=True)
    export("torch-dynamo-bottleneck-20-fixed", bottleneck, 20, dynamo=True, free=False)
    export("torch-dynamo-reshaping-21", reshaping, 21, dynamo=True)
    export("torch-dynamo-kept-18", option_a, 18, dynamo=True, size=8, optimize=False)
    export("torch-dynamo-option-a-18", option_a, 18, dynamo=True, size=8)
