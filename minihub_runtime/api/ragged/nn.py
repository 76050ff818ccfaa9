"""Functions of neural networks, of ragged tensors.

Source: tensorflow/python/ops/ragged/ragged_math_ops.py, ragged_embedding_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.nn.dropout import dropout as dropout_dense
from minihub_runtime.api.nn.embedding import embedding_lookup as lookup_dense
from minihub_runtime.api.ragged.elementwise import map_flat_values
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.dtypes import int32, int64

__all__ = ["dropout", "embedding_lookup"]


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> RaggedTensor:
    """`tf.nn.dropout` of a ragged tensor.

    Raises:
        ValueError: a shape of the noise is given.
    """
    if noise_shape is not None:
        raise ValueError("noise_shape is not supported yet for RaggedTensor x")
    with name_scope(name, "RaggedNNDropout", [x, rate]):
        x = convert_to_tensor_or_ragged_tensor(x, name="x")
        flat = dropout_dense(x.flat_values, keep_prob=keep_prob, seed=seed, rate=rate)
        made: RaggedTensor = x.with_flat_values(flat)
        return made


def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Any:
    """`tf.nn.embedding_lookup` of ragged ids.

    Raises:
        ValueError: there are no embeddings, or the ids are of another type.
    """
    if params is None:
        raise ValueError("params must be specified.")
    if isinstance(params, (list, tuple)) and not params:
        raise ValueError("params should not be empty.")
    if ids.dtype not in (int32, int64):
        raise ValueError(
            f"The values contained by the inputs have type {ids.dtype} and cannot be processed. All "
            "values should be indices, either of type `int32` or `int64`."
        )
    with name_scope(name, "embedding_lookup_ragged"):
        return map_flat_values(
            lookup_dense,
            params=params,
            ids=ids,
            partition_strategy=partition_strategy,
            max_norm=max_norm,
        )
