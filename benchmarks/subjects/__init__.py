"""The engines that are measured, one file each, imported in a process of that engine only.

A file has `facts()`, the versions that count, and `prepare(task)`, which makes ready and returns a function without arguments that
does the work once and returns its results by name. What an engine cannot do raises `UnsupportedError`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["SUBJECTS", "Subject", "Task", "UnsupportedError", "Work"]

Work = Callable[[], Mapping[str, Any]]


class UnsupportedError(Exception):
    """An engine cannot do a task; says why."""


@dataclasses.dataclass(frozen=True)
class Subject:
    """An engine with its settings.

    Attributes:
        home: the file of this folder.
        environment: which Python runs it: `own`, `tensorflow` or `peers`.
        variables: added to the environment of its process.
        peer: what is given after --peers; several subjects may be one peer, of which the fastest counts.
    """

    home: str
    environment: str
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)
    peer: str = ""


SUBJECTS: Mapping[str, Subject] = {
    "minihub": Subject("minihub", "own"),
    "tensorflow": Subject("tensorflow", "tensorflow", {"TF_ENABLE_ONEDNN_OPTS": "0"}, "tensorflow"),
    "tensorflow-onednn": Subject(
        "tensorflow", "tensorflow", {"TF_ENABLE_ONEDNN_OPTS": "1"}, "tensorflow"
    ),
    "onnxruntime": Subject("onnxruntime", "peers", peer="onnxruntime"),
    "opencv": Subject("opencv", "peers", peer="opencv"),
    "tract": Subject("tract", "peers", peer="tract"),
    "numpy": Subject("plain_numpy", "own"),
}


@dataclasses.dataclass(frozen=True)
class Task:
    """What an engine is asked to do.

    Attributes:
        kind: `call` a network, or another of the kinds in `workloads`.
        models: the folder of the networks.
        threads: how many it may use.
        network: name of the network.
        batch: number of examples.
        size: what the kind counts: nodes, bytes, words.
        given: the folder of the inputs that `inputs.write_inputs` wrote; they are made where there is none.
    """

    kind: str
    models: str
    threads: int
    network: str = ""
    batch: int = 1
    size: int = 0
    given: str = ""

    @property
    def folder(self) -> Path:
        """Where the network lies."""
        return Path(self.models) / self.network

    def network_facts(self) -> dict[str, Any]:
        """What `generate` wrote down about the network."""
        facts: dict[str, Any] = json.loads((self.folder / "network.json").read_text("utf-8"))
        return facts

    def inputs(self) -> dict[str, Any]:
        """The arrays that the network is called with, by name."""
        from benchmarks.inputs import make_inputs, read_inputs

        if self.given:
            return read_inputs(self.given)
        facts = self.network_facts()
        return dict(make_inputs(facts["inputs"], self.batch, facts["vocabulary"]))
