"""How variables are cut into parts, and `get_variable` with a partitioner.

Source: tensorflow/python/ops/partitioned_variables.py, variable_scope.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, get_default_graph
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.base import SaveSliceInfo
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.dtypes import DType, as_dtype, float32
from minihub_runtime.public import public

if TYPE_CHECKING:
    from minihub_runtime.api.variables.store import VariableStore

__all__ = [
    "PartitionInfo",
    "create_partitioned_variables",
    "fixed_size_partitioner",
    "get_partitioned",
    "min_max_variable_partitioner",
    "variable_axis_size_partitioner",
]


class PartitionInfo:
    """Which part of a whole an initialiser fills.

    Attributes:
        full_shape: shape of the whole.
        var_offset: offset of the part in each dimension.

    Raises:
        TypeError: one of them is no sequence.
        ValueError: they differ in length, or the part begins outside of the whole.
    """

    def __init__(self, full_shape: Sequence[int], var_offset: Sequence[int]) -> None:
        for name, value in (("full_shape", full_shape), ("var_offset", var_offset)):
            if not isinstance(value, (list, tuple)):
                raise TypeError(
                    f"`{name}` must be a sequence (like tuple or list) instead of "
                    f"{type(value).__name__}"
                )
        if len(var_offset) != len(full_shape):
            raise ValueError(
                f"Expected equal length, but `var_offset` is of length {len(var_offset)} while "
                f"full_shape is of length {len(full_shape)}."
            )
        for offset, size in zip(var_offset, full_shape, strict=True):
            if not 0 <= offset < size:
                raise ValueError(
                    f"Expected 0 <= offset < shape but found offset={offset}, shape={size} for "
                    f"var_offset={var_offset}, full_shape={full_shape}"
                )
        self.full_shape = full_shape
        self.var_offset = var_offset

    def single_offset(self, shape: Sequence[int]) -> int:
        """The offset along the axis that is cut; 0 if none is.

        Args:
            shape: shape of the part.

        Raises:
            TypeError, ValueError: as in `single_slice_dim`.
        """
        axis = self.single_slice_dim(shape)
        return 0 if axis is None else self.var_offset[axis]

    def single_slice_dim(self, shape: Sequence[int]) -> int | None:
        """The axis that is cut; None if none is.

        Args:
            shape: shape of the part.

        Raises:
            TypeError: `shape` is no sequence.
            ValueError: it is of another rank, exceeds the whole, or several axes are cut.
        """
        if not isinstance(shape, (tuple, list)):
            raise TypeError(
                f"`shape` must be a sequence (like tuple or list) instead of {type(shape).__name__}"
            )
        if len(shape) != len(self.full_shape):
            raise ValueError(
                f"Expected equal length, but received shape={shape} of length {len(shape)} while "
                f"self.full_shape={self.full_shape} is of length {len(self.full_shape)}."
            )
        for axis, size in enumerate(shape):
            if self.var_offset[axis] + size > self.full_shape[axis]:
                raise ValueError(
                    f"With self.var_offset={self.var_offset}, a partition of shape={shape} would "
                    f"exceed self.full_shape={self.full_shape} in dimension {axis}."
                )
        cut = [axis for axis, size in enumerate(shape) if size != self.full_shape[axis]]
        if len(cut) > 1:
            raise ValueError(
                f"Cannot use single_slice_dim() with shape={shape} and "
                f"self.full_shape={self.full_shape} since slice dim could be either dimension "
                f"{cut[1]} or {cut[0]}."
            )
        return cut[0] if cut else None


# Partitioners


@public("variable_axis_size_partitioner")
def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Callable[..., list[int]]:
    """A partitioner whose parts have at most so many bytes.

    Args:
        max_shard_bytes: the most bytes of a part.
        axis: the axis to cut.
        bytes_per_string_element: what a text counts.
        max_shards: the most parts.

    Raises:
        ValueError: a number is not positive.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError(
            "Both max_shard_bytes and bytes_per_string_element must be positive. Currently, "
            f"max_shard_bytes is {max_shard_bytes} and bytes_per_string_element is "
            f"{bytes_per_string_element}"
        )
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        if not isinstance(shape, TensorShape):
            raise ValueError(f"shape is not a TensorShape: {shape}")
        if not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        if not isinstance(dtype, DType):
            raise ValueError(f"dtype is not a DType: {dtype}")
        sizes = _known(shape)
        slice_bytes = (
            math.prod(sizes) / sizes[axis] * _element_bytes(dtype, bytes_per_string_element)
        )
        slices = max(1, math.floor(max_shard_bytes / slice_bytes))
        parts = math.ceil(sizes[axis] / slices)
        return _along(axis, min(max_shards, parts) if max_shards else parts, len(sizes))

    return partitioner


@public("min_max_variable_partitioner")
def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Callable[..., list[int]]:
    """A partitioner of at most so many parts, of at least so many bytes each.

    Args:
        max_partitions: the most parts.
        axis: the axis to cut.
        min_slice_size: the fewest bytes of a part.
        bytes_per_string_element: what a text counts.
    """

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        if axis >= len(shape):
            raise ValueError(
                f"Cannot partition variable along axis {axis} when shape is only {shape}"
            )
        sizes = _known(shape)
        total = math.prod(sizes) * _element_bytes(dtype, bytes_per_string_element)
        wanted = math.ceil(total / min_slice_size)
        return _along(axis, max(1, min(sizes[axis], max_partitions, wanted)), len(sizes))

    return partitioner


@public("fixed_size_partitioner")
def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Callable[..., list[int]]:
    """A partitioner of so many parts, or as many as there are rows along the axis, if these are fewer."""

    def partitioner(shape: Any, **_: Any) -> list[int]:
        sizes = _known(shape)
        return _along(axis, min(num_shards, sizes[axis]), len(sizes))

    return partitioner


@public("create_partitioned_variables")
def create_partitioned_variables(
    shape: Sequence[int],
    slicing: Sequence[int],
    initializer: Any,
    dtype: Any = float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> list[Any]:
    """The parts of a partitioned variable that has the name of its scope.

    Args:
        shape: shape of the whole.
        slicing: the number of parts along each axis, more than one along one of them at most.
        initializer: a function of a shape, or the whole value.
        dtype: its type.
        trainable: whether optimisers change it.
        collections: the collections the parts are added to.
        name: the scope, by default "PartitionedVariable", made unique.
        reuse: see `variable_scope`.

    Raises:
        ValueError: shape and slicing differ in length, or are empty.
    """
    from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
    from minihub_runtime.api.variables.store import default_variable_store

    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: "
            f"{shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope(name, "PartitionedVariable", reuse=reuse):
        scope = get_variable_scope()
        if scope.custom_getter is not None:
            raise ValueError(
                "Private access to _get_partitioned_variable is not allowed when a custom getter is "
                f"set.  Current custom getter: {scope.custom_getter}."
            )
        with get_default_graph().name_scope(None):
            return list(
                get_partitioned(
                    default_variable_store(),
                    scope.name,
                    lambda **_: slicing,
                    shape,
                    dtype,
                    initializer=initializer,
                    reuse=scope.reuse,
                    regularizer=scope.regularizer,
                    trainable=trainable,
                    collections=collections,
                    caching_device=scope.caching_device,
                    use_resource=scope.use_resource,
                    constraint=scope.constraint,
                )
            )


def _known(shape: Any) -> list[int]:
    return [int(size) for size in TensorShape(shape).as_list() if size is not None]


def _along(axis: int, parts: int, rank: int) -> list[int]:
    """So many parts along an axis, one along the others."""
    counts = [1] * rank
    counts[axis] = parts
    return counts


def _element_bytes(dtype: Any, bytes_per_string_element: int) -> int:
    base = as_dtype(dtype).base_dtype
    return bytes_per_string_element if base.name == "string" else base.size


def call_partitioner(
    partitioner: Callable[..., Any], shape: TensorShape, dtype: DType
) -> Sequence[int]:
    """The number of parts along each axis.

    Raises:
        ValueError: the shape is not known or scalar, or what the partitioner returns does not fit.
    """
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {shape}."
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    found = partitioner(shape=shape, dtype=dtype)
    if not isinstance(found, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {found}")
    if len(found) != len(shape):
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{found} vs. {shape}"
        )
    if any(count < 1 for count in found):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {found}")
    if sum(count > 1 for count in found) > 1:
        raise ValueError(
            f"Can only slice a variable along one dimension: shape: {shape}, partitioning: {found}"
        )
    return found


def _parts(shape: list[int], counts: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Offset and shape of each part; those that cannot be equal are larger first."""
    axis = next((axis for axis, count in enumerate(counts) if count > 1), 0)
    small, larger = divmod(shape[axis], counts[axis])
    start = 0
    for index in range(counts[axis]):
        size = small + (index < larger)
        offset, part = [0] * len(shape), list(shape)
        offset[axis], part[axis] = start, size
        yield offset, part
        start += size


def get_partitioned(
    store: VariableStore,
    name: str,
    partitioner: Any,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    reuse: Any = None,
    **options: Any,
) -> PartitionedVariable:
    """The partitioned variable of a full name, made or found.

    Args:
        store: where variables are kept.
        name: the full name.
        partitioner: says into how many parts each axis is cut; None if the variable exists.
        shape: shape of the whole.
        dtype: its type.
        initializer: a function of a shape, or the whole value.
        reuse: whether it may, or must, exist.
        **options: further arguments of `get_variable`, for each part.

    Raises:
        ValueError: the variable exists and should not, or the other way round, or it is not of that form.
    """
    if name in store.variables:
        raise ValueError(
            "A partitioner was provided, but an unpartitioned version of the variable was found: "
            f"{name}.  Perhaps a variable of the same name was already created without partitioning?"
        )
    whole = TensorShape(shape)
    if isinstance(initializer, Tensor):
        whole = whole.merge_with(initializer.shape)
    dtype = as_dtype(dtype)
    counts = None
    if not reuse or partitioner:
        counts = call_partitioner(partitioner, whole, dtype)
    if name in store.partitioned:
        return _existing(store.partitioned[name], name, whole, dtype, counts, reuse)
    if reuse is True:
        raise ValueError(
            f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). "
            "Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?"
        )
    assert counts is not None
    _check_parts(store, name, max(counts))
    sizes = _known(whole)
    graph = get_default_graph()
    made = []
    for index, (offset, size) in enumerate(_parts(sizes, counts)):
        part_name = f"{name}/part_{index}"
        part_type: Any = dtype
        part_shape: Any = size
        with graph.name_scope(f"{part_name}/PartitionedInitializer"):
            first = initializer
            if initializer is not None and not callable(initializer):
                whole_value = initializer
                if not isinstance(initializer, Tensor):
                    whole_value = convert_to_tensor(initializer, dtype)
                first = slice(whole_value, offset, size)
                part_type, part_shape = first.dtype.base_dtype, None
        with graph.name_scope(None):
            variable = store.get_single(
                name=part_name,
                shape=part_shape,
                dtype=part_type,
                initializer=first,
                partition_info=PartitionInfo(sizes, offset),
                reuse=reuse,
                **options,
            )
        variable._set_save_slice_info(SaveSliceInfo(name, sizes, offset, size))
        made.append(variable)
    found = PartitionedVariable(name, whole, dtype, made, counts)
    store.partitioned[name] = found
    return found


def _existing(
    found: PartitionedVariable,
    name: str,
    shape: TensorShape,
    dtype: DType,
    counts: Sequence[int] | None,
    reuse: Any,
) -> PartitionedVariable:
    """A partitioned variable, if it may be used again."""
    trying = f"Trying to reuse partitioned variable {name}, but specified"
    if reuse is False:
        raise ValueError(
            f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True or "
            "reuse=tf.AUTO_REUSE in VarScope?"
        )
    if not shape.is_compatible_with(found.shape):
        raise ValueError(f"{trying} shape {shape} and found shape {found.shape}.")
    if dtype.base_dtype is not found.dtype.base_dtype:
        raise ValueError(f"{trying} dtype {dtype.name} and found dtype {found.dtype.name}.")
    if counts is not None and found._get_partitions() != counts:
        raise ValueError(
            f"{trying} partitions {counts} and found partitions {found._get_partitions()}."
        )
    return found


def _check_parts(store: VariableStore, name: str, count: int) -> None:
    """Refuse parts that exist in another number."""
    if f"{name}/part_0" not in store.variables:
        return
    beginning = (
        "Partitioner returned a different partitioning than what was already found.  Partitioner "
        f"returned {count} shards, and shard {name}/part_0 was found, but"
    )
    if f"{name}/part_{count - 1}" not in store.variables:
        raise ValueError(f"{beginning} {name}/part_{count - 1} was not.")
    if f"{name}/part_{count}" in store.variables:
        raise ValueError(f"{beginning} so was the extra shard {name}/part_{count}.")
