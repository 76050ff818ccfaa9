"""Combinations of the features of each row.

Source: tensorflow/python/ops/ragged/ragged_array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.dtypes import int32, int64, string
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = ["cross", "cross_hashed"]

_DEFAULT_HASH_KEY = 956888297470


@public("ragged.cross")
def cross(inputs: Any, name: str | None = None) -> RaggedTensor:
    """All combinations of one feature of each input, row by row, joined as text.

    Args:
        inputs: a list of tensors of rank 2, ragged, sparse or dense, of text or integers.
        name: a name of the operations.

    Raises:
        TypeError: `inputs` is no list.
        ValueError: an input has another type, or more than one ragged level.
    """
    return _crossed(inputs, False, 0, None, name)


@public("ragged.cross_hashed")
def cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> RaggedTensor:
    """All combinations of one feature of each input, row by row, as numbers.

    Args:
        inputs: a list of tensors of rank 2, ragged, sparse or dense, of text or integers.
        num_buckets: the numbers are less than this; 0 for no limit.
        hash_key: which hash function.
        name: a name of the operations.

    Raises:
        TypeError: `inputs` is no list.
        ValueError: an input has another type, or more than one ragged level.
    """
    return _crossed(inputs, True, num_buckets, hash_key, name)


def _crossed(
    inputs: Any, hashed: bool, num_buckets: int, hash_key: int | None, name: str | None
) -> RaggedTensor:
    if not isinstance(inputs, (tuple, list)):
        raise TypeError("Inputs must be a list")
    key = _DEFAULT_HASH_KEY if hash_key is None else hash_key
    ragged: list[RaggedTensor] = []
    sparse: list[SparseTensor] = []
    dense: list[Any] = []
    order = ""
    with name_scope(name, "RaggedCross", inputs):
        for place, item in enumerate(inputs):
            tensor = _text_or_int64(item, place)
            if isinstance(tensor, RaggedTensor):
                if tensor.ragged_rank != 1:
                    raise ValueError("tf.ragged.cross only supports inputs with rank=2")
                ragged.append(tensor)
                order += "R"
            elif isinstance(tensor, SparseTensor):
                sparse.append(tensor)
                order += "S"
            else:
                dense.append(tensor)
                order += "D"
        narrow = bool(ragged) and all(item.row_splits.dtype == int32 for item in ragged)
        values, splits = build(
            "RaggedCross",
            name=name,
            ragged_values=[item.values for item in ragged],
            ragged_row_splits=[item.row_splits for item in ragged],
            sparse_indices=[item.indices for item in sparse],
            sparse_values=[item.values for item in sparse],
            sparse_shape=[item.dense_shape for item in sparse],
            dense_inputs=dense,
            input_order=order,
            hashed_output=hashed,
            num_buckets=num_buckets,
            # The attribute is signed.
            hash_key=key - (1 << 64) if key > 1 << 63 else key,
            out_values_type=int64 if hashed else string,
            out_row_splits_type=int32 if narrow else int64,
        )
        return RaggedTensor.from_row_splits(values, splits, validate=False)


def _text_or_int64(item: Any, place: int) -> Any:
    if isinstance(item, (SparseTensor, SparseTensorValue)):
        tensor: Any = SparseTensor.from_value(item)
    else:
        tensor = convert_to_tensor_or_ragged_tensor(item)
    if tensor.dtype.is_integer:
        return cast(tensor, int64)
    if tensor.dtype != string:
        raise ValueError(f"Unexpected dtype for inputs[{place}]: {tensor.dtype}")
    return tensor
