"""Small TF1 programs that `minihub_runtime` and TensorFlow must understand in the same way.

Each takes the namespace, `minihub_runtime` or `tensorflow.compat.v1`, and builds a graph; what it returns is compared, too.
`tests/oracle/test_live_graphs.py` runs them in both, and stores TensorFlow's answers in `tests/api/answers/`, a file per
subject; `tests/api/test_programs.py` runs them without TensorFlow.

A program marked `@program` must build the same graph: names, types, inputs, control inputs, attributes, and types and
static shapes of outputs.  One marked `@results` need only return the same values: its graph is built of other ops than
TensorFlow's, such as functional control flow.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minihub_runtime.codec import Func, attr_from_proto
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import AttrValue
from tests.api.functions import called, library_of

__all__ = [
    "PROGRAMS",
    "Program",
    "attempt",
    "describe",
    "message",
    "outcome",
    "placement",
    "program",
    "results",
]


class Program:
    """One program.

    Attributes:
        function: what builds the graph.
        subject: the file it stands in.
        same_graph: whether TensorFlow must build the same graph.
    """

    def __init__(self, function: Callable[[Any], Any], same_graph: bool) -> None:
        self.function = function
        self.name = function.__name__
        self.subject = function.__module__.rpartition(".")[2]
        self.same_graph = same_graph

    def __repr__(self) -> str:
        return f"{self.subject}.{self.name}"


#: `subject.name` → program.
PROGRAMS: dict[str, Program] = {}


def _add(function: Callable[[Any], Any], same_graph: bool) -> Callable[[Any], Any]:
    new = Program(function, same_graph)
    assert repr(new) not in PROGRAMS, f"there are two programs {new}"
    PROGRAMS[repr(new)] = new
    return function


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Mark a program that must build the same graph and return the same values."""
    return _add(function, True)


def results(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Mark a program that must return the same values."""
    return _add(function, False)


def attempt(function: Callable[[], Any]) -> Any:
    """The result, or the kind of error."""
    try:
        return function()
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        return [
            kind.__name__
            for kind in (ValueError, TypeError, KeyError, RuntimeError)
            if isinstance(error, kind)
        ]


def message(function: Callable[[], Any]) -> Any:
    """The result, or the text of the error."""
    try:
        return function()
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        return str(error.args[0]).replace("looks a like", "looks like")


def describe(graph: Any) -> list[Any]:
    """Name, type, inputs, control inputs, attributes, and types and shapes of outputs of every operation, in order."""
    library = library_of(graph)
    return [
        (
            op.name,
            op.type,
            [t.name for t in op.inputs],
            sorted(c.name for c in op.control_inputs),
            dict(attributes(op, library)),
            [
                (t.dtype.name, None if t.shape.rank is None else t.shape.as_list())
                for t in op.outputs
            ],
        )
        for op in graph.get_operations()
    ]


def placement(graph: Any) -> list[Any]:
    """Name, device and colocation groups of every operation, in order: what `describe` leaves out."""
    return [
        (op.name, op.device, sorted(group.decode() for group in op.colocation_groups()))
        for op in graph.get_operations()
    ]


#: Attributes that say nothing of what is computed.
UNSAID = frozenset({"allowed_devices", "config_proto", "container", "debug_name"})
#: What TensorFlow draws for tables without a name of their own, where ours tell the content.
DRAWN = re.compile(r"hash_table_([0-9a-f]{40}|[0-9a-f-]{36}|[0-9]+)")
#: Private attributes that decide how functions are called.
PRIVATE = frozenset(
    {"_lower_using_switch_merge", "_num_original_outputs", "_read_only_resource_inputs"}
)


def attributes(op: Any, library: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of each attribute that has not its op's default; of functions their content.

    Types and shapes are left out: those of the outputs are compared anyway.
    """
    defaults = REGISTRY[op.type].schema.attrs if op.type in REGISTRY else {}
    for name, proto in sorted(op.node_def.attr.items()):
        if (name.startswith("_") and name not in PRIVATE) or name in UNSAID:
            continue
        value = attr_from_proto(AttrValue.FromString(proto.SerializeToString()))
        if name == "shared_name" and DRAWN.fullmatch(value):
            continue
        if isinstance(value, np.ndarray):
            if name not in defaults or not np.array_equal(defaults[name].default, value):
                yield name, plain(value if value.size < 100 else [value.shape, float(value.sum())])
            continue
        items = value if isinstance(value, list) else [value]
        if items and all(isinstance(item, Func) for item in items):
            yield name, plain(called(value, library))
            continue
        usual = name in defaults and defaults[name].default == value
        if not usual and all(isinstance(item, (str, int, float)) for item in items):
            yield name, plain(value)


def plain(value: Any) -> Any:
    """A result as values that compare."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.names:
        return (str(value.dtype), value.tobytes().hex())
    if isinstance(value, np.ndarray) and value.dtype.kind == "c":
        return (value.dtype.name, plain([value.real, value.imag]))
    if isinstance(value, np.ndarray):
        return (value.dtype.name, plain(value.tolist()))
    if isinstance(value, np.generic) and not isinstance(value, (bytes, str)):
        return (value.dtype.name, plain(value.item()))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return getattr(value, "name", None) or str(value)


def outcome(tf: Any, which: Program) -> Any:
    """The graph that a program builds, if it counts, and what it returns."""
    with tf.Graph().as_default() as graph:
        result = plain(which.function(tf))
        return describe(graph) if which.same_graph else None, result


for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")
