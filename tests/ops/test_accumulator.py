"""Accumulators where TensorFlow waits for ever, or crashes: no run waits for another one here."""

from __future__ import annotations

from typing import Any

import pytest

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError
from minihub_runtime.ops.accumulators import Accumulator, SparseAccumulator
from minihub_runtime.ops.registry import REGISTRY
from tests.samples import f32, f64, i32, i64

FLOAT = as_dtype("float32")


def dense() -> Accumulator:
    return Accumulator("a", FLOAT, None, True)


def take(accumulator: Any, count: int, dtype: str = "float32") -> Any:
    return REGISTRY["ResourceAccumulatorTakeGradient"](accumulator, i32(count), dtype=dtype)


def apply(accumulator: Any, gradient: Any) -> None:
    REGISTRY["ResourceAccumulatorApplyGradient"](accumulator, i64(0), gradient)


def test_too_few_gradients_are_an_error_and_stay() -> None:
    accumulator = dense()
    apply(accumulator, f32(1))
    with pytest.raises(FailedPreconditionError, match="must have 2 gradients to give, but has 1"):
        take(accumulator, 2)
    assert (accumulator.count, accumulator.step) == (1, 0)


def test_gradients_of_another_type_are_refused() -> None:
    accumulator = dense()
    with pytest.raises(InvalidArgumentError, match="dtype must be"):
        apply(accumulator, f64(1))
    apply(accumulator, f32(1))
    with pytest.raises(InvalidArgumentError, match="dtype must be"):
        take(accumulator, 1, "float64")


def test_rows_are_not_taken_as_a_dense_gradient() -> None:
    with pytest.raises(InvalidArgumentError, match="must be a ConditionalAccumulator"):
        take(SparseAccumulator("a", FLOAT, None, True), 1)


def test_what_is_applied_is_kept_as_it_was() -> None:
    accumulator, gradient = dense(), f32([1, 2])
    apply(accumulator, gradient)
    gradient[0] = 7
    assert take(accumulator, 1).tolist() == [1, 2]
