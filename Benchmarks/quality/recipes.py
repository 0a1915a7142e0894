"""Measures each recipe of each network: recipes.py --photos FOLDER --results FILE MODEL...

Speed is the median of three runs, which take turns; retrieval is the same in each.
"""

import argparse
import json
import os
import statistics
import subprocess

RUNS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("models", nargs="+")
    options = parser.parse_args()
    kindred = os.environ["KINDRED_BINARY"]
    runs = {}
    for _ in range(RUNS):
        for model in options.models:
            command = [kindred, "bench", options.photos, "--part", "embed", "--model", model, "--json"]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            for recipe in json.loads(answer)["recipes"]:
                runs.setdefault((os.path.basename(model).split(".")[0], recipe["recipe"]), []).append(recipe)
    found = []
    print("| network | recipe | views | network, images/s | with decoding, images/s | precision@10 | mAP |")
    print("|---|---|---|---|---|---|---|")
    for (model, recipe), measured in runs.items():
        median = dict(measured[0], model=model)
        for key in ("network_images_per_second", "images_per_second"):
            median[key] = statistics.median(run[key] for run in measured)
        found.append(median)
        print(
            f"| {model} | {recipe} | {median['views']} | {median['network_images_per_second']:.1f}"
            f" | {median['images_per_second']:.1f} | {median['precision_at_10']:.3f}"
            f" | {median['mean_average_precision']:.3f} |"
        )
    with open(options.results, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")


main()
