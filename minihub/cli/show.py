"""`minihub show`: what a module holds.

Show where a module is, its tag sets, signatures, variables, assets, attached messages and ops.  Modules that
cannot be run are shown all the same, with what they lack.
"""

from __future__ import annotations

import argparse
from typing import Any

from minihub.cli.arguments import tag_set
from minihub.cli.console import print_json, width
from minihub.cli.layout import (
    count_text,
    heading,
    paragraph,
    printable,
    size_text,
    table,
    tags_text,
)
from minihub.cli.modules import locate, reading

__all__ = ["add_arguments", "run"]

_KINDS = {
    "tf1_hub_module": "TF1 Hub module",
    "tf1_saved_model": "TF1 SavedModel",
    "tf2_saved_model": "TF2 SavedModel, which minihub does not run",
    "frozen_graph": "frozen graph",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("handle", metavar="HANDLE", help="the module")
    parser.add_argument(
        "--tags",
        metavar="A,B",
        type=tag_set,
        help="only the graph with exactly these tags; '' for the empty set",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    path = locate(options)
    with reading(path):
        from minihub.cli.describe import describe

        told = describe(options.handle, path, options.tags)
    if options.json:
        print_json(told)
    else:
        print(_text(told, width()))
    return 0


def _text(told: dict[str, Any], columns: int | None) -> str:
    facts = [
        ["handle", told["handle"]],
        ["path", told["path"]],
        ["kind", _KINDS[told["kind"]]],
        ["size", size_text(told["bytes"])],
    ]
    if told["kind"] != "frozen_graph":
        facts.append(["tag sets", ", ".join(tags_text(tags) for tags in told["tag_sets"])])
    parts = [table(facts, width=columns)]
    # Where there is one graph without tags, its tags need no mention.
    named = len(told["graphs"]) > 1 or bool(told["graphs"][0]["tags"])
    for graph in told["graphs"]:
        parts += _graph(graph, _of(graph) if named else "", columns)
    parts += _variables(told["variables"], columns)
    if told["assets"]:
        parts.append(heading("Assets"))
        rows = [[asset["name"], size_text(asset["bytes"])] for asset in told["assets"]]
        parts.append(table(rows, width=columns, indent=2, right=[1]))
    for graph in told["graphs"]:
        parts += _ops(graph, _of(graph) if named else "", columns)
    return "\n".join(parts)


def _of(graph: dict[str, Any]) -> str:
    return f" of graph {printable(tags_text(graph['tags']))}"


def _graph(graph: dict[str, Any], of: str, columns: int | None) -> list[str]:
    parts = []
    rows = []
    for name, signature in graph["signatures"].items():
        sides = [("input", signature["inputs"]), ("output", signature["outputs"])]
        for side, infos in sides:
            for key, info in infos.items():
                row = [name, side, key, _kind(info), info["dtype"], _shape(info["shape"])]
                rows.append(row)
    parts.append(heading(f"Signatures{of}"))
    if rows:
        header = ["signature", "", "name", "kind", "dtype", "shape"]
        parts.append(table(_once(rows), header, width=columns, indent=2))
    else:
        parts.append("  none")
    if graph["variables"]:
        trainable = len(graph["trainable_variables"])
        used = f"{count_text(len(graph['variables']), 'variable')}, {trainable} trainable"
        parts.append(paragraph(f"The graph has {used}.", columns, 2))
    for name, missing in _not_runnable(graph).items():
        ops = ", ".join(f"{op} ({count})" for op, count in missing.items())
        parts.append(
            paragraph(
                f"{printable(name)} cannot run; it needs ops that are not supported: {printable(ops)}",
                columns,
                2,
            )
        )
    for key, message in graph["attached_messages"].items():
        value = message.get("value")
        text = _flat(value) if value is not None else f"{message['bytes']} bytes"
        parts.append(heading(f"Attached message {printable(key)}{of}"))
        parts.append(paragraph(printable(text) or "empty", columns, 2))
    return parts


def _not_runnable(graph: dict[str, Any]) -> dict[str, dict[str, int]]:
    from minihub.cli.describe import not_runnable

    return not_runnable(graph)


def _ops(graph: dict[str, Any], of: str, columns: int | None) -> list[str]:
    ops = graph["ops"]
    total = sum(op["count"] for op in ops.values())
    title = f"Ops{of}: {count_text(total, 'node')} of {count_text(len(ops), 'type')}"
    if graph["functions"]:
        title += f", {count_text(len(graph['functions']), 'function')}"
    missing = [name for name, op in ops.items() if not op["supported"]]
    title += f", {len(missing)} not supported" if missing else ", all supported"
    rows = [
        [name, str(op["count"]), "supported" if op["supported"] else "NOT SUPPORTED"]
        for name, op in ops.items()
    ]
    return [heading(title), table(rows, width=columns, indent=2, right=[1])]


def _variables(variables: list[dict[str, Any]], columns: int | None) -> list[str]:
    if not variables:
        return [heading("Variables: none")]
    elements = sum(variable["elements"] for variable in variables)
    size = size_text(sum(variable["bytes"] for variable in variables))
    rows = [
        [
            variable["name"],
            variable["dtype"],
            _shape(variable["shape"]),
            size_text(variable["bytes"]),
            f"{variable['partitions']} partitions" if variable["partitions"] > 1 else "",
        ]
        for variable in variables
    ]
    if not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    title = f"Variables: {len(variables)}, {count_text(elements, 'element')}, {size}"
    return [heading(title), table(rows, width=columns, indent=2, right=[3])]


def _once(rows: list[list[str]]) -> list[list[str]]:
    """The rows with the first two cells blank where they repeat those above."""
    shown = []
    above = ["", ""]
    for row in rows:
        name, side = row[:2]
        same = name == above[0]
        shown.append(["" if same else name, "" if same and side == above[1] else side, *row[2:]])
        above = [name, side]
    return shown


def _kind(info: dict[str, Any]) -> str:
    if info["kind"] == "ragged" and info["ragged_rank"] > 1:
        return f"ragged ({info['ragged_rank']} levels)"
    return info.get("type", "") if info["kind"] == "unsupported" else str(info["kind"])


def _shape(shape: list[int | None] | None) -> str:
    if shape is None:
        return "unknown"
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def _flat(value: Any) -> str:
    """`default_image_size: height 32, width 32`."""
    if not isinstance(value, dict):
        return str(value)
    if not any(isinstance(item, dict) for item in value.values()):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return "; ".join(f"{key}: {_flat(item)}" for key, item in value.items())
