"""Keeps what was measured: a file of results for each benchmark, and tables on the terminal.

A file has the machine, versions, commit, date and settings, and two lists. `measurements`: the rates of each program in
each group, round by round. `ratios`: Kindred's rate over a peer's in the same round, the median with the least and the
most, and the bar where there is one.
"""

import json
import os
import statistics

import machine


class Results:
    def __init__(self, name, kindred, threads, rounds, folder, **settings):
        self.path = os.path.join(folder, f"performance-{name}.json")
        self.data = {
            "benchmark": name,
            "date": machine.date(),
            "commit": machine.commit(),
            "machine": machine.describe(),
            "versions": machine.versions(kindred),
            "threads": threads,
            "rounds": rounds,
            "settings": settings,
            "measurements": [],
            "ratios": [],
        }

    def add(self, group, unit, competitors, rates):
        for competitor in competitors:
            found = rates[competitor.name]
            self.data["measurements"].append(
                {
                    "group": group, "name": competitor.name, "unit": unit, "median": round(statistics.median(found), 3),
                    "rounds": [round(rate, 3) for rate in found], **competitor.facts,
                }
            )

    def compare(self, group, ours, peer, bar=None):
        """Adds the ratio of two programs of a group; nothing where one was not measured."""
        first, second = self._rounds(group, ours), self._rounds(group, peer)
        if not first or not second:
            return
        ratios = [a / b for a, b in zip(first, second)]
        found = {
            "group": group, "of": ours, "to": peer,
            "median": round(statistics.median(ratios), 3), "least": round(min(ratios), 3), "most": round(max(ratios), 3),
        }
        if bar is not None:
            found |= {"bar": bar, "met": statistics.median(ratios) >= bar}
        self.data["ratios"].append(found)

    def require(self, group, name, seconds):
        """A bar on a time: the median of `name`, whose unit is seconds, must not be above it."""
        measurement = self._measurement(group, name)
        if measurement:
            measurement |= {"bar": seconds, "met": measurement["median"] <= seconds}

    def _measurement(self, group, name):
        for measurement in self.data["measurements"]:
            if (measurement["group"], measurement["name"]) == (group, name):
                return measurement
        return None

    def _rounds(self, group, name):
        measurement = self._measurement(group, name)
        return measurement["rounds"] if measurement else None

    def write(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "w") as file:
            json.dump(self.data, file, indent=1)
            file.write("\n")

    def show(self):
        print()
        for line in tables(self.data):
            print(line)
        print(flush=True)


def tables(data):
    """Markdown: the medians of each group, then the ratios."""
    extra = [
        (key, title, form)
        for key, title, form in (
            ("seconds", "whole process, s", "{:.2f}"), ("cores_busy", "cores busy", "{:.0%}"),
            ("cosine", "cosine, median", "{:.5f}"), ("least_cosine", "least", "{:.5f}"),
            ("overlap", "top-10 overlap", "{:.4f}"), ("recall", "most recall@10", "{:.4f}"),
            ("bytes_per_node", "bytes a node", "{:,.0f}"), ("build_seconds", "build, s", "{:.1f}"),
            ("setting", "setting", "{}"),
        )
        if any(key in measurement for measurement in data["measurements"])
    ]
    units = sorted({measurement["unit"] for measurement in data["measurements"]})
    lines = [
        "| what | program | " + (units[0] if len(units) == 1 else "median") + " | "
        + "".join(title + " | " for _, title, _ in extra),
        "|---|---|---:|" + "".join("---|" if key == "setting" else "---:|" for key, _, _ in extra),
    ]
    for measurement in data["measurements"]:
        unit = "" if len(units) == 1 else " " + measurement["unit"]
        bar = ""
        if "bar" in measurement:
            bar = f" (bar {measurement['bar']}: {'met' if measurement['met'] else 'missed'})"
        median = significant(measurement["median"]) if measurement["median"] else "never"
        lines.append(
            f"| {measurement['group']} | {measurement['name']} | {median}{unit}{bar} | "
            + "".join((form.format(measurement[key]) if key in measurement else "–") + " | " for key, _, form in extra)
        )
    if data["ratios"]:
        lines += ["", "| what | Kindred | over | ratio | least to most | bar |", "|---|---|---|---:|---:|---|"]
        for ratio in data["ratios"]:
            bar = "–"
            if "bar" in ratio:
                most = "at most " if ratio.get("at_most") else ""
                bar = f"{most}{ratio['bar']}: {'met' if ratio['met'] else 'missed'}"
            lines.append(
                f"| {ratio['group']} | {ratio['of']} | {ratio['to']} | {ratio['median']:.2f} "
                f"| {ratio['least']:.2f}–{ratio['most']:.2f} | {bar} |"
            )
    return [line.rstrip() for line in lines]


def significant(value):
    """At least three digits that say something."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"
