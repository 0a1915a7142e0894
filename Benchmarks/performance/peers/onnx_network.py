"""ONNX Runtime's network as a worker: onnx_network.py FILE.onnx PICTURES.npy THREADS"""

import sys

import lines
import onnx_session
import onnxruntime


def main():
    path, pictures, threads = sys.argv[1:]
    session, prepare = onnx_session.session(path, int(threads))
    name = session.get_inputs()[0].name
    lines.serve(
        lines.pictures(pictures), lambda batch: session.run(None, {name: batch})[0], prepare=prepare,
        library=f"onnxruntime {onnxruntime.__version__}",
    )


main()
