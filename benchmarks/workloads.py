"""What is measured, and the bars: ratios minihub / TensorFlow, lower is better."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Iterator

__all__ = ["FRESH", "WORKLOADS", "Workload", "choose"]

#: Kinds that are timed from the start of a new process to the result.
FRESH = ("cold", "import")


@dataclasses.dataclass(frozen=True)
class Workload:
    """One line of the table.

    Attributes:
        name: what is printed, and what --only is compared with.
        kind: the task's kind; those in `FRESH` are timed in new processes, the others in processes kept alive.
        network: name of the network, if there is one.
        batch: number of examples.
        size: what the kind counts: nodes, rows.
        bar: the ratio of times to TensorFlow's that is wanted.
        memory_bar: the ratio of peak memories.
        limit: the part of the matmul rate that is wanted.
        excess: seconds for each of `size` over a loop in NumPy written by hand.
        step_memory: whether the memory that a run needs beyond what is held is measured.
        tolerance: how far results may differ, as a part of the largest value.
        quick: whether it is one of the short version.
        series: the curve that this is a point of; measured without peers.
        at: where on the curve.
        rounds: at most so many.
    """

    name: str
    kind: str
    network: str = ""
    batch: int = 1
    size: int = 0
    bar: float | None = None
    memory_bar: float | None = None
    limit: float | None = None
    excess: float | None = None
    step_memory: bool = False
    tolerance: float = 1e-4
    quick: bool = False
    series: str = ""
    at: int = 0
    rounds: int = 99


def _starts() -> Iterator[Workload]:
    for network in ("nnlm", "mobilenet_v2_224", "bert_4x768"):
        yield Workload(
            f"cold start {network}",
            "cold",
            network,
            bar=0.10,
            memory_bar=0.35,
            tolerance=1e-3,
            quick=network == "nnlm",
            rounds=5,
        )
    yield Workload("import", "import", rounds=5)


def _calls() -> Iterator[Workload]:
    for batch, bar in {1: 0.5, 32: 0.8, 1024: 1.0, 8192: 1.0}.items():
        quick = batch in (1, 1024)
        yield Workload(f"nnlm batch {batch}", "call", "nnlm", batch, bar=bar, quick=quick)
    for network in (
        "mobilenet_v1_025_128",
        "mobilenet_v2_224",
        "efficientnet_b0",
        "inception_v3",
        "resnet50_v2",
        "bert_4x768",
        "elmo",
    ):
        limit = {"inception_v3": 0.70, "resnet50_v2": 0.70, "bert_4x768": 0.85}.get(network)
        for batch in (1, 8):
            yield Workload(
                f"{network} batch {batch}",
                "call",
                network,
                batch,
                bar=1.0,
                limit=limit,
                tolerance=1e-3,
                quick=network in ("mobilenet_v2_224", "resnet50_v2") and batch == 1,
            )
    for network in ("gan_64", "i3d"):
        yield Workload(f"{network} batch 1", "call", network, bar=1.0, tolerance=1e-3)


def _others() -> Iterator[Workload]:
    yield Workload("checkpoint load 500 MB", "restore", "tables", bar=0.2, tolerance=0, rounds=5)
    yield Workload("checkpoint save 500 MB", "save", "tables", bar=1.2, tolerance=0, rounds=5)
    yield Workload("chain of 1000 adds", "adds", size=1000, excess=1e-6, quick=True)
    for network, bar in {"mobilenet_v2_224": 1.2, "nnlm": 1.0, "bilstm": 1.0}.items():
        name = f"fine-tuning step {network} batch 32"
        yield Workload(name, "step", network, 32, bar=bar, tolerance=1e-3, rounds=5)
    yield Workload("embedding step 1000000 rows", "rows", size=1_000_000, step_memory=True)


def _curves() -> Iterator[Workload]:
    """Points over three decades of what cost should be proportional to."""
    for at in (1, 10, 100, 1000):
        yield from (
            _point("images in a batch", at, "batch", "call", "mobilenet_v1_025_128", at),
            _point("sentences", 10 * at, "sentences", "call", "nnlm", 10 * at),
            _point("nodes, from bytes to result", 100 * at, "nodes read", "graph", size=100 * at),
            _point("nodes, in a run", 100 * at, "nodes run", "adds", size=100 * at),
            _point(
                "words of a vocabulary, load and first call",
                1000 * at,
                "vocabulary",
                "load",
                f"words_{1000 * at}",
            ),
            _point("rows of a table, a step on 1024", 1000 * at, "rows", "rows", size=1000 * at),
        )


def _point(
    series: str, at: int, name: str, kind: str, network: str = "", batch: int = 1, size: int = 0
) -> Workload:
    name = f"scaling {name} {at}"
    return Workload(name, kind, network, batch, size, series=series, at=at, rounds=3)


WORKLOADS: tuple[Workload, ...] = (*_starts(), *_calls(), *_others(), *_curves())


def choose(pattern: str | None, quick: bool) -> list[Workload]:
    """The workloads that are wanted.

    Args:
        pattern: a part of the name, or with * or ? or [ ] the whole name as a shell writes it; None for every name.
        quick: only the short ones, unless there is a pattern.
    """
    if pattern is None:
        return [workload for workload in WORKLOADS if workload.quick or not quick]
    written = any(mark in pattern for mark in "*?[")
    return [
        workload
        for workload in WORKLOADS
        if (fnmatch.fnmatch(workload.name, pattern) if written else pattern in workload.name)
    ]
