"""`minihub.profile`: which ops of a module take the time.

print(minihub.profile("https://tfhub.dev/google/nnlm-en-dim128/1", ["a sentence"]))
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from minihub.example_runs import example_run, explained
from minihub.loading import LoadedModule
from minihub.whole_files import write_file
from minihub_runtime.engine.arithmetic_cost import flops_of
from minihub_runtime.engine.recording import Call, recording

__all__ = ["NodeTime", "OpTime", "Profile", "profile"]

#: Version of what `Profile.as_dict` gives.
FORMAT = 1


@dataclasses.dataclass(frozen=True)
class NodeTime:
    """The time that one node takes.

    Attributes:
        name: of the node.
        calls: how often its kernel is called in a run.
        seconds: in a run, without kernels inside it.
        shapes: of the inputs of its last call, None for what is no array.
        flops: multiplications and additions in a run, None where they are not counted.
    """

    name: str
    calls: float
    seconds: float
    shapes: list[list[int] | None]
    flops: float | None


@dataclasses.dataclass(frozen=True)
class OpTime:
    """The time that all nodes of one op take.

    Attributes:
        op: type of the op.
        calls: how often its kernels are called in a run.
        seconds: in a run, without kernels inside them.
        share: of the seconds of all ops.
        flops: multiplications and additions in a run, None where they are not counted.
        nodes: the nodes, the longest first.
    """

    op: str
    calls: float
    seconds: float
    share: float
    flops: float | None
    nodes: list[NodeTime]


@dataclasses.dataclass(frozen=True, repr=False)
class Profile:
    """Where the time of a signature goes.

    Attributes:
        handle: of the module.
        signature: which was called.
        runs: how many runs were measured.
        load_seconds: to load the module; None if it was loaded before.
        first_seconds: of the first run, with what it prepares.
        seconds: of a later run, the median.
        ops: the ops, the longest first.
        calls: every call of a kernel in the runs that were taken down.
    """

    handle: str
    signature: str
    runs: int
    load_seconds: float | None
    first_seconds: float
    seconds: float
    ops: list[OpTime]
    calls: Sequence[Call]

    def as_dict(self) -> dict[str, Any]:
        """All but the single calls, as JSON can hold it."""
        fields = {field.name for field in dataclasses.fields(self)} - {"calls", "ops"}
        told = {name: getattr(self, name) for name in sorted(fields)}
        return {"format": FORMAT, **told, "ops": [dataclasses.asdict(op) for op in self.ops]}

    def trace(self) -> dict[str, Any]:
        """The calls as the JSON object that Perfetto and chrome://tracing open."""
        first = min((call.start for call in self.calls), default=0)
        threads = {
            thread: i for i, thread in enumerate(dict.fromkeys(c.thread for c in self.calls))
        }
        events: list[dict[str, Any]] = [
            {"ph": "M", "pid": 0, "name": "process_name", "args": {"name": self.handle}}
        ]
        for number in threads.values():
            name = "the caller" if number == 0 else f"thread {number}"
            label = {"ph": "M", "pid": 0, "tid": number, "name": "thread_name"}
            events.append({**label, "args": {"name": name}})
        for call in sorted(self.calls, key=lambda call: call.start):
            arguments: dict[str, Any] = {"node": call.node.name, "inputs": _shown(call.shapes)}
            flops = flops_of(call)
            if flops is not None and call.taken:
                arguments["GFLOP/s"] = round(flops / call.taken, 2)
            events.append(
                {
                    "ph": "X",
                    "pid": 0,
                    "tid": threads[call.thread],
                    "ts": (call.start - first) / 1e3,
                    "dur": call.taken / 1e3,
                    "name": call.node.op,
                    "cat": "op",
                    "args": arguments,
                }
            )
        return {"traceEvents": events, "displayTimeUnit": "ms"}

    def write_trace(self, path: str | os.PathLike[str]) -> None:
        """Write `trace()`, as a whole or not at all."""
        text = json.dumps(self.trace())
        write_file(path, lambda file: file.write(text.encode()))

    def text(self, width: int | None = None, limit: int = 20) -> str:
        """A table of the ops.

        Args:
            width: columns of the terminal, None for no limit.
            limit: how many ops to show, the longest first.
        """
        from minihub.cli.layout import count_text, table

        loaded = "" if self.load_seconds is None else f"loading {_time(self.load_seconds)}, "
        lines = [
            f"{self.handle}, signature {self.signature!r}",
            f"{loaded}first run {_time(self.first_seconds)}, then {_time(self.seconds)} a run "
            f"(median of {self.runs})",
            "",
        ]
        rows = [_cells(op) for op in self.ops[:limit]]
        header = ["op", "calls", "ms", "%", "GFLOP/s", "longest node (ms)"]
        lines.append(table(rows, header, width=width, right=(1, 2, 3, 4)))
        if left := self.ops[limit:]:
            took = sum(op.seconds for op in left) * 1e3
            lines.append(f"and {count_text(len(left), 'op')} more, {took:.3f} ms")
        return "\n".join(lines)

    def __repr__(self) -> str:
        # Notebooks and prompts show a value by this; the fields of all nodes would fill pages.
        return self.text()


def profile(
    module: str | os.PathLike[str] | LoadedModule,
    inputs: Any = None,
    *,
    signature: str | None = None,
    tags: Collection[str] | None = None,
    batch: int = 1,
    runs: int = 10,
) -> Profile:
    """Run a signature, and tell what its ops take.

    A clock around each kernel costs about a microsecond a call, so that graphs of many small ops look slower op by op than they
    are; `seconds` is measured without it.  Kernels that other threads run in this process meanwhile are taken down too.

    Args:
        module: a handle, or a module that is loaded.
        inputs: as the module is called with; made up from the signature if None.
        signature: name of the signature; the default one if it is left out.
        tags: tag set of the graph, as for `load`.
        batch: number of examples, where inputs are made up.
        runs: how many runs to measure.

    Raises:
        InvalidArgumentError: `batch` or `runs` is not positive, or made-up inputs are refused by an op.
        FailedPreconditionError: another profile is being taken.
    """
    chosen = example_run(module, inputs, signature=signature, tags=tags, batch=batch, runs=runs)

    def run() -> None:
        chosen.module(chosen.inputs, signature=chosen.signature, as_dict=True)

    with explained(chosen.made_up):
        first = _seconds(run)
    # What later runs keep, such as weights in another form, the second one may still make.
    run()
    seconds = statistics.median(_seconds(run) for _ in range(runs))
    with recording() as calls:
        for _ in range(runs):
            run()
    return Profile(
        chosen.module.handle,
        chosen.signature,
        runs,
        chosen.load_seconds,
        first,
        seconds,
        _by_op(calls, runs),
        list(calls),
    )


def _seconds(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _by_op(calls: Iterable[Call], runs: int) -> list[OpTime]:
    """Calls put together by node, and nodes by op."""
    by_node: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        by_node[call.node.op, call.node.name].append(call)
    by_op: dict[str, list[NodeTime]] = defaultdict(list)
    for (op, name), found in by_node.items():
        node = NodeTime(
            name,
            len(found) / runs,
            sum(call.own for call in found) / 1e9 / runs,
            _shown(found[-1].shapes),
            _total(flops_of(call) for call in found),
        )
        if node.flops is not None:
            node = dataclasses.replace(node, flops=node.flops / runs)
        by_op[op].append(node)
    everything = sum(node.seconds for nodes in by_op.values() for node in nodes) or 1.0
    ops = [
        OpTime(
            op,
            sum(node.calls for node in nodes),
            (seconds := sum(node.seconds for node in nodes)),
            seconds / everything,
            _total(node.flops for node in nodes),
            sorted(nodes, key=lambda node: -node.seconds),
        )
        for op, nodes in by_op.items()
    ]
    return sorted(ops, key=lambda op: -op.seconds)


def _total(values: Iterable[float | None]) -> float | None:
    """The sum of those that are known, None if none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _shown(shapes: Iterable[tuple[int, ...] | None]) -> list[list[int] | None]:
    return [None if shape is None else [int(n) for n in shape] for shape in shapes]


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def _cells(op: OpTime) -> list[str]:
    rate = "" if op.flops is None or not op.seconds else f"{op.flops / op.seconds / 1e9:.1f}"
    longest = op.nodes[0]
    node = f"{longest.name} ({longest.seconds * 1e3:.3f})"
    calls = f"{op.calls:g}"
    return [op.op, calls, f"{op.seconds * 1e3:.3f}", f"{op.share:.1%}", rate, node]
