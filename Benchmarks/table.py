"""Writes the tables of docs/performance.md from the results: table.py

Between `<!-- performance NAME -->` and `<!-- end -->` comes what Benchmarks/results/performance-NAME.json holds.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "performance"))

import results

# The packages whose versions stand above a table.
LIBRARIES = ("hnswlib", "faiss-cpu", "usearch", "voyager")
PEERS = {
    "network": ("torch", "onnxruntime"), "decode": ("pillow", "numpy", "torchvision"),
    "folder": ("torch", "torchvision", "onnxruntime", "pillow", "numpy"), "graph": LIBRARIES,
    "exact": (*LIBRARIES, "numpy"), "start": (),
}
DOCUMENT = HERE.parent / "docs" / "performance.md"


def section(name):
    path = HERE / "results" / f"performance-{name}.json"
    if not path.exists():
        return [f"Not measured yet: `Benchmarks/run {name}`"]
    with open(path) as file:
        data = json.load(file)
    machine = data["machine"]
    versions = ", ".join(f"{package} {data['versions'][package]}" for package in PEERS[name] if package in data["versions"])
    return [
        f"`Benchmarks/run {name}` on {data['date']} at commit {data['commit']}: {machine['processor']} "
        f"({machine['kind']}), {data['threads']} threads, medians of {data['rounds']} rounds{versions and '; ' + versions}.",
        "",
        *results.tables(data),
    ]


def main():
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(
        re.sub(
            r"(<!-- performance (\w+) -->\n).*?(<!-- end -->)",
            lambda found: found[1] + "\n" + "\n".join(section(found[2])) + "\n\n" + found[3],
            text, flags=re.DOTALL,
        )
    )


main()
