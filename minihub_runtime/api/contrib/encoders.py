"""`tf.contrib.layers`: vectors of numbers that stand for words.

Source: tensorflow_core/contrib/layers/python/layers/encoders.py, embedding_ops.py (release 1.15).
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.contrib.sparse import dense_to_sparse_tensor
from minihub_runtime.api.contrib.variables import model_variable
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.embedding import embedding_lookup
from minihub_runtime.api.nn.embedding_safe import safe_embedding_lookup_sparse as safe_lookup
from minihub_runtime.api.reduction import reduce_mean
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__ = [
    "bow_encoder",
    "embed_sequence",
    "embedding_lookup_unique",
    "safe_embedding_lookup_sparse",
]


@public("contrib.layers.bow_encoder")
def bow_encoder(
    ids: Any,
    vocab_size: int,
    embed_dim: int,
    sparse_lookup: bool = True,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Any:
    """The means of the vectors of rows of numbers, `[batch, embed_dim]`.

    Args:
        ids: `[batch, length]`, integers; sparse or not.
        vocab_size: the number of vectors.
        embed_dim: their length.
        sparse_lookup: whether zeros do not count; a row of nothing else gets the vector of 0.
        initializer: that of the variable `embeddings`.
        regularizer: a function of it that is added to the losses.
        trainable: whether optimisers change it.
        scope: the scope.
        reuse: whether it exists.

    Raises:
        ValueError: a size is not given.
        TypeError: `ids` are sparse, and zeros are to count.
    """
    if not vocab_size or not embed_dim:
        raise ValueError("Must specify vocab size and embedding dimension")
    with variable_scope(scope, "bow_encoder", [ids], reuse=reuse):
        embeddings = model_variable(
            "embeddings",
            shape=[vocab_size, embed_dim],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        sparse = isinstance(ids, SparseTensor)
        if sparse_lookup:
            found = ids if sparse else dense_to_sparse_tensor(ids)
            return safe_lookup([embeddings], found, combiner="mean", default_id=0)
        if sparse:
            raise TypeError(f"ids are expected to be dense Tensor, got: {ids}")
        return reduce_mean(embedding_lookup(embeddings, ids), axis=1)


@public("contrib.layers.embed_sequence")
def embed_sequence(
    ids: Any,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    scope: Any = None,
    reuse: Any = None,
) -> Any:
    """The vectors of numbers, `[batch, length, embed_dim]`.

    Args:
        ids: `[batch, length]`, integers.
        vocab_size: the number of vectors; it may be left out where the variable exists.
        embed_dim: their length; likewise.
        unique: whether each vector is looked up once.
        initializer: that of the variable `embeddings`.
        regularizer: a function of it that is added to the losses.
        trainable: whether optimisers change it.
        scope: the scope.
        reuse: whether it exists.

    Raises:
        ValueError: a size is not given.
    """
    if not (reuse or (vocab_size and embed_dim)):
        raise ValueError(
            "Must specify vocab size and embedding dimension when not reusing. Got "
            f"vocab_size={vocab_size} and embed_dim={embed_dim}"
        )
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        embeddings = model_variable(
            "embeddings",
            shape=None if vocab_size is None or embed_dim is None else [vocab_size, embed_dim],
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
        )
        return (embedding_lookup_unique if unique else embedding_lookup)(embeddings, ids)


@public("contrib.layers.embedding_lookup_unique")
def embedding_lookup_unique(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None
) -> Any:
    """As `tf.nn.embedding_lookup`, but each row is looked up once.

    Args:
        params: see there.
        ids: likewise.
        partition_strategy: likewise.
        name: wanted name of the scope.
    """
    with name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = convert_to_tensor(ids)
        once, places = build("Unique", x=reshape(ids, [-1]))
        rows = embedding_lookup(params, once, partition_strategy)
        sizes = concat([shape_of(ids), shape_of(rows)[1:]], 0)
        found = reshape(gather(rows, places), sizes)
        found.set_shape(ids.shape.concatenate(rows.shape[1:]))
        return found


@public("contrib.layers.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = None,
    default_id: Any = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Any:
    """As `tf.nn.safe_embedding_lookup_sparse`, whose arguments it takes."""
    return safe_lookup(
        embedding_weights,
        sparse_ids,
        sparse_weights,
        "mean" if combiner is None else combiner,
        default_id,
        name,
        partition_strategy,
        max_norm,
    )
