#!/usr/bin/env python3
"""Measures `kindred duplicates`: edits pictures, indexes them, and compares the groups with what was edited.

    measure.py --pictures FOLDER [--model FILE-OR-NAME...] [--seed N]

A pair is two versions of one picture, its original among them. It is found where both are in one group of the kind
`same`. Recall is found pairs of all pairs; precision is the share of the pairs of all such groups that are of one
picture. `--harder` takes edits beyond the ten that the bar is stated for; `--distractors` indexes another folder beside
them, whose pictures belong to nothing (pairs among them are listed, since such folders have copies of their own).
Needs Pillow 11.3 or later. Exits with 1 below `--least-recall` and `--least-precision`.
"""

import argparse
import collections
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time

import edits

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif")


def pictures(folder, limit):
    found = [
        os.path.join(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith(ENDINGS)
    ]
    found.sort()
    return found if limit is None else found[:: max(1, len(found) // limit)][:limit]


def run(arguments):
    start = time.monotonic()
    answer = subprocess.run(arguments, capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"{arguments}: {answer.stderr}")
    return answer.stdout, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kindred", default=os.environ.get("KINDRED_BINARY", "kindred"))
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--limit", type=int, help="take so many pictures, evenly from all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--harder", action="store_true")
    parser.add_argument("--model", nargs="+", default=[None])
    parser.add_argument("--home", help="Kindred's home, where the model is")
    parser.add_argument("--distractors")
    parser.add_argument("--least-recall", type=float, default=0)
    parser.add_argument("--least-precision", type=float, default=0)
    parser.add_argument("--results", help="JSON file to write")
    parser.add_argument("--more", action="append", default=[], help="another argument for `kindred index`")
    options = parser.parse_args()
    if options.home:
        os.environ["KINDRED_HOME"] = options.home

    found = [measure(options, model) for model in options.model]
    if options.results:
        with open(options.results, "w") as file:
            json.dump(found, file, indent=1)
            file.write("\n")
    is_below = any(
        result["recall"] < options.least_recall or result["precision"] < options.least_precision for result in found
    )
    sys.exit(is_below)


def measure(options, model):
    paths = pictures(options.pictures, options.limit)
    chosen = edits.HARDER if options.harder else edits.TEN
    with tempfile.TemporaryDirectory() as folder:
        versions, index = os.path.realpath(folder) + "/versions", folder + "/index"
        os.mkdir(versions)
        made = edits.make(paths, versions, options.seed, chosen)
        command = [options.kindred, "index", versions, "--index", index] + options.more
        if options.distractors:
            command.append(options.distractors)
        if model:
            command += ["--model", model]
        _, indexing = run(command)
        output, finding = run([options.kindred, "duplicates", "--index", index, "--json"])
    groups = json.loads(output)["groups"]
    name = os.path.basename(model or "default").split(".")[0]
    print(f"{name}: {len(paths)} pictures, {len(made)} versions, seed {options.seed}; indexed in {indexing:.1f} s,")
    print(f"duplicates found in {finding:.1f} s")
    recall, precision, of_edit = report(made, groups, chosen)
    print(f"recall {recall:.4f}, precision {precision:.4f}", flush=True)
    return {
        "model": name, "pictures": len(paths), "versions": len(made), "seed": options.seed, "recall": recall,
        "precision": precision, "recall_with_the_original": of_edit,
    }


def report(made, groups, chosen):
    group_of = {}
    right, wrong, strange = 0, [], []
    for number, group in enumerate(groups):
        if group["kind"] != "same":
            continue
        names = [member["path"] for member in group["members"]]
        for name in names:
            group_of[name] = number
        for first, second in itertools.combinations(names, 2):
            if first not in made and second not in made:
                strange.append((first, second))
            elif first in made and second in made and made[first][0] == made[second][0]:
                right += 1
            else:
                wrong.append((first, second))
    by_picture = collections.defaultdict(list)
    for path, (number, edit) in made.items():
        by_picture[number].append((edit, path))
    of_edit = collections.defaultdict(lambda: [0, 0, 0, 0])
    found = total = 0
    for members in by_picture.values():
        for (edit, path), (other_edit, other) in itertools.combinations(members, 2):
            is_found = path in group_of and group_of[path] == group_of.get(other)
            found += is_found
            total += 1
            for name in (edit, other_edit):
                of_edit[name][0] += is_found
                of_edit[name][1] += 1
            if edit == "original":
                of_edit[other_edit][2] += is_found
                of_edit[other_edit][3] += 1
    print("edit            with the original   with all versions")
    for edit in chosen:
        counts = of_edit[edit.__name__]
        print(f"{edit.__name__:<14}  {counts[2] / counts[3]:17.4f}   {counts[0] / counts[1]:17.4f}")
    for first, second in wrong[:20]:
        print(f"wrong: {os.path.basename(first)} {os.path.basename(second)}")
    for first, second in strange:
        print(f"among the distractors: {first} {second}")
    with_original = {edit.__name__: of_edit[edit.__name__][2] / of_edit[edit.__name__][3] for edit in chosen}
    return found / total, right / max(1, right + len(wrong)), with_original


if __name__ == "__main__":
    main()
