"""Draws docs/performance-network.svg and docs/performance-graph.svg from the results: plot.py"""

import json
import pathlib

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update(
    {"svg.fonttype": "none", "svg.hashsalt": "kindred", "font.family": "sans-serif", "font.size": 10}
)
import matplotlib.pyplot as plt
import matplotlib.ticker

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
OURS = "#1f5fa8"
PEERS = {"ONNX Runtime": "#c4501b", "PyTorch": "#2f7d4f"}
GRAPH_PEERS = ["#c4501b", "#2f7d4f", "#7a3fa0", "#8a6d1b", "#b0306a", "#4a4a4a", "#2a8a8a", "#111111", "#5d7d2f"]


def results(name):
    path = HERE / "results" / f"performance-{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def colour(name):
    return next((found for peer, found in PEERS.items() if name.startswith(peer)), OURS)


def clean(axes):
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)


def save(figure, name):
    figure.savefig(DOCS / name, metadata={"Date": None})
    plt.close(figure)


def network(data):
    """Bars of images a second, a panel for each network; whiskers from the slowest round to the fastest."""
    groups = [group for group in dict.fromkeys(item["group"] for item in data["measurements"]) if group.endswith(" 16")]
    panels = [[item for item in data["measurements"] if item["group"] == group] for group in groups]
    figure, rows = plt.subplots(
        len(panels), 1, figsize=(7.5, 0.5 + sum(0.3 * len(panel) + 0.75 for panel in panels)), squeeze=False,
        height_ratios=[len(panel) + 1 for panel in panels], layout="constrained",
    )
    for (axes,), group, panel in zip(rows, groups, panels):
        panel = sorted(panel, key=lambda item: item["median"])
        for place, item in enumerate(panel):
            reach = [[item["median"] - min(item["rounds"])], [max(item["rounds"]) - item["median"]]]
            axes.barh(place, item["median"], color=colour(item["name"]), height=0.7, xerr=reach,
                      error_kw={"ecolor": "#333333", "elinewidth": 1})
            axes.annotate(f"{item['median']:.1f}", (max(item["rounds"]), place), xytext=(5, 0),
                          textcoords="offset points", va="center", fontsize=9)
        axes.set_yticks(range(len(panel)), [item["name"] for item in panel])
        axes.set_title(group, loc="left", fontsize=10)
        axes.set_xlim(0, 1.12 * max(max(item["rounds"]) for item in panel))
        axes.grid(axis="x", alpha=0.25)
        clean(axes)
    rows[-1][0].set_xlabel("images a second")
    save(figure, "performance-network.svg")


def fastest(points):
    """The points that no other one is better than in recall and speed both, by recall."""
    kept = []
    for point in sorted(points, key=lambda point: (-point["recall"], -point["queries_per_second"])):
        if not kept or point["queries_per_second"] > kept[-1]["queries_per_second"]:
            kept.append(point)
    return kept[::-1]


def graph(data):
    """Recall against queries a second, a panel for each collection; only what reaches nine tenths is of interest."""
    curves = [curve for curve in data["curves"] if curve["points"]]
    sets = list(dict.fromkeys(curve["group"] for curve in curves))
    names = list(dict.fromkeys(curve["name"] for curve in curves if not curve["name"].startswith("Kindred")))
    figure, columns = plt.subplots(1, len(sets), figsize=(5 * len(sets), 4.8), squeeze=False, layout="constrained")
    for axes, group in zip(columns[0], sets):
        for curve in curves:
            if curve["group"] != group:
                continue
            points = fastest(p for p in curve["points"] if p["recall"] >= 0.9)
            if not points:
                continue
            ours = curve["name"].startswith("Kindred")
            axes.plot(
                [p["recall"] for p in points], [p["queries_per_second"] for p in points], marker="o", markersize=3,
                linewidth=2.2 if ours else 1, zorder=3 if ours else 2, label=curve["name"],
                color=OURS if ours else GRAPH_PEERS[names.index(curve["name"]) % len(GRAPH_PEERS)],
            )
        axes.set_yscale("log")
        for axis in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
            axis(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:,.0f}" if f"{value:.0e}"[0] in "125" else ""))
        axes.set_xlim(0.9, 1.002)
        axes.set_xlabel("recall@10")
        axes.set_title(group, loc="left", fontsize=10)
        axes.grid(alpha=0.25, which="both")
        clean(axes)
    columns[0][0].set_ylabel("queries a second, one thread")
    handles = {label: handle for axes in columns[0] for handle, label in zip(*axes.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), frameon=False, fontsize=9, loc="outside lower center", ncol=5)
    save(figure, "performance-graph.svg")


def main():
    for name, draw in {"network": network, "graph": graph}.items():
        data = results(name)
        if data:
            draw(data)


main()
