"""Compares features in bf16 and int8 with those in single precision.

precision.py --photos FOLDER --pictures FOLDER --results FILE MODEL...

Photos lie in folders by what is in them; pictures are named by their ImageNet class. Networks are calibrated for int8 on
the pictures. Ten nearest neighbours are those among all photos and pictures.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np

from features import arguments, embed, mean_average_precision

# Least mean cosine, least share of neighbours in common, most mAP and top-1 lost.
BARS = {"bf16": (0.999, 0.98, 0.003, 0.005), "int8": (0.985, 0.93, 0.008, 0.01)}


def main():
    options, photos, pictures, labels = arguments(__doc__)
    found, missed = [], []
    print("| network | precision | mean cosine | least cosine | neighbours in common | mAP | top-1 |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            name = os.path.basename(model).split(".")[0]
            kindred("model", "quantize", model, "--calibrate", options.pictures)
            exact = embed(model, photos + pictures, folder, "--precision", "f32")
            for precision in ("f32", *BARS):
                if precision == "f32":
                    rows = exact
                elif precision == "bf16" and not has_brain_float(model, pictures[0], folder):
                    print(f"{name}, bf16: left out, this processor has none", file=sys.stderr)
                    continue
                else:
                    rows = embed(model, photos + pictures, folder, "--precision", precision)
                cosines = (exact * rows).sum(axis=1)
                result = {
                    "model": name, "precision": precision, "count": len(rows), "mean_cosine": float(cosines.mean()),
                    "least_cosine": float(cosines.min()), "neighbours_in_common": common(exact, rows),
                    "map": mean_average_precision(rows[: len(photos)], labels),
                    "top1": top1(model, options.pictures, precision),
                }
                found.append(result)
                if precision != "f32":
                    missed += misses(result, found)
                top = "–" if result["top1"] is None else f"{result['top1']:.3f}"
                print(
                    f"| {name} | {precision} | {result['mean_cosine']:.4f} | {result['least_cosine']:.4f}"
                    f" | {result['neighbours_in_common']:.3f} | {result['map']:.4f} | {top} |", flush=True)
    with open(options.results, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    if missed:
        sys.exit("missed: " + "; ".join(missed))


def kindred(*arguments):
    run = subprocess.run([os.environ["KINDRED_BINARY"], *arguments], check=True, capture_output=True, text=True)
    return run.stdout


def has_brain_float(model, picture, folder):
    try:
        embed(model, [picture], folder, "--precision", "bf16")
    except subprocess.CalledProcessError:
        return False
    return True


def top1(model, pictures, precision):
    """`None` for a network without ImageNet's classes."""
    try:
        answer = kindred("evaluate", pictures, "--classify", "--model", model, "--precision", precision, "--json")
    except subprocess.CalledProcessError:
        return None
    return json.loads(answer).get("top1")


def common(first, second, count=10):
    """The share of the nearest neighbours in one set of features that are among those in the other."""

    def nearest(rows):
        scores = rows @ rows.T
        np.fill_diagonal(scores, -2)
        return np.argsort(-scores, axis=1, kind="stable")[:, :count]

    shares = [len(set(a) & set(b)) / count for a, b in zip(nearest(first), nearest(second))]
    return float(np.mean(shares))


def misses(result, found):
    cosine, overlap, loss, top_loss = BARS[result["precision"]]
    exact = next(r for r in found if r["model"] == result["model"] and r["precision"] == "f32")
    what = f"{result['model']} {result['precision']}"
    if result["mean_cosine"] < cosine:
        yield f"{what}: cosine"
    if result["neighbours_in_common"] < overlap:
        yield f"{what}: neighbours"
    if exact["map"] - result["map"] > loss:
        yield f"{what}: mAP"
    if result["top1"] is not None and exact["top1"] - result["top1"] > top_loss + 1e-9:
        yield f"{what}: top-1"


main()
