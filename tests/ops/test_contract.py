"""One body of tests for every op: its samples against TensorFlow's stored answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import OpError
from minihub_runtime.ops.registry import REGISTRY, infer_shapes
from minihub_runtime.shapes import Shape, Spec, compatible, merge
from tests.golden import answer, outputs
from tests.ops.comparison import assert_same
from tests.ops.running import needs_session, run_in_session
from tests.samples import File, Sample, all_samples
from tests.together import check_each


def by_op(wanted: Callable[[Sample], bool]) -> Mapping[str, Sequence[Sample]]:
    """Op → those of its samples that are wanted; ops without one are left out."""
    found: dict[str, list[Sample]] = {}
    for sample in filter(wanted, all_samples()):
        found.setdefault(sample.op, []).append(sample)
    return found


GOOD = by_op(lambda sample: sample.error is None)
REFUSED = by_op(lambda sample: sample.error is not None)
#: Samples that TensorFlow refuses for other reasons than shapes before anything runs, or that no kernel here runs.
REFUSED_LATER = {
    *(f"StaticRegexFullMatch/refused_{number}" for number in (15, 16, 67)),
    *(f"{op}/vector" for op in ("Save", "SaveSlices", "SaveV2")),
}
#: What TensorFlow refuses when it is added to a graph, which raises ValueError.
REFUSED_EARLY = by_op(
    lambda sample: (
        sample.error is not None
        and not needs_session(sample)
        and not any(isinstance(value, File) for value in sample.inputs.values())
        and sample.key not in REFUSED_LATER
        and answer(sample.key)["error"] == "ValueError"
    )
)
#: What a kernel needs nothing but its inputs for.
SHAPED = by_op(lambda sample: sample.error is None and not needs_session(sample))


def freeze(value: Any) -> Any:
    """Arrays a kernel may not write to."""
    if isinstance(value, (list, tuple)):
        return [freeze(item) for item in value]
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return value


def run(sample: Sample) -> list[list[Any]]:
    """Our outputs, for each run, without resources and variants."""
    if needs_session(sample):
        return run_in_session(sample)
    inputs = {name: freeze(value) for name, value in sample.inputs.items()}
    result = REGISTRY[sample.op](**inputs, **sample.attrs)
    results = list(result) if isinstance(result, (list, tuple)) else [result]
    # What a variant holds has no counterpart in TensorFlow's Python; ops that take it apart are sampled with it.
    return [[value for value in results if not is_variant(value)]]


def is_variant(value: Any) -> bool:
    """Whether a result is a variant: an object array that does not hold strings."""
    if value.dtype != object:
        return False
    return any(not isinstance(item, bytes) for item in value.reshape(-1).tolist())


@pytest.mark.parametrize("op", GOOD)
def test_kernel_matches_tensorflow(op: str) -> None:
    check_each(GOOD[op], check_outputs)


def check_outputs(sample: Sample) -> None:
    """Its outputs are the stored ones."""
    for number, got in enumerate(run(sample)):
        expected = outputs(sample.key, number)
        assert len(got) == len(expected), "number of outputs"
        for place, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
            label = f"{sample} output {place} run {number}"
            if sample.differs or place in sample.unset:
                assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), label
            else:
                assert_same(ours, theirs, REGISTRY[sample.op].precision, sample.loose, label)


@pytest.mark.parametrize("op", REFUSED)
def test_kernel_refuses_what_tensorflow_refuses(op: str) -> None:
    check_each(REFUSED[op], check_refused)


def check_refused(sample: Sample) -> None:
    """It is refused, with our message."""
    assert "error" in answer(sample.key)
    with pytest.raises(OpError, match=sample.error):
        run(sample)


@pytest.mark.parametrize("op", REFUSED_EARLY)
def test_shape_rule_refuses_what_tensorflow_adds_to_no_graph(op: str) -> None:
    check_each(REFUSED_EARLY[op], check_refused_early)


def check_refused_early(sample: Sample) -> None:
    """It is refused before it runs."""
    with pytest.raises(OpError):
        inferred_shapes(sample, folded=False)


def specs(value: Any, with_value: bool) -> Any:
    """What a shape rule sees of an input."""
    if isinstance(value, (list, tuple)):
        return [specs(item, with_value) for item in value]
    return Spec(as_dtype(value.dtype), value.shape, value if with_value else None)


@pytest.mark.parametrize("folded", [False, True], ids=["placeholders", "constants"])
@pytest.mark.parametrize("op", SHAPED)
def test_shape_rule_knows_what_tensorflow_knows(op: str, folded: bool) -> None:
    check_each(SHAPED[op], lambda sample: check_shapes(sample, folded))


def inferred_shapes(sample: Sample, folded: bool) -> list[Shape]:
    """What the shape rule says of its outputs."""
    op = REGISTRY[sample.op]
    kinds = {
        name: [as_dtype(v.dtype) for v in value]
        if isinstance(value, (list, tuple))
        else as_dtype(value.dtype)
        for name, value in sample.inputs.items()
    }
    attrs = {**op.schema.infer(kinds, op.name), **sample.attrs}
    for name, attr in op.schema.attrs.items():
        if attr.type == "type" and name in attrs:
            attrs[name] = as_dtype(attrs[name])
        elif attr.type == "list(type)" and name in attrs:
            attrs[name] = [as_dtype(item) for item in attrs[name]]
    flat: list[Spec] = []
    for arg in op.schema.inputs:
        found = specs(sample.inputs[arg.name], folded)
        flat.extend(found) if arg.is_list else flat.append(found)
    return infer_shapes(op, op.schema.complete(attrs, op.name), flat)


def check_shapes(sample: Sample, folded: bool) -> None:
    """What is known of its outputs before it runs is what TensorFlow knows, or more."""
    inferred, stored = inferred_shapes(sample, folded), answer(sample.key)
    theirs = [None if s is None else tuple(s) for s in stored["folded" if folded else "static"]]
    assert len(inferred) == len(theirs)
    for ours, known in zip(inferred, theirs, strict=True):
        assert merge(ours, known) == ours, f"{ours} must say at least {known}"
    values = outputs(sample.key)
    if len(values) == len(inferred):
        for ours, real in zip(inferred, values, strict=True):
            assert compatible(ours, real.shape), f"{ours} must fit the result's {real.shape}"
