"""Transposed convolutions: the gradients of convolutions, used to make outputs larger.

Source: tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any

from minihub_runtime.api.batching import batch_to_space, space_to_batch
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.nn.spatial import channel_axis, explicit_paddings, per_dimension
from minihub_runtime.api.sizes import shape
from minihub_runtime.public import public

__all__ = [
    "atrous_conv2d_transpose",
    "conv1d_transpose",
    "conv2d_transpose",
    "conv3d_transpose",
    "conv_transpose",
]


@public("nn.conv1d_transpose")
def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of `conv1d`.

    Args:
        input: `[batch, width, in_channels]`, or channels first for NCW.
        filters: `[width, out_channels, in_channels]`.
        output_shape: three numbers.
        strides: a number or a list of one or three.
        padding: "SAME" or "VALID".
        data_format: "NWC" or "NCW".
        dilations: as `strides`.
        name: wanted name.

    Raises:
        ValueError: the format or a length is wrong, or shapes do not fit.
    """
    with name_scope(name, "conv1d_transpose", [input, filters, output_shape]) as scope:
        if data_format in (None, "NWC"):
            data_format, start, channels = "NHWC", 1, 2
        elif data_format == "NCW":
            data_format, start, channels = "NCHW", 2, 1
        else:
            raise ValueError(
                f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}"
            )
        steps = [1, *per_dimension(strides, 1, channels, "stride")]
        rates = [1, *per_dimension(dilations, 1, channels, "dilations")]
        input = expand_dims(input, start)
        filters = expand_dims(filters, 0)
        sizes = output_shape if isinstance(output_shape, Tensor) else list(output_shape)
        result = build(
            "Conv2DBackpropInput",
            name=scope,
            input_sizes=concat([sizes[:start], [1], sizes[start:]], 0),
            filter=filters,
            out_backprop=input,
            strides=steps,
            padding=padding,
            data_format=data_format,
            dilations=rates,
        )
        return squeeze(result, start)


@public("nn.conv2d_transpose")
def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The transpose of `conv2d`.

    Args:
        value: `[batch, height, width, in_channels]`, or channels first for NCHW.
        filter: `[height, width, out_channels, in_channels]`.
        output_shape: four numbers.
        strides: a number or a list of one, two or four.
        padding: "SAME", "VALID", or four pairs of numbers.
        data_format: "NHWC" or "NCHW".
        name: wanted name.
        input: another name of `value`.
        filters: another name of `filter`.
        dilations: as `strides`.

    Raises:
        ValueError: lengths or shapes do not fit, or both names of an argument are given.
    """
    value = deprecated_argument_lookup("input", input, "value", value)
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    with name_scope(name, "conv2d_transpose", [value, filter, output_shape]) as scope:
        return _conv2d_transpose(
            value, filter, output_shape, strides, padding, data_format, dilations, scope
        )


def _conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    with name_scope(name, "conv2d_transpose", [input, filters, output_shape]) as scope:
        data_format = data_format or "NHWC"
        channels = channel_axis(data_format, 2)
        steps = per_dimension(strides, 2, channels, "strides")
        rates = per_dimension(dilations, 2, channels, "dilations")
        padding, pairs = explicit_paddings(padding)
        made: Tensor = build(
            "Conv2DBackpropInput",
            name=scope,
            input_sizes=output_shape,
            filter=filters,
            out_backprop=input,
            strides=steps,
            padding=padding,
            explicit_paddings=pairs,
            data_format=data_format,
            dilations=rates,
        )
        return made


@public("nn.conv3d_transpose")
def conv3d_transpose(
    value: Any,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str | None = "NDHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The transpose of `conv3d`.

    Args:
        value: `[batch, depth, height, width, in_channels]`, or channels first for NCDHW.
        filter: `[depth, height, width, out_channels, in_channels]`.
        output_shape: five numbers.
        strides: a number or a list of one, three or five.
        padding: "SAME" or "VALID".
        data_format: "NDHWC" or "NCDHW".
        name: wanted name.
        input: another name of `value`.
        filters: another name of `filter`.
        dilations: as `strides`.

    Raises:
        ValueError: lengths or shapes do not fit, or both names of an argument are given.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    value = deprecated_argument_lookup("input", input, "value", value)
    return _conv3d_transpose(
        value, filter, output_shape, strides, padding, data_format, dilations, name
    )


def _conv3d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    with name_scope(name, "conv3d_transpose", [input, filters, output_shape]) as scope:
        data_format = data_format or "NDHWC"
        channels = channel_axis(data_format, 3)
        made: Tensor = build(
            "Conv3DBackpropInputV2",
            name=scope,
            input_sizes=output_shape,
            filter=filters,
            out_backprop=input,
            strides=per_dimension(strides, 3, channels, "strides"),
            padding=padding,
            data_format=data_format,
            dilations=per_dimension(dilations, 3, channels, "dilations"),
        )
        return made


_BY_SPATIAL_RANK: dict[int, Callable[..., Tensor]] = {
    1: conv1d_transpose,
    2: _conv2d_transpose,
    3: _conv3d_transpose,
}


@public("nn.conv_transpose")
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transpose of `convolution`, in as many dimensions as `output_shape` has numbers less two.

    Args:
        input: `[batch, …spatial, in_channels]`, or channels first for NC….
        filters: `[…spatial, out_channels, in_channels]`.
        output_shape: three to five numbers, or a tensor of them.
        strides: a number, or a list.
        padding: "SAME" or "VALID".
        data_format: one of the formats of that number of dimensions.
        dilations: as `strides`.
        name: wanted name.

    Raises:
        ValueError: `output_shape` has another length, or shapes do not fit.
    """
    with name_scope(name, "conv_transpose", [input, filters, output_shape]) as scope:
        if isinstance(output_shape, Tensor):
            length = output_shape.shape[0]
            rank = (length if isinstance(length, int) else int(length)) - 2
        elif isinstance(output_shape, Sized):
            rank = len(output_shape) - 2
        else:
            raise ValueError(
                "`output_shape` must be a tensor or sized collection. "
                f"Received: output_shape={output_shape}"
            )
        if rank not in _BY_SPATIAL_RANK:
            raise ValueError(
                "`output_shape` must be of length 3, 4 or 5. "
                f"Received: output_shape={output_shape} of length {rank + 2}."
            )
        return _BY_SPATIAL_RANK[rank](
            input,
            filters,
            output_shape,
            strides,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
            name=scope,
        )


@public("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(
    value: Any,
    filters: Any,
    output_shape: Any,
    rate: int,
    padding: str,
    name: str | None = None,
) -> Tensor:
    """The transpose of `atrous_conv2d`.

    Args:
        value: `[batch, height, width, in_channels]`.
        filters: `[height, width, out_channels, in_channels]`.
        output_shape: four numbers.
        rate: the distance between the taps of the filter, in both directions.
        padding: "SAME" or "VALID".
        name: wanted name.

    Raises:
        ValueError: shapes do not fit, or `rate` or `padding` is wrong.
    """
    with name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]):
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        if not value.shape.dims[3].is_compatible_with(filters.shape[3]):
            raise ValueError(
                "`value` channel count must be compatible with `filters` input channel count. "
                f"Received: value.shape={value.shape} with channel count {value.shape[3]} and "
                f"filters.shape={filters.shape} with input channel count {filters.shape[3]}."
            )
        if rate < 1:
            raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
        if rate == 1:
            return conv2d_transpose(
                value,
                filters,
                output_shape,
                strides=[1, 1, 1, 1],
                padding=padding,
                data_format="NHWC",
            )
        sizes = convert_to_tensor(output_shape, name="output_shape")
        if not sizes.shape.is_compatible_with([4]):
            raise ValueError(
                f"`output_shape` must have shape (4,). Received: output_shape={sizes.shape}"
            )
        if not isinstance(output_shape, Tensor):
            output_shape = list(output_shape)
            if not filters.shape.dims[2].is_compatible_with(output_shape[3]):
                raise ValueError(
                    "`output_shape` channel count must be compatible with `filters` output channel "
                    f"count. Received: output_shape={output_shape} with channel count "
                    f"{output_shape[3]} and filters.shape={filters.shape} with output channel count "
                    f"{filters.shape[3]}."
                )
        (top, bottom), (left, right) = _atrous_paddings(filters, rate, padding)
        height = output_shape[1] + top + bottom
        width = output_shape[2] + left + right
        more_rows = (rate - height % rate) % rate
        more_columns = (rate - width % rate) % rate
        spread = space_to_batch(
            input=value, paddings=[[0, more_rows], [0, more_columns]], block_size=rate
        )
        wide = build(
            "Conv2DBackpropInput",
            input_sizes=[
                rate * rate * output_shape[0],
                (height + more_rows) // rate,
                (width + more_columns) // rate,
                output_shape[3],
            ],
            filter=filters,
            out_backprop=spread,
            strides=[1, 1, 1, 1],
            padding="VALID",
            data_format="NHWC",
        )
        made: Tensor = batch_to_space(
            input=wide,
            crops=[[top, bottom + more_rows], [left, right + more_columns]],
            block_size=rate,
        )
        return made


def _atrous_paddings(filters: Tensor, rate: int, padding: str) -> tuple[tuple[Any, Any], ...]:
    """What an atrous convolution pads before and after, for rows and for columns."""
    if padding == "VALID":
        return (0, 0), (0, 0)
    if padding != "SAME":
        raise ValueError(f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}")
    sizes: Any = filters.shape.as_list() if filters.shape.is_fully_defined() else shape(filters)
    height, width = sizes[0], sizes[1]
    height_up = height + (height - 1) * (rate - 1)
    width_up = width + (width - 1) * (rate - 1)
    more_rows, more_columns = height_up - 1, width_up - 1
    top = more_rows // 2
    bottom = more_rows - top
    left = more_columns // 2
    return (top, bottom), (left, more_columns - left)
