"""Pooling in one, two and three dimensions, under the names of both generations.

Source: tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.nn.atrous import strides_and_dilation_rate, with_space_to_batch
from minihub_runtime.api.nn.spatial import channel_axis, explicit_paddings, per_dimension
from minihub_runtime.dtypes import int64
from minihub_runtime.public import public

__all__ = [
    "avg_pool",
    "avg_pool1d",
    "avg_pool3d",
    "avg_pool_v2",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool_v2",
    "max_pool_with_argmax",
    "pool",
]


def _pooled(
    op: str,
    name: str | None,
    value: Any,
    spatial_rank: int,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
) -> Tensor:
    """One pooling op.  Without a format its own default counts, and channels stand last."""
    channels = channel_axis(data_format or "", spatial_rank)
    padded: dict[str, Any] = {"padding": padding}
    if op == "MaxPool":
        if isinstance(padding, (list, tuple)) and data_format == "NCHW_VECT_C":
            raise ValueError(
                "`data_format='NCHW_VECT_C'` is not supported with explicit padding. "
                f"Received: padding={padding}"
            )
        padded["padding"], padded["explicit_paddings"] = explicit_paddings(padding)
    made: Tensor = build(
        op,
        name=name,
        ksize=per_dimension(ksize, spatial_rank, channels, "ksize"),
        strides=per_dimension(strides, spatial_rank, channels, "strides"),
        data_format=data_format,
        **{"value" if op == "AvgPool" else "input": value},
        **padded,
    )
    return made


def _pooled_1d(
    op: str,
    scope: str,
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
) -> Tensor:
    """Pooling of sequences: of images with one row, or one column for NCW."""
    data_format = data_format or "NWC"
    channels = channel_axis(data_format, 1)
    sizes = [1, *per_dimension(ksize, 1, channels, "ksize")]
    steps = [1, *per_dimension(strides, 1, channels, "strides")]
    if op == "MaxPool" and isinstance(padding, (list, tuple)):
        explicit_paddings(padding, 3)
        padding = [[0, 0], *padding]
    axis, of_images = (1, "NHWC") if data_format == "NWC" else (2, "NCHW")
    images = expand_dims(input, axis)
    return squeeze(_pooled(op, scope, images, 2, sizes, steps, padding, of_images), axis)


@public("nn.avg_pool", "nn.avg_pool2d")
def avg_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """The mean of each window of images.

    Args:
        value: `[batch, height, width, channels]`, or channels first for NCHW.
        ksize: the size of the window: a number or a list of one, two or four.
        strides: as `ksize`.
        padding: "SAME" or "VALID"; what is padded does not count.
        data_format: "NHWC" or "NCHW".
        name: wanted name.
        input: another name of `value`.

    Raises:
        ValueError: lengths or shapes do not fit, or both names of an argument are given.
    """
    value = deprecated_argument_lookup("input", input, "value", value)
    return _pooled("AvgPool", name, value, 2, ksize, strides, padding, data_format or "NHWC")


@public("nn.avg_pool1d")
def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """The mean of each window of sequences, `[batch, width, channels]`, or channels first for NCW."""
    with name_scope(name, "AvgPool1D", [input]) as scope:
        return _pooled_1d("AvgPool", scope, input, ksize, strides, padding, data_format)


@public("nn.avg_pool3d")
def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The mean of each window of volumes, `[batch, depth, height, width, channels]`, or channels first for NCDHW."""
    name = name or "AvgPool3D"
    return _pooled("AvgPool3D", name, input, 3, ksize, strides, padding, data_format or "NDHWC")


@public("nn.max_pool")
def max_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """The largest value of each window of images.

    Args:
        value: `[batch, height, width, channels]`, or channels first for NCHW.
        ksize: the size of the window: a number or a list of one, two or four.
        strides: as `ksize`.
        padding: "SAME", "VALID", or four pairs of numbers.
        data_format: "NHWC" or "NCHW".
        name: wanted name.
        input: another name of `value`.

    Raises:
        ValueError: lengths or shapes do not fit, or both names of an argument are given.
    """
    value = deprecated_argument_lookup("input", input, "value", value)
    data_format = data_format or "NHWC"
    sizes = per_dimension(ksize, 2, channel_axis(data_format, 2), "ksize")
    if 0 in sizes:
        raise ValueError(f"`ksize` cannot be zero. Received: ksize={sizes}")
    return _pooled("MaxPool", name, value, 2, sizes, strides, padding, data_format)


@public("nn.max_pool1d")
def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """The largest value of each window of sequences, `[batch, width, channels]`, or channels first for NCW."""
    with name_scope(name, "MaxPool1d", [input]) as scope:
        return _pooled_1d("MaxPool", scope, input, ksize, strides, padding, data_format)


@public("nn.max_pool2d")
def max_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    name: str | None = None,
) -> Tensor:
    """`max_pool` as TensorFlow 2 names its arguments."""
    name = name or "MaxPool2d"
    return _pooled("MaxPool", name, input, 2, ksize, strides, padding, data_format or "NHWC")


@public("nn.max_pool3d")
def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The largest value of each window of volumes, `[batch, depth, height, width, channels]`, or channels first."""
    name = name or "MaxPool3D"
    return _pooled("MaxPool3D", name, input, 3, ksize, strides, padding, data_format or "NDHWC")


def _of_any_rank(
    kind: str,
    by_rank: dict[int, Callable[..., Tensor]],
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    name: str | None,
) -> Tensor:
    rank = len(input.shape) - 2
    if rank not in (1, 2, 3):
        raise ValueError(
            "`input.shape.rank` must be 3, 4 or 5. "
            f"Received: input.shape={input.shape} of rank {rank + 2}."
        )
    if rank in by_rank:
        return by_rank[rank](input, ksize, strides, padding, data_format=data_format, name=name)
    op = kind if rank == 2 else f"{kind}3D"
    return _pooled(op, name, input, rank, ksize, strides, padding, data_format)


@public("nn.avg_pool_v2")
def avg_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The mean of each window of sequences, images or volumes.

    Args:
        input: a batch of known rank.
        ksize: the size of the window: a number or a list.
        strides: as `ksize`.
        padding: "SAME" or "VALID".
        data_format: where the channels stand; last by default.
        name: wanted name.

    Raises:
        ValueError: the rank is not 3, 4 or 5, or lengths or shapes do not fit.
    """
    return _of_any_rank(
        "AvgPool", {1: avg_pool1d}, input, ksize, strides, padding, data_format, name
    )


@public("nn.max_pool_v2")
def max_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The largest value of each window of sequences, images or volumes.

    Args:
        input: a batch of known rank.
        ksize: the size of the window: a number or a list.
        strides: as `ksize`.
        padding: "SAME", "VALID", or, but for volumes, pairs of numbers for each dimension.
        data_format: where the channels stand; last by default.
        name: wanted name.

    Raises:
        ValueError: the rank is not 3, 4 or 5, or lengths or shapes do not fit.
    """
    if isinstance(padding, (list, tuple)) and len(input.shape) == 5:
        raise ValueError(
            "Explicit padding is not supported with an input tensor of rank 5. "
            f"Received: padding={padding}"
        )
    by_rank = {1: max_pool1d, 2: max_pool2d}
    return _of_any_rank("MaxPool", by_rank, input, ksize, strides, padding, data_format, name)


@public("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    Targmax: Any = None,
    name: str | None = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> Any:
    """The largest value of each window of images, and where it stands.

    Args:
        input: `[batch, height, width, channels]`.
        ksize: four numbers.
        strides: four numbers.
        padding: "SAME" or "VALID".
        data_format: "NHWC".
        Targmax: int32 or int64, the type of the places.
        name: wanted name.
        output_dtype: another name of `Targmax`.
        include_batch_in_index: whether places count from the start of the batch, not of the image.

    Returns:
        `output` and `argmax`.

    Raises:
        ValueError: the format is another, or shapes do not fit.
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other  than 'NHWC' are not supported. "
            f"Received: data_format={data_format}"
        )
    wanted = deprecated_argument_lookup("output_dtype", output_dtype, "Targmax", Targmax)
    return build(
        "MaxPoolWithArgmax",
        name=name,
        input=input,
        ksize=ksize,
        strides=strides,
        padding=padding,
        Targmax=int64 if wanted is None else wanted,
        include_batch_in_index=include_batch_in_index,
    )


#: Kind and number of spatial dimensions → what pools; sequences are pooled as images of one row.
_POOLS: dict[tuple[str, int], Callable[..., Tensor]] = {
    ("AVG", 1): avg_pool,
    ("AVG", 2): avg_pool,
    ("AVG", 3): avg_pool3d,
    ("MAX", 1): max_pool,
    ("MAX", 2): max_pool,
    ("MAX", 3): max_pool3d,
}


@public("nn.pool")
def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    padding: Any,
    dilation_rate: Any = None,
    strides: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Pooling in as many dimensions as the window has, with strides or holes.

    Args:
        input: `[batch, …spatial, channels]`, or channels first for NC….
        window_shape: a number for each spatial dimension.
        pooling_type: "AVG" or "MAX".
        padding: "SAME", only without holes, or "VALID".
        dilation_rate: a number for each spatial dimension; only one of rates and strides may be larger than one.
        strides: a number for each spatial dimension, not larger than the window.
        name: wanted name.
        data_format: one of the formats of that number of dimensions.
        dilations: another name of `dilation_rate`.

    Raises:
        ValueError: shapes or arguments do not fit, or both names of an argument are given.
    """
    rate = deprecated_argument_lookup("dilations", dilations, "dilation_rate", dilation_rate)
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        rank = len(window_shape)
        if rank not in (1, 2, 3):
            raise ValueError(
                "`len(window_shape)` must be 1, 2, or 3. "
                f"Received: window_shape={window_shape} of length {rank}"
            )
        input.shape.with_rank(rank + 2)
        strides, rate = strides_and_dilation_rate(rank, strides, rate)
        if padding == "SAME" and np.any(rate > 1):
            raise ValueError(
                "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
                f"Received: padding={padding} and dilation_rate={rate}"
            )
        if np.any(strides > window_shape):
            raise ValueError(
                "`strides` > `window_shape` not supported due to inconsistency between CPU and GPU "
                f"implementations. Received: strides={strides} and window_shape={window_shape}"
            )
        if (pooling_type, rank) not in _POOLS:
            raise ValueError(f"{rank}-D {pooling_type} pooling is not supported.")
        first = data_format is not None and data_format.startswith("NC")
        sizes = [1, 1, *window_shape] if first else [1, *window_shape, 1]
        steps = [1, 1, *strides] if first else [1, *strides, 1]
        axes = range(2, rank + 2) if first else range(1, rank + 1)
        if rank == 1:
            formats = {None: "NHWC", "NWC": "NHWC", "NCW": "NCHW"}
            if data_format not in formats:
                raise ValueError(
                    f"data_format must be either 'NWC' or 'NCW'. Received: data_format={data_format}"
                )
            data_format, sizes, steps = formats[data_format], [1, *sizes], [1, *steps]
        run = _POOLS[pooling_type, rank]

        def op(part: Any, _: int, inner_padding: Any) -> Tensor:
            if rank > 1:
                return run(part, sizes, steps, inner_padding, name=scope, data_format=data_format)
            images = expand_dims(part, axes[0])
            found = run(images, sizes, steps, inner_padding, name=scope, data_format=data_format)
            return squeeze(found, [axes[0]])

        return with_space_to_batch(
            input=input,
            dilation_rate=rate,
            padding=padding,
            op=op,
            spatial_dims=axes,
            filter_shape=window_shape,
        )
