"""Features of pictures by the built program, and how well they retrieve."""

import os
import subprocess

import numpy as np

PORTION = 200


def embed(model, files, folder, *options):
    """The L2-normalised features of pictures, a row each; `folder` is for what is on its way."""
    rows = []
    for start in range(0, len(files), PORTION):
        output = os.path.join(folder, "features.npy")
        subprocess.run(
            [os.environ["KINDRED_BINARY"], "embed", "--model", model, *options, "--normalize", "--npy", output]
            + [str(f) for f in files[start : start + PORTION]],
            check=True, capture_output=True)
        rows.append(np.load(output))
    return np.concatenate(rows)


def mean_average_precision(rows, labels):
    """Of each picture as a query among the others."""
    scores = rows @ rows.T
    np.fill_diagonal(scores, -2)
    precisions = []
    for label, row in zip(labels, scores):
        hits = labels[np.argsort(-row, kind="stable")[:-1]] == label
        ranks = np.flatnonzero(hits) + 1
        precisions.append((np.arange(1, len(ranks) + 1) / ranks).mean())
    return float(np.mean(precisions))
