"""Means and variances, and what is scaled by them.

Source: tensorflow/python/ops/nn_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.filling import zeros, zeros_like
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import squeeze
from minihub_runtime.api.reduction import reduce_mean, reduce_prod, reduce_sum
from minihub_runtime.api.sizes import rank, shape, size
from minihub_runtime.dtypes import float16, float32, int32, int64
from minihub_runtime.public import public

__all__ = [
    "batch_norm_with_global_normalization",
    "batch_normalization",
    "fused_batch_norm",
    "l2_normalize",
    "moments",
    "normalize_moments",
    "sufficient_statistics",
    "weighted_moments",
    "zero_fraction",
]


@public("math.l2_normalize", "linalg.l2_normalize", "nn.l2_normalize")
def l2_normalize(
    x: Any, axis: Any = None, epsilon: Any = 1e-12, name: str | None = None, dim: Any = None
) -> Tensor:
    """`x`, scaled to length one along axes.

    Args:
        x: any tensor of floats or complex numbers.
        axis: the axis or axes; all by default.
        epsilon: the smallest square of a length that counts.
        name: wanted name.
        dim: another name of `axis`.

    Raises:
        ValueError: `axis` and `dim` are both given.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    with name_scope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return _l2_normalize_complex(x, axis, epsilon, scope)
        total = reduce_sum(build("Square", x=x), axis, keepdims=True)
        inverse = build("Rsqrt", x=build("Maximum", x=total, y=epsilon))
        made: Tensor = build("Mul", name=scope, x=x, y=inverse)
        return made


def _l2_normalize_complex(x: Tensor, axis: Any, epsilon: Any, name: str) -> Tensor:
    squares = build("Square", x=_real(x)), build("Square", x=_imag(x))
    total = _real(reduce_sum(squares[0] + squares[1], axis, keepdims=True))
    inverse = build("Rsqrt", x=build("Maximum", x=total, y=epsilon))
    real = build("Mul", x=_real(x), y=inverse)
    imag = build("Mul", x=_imag(x), y=inverse)
    made: Tensor = build("Complex", name=name, real=real, imag=imag, Tout=x.dtype)
    return made


def _real(x: Tensor) -> Any:
    return build("Real", input=x, Tout=x.dtype.real_dtype) if x.dtype.is_complex else x


def _imag(x: Tensor) -> Any:
    return build("Imag", input=x, Tout=x.dtype.real_dtype)


@public("math.zero_fraction", "nn.zero_fraction")
def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """The share of the elements that are zero, a float32 scalar; NaN without elements."""
    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        count = size(value, out_type=int64)
        nonzero = cond(
            count <= int32.max,
            true_fn=lambda: cast(_count_nonzero(value, int32), int64),
            false_fn=lambda: _count_nonzero(value, int64),
        )
        with name_scope("counts_to_fraction"):
            zero = cast(count - nonzero, float32)
            fraction = zero / cast(count, float32)
        made: Tensor = build("Identity", name="fraction", input=fraction)
        return made


def _count_nonzero(value: Tensor, dtype: Any) -> Tensor:
    with name_scope("count_nonzero"):
        zero = zeros([], dtype=value.dtype)
        differs = build("NotEqual", x=value, y=zero)
        return reduce_sum(cast(differs, dtype), name="nonzero_count")


@public("nn.sufficient_statistics")
def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """What means and variances follow from: see `normalize_moments`.

    Args:
        x: any tensor of floats.
        axes: a list of axes.
        shift: what is subtracted first, so that sums stay small.
        keep_dims: whether the axes stay, with size one.
        name: wanted name.
        keepdims: another name of `keep_dims`.

    Returns:
        The count of elements, their sum and the sum of their squares, both shifted, and the shift.

    Raises:
        ValueError: `keep_dims` and `keepdims` are both given.
    """
    axes = list(set(axes))
    keep = bool(deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        sizes = None if x.shape.rank is None else [x.shape.as_list()[axis] for axis in axes]
        if sizes is not None and None not in sizes:
            count = 1
            for length in sizes:
                count *= length
            counts = constant(count, dtype=x.dtype)
        else:
            ranks = rank(x)
            places = [axis + ranks if axis < 0 else axis for axis in axes]
            counts = reduce_prod(gather(cast(shape(x), x.dtype), places), name="count")
        if shift is not None:
            shift = convert_to_tensor(shift, name="shift")
            first = build("Sub", x=x, y=shift)
            second = build("SquaredDifference", x=x, y=shift)
        else:
            first = x
            second = build("Square", x=x)
        mean_ss = reduce_sum(first, axes, keepdims=keep, name="mean_ss")
        var_ss = reduce_sum(second, axes, keepdims=keep, name="var_ss")
    return counts, mean_ss, var_ss, shift


@public("nn.normalize_moments")
def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and variance of what `sufficient_statistics` returned."""
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = build("Reciprocal", name="divisor", x=counts)
        if shift is not None:
            shifted = build("Mul", name="shifted_mean", x=mean_ss, y=divisor)
            mean = build("AddV2", name="mean", x=shifted, y=shift)
        else:
            shifted = mean = build("Mul", name="mean", x=mean_ss, y=divisor)
        variance = build(
            "Sub",
            name="variance",
            x=build("Mul", x=variance_ss, y=divisor),
            y=build("Square", x=shifted),
        )
    return mean, variance


@public("nn.moments")
def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Mean and variance along axes; those of float16 are computed in float32.

    Args:
        x: a tensor.
        axes: a list of axes.
        shift: has no effect.
        name: wanted name.
        keep_dims: whether the axes stay, with size one.
        keepdims: another name of `keep_dims`.

    Raises:
        ValueError: `keep_dims` and `keepdims` are both given.
    """
    keep = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    with name_scope(name, "moments", [x, axes]):
        y = cast(x, float32) if x.dtype == float16 else x
        mean = reduce_mean(y, axes, keepdims=True, name="mean")
        distance = build("SquaredDifference", x=y, y=build("StopGradient", input=mean))
        variance = reduce_mean(distance, axes, keepdims=True, name="variance")
        if not keep:
            mean = squeeze(mean, axes)
            variance = squeeze(variance, axes)
        if x.dtype == float16:
            return cast(mean, float16), cast(variance, float16)
        return mean, variance


@public("nn.weighted_moments")
def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Mean and variance along axes, of elements that count `frequency_weights` times.

    Args:
        x: a tensor.
        axes: a list of axes.
        frequency_weights: numbers that broadcast with `x`.
        name: wanted name.
        keep_dims: whether the axes stay, with size one.
        keepdims: another name of `keep_dims`.

    Raises:
        ValueError: `keep_dims` and `keepdims` are both given.
    """
    keep = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        is_half = x.dtype is float16
        if is_half:
            x = cast(x, float32)
        if weights.dtype is not x.dtype:
            weights = cast(weights, x.dtype)
        total = reduce_sum(weights * x, axes, name="weighted_input_sum", keepdims=True)
        count = reduce_sum(weights + zeros_like(x), axes, name="sum_of_weights", keepdims=True)
        mean = div_no_nan(total, count)
        distance = reduce_sum(
            weights * build("SquaredDifference", x=x, y=mean),
            axes,
            name="weighted_distsq",
            keepdims=True,
        )
        variance = div_no_nan(distance, count)
        if not keep:
            mean = squeeze(mean, axis=axes)
            variance = squeeze(variance, axis=axes)
        if is_half:
            mean, variance = cast(mean, float16), cast(variance, float16)
        return mean, variance


@public("nn.batch_normalization")
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: Any,
    name: str | None = None,
) -> Tensor:
    """`(x - mean) / sqrt(variance + variance_epsilon) · scale + offset`.

    Args:
        x: a tensor.
        mean: numbers that broadcast with `x`.
        variance: as `mean`.
        offset: as `mean`, or None for zero.
        scale: as `mean`, or None for one.
        variance_epsilon: a small number.
        name: wanted name.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inverse = build("Rsqrt", x=variance + variance_epsilon)
        if scale is not None:
            inverse *= scale
        scaled = x * cast(inverse, x.dtype)
        rest = offset - mean * inverse if offset is not None else -mean * inverse
        made: Tensor = scaled + cast(rest, x.dtype)
        return made


@public("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """`batch_normalization`, with `gamma` only if `scale_after_normalization`.

    Raises:
        ValueError: both names of an argument are given.
    """
    t = deprecated_argument_lookup("input", input, "t", t)
    m = deprecated_argument_lookup("mean", mean, "m", m)
    v = deprecated_argument_lookup("variance", variance, "v", v)
    scale = gamma if scale_after_normalization else None
    return batch_normalization(t, m, v, beta, scale, variance_epsilon, name)


@public("nn.fused_batch_norm")
def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalisation of images in one op.

    Args:
        x: images, channels last, or first for NCHW.
        scale: a number for each channel.
        offset: a number for each channel.
        mean: the mean of each channel, needed unless it is computed from the batch alone.
        variance: the variance of each channel, likewise.
        epsilon: a small number added to variances.
        data_format: "NHWC", "NCHW", "NDHWC" or "NCDHW".
        is_training: whether the batch's own moments count.
        name: wanted name.
        exponential_avg_factor: how much the batch's moments count in the returned ones.

    Returns:
        The normalised images, the mean and the variance.

    Raises:
        ValueError: mean or variance is missing, or shapes do not fit.
    """
    if (not is_training or exponential_avg_factor != 1.0) and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or "
            f"`exponential_avg_factor` != 1.0. Received: `mean` {mean!r} and `variance` {variance!r}"
        )
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    mean = constant([]) if mean is None else mean
    variance = constant([]) if variance is None else variance
    normalised, running_mean, running_variance, *_ = build(
        "FusedBatchNormV3",
        name=name,
        x=x,
        scale=scale,
        offset=offset,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
    )
    return normalised, running_mean, running_variance
