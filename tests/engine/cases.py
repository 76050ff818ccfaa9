"""The graphs that `generate.py` stored, with feeds and TensorFlow's answers."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from minihub_runtime.engine.runner import Runner
from minihub_runtime.graph.ir import Ref, parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.protos import GraphDef

__all__ = ["Case", "case_names"]

DATA = Path(__file__).parent / "data"


@functools.cache
def _index() -> tuple[dict[str, Any], dict[str, Any]]:
    with np.load(DATA / "cases.npz", allow_pickle=False) as arrays:
        return json.loads((DATA / "cases.json").read_text(encoding="utf-8")), dict(arrays)


def case_names() -> list[str]:
    """The names of all cases."""
    return list(_index()[0])


def _value(stored: Any) -> Any:
    if isinstance(stored, str):
        return _index()[1][stored]
    flat = np.empty(len(stored["text"]), dtype=object)
    flat[:] = [text.encode() for text in stored["text"]]
    return flat.reshape(stored["shape"])


class Case:
    """One graph.

    Attributes:
        fetches: what is fetched.
        runs: for each run the feeds, and the values or the name of the error.
    """

    def __init__(self, name: str) -> None:
        found = _index()[0][name]
        self.proto = GraphDef.FromString((DATA / f"{name}.pb").read_bytes())
        self.fetches = [parse_ref(text) for text in found["fetches"]]
        self.init: str = found["init"]
        self.runs: list[tuple[dict[Ref, Any], list[Any] | str]] = [
            (
                {parse_ref(k): _value(v) for k, v in run["feeds"].items()},
                run["error"] if "error" in run else [_value(v) for v in run["values"]],
            )
            for run in found["runs"]
        ]

    def runner(self) -> Runner:
        """A new runner of the graph."""
        return Runner(read_graph(self.proto))
