"""Samples as decoders draw them.

Source: tensorflow/contrib/seq2seq/python/ops/helper.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.random_sampling import multinomial
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import int32, int64

__all__ = ["bernoulli_sample", "categorical_sample"]


def bernoulli_sample(
    probs: Any, dtype: Any = int32, sample_shape: Any = (), seed: int | None = None
) -> Tensor:
    """Ones, or true, as often as `probs` says, else zeros: `sample_shape + probs.shape`."""
    probs = convert_to_tensor(probs, name="probs")
    batch_shape = shape(probs)

    def draw(count: Tensor) -> Tensor:
        uniform = random_uniform(concat([[count], batch_shape], 0), seed=seed, dtype=probs.dtype)
        drawn: Tensor = cast(build("Less", x=uniform, y=probs), dtype)
        return drawn

    return _in_shape(draw, sample_shape)


def categorical_sample(
    logits: Any, dtype: Any = int32, sample_shape: Any = (), seed: int | None = None
) -> Tensor:
    """Classes drawn by the logits of the last dimension: `sample_shape + logits.shape[:-1]`."""
    logits = convert_to_tensor(logits, name="logits")
    sizes = shape(logits)
    classes, batch_shape = sizes[-1], sizes[:-1]

    def draw(count: Tensor) -> Tensor:
        rows = logits if logits.shape.ndims == 2 else reshape(logits, [-1, classes])
        kind = int64 if logits.dtype.size > 4 else int32
        drawn = multinomial(rows, count, seed=seed, output_dtype=kind)
        drawn = reshape(transpose(drawn), concat([[count], batch_shape], 0))
        made: Tensor = cast(drawn, dtype)
        return made

    return _in_shape(draw, sample_shape)


def _in_shape(draw: Callable[[Tensor], Tensor], sample_shape: Any) -> Tensor:
    """What `draw` gives for a number of samples, with that number as a shape; a scalar is a shape of one size."""
    with name_scope(None, "call_sampler", [sample_shape]):
        wanted = convert_to_tensor(sample_shape, dtype=int32, name="sample_shape")
        if wanted.shape.ndims == 0:
            wanted = reshape(wanted, [1])
        samples = draw(reduce_prod(wanted))
        return reshape(samples, concat([wanted, shape(samples)[1:]], 0))
