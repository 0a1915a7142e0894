"""Compares features of fast decoding with those of exact decoding.

decode.py --photos FOLDER --pictures FOLDER --results FILE MODEL...

Photos lie in folders by what is in them, so that retrieval can be measured both ways. As most pictures are too small to
be scaled while they are decoded, some are enlarged too, to shorter sides that are decoded at 1/2, 1/4 and 1/8.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from features import arguments, embed, mean_average_precision

LEAST_MEDIAN, LEAST, MOST_LOSS = 0.995, 0.97, 0.003
ENLARGED, SIDES = 60, (600, 1200, 3000)


def main():
    options, photos, pictures, labels = arguments(__doc__)
    found, holds = [], True
    print("| network | pictures | count | median cosine | least cosine | mAP exact | mAP fast |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        enlarged = [enlarge(p, SIDES[i % len(SIDES)], Path(folder) / f"{i}.jpg") for i, p in enumerate(pictures[:ENLARGED])]
        for model in options.models:
            for name, files in (("as they are", photos + pictures), ("enlarged", enlarged)):
                exact, fast = (embed(model, files, folder, "--decode", path) for path in ("exact", "fast"))
                cosines = (exact * fast).sum(axis=1)
                result = {
                    "model": os.path.basename(model).split(".")[0], "pictures": name, "count": len(files),
                    "median_cosine": float(np.median(cosines)), "least_cosine": float(cosines.min()),
                    "least_at": files[int(cosines.argmin())].name,
                }
                if name == "as they are":
                    both = [mean_average_precision(rows[: len(photos)], labels) for rows in (exact, fast)]
                    result |= {"map_exact": both[0], "map_fast": both[1]}
                    holds &= both[0] - both[1] <= MOST_LOSS
                holds &= result["median_cosine"] >= LEAST_MEDIAN and result["least_cosine"] >= LEAST
                found.append(result)
                precision = [f"{result[key]:.4f}" if key in result else "–" for key in ("map_exact", "map_fast")]
                print(
                    f"| {result['model']} | {name} | {len(files)} | {result['median_cosine']:.5f}"
                    f" | {result['least_cosine']:.5f} | {precision[0]} | {precision[1]} |", flush=True)
    with open(options.results, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    if not holds:
        sys.exit(f"fast decoding misses a bar: cosines {LEAST_MEDIAN} and {LEAST}, mAP loss {MOST_LOSS}")


def enlarge(path, shorter_side, target):
    image = Image.open(path).convert("RGB")
    factor = shorter_side / min(image.size)
    image.resize([round(side * factor) for side in image.size], Image.Resampling.BICUBIC).save(
        target, quality=90, subsampling="4:2:0")
    return target


main()
