"""Sums, products, extremes and other numbers over dimensions.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import add
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sizes import rank
from minihub_runtime.dtypes import int64
from minihub_runtime.public import public

__all__ = [
    "argmax",
    "argmin",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "cumulative_logsumexp",
    "reduce",
    "reduce_all",
    "reduce_any",
    "reduce_euclidean_norm",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_std",
    "reduce_sum",
    "reduce_variance",
]


def reduction_dims(x: Any, axis: Any) -> Any:
    """The dimensions to reduce: those given, or all of `x`."""
    if axis is not None:
        return axis
    known = getattr(getattr(x, "shape", None), "ndims", None)
    if known:
        return constant(np.arange(known, dtype=np.int32))
    return range(0, rank(x))


def reduce(op: str, input_tensor: Any, axis: Any, keepdims: Any, name: str | None) -> Tensor:
    """One reduction of all dimensions, or of those that `axis` lists."""
    keep = bool(keepdims)
    result: Tensor = build(
        op,
        name=name,
        input=input_tensor,
        reduction_indices=reduction_dims(input_tensor, axis),
        keep_dims=keep,
    )
    return _reduced_to_scalar(result, axis, keep)


def _reduced_to_scalar(result: Tensor, axis: Any, keepdims: Any) -> Tensor:
    if axis is None and not keepdims and not result.shape.is_fully_defined():
        result.set_shape(())
    return result


def _reduction(op: str, what: str) -> Callable[..., Tensor]:
    """A reduction with all the names that its arguments have had."""

    def function(
        input_tensor: Any,
        axis: Any = None,
        keepdims: Any = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: Any = None,
    ) -> Tensor:
        axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
        keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
        return reduce(op, input_tensor, axis, keepdims, name)

    function.__doc__ = f"""{what} over dimensions.

    Args:
        input_tensor: what is reduced.
        axis: the dimensions, one or a list; all of them by default.
        keepdims: whether dimensions that are reduced stay, with size one.
        name: wanted name.
        reduction_indices: an older name of `axis`.
        keep_dims: an older name of `keepdims`.

    Raises:
        ValueError: an argument is given under both of its names, or a dimension is out of range.
    """
    return function


def _named(function: Callable[..., Tensor], name: str) -> Callable[..., Tensor]:
    function.__name__ = function.__qualname__ = name
    return public(f"math.{name}", name)(function)


reduce_all = _named(_reduction("All", "Whether all truth values hold"), "reduce_all")
reduce_any = _named(_reduction("Any", "Whether any truth value holds"), "reduce_any")
reduce_max = _named(_reduction("Max", "The largest value"), "reduce_max")
reduce_mean = _named(_reduction("Mean", "The mean"), "reduce_mean")
reduce_min = _named(_reduction("Min", "The smallest value"), "reduce_min")
reduce_prod = _named(_reduction("Prod", "The product"), "reduce_prod")
reduce_sum = _named(_reduction("Sum", "The sum"), "reduce_sum")


@public("math.reduce_euclidean_norm")
def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The square root of the sum of squares over dimensions, all of them by default."""
    return reduce("EuclideanNorm", input_tensor, axis, keepdims, name)


@public("math.reduce_logsumexp", "reduce_logsumexp")
def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: Any = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
) -> Tensor:
    """The logarithm of the sum of exponentials over dimensions, without overflow.

    Args:
        input_tensor: what is reduced.
        axis: the dimensions, all of them by default.
        keepdims: whether dimensions that are reduced stay, with size one.
        name: wanted name.
        reduction_indices: an older name of `axis`.
        keep_dims: an older name of `keepdims`.

    Raises:
        ValueError: an argument is given under both of its names.
    """
    axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    with name_scope(name, "ReduceLogSumExp", [input_tensor]) as scope:
        raw = reduce_max(input_tensor, axis=axis, keepdims=True)
        finite = build("IsFinite", x=raw)
        most = build("Select", condition=finite, t=raw, e=build("ZerosLike", x=raw))
        most = build("StopGradient", input=most)
        powers = build("Exp", x=build("Sub", x=input_tensor, y=most))
        result = build("Log", x=reduce_sum(powers, axis=axis, keepdims=keepdims))
        if not keepdims:
            most = reshape(most, build("Shape", input=result))
        return _reduced_to_scalar(add(result, most, name=scope), axis, keepdims)


@public("math.reduce_variance")
def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The mean of squared distances from the mean over dimensions, all of them by default.

    Raises:
        TypeError: the numbers are integers.
    """
    with name_scope(name or "reduce_variance"):
        input_tensor = convert_to_tensor(input_tensor)
        means = reduce_mean(input_tensor, axis=axis, keepdims=True)
        if means.dtype.is_integer:
            raise TypeError(
                f"Input must be either real or complex. Received integer type {means.dtype}."
            )
        distance = input_tensor - means
        if distance.dtype.is_complex:
            conjugate = build("Conj", input=distance)
            squares = build(
                "Real",
                input=build("Mul", x=conjugate, y=distance),
                Tout=distance.dtype.real_dtype,
            )
        else:
            squares = build("Square", x=distance)
        return reduce_mean(squares, axis=axis, keepdims=keepdims)


@public("math.reduce_std")
def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The standard deviation over dimensions, all of them by default.

    Raises:
        TypeError: the numbers are integers.
    """
    with name_scope(name or "reduce_std"):
        variance = reduce_variance(convert_to_tensor(input_tensor), axis=axis, keepdims=keepdims)
        result: Tensor = build("Sqrt", x=variance)
        return result


@public("math.count_nonzero", "count_nonzero")
def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    dtype: Any = int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
    input: Any = None,
) -> Any:
    """How many elements are not zero, over dimensions.

    Args:
        input_tensor: numbers, truth values or texts.
        axis: the dimensions, all of them by default.
        keepdims: whether dimensions that are reduced stay, with size one.
        dtype: the type of the numbers.
        name: wanted name.
        reduction_indices: an older name of `axis`.
        keep_dims: an older name of `keepdims`.
        input: another name of `input_tensor`.

    Raises:
        ValueError: an argument is given under both of its names.
    """
    keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    value = deprecated_argument_lookup("input", input, "input_tensor", input_tensor)
    axis = deprecated_argument_lookup("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(name, "count_nonzero", [value]):
        value = convert_to_tensor(value, name="input")
        holds = value
        if not value.dtype.base_dtype.is_bool:
            holds = build("NotEqual", x=value, y=zeros([], value.dtype))
        counts = reduce_sum(cast(holds, int64), axis=axis, keepdims=bool(keepdims))
        return cast(counts, dtype)


@public("math.argmax", "argmax")
def argmax(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = int64,
) -> Tensor:
    """Where the largest value of a dimension lies, dimension 0 by default; the first of equal ones.

    Args:
        input: numbers.
        axis: the dimension.
        name: wanted name.
        dimension: an older name of `axis`.
        output_type: int32 or int64.

    Raises:
        ValueError: the dimension is given under both names.
    """
    return _place("ArgMax", input, axis, name, dimension, output_type)


@public("math.argmin", "argmin")
def argmin(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = int64,
) -> Tensor:
    """Where the smallest value of a dimension lies, dimension 0 by default; the first of equal ones.

    Args:
        input: numbers.
        axis: the dimension.
        name: wanted name.
        dimension: an older name of `axis`.
        output_type: int32 or int64.

    Raises:
        ValueError: the dimension is given under both names.
    """
    return _place("ArgMin", input, axis, name, dimension, output_type)


def _place(
    op: str, input: Any, axis: Any, name: str | None, dimension: Any, output_type: Any
) -> Tensor:
    axis = deprecated_argument_lookup("axis", axis, "dimension", dimension)
    result: Tensor = build(
        op,
        name=name,
        input=input,
        dimension=0 if axis is None else axis,
        output_type=output_type,
    )
    return result


def _running(
    op: str, x: Any, axis: Any, exclusive: bool, reverse: bool, name: str | None
) -> Tensor:
    with name_scope(name, op, [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor = build(op, name=scope, x=x, axis=axis, exclusive=exclusive, reverse=reverse)
        return result


@public("math.cumsum", "cumsum")
def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Sums of all elements up to each, along a dimension.

    Args:
        x: numbers.
        axis: the dimension.
        exclusive: leave out the element itself.
        reverse: begin at the end.
        name: wanted name.
    """
    return _running("Cumsum", x, axis, exclusive, reverse, name)


@public("math.cumprod", "cumprod")
def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Products of all elements up to each, along a dimension.

    Args:
        x: numbers.
        axis: the dimension.
        exclusive: leave out the element itself.
        reverse: begin at the end.
        name: wanted name.
    """
    return _running("Cumprod", x, axis, exclusive, reverse, name)


@public("math.cumulative_logsumexp")
def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Logarithms of the sums of exponentials of all elements up to each, along a dimension.

    Args:
        x: numbers.
        axis: the dimension.
        exclusive: leave out the element itself.
        reverse: begin at the end.
        name: wanted name.
    """
    return _running("CumulativeLogsumexp", x, axis, exclusive, reverse, name)
