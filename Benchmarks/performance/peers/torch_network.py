"""PyTorch's network as a worker: torch_network.py WEIGHTS PICTURES.npy FORM THREADS"""

import sys
import warnings

import lines
import torch
import torch_models

warnings.simplefilter("ignore")


def main():
    weights, pictures, form, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    inputs = lines.pictures(pictures)
    run = torch_models.runner(weights, form, inputs.shape[-1])
    if form == "compiled":
        # Compiling takes a minute; it is not what is timed.
        for size in (1, 16):
            run(inputs[[0] * size])
    lines.serve(inputs, run, library=f"torch {torch.__version__}")


main()
