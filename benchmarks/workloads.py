"""What is measured, and the bars: ratios minihub / TensorFlow, lower is better."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Iterator

__all__ = ["WORKLOADS", "Workload", "choose"]


@dataclasses.dataclass(frozen=True)
class Workload:
    """One line of the table.

    Attributes:
        name: what is printed, and what --only is compared with.
        kind: the task's kind; `call` is timed in processes kept alive, the kinds in `FRESH` in new ones.
        network: name of the network, if there is one.
        batch: number of examples.
        size: what the kind counts.
        bar: the ratio of times to TensorFlow's that is wanted.
        memory_bar: the ratio of peak memories.
        limit: the part of the matmul rate that is wanted.
        tolerance: how far results may differ, as a part of the largest value.
        quick: whether it is one of the short version.
    """

    name: str
    kind: str
    network: str = ""
    batch: int = 1
    size: int = 0
    bar: float | None = None
    memory_bar: float | None = None
    limit: float | None = None
    tolerance: float = 1e-4
    quick: bool = False


def _cold() -> Iterator[Workload]:
    for network in ("nnlm", "mobilenet_v2_224", "bert_4x768"):
        yield Workload(
            f"cold start {network}",
            "cold",
            network,
            bar=0.10,
            memory_bar=0.35,
            quick=network == "nnlm",
        )


def _calls() -> Iterator[Workload]:
    for batch, bar in {1: 0.5, 32: 0.8, 1024: 1.0, 8192: 1.0}.items():
        yield Workload(
            f"nnlm batch {batch}", "call", "nnlm", batch, bar=bar, quick=batch in (1, 1024)
        )
    quick = ("mobilenet_v2_224", "resnet50_v2")
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
                quick=network in quick and batch == 1,
            )
    for network in ("gan_64", "i3d"):
        yield Workload(f"{network} batch 1", "call", network, bar=1.0, tolerance=1e-3)


WORKLOADS: tuple[Workload, ...] = (*_cold(), *_calls())


def choose(pattern: str | None, quick: bool) -> list[Workload]:
    """The workloads whose name holds a pattern of the shell, or a part of one; the short ones if `quick`."""
    return [
        workload
        for workload in WORKLOADS
        if (not quick or workload.quick or pattern)
        and (not pattern or fnmatch.fnmatch(workload.name, f"*{pattern}*"))
    ]
