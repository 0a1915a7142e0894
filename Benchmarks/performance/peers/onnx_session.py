"""ONNX Runtime's sessions."""

import numpy
import onnxruntime


def session(path, threads, spinning=True):
    """A session, and a function that brings [N, 3, H, W] into the order of axes that it takes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spinning else "0")
    found = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    last = found.get_inputs()[0].shape[-1] == 3

    def prepare(batch):
        return numpy.ascontiguousarray(batch.transpose(0, 2, 3, 1)) if last else batch

    return found, prepare
