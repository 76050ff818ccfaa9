"""Results as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["HEADER", "line_of", "notes_of", "summary", "table"]

HEADER = (
    "workload",
    "minihub",
    "TensorFlow",
    "ratio",
    "IQR",
    "bar",
    "",
    "of NumPy's matmul",
    "others",
    "differs",
)

#: Characters of a reason that are printed; JSON has all.
_REASON = 160


def _amount(value: float, unit: str) -> str:
    if unit == "B":
        return f"{value / 1e6:.0f} MB"
    for scale, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= scale:
            return f"{value / scale:.3g} {name}"
    return f"{value / 1e-9:.3g} ns"


def line_of(row: Mapping[str, Any]) -> list[str]:
    """The cells of a row."""
    unit, subjects = row["unit"], row["subjects"]

    def shown(names: Sequence[str]) -> str:
        found = [subjects[name]["median"] for name in names if name in subjects]
        return _amount(min(found), unit) if found else "–"

    ratio = row["ratios"].get("tensorflow")
    limit = row.get("limit")
    others = [
        f"{peer} {spread['median']:.2f}"
        for peer, spread in row["ratios"].items()
        if peer != "tensorflow"
    ]
    part = ""
    if limit is not None:
        part = f"{limit['median']:.0%}"
        if limit["bar"] is not None:
            part += f" (bar {limit['bar']:.0%})"
    over = row.get("excess")
    if over is not None:
        part = f"{over['median'] * 1e6:.2f} µs over a loop (bar {over['bar'] * 1e6:g})"
    return [
        row["workload"],
        shown(["minihub"]) if not row["reason"] else row["reason"][:40],
        shown(["tensorflow", "tensorflow-onednn"]),
        f"{ratio['median']:.2f}" if ratio else "–",
        f"{ratio['low']:.2f}…{ratio['high']:.2f}" if ratio else "",
        f"{row['bar']:g}" if row["bar"] is not None else "",
        {True: "met", False: "missed", None: ""}[row.get("met")],
        part,
        ", ".join(others),
        f"{row['error']:.0e}" if row["error"] is not None else "",
    ]


def summary(row: Mapping[str, Any]) -> str:
    """A row in a few words, while others are still measured."""
    names = ("minihub", "TensorFlow", "ratio", "", "of NumPy's matmul", "others")
    cells = dict(zip(HEADER, line_of(row), strict=True))
    return ", ".join(f"{name} {cells[name]}".strip() for name in names if cells[name])


def notes_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which peers could not be measured, and why, each reason once."""
    places: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for subject, reason in row["absent"].items():
            text = " ".join(reason.split())
            places.setdefault((subject, text[:_REASON]), []).append(row["workload"])
    return [
        f"{subject}: {reason} ({', '.join(names) if len(names) < 4 else f'{len(names)} workloads'})"
        for (subject, reason), names in places.items()
    ]


def table(rows: Sequence[Mapping[str, Any]], *, markdown: bool = False) -> str:
    """All rows, aligned."""
    lines = [list(HEADER), *(line_of(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    texts = [
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    ]
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in texts)
    rule = ["-" * width for width in widths]
    return "\n".join("| " + " | ".join(line) + " |" for line in [texts[0], rule, *texts[1:]])
