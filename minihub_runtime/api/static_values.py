"""Values and shapes that a graph tells before anything runs, as Python code that builds graphs asks for them.

Which ops are looked through is TensorFlow's choice, for graphs depend on it: what is known here becomes a constant or saves
a check.  `Inference` knows more; it serves the shapes of outputs.

Source: tensorflow/python/framework/tensor_util.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.elements import Operation, Tensor
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.public import public

__all__ = ["constant_value", "constant_value_as_shape"]


@public("get_static_value", "contrib.util.constant_value")
def constant_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor as an array if it can be told, else None; what is no tensor, as it is.

    Args:
        tensor: a tensor.
        partial: whether a stack of which some parts cannot be told is an array of objects with None for these.
    """
    if not isinstance(tensor, Tensor):
        return tensor
    rule = _RULES.get(tensor.op.type)
    return None if rule is None else rule(tensor, partial)


def _all(tensors: list[Tensor]) -> list[Any] | None:
    """The values of all tensors, None if one cannot be told."""
    values = [constant_value(tensor) for tensor in tensors]
    return None if any(value is None for value in values) else values


def _const(tensor: Tensor, partial: bool) -> Any:
    return tensor.op.node.attrs["value"]


def _shape(tensor: Tensor, partial: bool) -> Any:
    shape = tensor.op.inputs[0].shape
    if not shape.is_fully_defined():
        return None
    return np.array(shape.as_list(), tensor.dtype.as_numpy_dtype)


def _size(tensor: Tensor, partial: bool) -> Any:
    shape = tensor.op.inputs[0].shape
    count = shape.num_elements()
    return None if count is None else np.int32(count)


def _rank(tensor: Tensor, partial: bool) -> Any:
    rank = tensor.op.inputs[0].shape.ndims
    return None if rank is None else np.array(rank, np.int32)


def _range(tensor: Tensor, partial: bool) -> Any:
    values = _all(tensor.op.inputs)
    return None if values is None else np.arange(*values, dtype=tensor.dtype.as_numpy_dtype)


def _cast(tensor: Tensor, partial: bool) -> Any:
    value = constant_value(tensor.op.inputs[0])
    return None if value is None else np.asarray(value).astype(tensor.dtype.as_numpy_dtype)


def _concat(tensor: Tensor, partial: bool) -> Any:
    values = _all(_joined(tensor.op)[0])
    axis = constant_value(_joined(tensor.op)[1])
    return None if values is None or axis is None else np.concatenate(values, axis=int(axis))


def _joined(op: Operation) -> tuple[list[Tensor], Tensor]:
    """What a concatenation joins, and along which axis."""
    inputs = op.inputs
    return (inputs[1:], inputs[0]) if op.type == "Concat" else (inputs[:-1], inputs[-1])


def _pack(tensor: Tensor, partial: bool) -> Any:
    op = tensor.op
    if not op.inputs or op.get_attr("axis"):
        return None
    values = [constant_value(item, partial) for item in op.inputs]
    if any(value is None for value in values):
        return np.array(values, dtype=object) if partial else None
    return np.array(values)


def _unpack(tensor: Tensor, partial: bool) -> Any:
    value = None if tensor.op.get_attr("axis") else constant_value(tensor.op.inputs[0], partial)
    return None if value is None else value[tensor.value_index]


def _split(tensor: Tensor, partial: bool) -> Any:
    axis, value = (constant_value(item) for item in tensor.op.inputs)
    if axis is None or value is None:
        return None
    return np.split(value, tensor.op.get_attr("num_split"), int(axis))[tensor.value_index]


def _fill(tensor: Tensor, partial: bool) -> Any:
    value = constant_value(tensor.op.inputs[1])
    if value is None or not tensor.shape.is_fully_defined():
        return None
    return np.full([n or 0 for n in tensor.shape.as_list()], value, dtype=value.dtype)


def _compared(tensor: Tensor, partial: bool) -> Any:
    values = _all(tensor.op.inputs)
    compare = np.equal if tensor.op.type == "Equal" else np.not_equal
    return None if values is None else compare(*values)


def _passed(tensor: Tensor, partial: bool) -> Any:
    return constant_value(tensor.op.inputs[0], partial)


_RULES: dict[str, Callable[[Tensor, bool], Any]] = {
    "Cast": _cast,
    "Concat": _concat,
    "ConcatV2": _concat,
    "Const": _const,
    "Equal": _compared,
    "Fill": _fill,
    "Identity": _passed,
    "NotEqual": _compared,
    "Pack": _pack,
    "Range": _range,
    "Rank": _rank,
    "Shape": _shape,
    "Size": _size,
    "Split": _split,
    "StopGradient": _passed,
    "Unpack": _unpack,
}


def constant_value_as_shape(tensor: Tensor) -> TensorShape:
    """What can be told of the shape that a vector of sizes stands for; -1 is an unknown size.

    Raises:
        ValueError: a scalar that is not known to be -1.
    """
    if tensor.shape.ndims == 0:
        value = constant_value(tensor)
        if value is None or value != -1:
            what = "with unknown value" if value is None else f"value '{value}'"
            raise ValueError(
                f"Received a scalar {what} as shape; require a statically known scalar with value "
                "'-1' to describe an unknown shape."
            )
        return TensorShape(None)
    (length,) = tensor.shape.with_rank(1)
    if length.value == 0:
        return TensorShape([])
    op = tensor.op
    if op.type == "Cast":
        before = constant_value_as_shape(op.inputs[0])
        if before.ndims is None or tensor.dtype in (int32, int64):
            return before
        return TensorShape([None] * len(before))
    if op.type == "Shape":
        return op.inputs[0].shape
    if op.type == "Pack":
        return TensorShape([_size_of(item) for item in op.inputs])
    if op.type in ("Concat", "ConcatV2"):
        shape = TensorShape([])
        for item in _joined(op)[0]:
            shape = shape.concatenate(constant_value_as_shape(item))
        return shape
    if op.type == "StridedSlice":
        sliced = _sliced_shape(op)
        if sliced is not None:
            return sliced
    captured = tensor.graph.captured_as(tensor)
    if captured is not None:
        return constant_value_as_shape(captured)
    unknown = TensorShape(None if length.value is None else [None] * length.value)
    value = constant_value(tensor)
    if value is None:
        return unknown
    return unknown.merge_with([n if n >= 0 else None for n in value.tolist()])


def _size_of(scalar: Tensor) -> int | None:
    value = constant_value(scalar)
    return None if value is None or value < 0 else int(value)


def _sliced_shape(op: Operation) -> TensorShape | None:
    """Part of a shape, None if it cannot be told which."""
    bounds = _all(op.inputs[1:4])
    masks = [op.get_attr(f"{name}_mask") for name in ("ellipsis", "new_axis", "shrink_axis")]
    open_start, open_end = op.get_attr("begin_mask"), op.get_attr("end_mask")
    if bounds is None or any(masks) or {open_start, open_end} - {0, 1}:
        return None
    begin, end, stride = (int(bound[0]) for bound in bounds)
    shape = constant_value_as_shape(op.inputs[0])
    part: TensorShape = shape[None if open_start else begin : None if open_end else end : stride]
    return part
