#!/usr/bin/env python3
"""Measures label search and label suggestions with half of the labels hidden.

Half of each folder's pictures (drawn with a seed) get their folder's name as label through a CSV file; the other half
get none. For each label, precision@10 is the part of the first ten pictures that nobody labelled, as `kindred
search --label` offers them, that are of it in truth. `kindred label suggest --min-confidence 0` proposes labels for the hidden
half; the expected calibration error compares its confidences with how often it is right. With distractors, pictures
of none of the labels are mixed in: there every suggestion for them is wrong.

Usage: measure.py --photos FOLDER --model FILE-OR-NAME... [--recipe NAME] [--distractors FOLDER] [--seeds N]
"""

import argparse
import csv
import io
import json
import os
import random
import subprocess
import tempfile


def run(binary, *arguments):
    done = subprocess.run([binary, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def truth_of(photos):
    """Folder name by path of every picture."""
    found = {}
    for folder, _, names in os.walk(photos):
        for name in names:
            if name.lower().endswith((".jpg", ".jpeg", ".png")):
                found[os.path.join(folder, name)] = os.path.basename(folder)
    return found


def half(truth, seed):
    """Half of each label's pictures, the odd one among them."""
    drawn = random.Random(seed)
    chosen = []
    for label in sorted(set(truth.values())):
        paths = sorted(path for path in truth if truth[path] == label)
        drawn.shuffle(paths)
        chosen += paths[: (len(paths) + 1) // 2]
    return set(chosen)


def calibration_error(pairs, bins, of_equal_count):
    """The mean distance of confidence and truth over bins, weighted by what is in them."""
    pairs = sorted(pairs)
    if of_equal_count:
        groups = [pairs[len(pairs) * i // bins : len(pairs) * (i + 1) // bins] for i in range(bins)]
    else:
        groups = [[] for _ in range(bins)]
        for pair in pairs:
            groups[min(bins - 1, int(pair[0] * bins))].append(pair)
    error = 0
    for group in filter(None, groups):
        error += abs(sum(p for p, _ in group) - sum(r for _, r in group))
    return error / max(1, len(pairs))


def measure(arguments, model, seed, distractors):
    truth = truth_of(arguments.photos)
    shown = half(truth, seed)
    work = tempfile.mkdtemp(prefix="kindred-labels-")
    table = os.path.join(work, "labels.csv")
    with open(table, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label"])
        for path in sorted(shown):
            writer.writerow([path, truth[path]])
    place = ["--index", arguments.index, "--collection", f"{os.path.basename(model).split('.')[0]}{'-mixed' * distractors}"]
    folders = [arguments.photos] + ([arguments.distractors] if distractors else [])
    recipe = ["--recipe", arguments.recipe] if arguments.recipe else []
    # A collection that is there keeps its features: only labels are read again.
    known = os.path.isdir(os.path.join(place[1], place[3]))
    run(arguments.binary, "index", *folders, *place, *([] if known else ["--model", model, *recipe]), "--labels", table)
    precision = []
    for label in sorted(set(truth.values())):
        rows = csv.DictReader(io.StringIO(run(
            arguments.binary, "search", "--label", label, "--top", str(len(truth)), "--min-score", "0", "--csv", *place)))
        # What the network predicted by that name is offered before what is similar.
        offered = [path for path in (os.path.realpath(row["path"]) for row in rows) if path not in shown][:10]
        precision.append(sum(truth.get(path) == label for path in offered) / 10)
    rows = csv.DictReader(io.StringIO(run(
        arguments.binary, "label", "suggest", "--min-confidence", "0", "--top", "100000", "--csv", *place)))
    pairs = [(float(row["confidence"]), truth.get(os.path.realpath(row["path"])) == row["label"]) for row in rows]
    sure = [right for confidence, right in pairs if confidence >= 0.8]
    return {
        "precision@10": sum(precision) / len(precision),
        "worst label": min(precision),
        "accuracy": sum(right for _, right in pairs) / max(1, len(pairs)),
        "ECE, 10 wide": calibration_error(pairs, 10, False),
        "ECE, 15 wide": calibration_error(pairs, 15, False),
        "ECE, 10 equal": calibration_error(pairs, 10, True),
        "at 0.8: right": sum(sure) / max(1, len(sure)),
        "at 0.8: found": sum(sure) / (len(truth) - len(shown)),
        "suggestions": len(pairs),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("KINDRED_BINARY", "kindred"))
    parser.add_argument("--photos", required=True, help="a folder for each label")
    parser.add_argument("--distractors", help="pictures of none of the labels")
    parser.add_argument("--model", nargs="+", required=True)
    parser.add_argument("--recipe")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--results", help="JSON file to write")
    parser.add_argument("--index", default=tempfile.mkdtemp(prefix="kindred-labels-index-"))
    arguments = parser.parse_args()
    arguments.photos = os.path.realpath(arguments.photos)
    if arguments.distractors:
        arguments.distractors = os.path.realpath(arguments.distractors)
    found = []
    for model in arguments.model:
        for distractors in [False] + [True] * bool(arguments.distractors):
            results = [measure(arguments, model, seed, distractors) for seed in range(arguments.seeds)]
            print(f"{os.path.basename(model)}{', with distractors' * distractors}, {arguments.seeds} seeds")
            for name in results[0]:
                values = [result[name] for result in results]
                print(f"  {name:15} {sum(values) / len(values):8.3f}   {min(values):.3f} … {max(values):.3f}", flush=True)
            found.append(
                {
                    "model": os.path.basename(model).split(".")[0], "recipe": arguments.recipe or "balanced",
                    "distractors": distractors, "seeds": arguments.seeds,
                    "means": {name: sum(result[name] for result in results) / len(results) for name in results[0]},
                }
            )
    if arguments.results:
        with open(arguments.results, "w") as file:
            json.dump(found, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
