"""Dilated operations by way of batches: `with_space_to_batch`, and `convolution` on top of it.

Source: tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minihub_runtime.api.batching import required_space_to_batch_paddings
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.nn.convolution import conv1d, conv2d, expanded_batch
from minihub_runtime.api.nn.spatial import explicit_paddings, per_dimension
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables import Variable
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["atrous_conv2d", "convolution", "strides_and_dilation_rate", "with_space_to_batch"]

_CHANNELS_LAST = frozenset(
    "NWC NHC NHWC NWHC NDHWC NDWHC NHDWC NHWDC NWDHC NWHDC".split()  # noqa: SIM905
)

#: What runs on the batches: input and filter → output.
_Run: TypeAlias = Callable[[Any, Any], Tensor]


@public("nn.with_space_to_batch")
def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: Any,
    op: Callable[[Any, int, Any], Tensor],
    filter_shape: Any = None,
    spatial_dims: Sequence[int] | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Apply a windowed operation with holes: the input is dealt out to batches, and the results put together.

    Args:
        input: `[batch, …]`.
        dilation_rate: the distance between the taps, for each spatial dimension.
        padding: "SAME", "VALID", or pairs of numbers for every dimension.
        op: a function of the input, the number of spatial dimensions and the padding.
        filter_shape: the shape of the window, needed for "SAME".
        spatial_dims: the axes that are spatial; by default those after the batch, or after the channels for NC….
        data_format: where the channels stand.

    Raises:
        ValueError: rates, dimensions or the padding are wrong.
    """
    input = convert_to_tensor(input, name="input")

    def build_op(spatial_rank: int, inner_padding: Any) -> _Run:
        return lambda inp, _: op(inp, spatial_rank, inner_padding)

    return _dilated(
        input, None, dilation_rate, padding, build_op, filter_shape, spatial_dims, data_format
    )


def _dilated(
    inp: Tensor,
    filter: Any,
    dilation_rate: Any,
    padding: Any,
    build_op: Callable[[int, Any], _Run],
    filter_shape: Any = None,
    spatial_dims: Sequence[int] | None = None,
    data_format: str | None = None,
    batch_rank: int = 1,
) -> Tensor:
    """`with_space_to_batch` of an operation that takes a filter too."""
    rates = convert_to_tensor(dilation_rate, int32, name="dilation_rate")
    if rates.shape.rank not in (None, 1):
        raise ValueError(
            f"`dilation_rate.shape.rank` must be 1. Received: dilation_rate={rates} of rank "
            f"{rates.shape.rank}"
        )
    if not rates.shape.is_fully_defined():
        raise ValueError(
            f"`dilation_rate.shape` must be fully defined. Received: dilation_rate={rates} with "
            f"shape {rates.shape}"
        )
    spatial_rank = int(rates.shape[0])
    channels_first = data_format is not None and data_format.startswith("NC")
    axes = _spatial_axes(spatial_dims, spatial_rank, batch_rank + channels_first)
    needed = axes[-1] if channels_first else axes[-1] + 1
    if inp.shape.rank is not None and inp.shape.rank < needed:
        raise ValueError(
            f"`input.shape.rank` must be at least {needed}. Received: input.shape={inp.shape} with "
            f"rank {inp.shape.rank}"
        )
    known_rates = constant_value(rates)
    if known_rates is not None:
        if np.any(known_rates < 1):
            raise ValueError(
                f"`dilation_rate` must be positive. Received: dilation_rate={known_rates}"
            )
        if np.all(known_rates == 1):
            return build_op(spatial_rank, padding)(inp, filter)
    base = _base_paddings(
        padding,
        filter_shape,
        spatial_rank,
        rates if known_rates is None else known_rates,
        channels_first,
    )
    run = build_op(spatial_rank, "VALID")
    if base is None:
        base = _same_paddings(
            shape(filter), spatial_rank, rates if known_rates is None else known_rates
        )
    return _deal_out(inp, filter, run, base, rates, axes, channels_first)


def _spatial_axes(given: Sequence[int] | None, count: int, first: int) -> list[int]:
    wanted = list(range(first, first + count) if given is None else given)
    axes = sorted({int(axis) for axis in wanted})
    if axes != wanted or any(axis < 1 for axis in axes):
        raise ValueError(
            "`spatial_dims` must be a monotonically increasing sequence of positive integers. "
            f"Received: spatial_dims={wanted}"
        )
    return axes


def _base_paddings(
    padding: Any, filter_shape: Any, spatial_rank: int, rates: Any, channels_first: bool
) -> Any:
    """Pairs of paddings of the spatial dimensions; None if they follow from a filter's shape at run time."""
    padding, pairs = explicit_paddings(padding)
    if padding == "SAME":
        if filter_shape is None:
            raise ValueError(
                "`filter_shape` must be specified for `padding='SAME'`. "
                f"Received: filter_shape={filter_shape} and padding={padding}"
            )
        known = constant_value(convert_to_tensor(filter_shape, name="filter_shape"))
        return None if known is None else _same_paddings(known, spatial_rank, rates)
    if padding == "VALID":
        return np.zeros([spatial_rank, 2], np.int32)
    if padding == "EXPLICIT":
        every = np.array(pairs).reshape([spatial_rank + 2, 2])
        return every[2:] if channels_first else every[1:-1]
    raise ValueError(f"`padding` must be one of 'SAME' or 'VALID'. Received: padding={padding}")


def _same_paddings(filter_shape: Any, spatial_rank: int, rates: Any) -> Tensor:
    extra = (filter_shape[:spatial_rank] - 1) * rates
    before = extra // 2
    after = extra - before
    made: Tensor = stack([[before[i], after[i]] for i in range(spatial_rank)])
    return made


def _deal_out(
    inp: Tensor,
    filter: Any,
    run: _Run,
    base_paddings: Any,
    rates: Tensor,
    axes: list[int],
    channels_first: bool,
) -> Tensor:
    sizes: Any = None
    if inp.shape.rank is not None:
        known = inp.shape.as_list()
        sizes = [known[axis] for axis in axes]
    if sizes is None or None in sizes:
        all_sizes: Any = shape(inp)
        sizes = stack([all_sizes[axis] for axis in axes])
    paddings, crops = required_space_to_batch_paddings(
        input_shape=sizes, base_paddings=base_paddings, block_shape=rates
    )
    block_shape = _for_all_dims(rates, 1, axes)
    paddings = _for_all_dims(paddings, 0, axes)
    crops = _for_all_dims(crops, 0, axes)
    dealt = build("SpaceToBatchND", input=inp, block_shape=block_shape, paddings=paddings)
    whole: Tensor = build(
        "BatchToSpaceND", input=run(dealt, filter), block_shape=block_shape, crops=crops
    )
    if channels_first and filter is not None and not whole.shape[1].value:
        known = whole.shape.as_list()
        known[1] = filter.shape[-1]
        whole.set_shape(known)
    return whole


def _for_all_dims(rows: Tensor, fill: int, axes: list[int]) -> Any:
    """Rows for the spatial dimensions, with rows of `fill` for those between the batch and them."""
    inner = rows.shape.as_list()[1:]
    known = constant_value(rows)
    values: Any = rows if known is None else known
    parts: list[Any] = []
    previous = place = 0
    while place < len(axes):
        start = place
        if axes[start] > 1:
            gap = axes[start] - 1 - previous
            parts.append(np.full([gap, *inner], fill, rows.dtype.as_numpy_dtype))
        while place + 1 < len(axes) and axes[place + 1] == axes[place] + 1:
            place += 1
        parts.append(values[start : place + 1])
        previous = axes[place]
        place += 1
    return np.concatenate(parts) if known is not None else concat(parts, 0)


def strides_and_dilation_rate(
    spatial_rank: int, strides: Any, dilation_rate: Any
) -> tuple[Any, Any]:
    """Strides and rates as arrays, ones by default.

    Raises:
        ValueError: lengths or numbers are wrong, or both are larger than one.
    """
    found = {}
    for name, value in (("dilation_rate", dilation_rate), ("strides", strides)):
        if value is not None and len(value) != spatial_rank:
            raise ValueError(
                f"`len({name})` should be {spatial_rank}. Received: {name}={value} of length "
                f"{len(value)}"
            )
        numbers = np.array([1] * spatial_rank if value is None else value, dtype=np.int32)
        if np.any(numbers < 1):
            raise ValueError(f"all values of `{name}` must be positive. Received: {name}={numbers}")
        found[name] = numbers
    if np.any(found["strides"] > 1) and np.any(found["dilation_rate"] > 1):
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={found['strides']} and dilation_rate={found['dilation_rate']}"
        )
    return found["strides"], found["dilation_rate"]


@public("nn.convolution")
def convolution(
    input: Any,
    filter: Any,
    padding: Any,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The convolution in one, two or three dimensions, with strides or holes.

    Args:
        input: `[batch…, …spatial, in_channels]`, or channels first for NC….
        filter: `[…spatial, in_channels, out_channels]`.
        padding: "SAME" or "VALID"; in two dimensions with holes also four pairs of numbers.
        strides: a number or a list.
        dilation_rate: as `strides`; only one of the two may be larger than one.
        name: wanted name.
        data_format: one of the formats of that number of dimensions.
        filters: another name of `filter`.
        dilations: another name of `dilation_rate`.

    Raises:
        ValueError: shapes or arguments do not fit, or both names of an argument are given.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    dilations = deprecated_argument_lookup("dilations", dilations, "dilation_rate", dilation_rate)
    filter, input = (
        value if isinstance(value, (Tensor, Variable)) else _converted(value, what)
        for value, what in ((filter, "filters"), (input, "input"))
    )
    spatial_rank = _spatial_rank(input, filter)
    batch_rank = input.shape.rank - spatial_rank - 1 if input.shape.rank else 1
    channels_last = data_format is None or data_format in _CHANNELS_LAST
    channels = batch_rank + spatial_rank if channels_last else batch_rank
    rates = per_dimension(dilations, spatial_rank, channels, "dilations")
    steps = per_dimension(strides, spatial_rank, channels, "strides")
    with name_scope(name, "convolution", [input, filter]) as scope:
        if all(rate == 1 for rate in rates):
            return _without_holes(
                input, filter, spatial_rank, steps, padding, data_format, rates, scope
            )
        inner = slice(2, None) if channels == 1 else slice(1, -1)
        return _with_holes(
            input, filter, padding, steps[inner], rates[inner], scope, data_format, spatial_rank
        )


def _converted(value: Any, name: str) -> Tensor:
    with name_scope("convolution_internal"):
        return convert_to_tensor(value, name=name)


def _spatial_rank(input: Any, filters: Any) -> int:
    if filters.shape.rank:
        found = filters.shape.rank - 2
    elif input.shape.rank:
        found = input.shape.rank - 2
    else:
        raise ValueError(
            "When `num_spatial_dims` is not set, one of `input.shape.rank` or "
            f"`filters.shape.rank` must be known. Received: input.shape={input.shape} of rank "
            f"{input.shape.rank} and filters.shape={filters.shape} of rank {filters.shape.rank}"
        )
    if found not in (1, 2, 3):
        raise ValueError(
            f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={found}."
        )
    return int(found)


def _without_holes(
    input: Any,
    filters: Any,
    spatial_rank: int,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
    name: str,
) -> Tensor:
    if spatial_rank == 1:
        return conv1d(
            input,
            filters,
            strides,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
            name=name,
        )
    return expanded_batch(
        "Conv2D" if spatial_rank == 2 else "Conv3D",
        input,
        spatial_rank,
        name,
        filter=filters,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
    )


def _with_holes(
    input: Any,
    filters: Any,
    padding: Any,
    strides: Any,
    dilation_rate: Any,
    name: str,
    data_format: str | None,
    spatial_rank: int,
) -> Tensor:
    shapes = f"input.shape={input.shape} of rank {input.shape.rank}"
    if input.shape.rank is not None and input.shape.rank < spatial_rank + 2:
        raise ValueError(
            f"`input.shape.rank` must be >= than `num_spatial_dims + 2`. Received: {shapes} and "
            f"num_spatial_dims={spatial_rank}"
        )
    batch_rank = 1 if input.shape.rank is None else input.shape.rank - spatial_rank - 1
    channels_last = data_format is None or not data_format.startswith("NC")
    first = batch_rank if channels_last else batch_rank + 1
    axis = spatial_rank + batch_rank if channels_last else batch_rank
    channels = None if input.shape.rank is None else input.shape.as_list()[axis]
    taken = None if filters.shape.rank is None else filters.shape.as_list()[spatial_rank]
    if channels is not None and taken is not None and channels % taken:
        raise ValueError(
            "The number of input channels is not divisible by the corresponding number of output "
            f"filters. Received: input.shape={input.shape} with {channels} channels and "
            f"filters.shape={filters.shape} with {taken} output filters."
        )
    steps, rates = strides_and_dilation_rate(spatial_rank, strides, dilation_rate)

    def build_op(_: int, inner_padding: Any) -> _Run:
        return _plain(
            input.shape, filters.shape, inner_padding, data_format, list(steps), name, batch_rank
        )

    return _dilated(
        input,
        filters,
        rates,
        padding,
        build_op,
        filters.shape,
        range(first, first + spatial_rank),
        data_format,
        batch_rank,
    )


def _plain(
    input_shape: TensorShape,
    filter_shape: TensorShape,
    padding: Any,
    data_format: str | None,
    strides: list[Any],
    name: str,
    batch_rank: int,
) -> _Run:
    """The convolution without holes that runs on the batches."""
    if input_shape.rank is not None:
        filter_shape = filter_shape.with_rank(input_shape.rank - batch_rank + 1)
    if filter_shape.rank is not None:
        input_shape = input_shape.with_rank(filter_shape.rank + batch_rank - 1)
    if input_shape.rank is None:
        raise ValueError(
            f"Rank of convolution must be known. Received: input_shape={input_shape} of rank None"
        )
    spatial_rank = input_shape.rank - batch_rank - 1
    formats = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}[spatial_rank]
    accepted = (*formats, "NHWC", "NCHW") if spatial_rank == 1 else formats
    if data_format is not None and data_format not in accepted:
        raise ValueError(
            f"`data_format` must be '{formats[0]}' or '{formats[1]}'. Received: "
            f"data_format={data_format}"
        )
    if spatial_rank == 1:
        return lambda inp, filters: conv1d(
            value=inp,
            filters=filters,
            stride=strides[0],
            padding=padding,
            data_format=data_format or "NWC",
            name=name,
        )
    first = data_format is not None and data_format.startswith("NC")
    every = [1, 1, *strides] if first else [1, *strides, 1]
    if spatial_rank == 2:
        return lambda inp, filters: conv2d(
            input=inp,
            filter=filters,
            strides=every,
            padding=padding,
            data_format=data_format or "NHWC",
            name=name,
        )
    return lambda inp, filters: expanded_batch(
        "Conv3D",
        inp,
        3,
        name,
        filter=filters,
        strides=every,
        padding=padding,
        data_format=data_format,
    )


@public("nn.atrous_conv2d")
def atrous_conv2d(
    value: Any, filters: Any, rate: Any, padding: Any, name: str | None = None
) -> Tensor:
    """The convolution of images with holes of `rate` between the taps.

    Args:
        value: `[batch, height, width, in_channels]`.
        filters: `[height, width, in_channels, out_channels]`.
        rate: a number, or one for each direction.
        padding: "SAME" or "VALID".
        name: wanted name.

    Raises:
        ValueError: shapes or arguments do not fit.
    """
    return convolution(
        input=value,
        filter=filters,
        padding=padding,
        dilation_rate=np.broadcast_to(rate, (2,)),
        name=name,
    )
