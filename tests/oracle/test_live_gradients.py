"""What the tables of the gradient tests say of TensorFlow is what TensorFlow says."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from minihub_runtime.ops.registry import REGISTRY
from tests.autodiff.test_guards import (
    CALLS,
    CONTRIB,
    DIFFERENT,
    OLD,
    TENSORFLOW,
    differentiable,
    state,
)
from tests.autodiff.test_program_differences import UNCOMPARED

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    from tensorflow.python.framework import op_def_registry, ops

    from tests.autodiff import generate_registry

pytestmark = pytest.mark.filterwarnings("ignore")


class _Operation:
    """An operation of which the type alone is known."""

    inputs = (None,)
    _gradient_function = None

    def __init__(self, name: str) -> None:
        self.type = name

    def get_attr(self, name: str) -> Any:
        raise ValueError(name)


def answer(name: str) -> str | None:
    """What TensorFlow says when it looks for the gradient of an operation of a type, as `TENSORFLOW` has it."""
    try:
        rule = ops.get_gradient_function(_Operation(name))
    except LookupError:
        return None
    return generate_registry.kind(name, rule)


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_of_every_op(name: str) -> None:
    assert answer(name) == TENSORFLOW.get(name)
    known = op_def_registry.get(name) is not None
    assert known or answer(name) is None
    if known and differentiable(name) and name not in DIFFERENT:
        ours = {"rule": {"rule"}, "none": {"none", "zero"}, None: {None}}
        assert answer(name) in ours[state(name)]


def test_nothing_else_is_stored() -> None:
    live = {name for name in ops._gradient_registry.list() if answer(name) is not None}
    assert {name for name in TENSORFLOW if op_def_registry.get(name)} <= live


@pytest.mark.parametrize("name", sorted(DIFFERENT))
def test_of_what_is_different(name: str) -> None:
    assert answer(name) is None
    definition = op_def_registry.get(name)
    assert (definition is None) == name.startswith("Resampler")
    deprecated = definition is not None and definition.deprecation.version > 0
    assert deprecated == (DIFFERENT[name] == OLD)
    assert (DIFFERENT[name] == CONTRIB) == (definition is None or name.endswith("BlockCell"))
    assert (DIFFERENT[name] == CALLS) == name.endswith("PartitionedCall")


def test_of_calls() -> None:
    with tensorflow.Graph().as_default():
        x = tensorflow.constant([1.0, 2.0])
        y = tensorflow.function(lambda a: a * a)(x)
        assert y.op.type == "PartitionedCall"
        (found,) = tensorflow.gradients(y, x)
        with tensorflow.Session() as session:
            assert session.run(found).tolist() == [2.0, 4.0]


@pytest.mark.parametrize("name", sorted(UNCOMPARED))
def test_of_what_is_not_compared(name: str) -> None:
    rule = ops.get_gradient_function(_Operation(name))
    if "refuses" in UNCOMPARED[name]:
        with tensorflow.Graph().as_default():
            x = tensorflow.constant([1.0])
            op = tensorflow.raw_ops.PreventGradient(input=x).op
            with pytest.raises((LookupError, NotImplementedError)):
                rule(op, x)
    else:
        assert name.startswith("QuantizeAndDequantize")
