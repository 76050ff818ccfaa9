"""Data put into the rows that numbers tell.

Source: tensorflow/python/ops/ragged/ragged_array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_equal, assert_less, assert_non_negative
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.ragged.gathering import gather
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.api.sorting import argsort
from minihub_runtime.public import public

__all__ = ["dynamic_partition", "fill_empty_rows", "stack_dynamic_partitions"]


@public("ragged.stack_dynamic_partitions")
def stack_dynamic_partitions(
    data: Any, partitions: Any, num_partitions: Any, name: str | None = None
) -> RaggedTensor:
    """Row i holds all of `data` whose number is i, in order.

    Args:
        data: a tensor, ragged or dense.
        partitions: integers of the shape of the first dimensions of `data`.
        num_partitions: the number of rows.
        name: a name of the operations.

    Raises:
        ValueError: the rank of the numbers is not known, or shapes are known to differ.
    """
    with name_scope(name, "SegmentStack", [data, partitions, num_partitions]):
        data = convert_to_tensor_or_ragged_tensor(data, name="data")
        dtype = data.row_splits.dtype if isinstance(data, RaggedTensor) else None
        partitions = convert_to_tensor_or_ragged_tensor(
            partitions, name="partitions", preferred_dtype=dtype
        )
        num_partitions = convert_to_tensor(
            num_partitions, name="num_partitions", preferred_dtype=partitions.dtype
        )
        if dtype is not None:
            partitions = cast(partitions, dtype)
        num_partitions = cast(num_partitions, partitions.dtype)
        rank = partitions.shape.ndims
        if rank is None:
            raise ValueError("partitions must have known rank.")
        num_partitions.shape.assert_has_rank(0)
        partitions.shape.assert_is_compatible_with(data.shape[:rank])
        if rank == 0:
            return RaggedTensor.from_value_rowids(
                values=stack([data]),
                value_rowids=stack([partitions]),
                nrows=num_partitions,
                validate=False,
            )
        if rank == 1:
            return _sorted_rows(data, partitions, num_partitions)
        if not isinstance(data, RaggedTensor):
            data = RaggedTensor.from_tensor(data, row_splits_dtype=partitions.dtype, ragged_rank=1)
        if not isinstance(partitions, RaggedTensor):
            partitions = RaggedTensor.from_tensor(
                partitions,
                row_splits_dtype=partitions.dtype,
                ragged_rank=max(data.ragged_rank, rank - 1),
            )
        check = assert_equal(
            data.row_splits,
            partitions.row_splits,
            message="data and partitions have incompatible ragged shapes",
        )
        with control_dependencies([check]):
            return stack_dynamic_partitions(data.values, partitions.values, num_partitions)


def _sorted_rows(data: Any, partitions: Tensor, num_partitions: Tensor) -> RaggedTensor:
    from minihub_runtime.api.gathering import gather as gather_dense

    order = argsort(partitions, stable=True)
    ids = gather_dense(partitions, order)
    pick = gather if isinstance(data, RaggedTensor) else gather_dense
    values = pick(data, order)
    checks = [
        assert_less(
            ids[-1:], num_partitions, message="partitions must be less than num_partitions"
        ),
        assert_non_negative(partitions, message="partitions must be non-negative."),
    ]
    with control_dependencies(checks):
        return RaggedTensor.from_value_rowids(values, ids, nrows=num_partitions, validate=False)


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Any]:
    """`tf.dynamic_partition` where either tensor is ragged.

    Raises:
        TypeError: the number of partitions is no integer, or negative.
    """
    if not isinstance(num_partitions, int) or num_partitions < 0:
        raise TypeError("num_partitions must be a non-negative integer")
    rows = stack_dynamic_partitions(data, partitions, num_partitions, name)
    return [rows[place] for place in range(num_partitions)]


def fill_empty_rows(
    ragged_input: Any, default_value: Any, name: str | None = None
) -> tuple[RaggedTensor, Tensor]:
    """A ragged tensor with a value in each row that had none, and which rows that were.

    Raises:
        TypeError: it is no ragged tensor.
    """
    with name_scope(name, "RaggedFillEmptyRows", [ragged_input]):
        if not isinstance(ragged_input, RaggedTensor):
            raise TypeError(f"ragged_input must be RaggedTensor, got {type(ragged_input)}")
        default_value = convert_to_tensor(default_value, ragged_input.dtype)
        ids, values, empty, _ = build(
            "RaggedFillEmptyRows",
            value_rowids=ragged_input.value_rowids(),
            values=ragged_input.values,
            nrows=ragged_input.nrows(),
            default_value=default_value,
        )
        return RaggedTensor.from_value_rowids(values, ids, validate=False), empty
