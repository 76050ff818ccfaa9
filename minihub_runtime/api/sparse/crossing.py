"""Combinations of the features of each row.

Source: tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.dtypes import int64, string
from minihub_runtime.public import public

__all__ = ["sparse_cross", "sparse_cross_hashed"]

_DEFAULT_HASH_KEY = 956888297470


@public("sparse.cross")
def sparse_cross(inputs: Any, name: str | None = None, separator: Any = None) -> SparseTensor:
    """All combinations of one feature of each input, row by row, joined as text.

    Args:
        inputs: a list of tensors, sparse or dense, of text or integers, each [rows, ...].
        name: a name of the operation.
        separator: what stands between; `_X_` by default.

    Raises:
        TypeError: an input is of another kind.
    """
    separator = convert_to_tensor("_X_" if separator is None else separator, string)
    parts = _parts(inputs, "All inputs must be Tensor or SparseTensor.")
    return SparseTensor(*build("SparseCrossV2", name=name, sep=separator, **parts))


@public("sparse.cross_hashed")
def sparse_cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> SparseTensor:
    """All combinations of one feature of each input, row by row, as numbers.

    Args:
        inputs: a list of tensors, sparse or dense, of text or integers, each [rows, ...].
        num_buckets: the numbers are less than this; 0 for no limit.
        hash_key: which hash function.
        name: a name of the operation.

    Raises:
        TypeError: an input is of another kind.
    """
    parts = _parts(inputs, "All inputs must be SparseTensors")
    given = [item if isinstance(item, Tensor) else item.values for item in inputs]
    texts = all(item.dtype == string for item in given)
    return SparseTensor(
        *build(
            "SparseCross",
            name=name,
            hashed_output=True,
            num_buckets=num_buckets,
            hash_key=hash_key or _DEFAULT_HASH_KEY,
            out_type=int64,
            internal_type=string if texts else int64,
            **parts,
        )
    )


def _parts(inputs: Any, message: str) -> dict[str, list[Tensor]]:
    """The tensors of all inputs, numbers as int64."""
    if not isinstance(inputs, (tuple, list)):
        raise TypeError("Inputs must be a list")
    if not all(isinstance(item, (SparseTensor, Tensor)) for item in inputs):
        raise TypeError(message)
    sparse = [item for item in inputs if isinstance(item, SparseTensor)]
    dense = [item for item in inputs if isinstance(item, Tensor)]
    return {
        "indices": [item.indices for item in sparse],
        "values": [_text_or_int64(item.values) for item in sparse],
        "shapes": [item.dense_shape for item in sparse],
        "dense_inputs": [_text_or_int64(item) for item in dense],
    }


def _text_or_int64(tensor: Tensor) -> Tensor:
    result: Tensor = tensor if tensor.dtype == string else cast(tensor, int64)
    return result
