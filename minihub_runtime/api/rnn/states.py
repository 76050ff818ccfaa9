"""Sizes and initial states of recurrent cells.

Source: keras/layers/rnn/legacy_cells.py, tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.conversion import constant, constant_value
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import int32

__all__ = ["concat_sizes", "zero_state_tensors"]


def concat_sizes(prefix: Any, suffix: Any, static: bool = False) -> Any:
    """The sizes of `prefix`, then those of `suffix`: a tensor, or, for `static`, a list of what is known, or None.

    Args:
        prefix: a number, a shape, or an int32 scalar or vector.
        suffix: as `prefix`.
        static: whether a list is wanted.

    Raises:
        ValueError: a tensor has another rank, or a tensor is wanted of sizes that are not known.
    """
    first, first_static = _sizes(prefix, "Prefix")
    last, last_static = _sizes(suffix, "suffix")
    if static:
        shape = TensorShape(first_static).concatenate(last_static)
        return None if shape.rank is None else shape.as_list()
    if first is None or last is None:
        raise ValueError(
            f"Prefix or suffix can't be None. Received prefix = {prefix} and suffix = {suffix}"
        )
    return concat((first, last), 0)


def _sizes(value: Any, what: str) -> tuple[Any, Any]:
    """Sizes as a vector, None if they are not known, and what is known of them."""
    if isinstance(value, Tensor):
        known = constant_value(value)
        if value.shape.rank == 0:
            return expand_dims(value, 0), known
        if value.shape.rank != 1:
            raise ValueError(
                f"{what} tensor must be either a scalar or vector, but received tensor: {value}"
            )
        return value, known
    shape = TensorShape(value)
    vector = constant(shape.as_list(), dtype=int32) if shape.is_fully_defined() else None
    return vector, shape.as_list() if shape.rank is not None else None


def zero_state_tensors(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros of the sizes of a state, each with the batch before it."""

    def zero(size: Any) -> Tensor:
        made = zeros(concat_sizes(batch_size, size), dtype=dtype)
        made.set_shape(concat_sizes(batch_size, size, static=True))
        return made

    return nest.map_structure(zero, state_size)
