"""Makes the ONNX files in Fixtures/ and what ONNX Runtime says of them.

Needs numpy, onnx and onnxruntime. Usage: python make_fixtures.py

Each NAME.onnx gets a NAME.expected beside it, little-endian: the rank and sizes of what was fed as 32-bit integers, and
its numbers as 8-bit integers of 32nds; then for each output its rank and sizes, and its numbers in single precision.
The real exports of PyTorch are made by make_torch_fixtures.py.
"""

import pathlib
import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent / "Fixtures"
IR_VERSIONS = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 15: 8, 17: 8, 18: 8, 19: 9, 21: 10}


def shape_bytes(tensor):
    return np.array([tensor.ndim, *tensor.shape], "<i4").tobytes()


def random_feed(random, shape):
    """Numbers around zero that fit into a byte as 32nds."""
    return np.clip(np.round(random.normal(size=shape) * 32), -128, 127).astype(np.float32) / 32


def judge(name, feed):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(FOLDER / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    initializers = {i.name for i in onnx.load(FOLDER / f"{name}.onnx").graph.initializer}
    names = [i.name for i in session.get_inputs() if i.name not in initializers]
    outputs = session.run(None, {names[0]: feed})
    data = shape_bytes(feed) + (feed * 32).astype("<i1").tobytes()
    for output in outputs:
        data += shape_bytes(output) + output.astype("<f4").tobytes()
    (FOLDER / f"{name}.expected").write_bytes(data)


class Net:
    """Collects nodes and weights of one case; its random numbers come from its name."""

    def __init__(self, name, opset, shape=("N", 3, 6, 6), feed=None, style="raw", dtype=np.float32):
        self.name, self.opset, self.shape, self.style, self.dtype = name, opset, shape, style, dtype
        self.feed_shape = feed or tuple(2 if isinstance(s, str) else s for s in shape)
        self.random = np.random.default_rng(zlib.crc32(name.encode()))
        self.nodes, self.initializers, self.count = [], [], 0

    def fresh(self, prefix="v"):
        self.count += 1
        return f"{prefix}{self.count}"

    def weight(self, *shape, low=-1.0, high=1.0, name=None):
        return self.tensor(self.random.uniform(low, high, shape).astype(self.dtype), name)

    def tensor(self, array, name=None):
        name = name or self.fresh("w")
        array = np.asarray(array)
        if self.style == "typed" and array.dtype in (np.float32, np.int64, np.float16):
            values = array.flatten()
            if array.dtype == np.float16:
                values = values.view(np.uint16).tolist()
                proto = TensorProto(name=name, data_type=TensorProto.FLOAT16, dims=array.shape, int32_data=values)
            else:
                proto = helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, values)
        else:
            proto = numpy_helper.from_array(array, name)
        self.initializers.append(proto)
        return name

    def ints(self, *values):
        return self.tensor(np.array(values, np.int64))

    def op(self, operator, *inputs, output=None, **attributes):
        output = output or self.fresh()
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=f"{operator}_{output}", **attributes))
        return output

    def const(self, array):
        return self.op("Constant", value=numpy_helper.from_array(np.asarray(array)))

    def conv(self, x, inputs, outputs, kernel=3, bias=False, stride=1, pad=None, **attributes):
        scale = 1.0 / np.sqrt(inputs * kernel * kernel)
        w = self.weight(outputs, inputs // attributes.get("group", 1), kernel, kernel, low=-scale * 2, high=scale * 2)
        extra = [self.weight(outputs)] if bias else []
        if "auto_pad" not in attributes:
            pad = kernel // 2 if pad is None else pad
            attributes["pads"] = pad if isinstance(pad, list) else [pad] * 4
        return self.op("Conv", x, w, *extra, kernel_shape=[kernel, kernel], strides=[stride, stride], **attributes)

    def batch_norm(self, x, channels, **attributes):
        return self.op(
            "BatchNormalization", x, self.weight(channels, low=0.5, high=1.5), self.weight(channels),
            self.weight(channels), self.weight(channels, low=0.5, high=2.0), epsilon=1e-5, **attributes)

    def write(self, *outputs, inputs_list_weights=False, run=True, element=TensorProto.FLOAT):
        inputs = [helper.make_tensor_value_info("input", element, self.shape)]
        if inputs_list_weights:
            inputs += [helper.make_tensor_value_info(i.name, i.data_type, i.dims) for i in self.initializers]
        out = [helper.make_tensor_value_info(o, element, None) for o in outputs]
        graph = helper.make_graph(self.nodes, self.name, inputs, out, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = IR_VERSIONS[self.opset]
        onnx.save(model, FOLDER / f"{self.name}.onnx")
        if run:
            judge(self.name, random_feed(self.random, self.feed_shape))


def operators():
    for opset in (7, 11, 21):
        n = Net(f"conv-asymmetric-{opset}", opset)
        n.write(n.conv("input", 3, 4, bias=True, stride=2, pad=[0, 1, 2, 3]))
    n = Net("conv-grouped-dilated", 11, ("N", 4, 7, 7))
    n.write(n.conv("input", 4, 6, group=2, dilations=[2, 2], pad=2))
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        n = Net(f"conv-{mode.lower().replace('_', '-')}", 9, ("N", 3, 8, 7))
        n.write(n.conv("input", 3, 4, kernel=4, stride=2, auto_pad=mode))
    n = Net("conv-same-free-size", 9, ("N", 3, "H", "W"), feed=(1, 3, 6, 5))
    n.write(n.conv("input", 3, 4, kernel=4, auto_pad="SAME_UPPER"))
    n = Net("conv-no-attributes", 13)
    n.write(n.op("Conv", "input", n.weight(4, 3, 2, 3)))

    n = Net("batch-norm-7", 7)
    n.write(n.batch_norm("input", 3, spatial=1, momentum=0.9))
    n = Net("batch-norm-15", 15)
    n.write(n.batch_norm("input", 3, training_mode=0))
    n = Net("batch-norm-matrix", 9)
    n.write(n.batch_norm(n.op("Flatten", n.op("GlobalAveragePool", "input")), 3))

    n = Net("clip-7", 7)
    n.write(n.op("Clip", "input", min=0.0))
    n = Net("clip-11", 11)
    n.write(n.op("Clip", "input", n.tensor(np.float32(0))))
    n = Net("clip-13", 13)
    n.write(n.op("Clip", "input", n.const(np.float32(0)), n.const(np.float32(np.inf))))

    for opset in (10, 12):
        n = Net(f"max-pool-ceil-{opset}", opset)
        n.write(n.op("MaxPool", "input", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
    n = Net("max-pool-asymmetric", 8)
    n.write(n.op("MaxPool", "input", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1], storage_order=0))
    n = Net("max-pool-same", 7)
    n.write(n.op("MaxPool", "input", kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER"))
    n = Net("average-pool-padded", 7)
    n.write(n.op("AveragePool", "input", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]))
    n = Net("average-pool-counts-padding", 11)
    n.write(n.op("AveragePool", "input", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 0], count_include_pad=1))
    n = Net("average-pool-ceil", 11)
    n.write(n.op("AveragePool", "input", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
    n = Net("average-pool-all", 9)
    n.write(n.op("AveragePool", "input", kernel_shape=[6, 6]))

    n = Net("sums", 8)
    r = n.op("Relu", "input")
    n.write(n.op("Sum", n.op("Sum", r, "input", n.conv("input", 3, 3, kernel=1)), n.op("Sum", "input")), r)

    def pooled(name, opset, channels=6, **options):
        net = Net(name, opset, **options)
        return net, net.op("GlobalAveragePool", net.conv("input", 3, channels))

    n, x = pooled("gemm-plain", 7)
    n.write(n.op("Gemm", n.op("Flatten", x), n.weight(6, 5), n.weight(5)))
    n, x = pooled("gemm-scaled", 9)
    n.write(n.op("Gemm", n.op("Flatten", x), n.weight(5, 6), n.weight(1, 5), transB=1, alpha=0.5, beta=-2.0))
    n, x = pooled("gemm-no-bias", 11)
    n.write(n.op("Gemm", n.op("Flatten", x, axis=-3), n.weight(5, 6), transB=1))
    n, x = pooled("gemm-scalar-bias", 13)
    n.write(n.op("Gemm", n.op("Flatten", x), n.weight(5, 6), n.tensor(np.float32(0.25)), transB=1))
    n, x = pooled("mat-mul-add", 9)
    n.write(n.op("Add", n.weight(5), n.op("MatMul", n.op("Flatten", x), n.weight(6, 5))))
    n, x = pooled("mat-mul-read-twice", 13)
    m = n.op("MatMul", n.op("Flatten", x), n.weight(6, 5))
    n.write(n.op("Add", m, n.weight(1, 5)), m)

    for target in ([0, -1], [-1, 6], [0, 6], [-1, 2, 3], [0, 0, 1]):
        n, x = pooled("reshape-to-" + "-".join(str(t).replace("-", "m") for t in target), 9)
        n.write(n.op("Reshape", x, n.ints(*target)))
    n, x = pooled("reshape-fixed-batch", 9, shape=(2, 3, 6, 6))
    n.write(n.op("Reshape", x, n.ints(2, -1)))
    n, x = pooled("reshape-allow-zero", 15)
    n.write(n.op("Reshape", x, n.ints(-1, 6), allowzero=1))
    for opset in (9, 11, 13):
        n, x = pooled(f"reshape-computed-{opset}", opset)
        size = n.op("Gather", n.op("Shape", x), n.const(np.int64(0)), axis=0)
        if opset < 13:
            parts = [n.op("Unsqueeze", size, axes=[0]), n.op("Unsqueeze", n.const(np.int64(-1)), axes=[0])]
        else:
            parts = [n.op("Unsqueeze", size, n.ints(0)), n.ints(-1)]
        n.write(n.op("Reshape", x, n.op("Concat", *parts, axis=0)))
    n, x = pooled("reshape-computed-slice-9", 9)
    s = n.op("Shape", x)
    rest = n.op("Slice", s, axes=[0], starts=[1], ends=[2])
    n.write(n.op("Reshape", x, n.op("Concat", n.op("Slice", s, starts=[0], ends=[1]), rest, axis=0)))
    n, x = pooled("reshape-computed-product-13", 13)
    s = n.op("Shape", x)
    parts = [n.op("Slice", s, n.ints(i), n.ints(i + 1), n.ints(0), n.ints(1)) for i in range(4)]
    product = n.op("Mul", n.op("Mul", parts[1], parts[2]), parts[3])
    n.write(n.op("Reshape", x, n.op("Cast", n.op("Concat", parts[0], product, axis=0), to=TensorProto.INT64)))
    n, x = pooled("reshape-computed-range-15", 15)
    first = n.op("Squeeze", n.op("Shape", x, start=0, end=1), n.ints(0))
    n.write(n.op("Reshape", x, n.op("Concat", n.op("Unsqueeze", first, n.ints(0)), n.op("Shape", x, start=1, end=-2), axis=0)))

    # A reshape there and back again must not hide that the product has two readers.
    n, x = pooled("reshape-there-and-back", 13)
    there = n.op("Reshape", n.op("MatMul", n.op("Flatten", x), n.weight(6, 5)), n.ints(0, 0, 1, 1))
    back = [n.op("Reshape", there, n.ints(0, 5)), n.op("Flatten", there)]
    n.write(n.op("Add", back[0], n.weight(5)), back[1], n.op("Relu", there))
    n = Net("free-sizes", 13, ("batch", "channels", "height", "width"), feed=(2, 3, 7, 5))
    x = n.op("MaxPool", n.op("Relu", n.batch_norm(n.conv("input", 3, 4, stride=2), 4)), kernel_shape=[2, 2])
    x = n.op("Add", n.conv(x, 4, 4), x)
    n.write(n.op("Gemm", n.op("Flatten", n.op("GlobalAveragePool", x)), n.weight(4, 2)), n.op("ReduceMean", x, axes=[2, 3], keepdims=0))
    n, x = pooled("transpose-of-pooled", 9)
    n.write(n.op("Reshape", n.op("Transpose", x, perm=[0, 2, 3, 1]), n.ints(-1, 6)))

    n, x = pooled("squeeze-11", 11)
    n.write(n.op("Unsqueeze", n.op("Squeeze", x, axes=[2, 3]), axes=[1, -1]))
    n, x = pooled("squeeze-13", 13)
    n.write(n.op("Squeeze", x, n.ints(-1, 2)))
    n = Net("softmax-12", 12)
    n.write(n.op("Softmax", "input"))
    n = Net("softmax-13", 13)
    n.write(n.op("Softmax", "input", axis=1))
    n, x = pooled("softmax-13-pooled", 13)
    n.write(n.op("Softmax", x, axis=1), n.op("Softmax", n.op("Flatten", x)))
    n = Net("transpose", 13, ("N", 3, 5, 7))
    n.write(n.op("Transpose", "input", perm=[0, 2, 3, 1]))
    n = Net("transpose-pair", 9)
    n.write(n.op("Relu", n.op("Transpose", n.op("Transpose", "input", perm=[0, 3, 1, 2]), perm=[0, 2, 3, 1])))

    n = Net("pad-7", 7)
    n.write(n.op("Pad", "input", pads=[0, 0, 1, 2, 0, 0, 3, 0], value=0.5))
    n = Net("pad-11", 11)
    n.write(n.op("Pad", "input", n.ints(0, 0, 1, 2, 0, 0, 3, 0), n.tensor(np.float32(-1.5))))
    n = Net("pad-18", 18)
    n.write(n.op("Pad", "input", n.ints(1, 2, 3, 0), "", n.ints(-1, 2)))
    n = Net("pad-max-pool", 13)
    p = n.op("Pad", n.op("Relu", "input"), n.ints(0, 0, 0, 0, 0, 0, 1, 1), n.tensor(np.float32(-np.inf)))
    n.write(n.op("MaxPool", p, kernel_shape=[3, 3], strides=[2, 2]))
    n = Net("shortcut-a-10", 10)
    s = n.op("Slice", "input", n.ints(0, 0), n.ints(2**63 - 1, 2**31 - 1), n.ints(2, 3), n.ints(2, 2))
    n.write(n.op("Pad", s, pads=[0, 0, 0, 0, 0, 3, 0, 0]))
    n = Net("shortcut-a-both-sides-13", 13)
    s = n.op("Slice", "input", n.ints(0, 0), n.ints(6, 6), n.ints(-2, -1), n.ints(2, 2))
    # The way in which torch.nn.functional.pad turns its arguments round when nothing is folded.
    zeros = n.op("ConstantOfShape", n.ints(2), value=helper.make_tensor("v", TensorProto.INT64, [1], [0]))
    pads = n.op("Concat", n.ints(0, 0, 0, 0, 2, 1), zeros, axis=0)
    pads = n.op("Slice", n.op("Reshape", pads, n.ints(-1, 2)), n.ints(-1), n.ints(-(2**63) + 1), n.ints(0), n.ints(-1))
    pads = n.op("Reshape", n.op("Transpose", pads, perm=[1, 0]), n.ints(-1))
    n.write(n.op("Pad", s, n.op("Cast", pads, to=TensorProto.INT64), n.tensor(np.float32(0))))

    n = Net("channels-reversed", 13)
    x = n.op("Slice", "input", n.ints(-1), n.ints(-(2**63)), n.ints(1), n.ints(-1))
    n.write(n.conv(x, 3, 2), n.op("Gather", x, n.ints(2, -2), axis=1), n.op("Slice", x, n.ints(1), n.ints(3), n.ints(1)))
    n = Net("channels-last-reversed", 11, ("N", 5, 4, 3))
    x = n.op("Slice", "input", n.ints(-1), n.ints(-(2**31)), n.ints(3), n.ints(-1))
    x = n.op("Gather", n.op("Add", x, n.weight(3)), n.ints(1, 0, 2), axis=-1)
    n.write(n.conv(n.op("Transpose", x, perm=[0, 3, 1, 2]), 3, 2))

    for opset in (11, 18):
        for keeps in (0, 1):
            n = Net(f"reduce-mean-{opset}-{keeps}", opset)
            axes = dict(axes=[2, -1]) if opset < 18 else {}
            extra = [] if opset < 18 else [n.ints(-1, -2)]
            n.write(n.op("ReduceMean", n.op("Relu", "input"), *extra, keepdims=keeps, **axes))
    n = Net("reduce-mean-one-axis", 13)
    n.write(n.op("ReduceMean", "input", axes=[3], keepdims=0))

    n = Net("constants", 13)
    x = n.op("Div", n.op("Sub", n.op("Mul", "input", n.tensor(np.float32(1 / 255))), n.weight(1, 3, 1, 1)),
             n.weight(3, 1, 1, low=0.5, high=2))
    x = n.op("Sub", n.op("Constant", value_float=1.5), x)
    x = n.op("Add", n.op("Add", x, n.weight(1)), n.weight(1, 3, 1, 1))
    n.write(n.op("Mul", n.op("Constant", value_floats=[0.5]), x))
    n = Net("constants-channels-last", 9, ("N", 5, 4, 3))
    x = n.op("Sub", n.op("Mul", "input", n.tensor(np.float32(0.5))), n.weight(3))
    x = n.op("Pad", x, pads=[0, 1, 2, 0, 0, 3, 1, 0])
    x = n.op("Add", n.op("Transpose", n.conv(n.op("Transpose", x, perm=[0, 3, 1, 2]), 3, 4), perm=[0, 2, 3, 1]), n.weight(4))
    n.write(n.op("ReduceMean", n.op("Relu", x), axes=[1, 2], keepdims=0), n.op("Softmax", x, axis=3))
    n = Net("folded-arithmetic", 13)
    variance, gamma = n.weight(3, low=0.5, high=2), n.weight(3)
    factor = n.op("Mul", gamma, n.op("Reciprocal", n.op("Sqrt", n.op("Add", variance, n.const(np.float32(1e-3))))))
    factor = n.op("Unsqueeze", n.op("Neg", n.op("Div", factor, n.const(np.float32(3)))), n.ints(1, 2))
    kernel = n.op("Transpose", n.weight(3, 3, 3, 2), perm=[3, 2, 0, 1])
    x = n.op("Conv", n.op("Mul", "input", factor), n.op("Identity", kernel), n.op("Gather", n.weight(3), n.ints(2, 0)))
    n.write(n.op("Sub", x, n.op("Concat", n.weight(1, 1, 1), n.weight(1, 1, 1), axis=0)))

    n = Net("dropout-7", 7)
    n.write(n.op("Dropout", n.op("Relu", "input"), ratio=0.5))
    n = Net("dropout-12", 12)
    n.write(n.op("Relu", n.op("Dropout", n.op("Identity", "input"), n.tensor(np.float32(0.4)), n.tensor(np.array(False)))))


def storage():
    for style, dtype in (("typed", np.float32), ("raw", np.float16), ("typed", np.float16), ("raw", np.float64)):
        n = Net(f"weights-{style}-{np.dtype(dtype).name}", 13, style=style, dtype=dtype)
        w, b = n.weight(4, 3, 3, 3), n.weight(4)
        if dtype != np.float32:
            w, b = (n.op("Cast", v, to=TensorProto.FLOAT) for v in (w, b))
        x = n.op("GlobalAveragePool", n.op("Conv", "input", w, b))
        n.write(n.op("Reshape", x, n.ints(0, -1)))
    n = Net("weights-bfloat16", 13)
    values = np.array([0.5, -1.5, 2.0], np.float32)
    n.initializers.append(helper.make_tensor("b", TensorProto.BFLOAT16, [3, 1, 1], (values.view(np.uint32) >> 16).astype("<u2").tobytes(), raw=True))
    n.write(n.op("Mul", "input", n.op("Cast", "b", to=TensorProto.FLOAT)))
    # A half-precision network between casts; the feed is exact in it.
    n = Net("half-precision", 13, dtype=np.float16)
    x = n.conv(n.op("Cast", "input", to=TensorProto.FLOAT16), 3, 4, bias=True)
    x = n.op("Gemm", n.op("Flatten", n.op("GlobalAveragePool", n.op("Relu", x))), n.weight(4, 2), n.weight(2))
    n.write(n.op("Cast", x, to=TensorProto.FLOAT))
    n = Net("weights-as-inputs", 8)
    x = n.batch_norm(n.conv("input", 3, 4), 4)
    n.write(n.op("Reshape", n.op("GlobalAveragePool", x), n.ints(0, -1)), inputs_list_weights=True)

    n = Net("external", 13)
    n.write(n.conv("input", 3, 4, bias=True))
    model = onnx.load(FOLDER / "external.onnx")
    onnx.save(model, FOLDER / "external.onnx", save_as_external_data=True, all_tensors_to_one_file=True,
              location="external.weights", size_threshold=0)


def networks():
    def basic(n, x, inputs, outputs, stride):
        y = n.op("Relu", n.batch_norm(n.conv(x, inputs, outputs, stride=stride), outputs))
        y = n.batch_norm(n.conv(y, outputs, outputs), outputs)
        if stride != 1 or inputs != outputs:
            x = n.batch_norm(n.conv(x, inputs, outputs, kernel=1, stride=stride), outputs)
        return x, y

    # The zoo's MXNet exports: weights are inputs too, identity Dropouts, Flatten and Gemm.
    n = Net("net-zoo-v1-7", 7, ("N", 3, 16, 16))
    x = n.op("Relu", n.batch_norm(n.conv("input", 3, 3, kernel=5, stride=2), 3, spatial=1))
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for inputs, outputs, stride in ((3, 3, 1), (3, 5, 2)):
        x = n.op("Relu", n.op("Add", *reversed(basic(n, x, inputs, outputs, stride))))
    x = n.op("Flatten", n.op("GlobalAveragePool", x))
    n.write(n.op("Gemm", x, n.weight(5, 5), n.weight(5), transB=1, alpha=1.0, beta=1.0), inputs_list_weights=True)
    n = Net("net-zoo-v2-7", 7, (1, 3, 16, 16))
    x = n.conv(n.batch_norm("input", 3, momentum=0.9), 3, 3, kernel=5, stride=2)
    x = n.op("MaxPool", n.op("Relu", n.batch_norm(x, 3)), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for inputs, outputs, stride in ((3, 3, 1), (3, 5, 2)):
        a = n.op("Relu", n.batch_norm(x, inputs))
        y = n.op("Relu", n.batch_norm(n.conv(a, inputs, outputs, stride=stride), outputs))
        y = n.conv(y, outputs, outputs)
        x = n.op("Add", y, x if stride == 1 else n.conv(a, inputs, outputs, kernel=1, stride=stride))
    x = n.op("GlobalAveragePool", n.op("Relu", n.batch_norm(x, 5)))
    x = n.op("Reshape", x, n.ints(0, -1))
    n.write(n.op("Gemm", x, n.weight(5, 5), n.weight(5), transB=1), inputs_list_weights=True)
    # The zoo's Caffe2 exports: one image, Sum, AveragePool over the map, Reshape to [1, C], Softmax.
    for opset in (8, 9):
        n = Net(f"net-caffe2-{opset}", opset, (1, 3, 16, 16))
        x = n.op("Relu", n.batch_norm(n.conv("input", 3, 3, stride=2), 3))
        x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 2, 2])
        for inputs, outputs, stride in ((3, 3, 1), (3, 5, 2)):
            x = n.op("Relu", n.op("Sum", *reversed(basic(n, x, inputs, outputs, stride))))
        x = n.op("AveragePool", x, kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 0, 0])
        x = n.op("Gemm", n.op("Reshape", x, n.ints(1, 5)), n.weight(5, 5), n.weight(5), transB=1)
        n.write(n.op("Softmax", x))
    # tf2onnx: [N, H, W, C] outside, SAME padding as Pad nodes or pads, MatMul and Add.
    for opset in (9, 13, 18):
        n = Net(f"net-tensorflow-{opset}", opset, ("unk__1", 16, 16, 3))
        pads = [0, 2, 2, 0, 0, 2, 2, 0]
        p = n.op("Pad", "input", pads=pads) if opset < 11 else n.op("Pad", "input", n.ints(*pads))
        x = n.conv(n.op("Transpose", p, perm=[0, 3, 1, 2]), 3, 3, kernel=5, stride=2, pad=0)
        x = n.op("Relu", n.batch_norm(x, 3))
        x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
        for inputs, outputs, stride in ((3, 3, 1), (3, 5, 2)):
            x = n.op("Relu", n.op("Add", *basic(n, x, inputs, outputs, stride)))
        last = n.op("Transpose", x, perm=[0, 2, 3, 1])
        if opset < 18:
            x = n.op("ReduceMean", last, axes=[1, 2], keepdims=0)
        else:
            x = n.op("ReduceMean", last, n.ints(1, 2), keepdims=0)
        x = n.op("Add", n.op("MatMul", x, n.weight(5, 5)), n.weight(5))
        n.write(n.op("Softmax", x, axis=1))
    # PyTorch: batch norm kept or folded, shapes computed or fixed.
    for opset, folded in ((11, False), (12, True), (17, True), (18, False), (21, True)):
        n = Net(f"net-pytorch-{opset}", opset, ("batch", 3, 16, 16))
        norm = (lambda x, channels: x) if folded else n.batch_norm
        conv = lambda x, i, o, **k: norm(n.conv(x, i, o, bias=folded, **k), o)
        x = n.op("MaxPool", n.op("Relu", conv("input", 3, 3, kernel=5, stride=2)), kernel_shape=[3, 3], strides=[2, 2],
                 pads=[1, 1, 1, 1], dilations=[1, 1], ceil_mode=0)
        for inputs, middle, outputs, stride in ((3, 2, 6, 1), (6, 3, 6, 2)):
            y = n.op("Relu", conv(n.op("Relu", conv(x, inputs, middle, kernel=1)), middle, middle, stride=stride))
            y = conv(y, middle, outputs, kernel=1)
            x = n.op("Relu", n.op("Add", y, conv(x, inputs, outputs, kernel=1, stride=stride)))
        x = n.op("GlobalAveragePool", x) if opset < 18 else n.op("ReduceMean", x, n.ints(-1, -2), keepdims=1)
        x = n.op("Flatten", x, axis=1) if opset < 18 else n.op("Reshape", x, n.ints(-1, 6), allowzero=1)
        n.write(n.op("Gemm", x, n.weight(5, 6), n.weight(5), transB=1, alpha=1.0, beta=1.0))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in list(FOLDER.glob("*")):
        if not old.name.startswith("torch-"):
            old.unlink()
    operators()
    storage()
    networks()
    files = list(FOLDER.glob("*"))
    print(len(files), "files,", sum(f.stat().st_size for f in files), "bytes")
