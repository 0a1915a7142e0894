"""Features of pictures by the built program, and how well they retrieve."""

import argparse
import os
import subprocess
from pathlib import Path

import numpy as np

PORTION = 200


def arguments(description):
    """What a script that compares features is told: the options, the photos, the pictures, and the photos' labels."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("models", nargs="+")
    options = parser.parse_args()
    photos, pictures = (sorted(p for p in Path(f).rglob("*") if p.is_file()) for f in (options.photos, options.pictures))
    return options, photos, pictures, np.array([p.parent.name for p in photos])


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
