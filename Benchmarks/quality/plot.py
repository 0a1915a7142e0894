"""Draws mAP against images a second of every network and recipe: plot.py quality-recipes.json OUTPUT.svg"""

import json
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update(
    {"svg.fonttype": "none", "svg.hashsalt": "kindred", "font.family": "sans-serif", "font.size": 10}
)
import matplotlib.pyplot as plt

MARKS = {"plain": "s", "fast": "^", "balanced": "o", "best": "D"}
COLOURS = ["#1f5fa8", "#c4501b", "#2f7d4f", "#7a3fa0"]


def main():
    with open(sys.argv[1]) as file:
        found = json.load(file)
    figure, axes = plt.subplots(figsize=(7.5, 4.5))
    for model, colour in zip(dict.fromkeys(point["model"] for point in found), COLOURS):
        points = [point for point in found if point["model"] == model]
        axes.plot(
            [p["images_per_second"] for p in points], [p["mean_average_precision"] for p in points], color=colour,
            linewidth=1, alpha=0.5, zorder=1,
        )
        for point in points:
            axes.scatter(
                point["images_per_second"], point["mean_average_precision"], marker=MARKS[point["recipe"]], s=45,
                color=colour, zorder=2,
            )
        last = min(points, key=lambda p: p["images_per_second"])
        axes.annotate(
            model, (last["images_per_second"], last["mean_average_precision"]), xytext=(-6, 8), color=colour,
            textcoords="offset points",
        )
    for recipe, mark in MARKS.items():
        axes.scatter([], [], marker=mark, color="#555555", label=recipe)
    axes.legend(title="recipe", frameon=False, loc="lower left")
    axes.set_xscale("log")
    ticks = [tick for tick in (5, 10, 20, 40, 80, 160, 320) if tick < 2 * max(p["images_per_second"] for p in found)]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("images a second, decoding included")
    axes.set_ylabel("mAP")
    axes.margins(x=0.12, y=0.12)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(sys.argv[2], metadata={"Date": None})


main()
