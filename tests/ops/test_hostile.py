"""Every stateless op, given what no good graph gives it: a result of the schema's types, or an error.

`hostile` makes the calls from the samples.  No call may write to its inputs, warn, hang, crash, or raise what the run
loop does not turn into an error of the runtime; nor may the shape rule, which must be true of what the kernel returns.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import OpError
from minihub_runtime.ops.registry import REGISTRY, Op, infer_shapes
from minihub_runtime.shapes import Spec, compatible
from tests.ops.hostile import Tape, bend, freeze, usable
from tests.samples import Sample, all_samples

#: Seconds of processor time that a call may take, which other processes of a busy machine do not change.
PATIENCE = 5

#: Bytes that a call may take beyond what the process has.
MEMORY = 2 << 30

#: What the run loop turns into an error of the runtime.
REFUSALS = (
    OpError,
    ValueError,
    TypeError,
    IndexError,
    OverflowError,
    ZeroDivisionError,
    MemoryError,
)

#: TensorFlow's shape functions claim what its kernels do not do: the gradients have the batch and depth of `grads`,
#: and pooling over depth takes no steps over space.
UNTRUE = ("ResizeBicubicGrad", "ResizeBilinearGrad", "ScaleAndTranslateGrad", "MaxPool")

CALLS: dict[str, list[Sample]] = {}
for found in all_samples():
    if usable(found) and not REGISTRY[found.op].stateful and not REGISTRY[found.op].wants_context:
        CALLS.setdefault(found.op, []).append(found)


@pytest.fixture(scope="module", autouse=True)
def _limited_memory() -> Iterator[None]:
    """Let this process have MEMORY more bytes than it has now, where the system can say so."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    mapped = int(statm.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def _hang(*_: Any) -> None:
    raise AssertionError(f"must take less than {PATIENCE} seconds of processor time")


def limited(function: Any, *arguments: Any, **named: Any) -> Any:
    """The function's result; AssertionError if it takes too long."""
    if not hasattr(signal, "setitimer"):
        return function(*arguments, **named)
    before = signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        return function(*arguments, **named)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def completed(op: Op, inputs: dict[str, Any], attrs: dict[str, Any]) -> dict[str, Any]:
    """The attributes as a node has them."""
    kinds = {
        name: [as_dtype(v.dtype) for v in value]
        if isinstance(value, list)
        else as_dtype(value.dtype)
        for name, value in inputs.items()
    }
    full = {**op.schema.infer(kinds, op.name), **attrs}
    for name, attr in op.schema.attrs.items():
        if name not in full or full[name] is None:
            continue
        if attr.type == "type":
            full[name] = as_dtype(full[name])
        elif attr.type == "list(type)":
            full[name] = [as_dtype(item) for item in full[name]]
        elif attr.type == "shape":
            full[name] = tuple(None if n == -1 else n for n in full[name])
    return op.schema.complete(full, op.name)


def check_types(op: Op, full: dict[str, Any], results: list[Any]) -> None:
    """Raise AssertionError unless the results have the types that the schema says."""
    wanted = op.schema.output_dtypes(full)
    assert len(results) == len(wanted)
    for value, dtype in zip(results, wanted, strict=True):
        assert isinstance(value, np.ndarray), f"must be an array, not {type(value).__name__}"
        assert dtype.name == "variant" or value.dtype == dtype.numpy


def check_rule(
    op: Op, inputs: dict[str, Any], full: dict[str, Any], results: list[Any] | None
) -> None:
    """Raise AssertionError unless the shape rule refuses, or says what is true of the results."""
    for folded in (False, True):
        flat = []
        for arg in op.schema.inputs:
            value = inputs[arg.name]
            flat += [
                Spec(as_dtype(v.dtype), v.shape, v if folded else None)
                for v in (value if arg.is_list else [value])
            ]
        try:
            shapes = limited(infer_shapes, op, full, flat)
        except OpError:
            continue
        if results is None or op.name in UNTRUE:
            continue
        assert len(shapes) == len(results)
        for shape, value in zip(shapes, results, strict=True):
            assert compatible(shape, value.shape), f"{shape} must fit the result's {value.shape}"


@pytest.mark.parametrize("name", sorted(CALLS))
@settings(max_examples=10)
@given(numbers=st.lists(st.integers(0, 63), min_size=4, max_size=16))
def test_hostile_call(name: str, numbers: list[int]) -> None:
    op, tape = REGISTRY[name], Tape(numbers)
    inputs, attrs = bend(op, tape.pick(CALLS[name]), tape)
    inputs = {key: freeze(value) for key, value in inputs.items()}
    results = None
    try:
        full = completed(op, inputs, attrs)
        op.schema.output_dtypes(full)
        result = limited(op, **inputs, **attrs)
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        check_types(op, full, results)
    except REFUSALS:
        pass
    else:
        check_rule(op, inputs, full, results)
        return
    try:
        full = completed(op, inputs, attrs)
        op.schema.output_dtypes(full)
    except REFUSALS:
        return
    check_rule(op, inputs, full, None)
