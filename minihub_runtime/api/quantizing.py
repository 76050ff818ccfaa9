"""Numbers as quantised ones and back.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Tensor
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "dequantize",
    "quantize",
    "quantize_and_dequantize",
    "quantize_and_dequantize_v2",
    "quantize_v2",
]


def _axis(input: Any, axis: int | None) -> int:
    """The number of a dimension counted from the first, -1 for none."""
    if axis is None:
        return -1
    if axis >= 0:
        return axis
    if input.shape.ndims is None:
        raise ValueError("input should have known rank to use negative axis.")
    found: int = axis % input.shape.ndims
    return found


@public("quantize_v2")
def quantize_v2(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    narrow_range: bool = False,
    axis: int | None = None,
    ensure_minimum_range: float = 0.01,
) -> Any:
    """`quantize` with its arguments in another order."""
    return build(
        "QuantizeV2",
        name=name,
        input=input,
        min_range=min_range,
        max_range=max_range,
        T=T,
        mode=mode,
        round_mode=round_mode,
        narrow_range=narrow_range,
        axis=_axis(input, axis),
        ensure_minimum_range=ensure_minimum_range,
    )


@public("quantization.quantize", "quantize")
def quantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
    ensure_minimum_range: float = 0.01,
) -> Any:
    """Numbers of a range as quantised ones.

    Args:
        input: float32.
        min_range: where the range begins.
        max_range: where it ends.
        T: the quantised type.
        mode: `MIN_COMBINED`, `MIN_FIRST` or `SCALED`.
        round_mode: `HALF_AWAY_FROM_ZERO` or `HALF_TO_EVEN`.
        name: wanted name.
        narrow_range: leave out the smallest quantised number.
        axis: a dimension whose slices have ranges of their own.
        ensure_minimum_range: the least width of the range.

    Returns:
        The quantised tensor, and the range that was used.

    Raises:
        ValueError: the dimension is negative, and the rank unknown.
    """
    return quantize_v2(
        input,
        min_range,
        max_range,
        T,
        mode=mode,
        round_mode=round_mode,
        name=name,
        narrow_range=narrow_range,
        axis=axis,
        ensure_minimum_range=ensure_minimum_range,
    )


@public("quantization.dequantize", "dequantize")
def dequantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    axis: int | None = None,
    narrow_range: bool = False,
    dtype: Any = float32,
) -> Tensor:
    """Quantised numbers as the numbers they stand for.

    Args:
        input: of a quantised type.
        min_range: where the range begins.
        max_range: where it ends.
        mode: `MIN_COMBINED`, `MIN_FIRST` or `SCALED`.
        name: wanted name.
        axis: a dimension whose slices have ranges of their own.
        narrow_range: whether the smallest quantised number was left out.
        dtype: float32 or bfloat16.

    Raises:
        ValueError: the dimension is negative, and the rank unknown.
    """
    result: Tensor = build(
        "Dequantize",
        name=name,
        input=input,
        min_range=min_range,
        max_range=max_range,
        mode=mode,
        narrow_range=narrow_range,
        axis=_axis(input, axis),
        dtype=dtype,
    )
    return result


def _there_and_back(
    op: str,
    input: Any,
    input_min: Any,
    input_max: Any,
    axis: int | None,
    name: str | None,
    **attrs: Any,
) -> Tensor:
    result: Tensor = build(
        op,
        name=name,
        input=input,
        input_min=input_min,
        input_max=input_max,
        axis=_axis(input, axis),
        **attrs,
    )
    return result


@public("quantization.quantize_and_dequantize")
def quantize_and_dequantize(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """Numbers rounded to what quantised ones can stand for.

    Args:
        input: floating-point numbers.
        input_min: where the range begins.
        input_max: where it ends.
        signed_input: whether quantised numbers have a sign.
        num_bits: how many bits they have.
        range_given: whether the range is given, else it is that of `input`.
        round_mode: `HALF_TO_EVEN` or `HALF_UP`.
        name: wanted name.
        narrow_range: leave out the smallest quantised number.
        axis: a dimension whose slices have ranges of their own.

    Raises:
        ValueError: the dimension is negative, and the rank unknown.
    """
    return _there_and_back(
        "QuantizeAndDequantizeV2",
        input,
        input_min,
        input_max,
        axis,
        name,
        signed_input=signed_input,
        num_bits=num_bits,
        range_given=range_given,
        round_mode=round_mode,
        narrow_range=narrow_range,
    )


@public("quantization.quantize_and_dequantize_v2")
def quantize_and_dequantize_v2(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Tensor:
    """`quantize_and_dequantize` whose gradient is zero outside the range.

    Args:
        input: floating-point numbers.
        input_min: where the range begins.
        input_max: where it ends.
        signed_input: whether quantised numbers have a sign.
        num_bits: how many bits they have.
        range_given: whether the range is given, else it is that of `input`.
        round_mode: `HALF_TO_EVEN` or `HALF_UP`.
        name: wanted name.
        narrow_range: leave out the smallest quantised number.
        axis: a dimension whose slices have ranges of their own.

    Raises:
        ValueError: the dimension is negative, and the rank unknown.
    """
    return _there_and_back(
        "QuantizeAndDequantizeV4",
        input,
        input_min,
        input_max,
        axis,
        name,
        signed_input=signed_input,
        num_bits=num_bits,
        range_given=range_given,
        round_mode=round_mode,
        narrow_range=narrow_range,
    )
