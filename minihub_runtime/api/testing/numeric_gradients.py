"""Gradients beside differences of what a graph computes.

Source: tensorflow/python/ops/gradient_checker.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.api.conversion import constant
from minihub_runtime.api.defaults import default_session
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.gradients import gradients
from minihub_runtime.api.identity import identity
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.dtypes import as_dtype, float_to_bfloat16, to_float
from minihub_runtime.public import public

__all__ = ["compute_gradient", "compute_gradient_error"]

#: Those that can be differentiated.
TYPES = frozenset({"float16", "bfloat16", "float32", "float64", "complex64", "complex128"})

Matrix = NDArray[Any]


def _real(values: Any) -> Any:
    """The real numbers of a vector, of complex ones real and imaginary parts in turn."""
    flat = to_float(np.ascontiguousarray(values)).reshape(-1)
    return flat.view(flat.real.dtype)


class _Function:
    """What a graph makes of one tensor.

    Args:
        x: the tensor.
        x_shape: its shape.
        y: what depends on it.
        y_shape: the shape of that.
        feeds: what is fed besides.
    """

    def __init__(
        self,
        x: Tensor,
        x_shape: Sequence[int],
        y: Tensor,
        y_shape: Sequence[int],
        feeds: Mapping[Any, Any],
    ) -> None:
        for name, tensor in (("x", x), ("y", y)):
            if tensor.dtype.base_dtype.name not in TYPES:
                raise AssertionError(f"Don't support type {tensor.dtype.name} for {name}")
        self._x, self._y, self._feeds = x, y, dict(feeds)
        self._x_shape, self._y_shape = tuple(map(int, x_shape)), tuple(map(int, y_shape))
        with x.graph.as_default():
            # A tensor that is fed and fetched at once would have no place of its own where the gradient passes on what it gets.
            self._grad = constant(1.0, shape=self._y_shape, dtype=y.dtype)
            (self._found,) = gradients(y, x, identity(self._grad))

    def _run(self, fetch: Any, feeds: Mapping[Any, Any]) -> Any:
        return default_session(None, self._x.graph).run(fetch, {**self._feeds, **feeds})

    def place(self, given: Any) -> Any:
        """Where it is differentiated: a given array, or a random one.

        Raises:
            AssertionError: the array has another shape.
        """
        if given is not None:
            if tuple(given.shape) != self._x_shape:
                raise AssertionError(
                    f"x_shape = {list(self._x_shape)}, init_data shape = {list(given.shape)}"
                )
            return given
        kind = as_dtype(self._x.dtype).base_dtype
        drawn = np.random.random_sample(self._x_shape)
        if kind.name == "bfloat16":
            return float_to_bfloat16(drawn.astype(np.float32))
        found = drawn.astype(kind.numpy)
        if kind.is_complex:
            found.imag = np.random.random_sample(self._x_shape)
        return found

    def by_gradients(self, at: Any) -> Matrix:
        """The Jacobian that gradients give, a row for each number of x.

        Raises:
            ValueError: y has no numbers, and its gradient some.
        """
        step = 2 if self._x.dtype.is_complex else 1
        each = math.prod(self._x_shape[1:]) * step
        outputs = _real(np.zeros(self._y_shape, _working(self._y))).size
        result = np.zeros((math.prod(self._x_shape) * step, outputs), _real(at).dtype)
        for column in range(outputs):
            numbers = np.zeros(self._y_shape, _working(self._y))
            _real(numbers)[column] = 1
            feeds = {self._x: at, self._grad: _as(numbers, self._y)}
            if isinstance(self._found, IndexedSlices):
                places, values = self._run([self._found.indices, self._found.values], feeds)
                for place, row in zip(places, values, strict=True):
                    result[place * each : (place + 1) * each, column] += _real(row)
            else:
                result[:, column] = _real(self._run(self._found, feeds))
        if not outputs:
            empty = _as(np.zeros(self._y_shape, _working(self._y)), self._y)
            found = self._run(self._found, {self._x: at, self._grad: empty})
            if found.shape != self._x_shape:
                raise ValueError(
                    f"Empty gradient has wrong shape: expected {self._x_shape}, got {found.shape}"
                )
            if np.any(to_float(found)):
                raise ValueError("Empty tensor with nonzero gradients")
        return result

    def by_differences(self, at: Any, delta: float) -> Matrix:
        """The Jacobian that follows from what y is a bit below and above."""
        numbers = _real(to_float(at).copy())
        rows = []
        for place in range(numbers.size):
            both = []
            for change in (delta, -delta):
                moved = to_float(at).astype(_working(self._x), copy=True)
                _real(moved)[place] += change
                both.append(_real(self._run(self._y, {self._x: _as(moved, self._x)})))
            rows.append((both[0] - both[1]) / both[0].dtype.type(2 * delta))
        count = _real(np.zeros(self._y_shape, _working(self._y))).size
        return np.array(rows, numbers.dtype).reshape(numbers.size, count)


def _working(tensor: Tensor) -> Any:
    """The type in which numbers of a tensor are worked with."""
    kind = tensor.dtype.base_dtype
    return np.float32 if kind.name == "bfloat16" else kind.numpy


def _as(values: Any, tensor: Tensor) -> Any:
    """Numbers as a tensor is fed them."""
    return float_to_bfloat16(values) if tensor.dtype.base_dtype.name == "bfloat16" else values


@public("test.compute_gradient")
def compute_gradient(
    x: Any,
    x_shape: Any,
    y: Tensor,
    y_shape: Sequence[int],
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Sequence[Any] | None = None,
    extra_feed_dict: Mapping[Any, Any] | None = None,
) -> Any:
    """The Jacobian of y with respect to x, of gradients and of differences, in the default session.

    Complex numbers count as two.

    Args:
        x: a tensor, or a list of them.
        x_shape: its shape, or a list of them.
        y: a tensor.
        y_shape: its shape.
        x_init_value: where; a random array, or a list of them, if left out.
        delta: by how much x is changed to both sides.
        init_targets: what is run before.
        extra_feed_dict: what is fed besides.

    Returns:
        Two matrices, a row for each number of x and a column for each of y; a list of such pairs for a list.

    Raises:
        AssertionError: a type that has no gradients, or an array of another shape.
        ValueError: there is no default session; a gradient of nothing is not empty.
    """
    several = isinstance(x, list)
    functions = [
        _Function(tensor, shape, y, y_shape, extra_feed_dict or {})
        for tensor, shape in zip(
            x if several else [x], x_shape if several else [x_shape], strict=True
        )
    ]
    for target in init_targets or ():
        target.run()
    given = (
        x_init_value if several and x_init_value is not None else [x_init_value] * len(functions)
    )
    pairs = []
    for function, value in zip(functions, given, strict=True):
        at = function.place(value)
        pairs.append((function.by_gradients(at), function.by_differences(at, delta)))
    return pairs if several else pairs[0]


@public("test.compute_gradient_error")
def compute_gradient_error(
    x: Any,
    x_shape: Any,
    y: Tensor,
    y_shape: Sequence[int],
    x_init_value: Any = None,
    delta: float = 1e-3,
    init_targets: Sequence[Any] | None = None,
    extra_feed_dict: Mapping[Any, Any] | None = None,
) -> Any:
    """The largest difference between the two Jacobians that `compute_gradient` gives; arguments and errors are its own."""
    found = compute_gradient(
        x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict
    )
    pairs = found if isinstance(found, list) else [found]
    return max((np.abs(a - b).max() for a, b in pairs if a.size), default=0)
