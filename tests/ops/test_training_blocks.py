"""Steps of optimisers on large variables, which are changed in place and block by block, against the formulas on whole arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.ops import training
from minihub_runtime.ops.broadcasting import widen
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.training_rules import RULES
from minihub_runtime.ops.variables import Variable
from minihub_runtime.threads import num_threads, set_num_threads

SHAPE = (7, 31)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Blocks that do not divide the variables, which two threads share."""
    before = num_threads()
    set_num_threads(2)
    monkeypatch.setattr(training, "LEAST", 1)
    monkeypatch.setattr(training, "BLOCK", 50)
    monkeypatch.setattr(training, "COST", 10_000)
    yield
    set_num_threads(before)


def _variables(count: int, dtype: str, shape: tuple[int, ...] = SHAPE) -> list[Variable]:
    rng = np.random.default_rng(count)
    kind = as_dtype(dtype)
    found = []
    for number in range(count):
        variable = Variable(f"v{number}", kind, shape)
        variable.assign((rng.random(shape) + 0.5).astype(kind.numpy))
        found.append(variable)
    return found


def _numbers(names: str, dtype: str) -> list[np.ndarray[Any, Any]]:
    """A number for each of these names but the gradient's."""
    kind = as_dtype(dtype).numpy
    found = []
    for place, name in enumerate(names.split()):
        if name == "global_step":
            found.append(np.array(3, np.int64))
        elif name not in ("grad", "delta"):
            value = -0.5 if name == "lr_power" else 0.3 + place / 16
            found.append(np.array(value, kind))
    return found


def _step(name: str, variables: list[Variable], grad: Any, dtype: str) -> None:
    rule = RULES[name]
    inputs: list[Any] = [*variables]
    numbers = iter(_numbers(rule.dense, dtype))
    for word in rule.dense.split():
        inputs.append(grad if word in ("grad", "delta") else next(numbers))
    flags = {} if rule.flag is None else {rule.flag[0]: True}
    with np.errstate(all="ignore"):
        REGISTRY[f"ResourceApply{name}"].kernel(*inputs, **flags)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        (name, dtype)
        for name, rule in sorted(RULES.items())
        for dtype in ("float32", "float64", "bfloat16")
        if dtype in rule.kinds
    ],
)
def test_blocks_give_what_whole_arrays_give(
    name: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 1 + len(RULES[name].slots)
    grad = np.random.default_rng(0).normal(size=SHAPE).astype(as_dtype(dtype).numpy)
    parted, whole = _variables(count, dtype), _variables(count, dtype)
    _step(name, parted, grad, dtype)
    monkeypatch.setattr(training, "LEAST", 1 << 30)
    _step(name, whole, grad, dtype)
    for one, other in zip(parted, whole, strict=True):
        assert one.epoch == other.epoch
        # Functions of NumPy may round otherwise at the end of an array.
        found, wanted = (widen(variable.read()) for variable in (one, other))
        rounding = 2.0**-7 if dtype == "bfloat16" else 1e-6
        np.testing.assert_allclose(found, wanted, rtol=rounding)


def test_whoever_holds_a_value_keeps_it() -> None:
    variables = _variables(3, "float32")
    held = [variable.read() for variable in variables]
    before = [value.copy() for value in held]
    _step("Adam", variables, np.ones(SHAPE, np.float32), "float32")
    for variable, value, old in zip(variables, held, before, strict=True):
        np.testing.assert_array_equal(value, old)
        assert not np.array_equal(variable.read(), old)
        assert not variable.read().flags.writeable


def test_values_that_nobody_holds_are_changed_where_they_are() -> None:
    variables = _variables(2, "float32")
    places = [variable.read().__array_interface__["data"] for variable in variables]
    _step("Momentum", variables, np.ones(SHAPE, np.float32), "float32")
    assert [variable.read().__array_interface__["data"] for variable in variables] == places


def test_a_gradient_may_be_the_value_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    parted, whole = _variables(2, "float32"), _variables(2, "float32")
    _step("Momentum", parted, parted[0].read(), "float32")
    monkeypatch.setattr(training, "LEAST", 1 << 30)
    _step("Momentum", whole, whole[0].read().copy(), "float32")
    for one, other in zip(parted, whole, strict=True):
        np.testing.assert_array_equal(one.read(), other.read())


def test_one_variable_may_stand_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    grad = np.ones(SHAPE, np.float32)
    (twice,) = _variables(1, "float32")
    _step("Momentum", [twice, twice], grad, "float32")
    monkeypatch.setattr(training, "LEAST", 1 << 30)
    (whole,) = _variables(1, "float32")
    _step("Momentum", [whole, whole], grad, "float32")
    np.testing.assert_array_equal(twice.read(), whole.read())


def test_memory_may_lie_in_any_order() -> None:
    usual, turned = _variables(3, "float32"), _variables(3, "float32")
    turned[1].assign(np.asfortranarray(turned[1].read()))
    grad = np.random.default_rng(0).normal(size=SHAPE[::-1]).astype(np.float32).T
    for variables in (usual, turned):
        _step("Adam", variables, grad, "float32")
    for one, other in zip(usual, turned, strict=True):
        np.testing.assert_array_equal(one.read(), other.read())
