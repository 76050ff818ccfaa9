"""A picture of results: ratios with their bars, and curves of cost; needs Matplotlib.

python -m benchmarks.plot RESULTS.json PICTURE.png
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["curves_of", "main", "slope"]

_MET, _MISSED, _NEITHER = "#2a7f62", "#c0504d", "#8a8f98"


def main(arguments: Sequence[str]) -> int:
    """Draw the results of one file into another."""
    source, target = arguments
    draw(json.loads(Path(source).read_text(encoding="utf-8")), target)
    return 0


def curves_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Name of a series → its points, how many and the seconds they take, by how many."""
    curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        if row.get("series") and "minihub" in row["subjects"] and row["unit"] == "s":
            curves[row["series"]].append((row["at"], row["subjects"]["minihub"]["median"]))
    return {name: sorted(points) for name, points in curves.items()}


def slope(points: Sequence[tuple[int, float]]) -> float:
    """The power of the last decade: 1 where cost is proportional."""
    import math

    (first, before), (last, after) = points[-2:]
    return math.log(after / before) / math.log(last / first)


def draw(document: Mapping[str, Any], target: str) -> None:
    """Write the picture, as a whole or not at all."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    compared = [row for row in document["rows"] if row["ratios"].get("tensorflow")]
    curves = curves_of(document["rows"])
    lines = -(-len(curves) // 3)
    heights = [0.28 * len(compared) + 1.2] * bool(compared) + [3.2] * lines
    if not heights:
        raise SystemExit("there is nothing to draw")
    figure = plt.figure(figsize=(12, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    if compared:
        _draw_ratios(parts[0].subplots(), compared, document)
    for number, chunk in enumerate(_in_threes(list(curves.items()))):
        axes = parts[number + bool(compared)].subplots(1, 3)
        for axis in axes[len(chunk) :]:
            axis.axis("off")
        for axis, (name, points) in zip(axes, chunk, strict=False):
            _draw_curve(axis, name, points)
    draft = f"{target}.{os.getpid()}.tmp"
    try:
        figure.savefig(draft, dpi=110, format="png")
        os.replace(draft, target)
    finally:
        if os.path.exists(draft):
            os.unlink(draft)


def _in_threes(items: list[Any]) -> list[list[Any]]:
    return [items[i : i + 3] for i in range(0, len(items), 3)]


def _draw_ratios(axis: Any, rows: Sequence[Mapping[str, Any]], document: Mapping[str, Any]) -> None:
    colours = {True: _MET, False: _MISSED, None: _NEITHER}
    for place, row in enumerate(reversed(rows)):
        ratio = row["ratios"]["tensorflow"]
        axis.barh(place, ratio["median"], height=0.6, color=colours[row.get("met")], zorder=2)
        axis.plot([ratio["low"], ratio["high"]], [place, place], color="black", lw=1, zorder=3)
        if row["bar"] is not None:
            axis.plot([row["bar"]] * 2, [place - 0.4, place + 0.4], color="black", lw=2, zorder=4)
        axis.annotate(
            f"{ratio['median']:.2f}",
            (ratio["high"], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axis.set_yticks(range(len(rows)), [row["workload"] for row in reversed(rows)], fontsize=8)
    axis.set_xscale("log")
    axis.axvline(1, color="#999999", lw=0.8, zorder=1)
    axis.margins(y=0.01)
    axis.set_xlabel(
        "minihub / TensorFlow, lower is better; black marks are the bars, thin lines the IQR"
    )
    machine = document["machine"]
    axis.set_title(f"{machine['processor']}, {machine['threads']} threads", fontsize=10)


def _draw_curve(axis: Any, name: str, points: Sequence[tuple[int, float]]) -> None:
    counts, seconds = zip(*points, strict=True)
    axis.loglog(counts, seconds, "o-", color=_MET)
    # What it would be if the cost of the largest one were all there is.
    proportional = [seconds[-1] * count / counts[-1] for count in counts]
    axis.loglog(counts, proportional, ":", color=_NEITHER)
    power = f", last decade: power {slope(points):.2f}" if len(points) > 1 else ""
    axis.set_title(f"{name}{power}", fontsize=8)
    axis.set_ylabel("seconds")
    axis.set_xlabel("dotted: proportional", fontsize=8)
    axis.grid(True, alpha=0.3)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
