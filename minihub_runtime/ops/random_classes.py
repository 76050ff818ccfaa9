"""Indices of classes, drawn by their unnormalised log-probabilities.

Differs: with several threads, TensorFlow's numbers depend on how it shares out the rows; these are the numbers of one
thread.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, to_float
from minihub_runtime.ops.checking import allocatable, require, require_rank, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_arguments import (
    BLOCKS_PER_OUTPUT,
    require_kind,
    seeded,
    session_stream,
    static_vector,
)
from minihub_runtime.ops.random_fill import uniform_doubles
from minihub_runtime.ops.registry import INDEX, RANDOM, REALS, Array, op, without_gradient
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

_SOURCE = "core/kernels/multinomial_op.cc"
_KINDS = "float16 bfloat16 float32 float64"

# Comparisons that are made at a time.
_COMPARISONS = 1 << 20


def _checked(logits: Array, num_samples: Array, dtype: DType) -> tuple[int, int]:
    """The shape of the result."""
    require_kind(as_dtype(logits.dtype), _KINDS, "logits")
    require_rank(logits, 2, "logits")
    require_scalar(num_samples, "num_samples")
    require(num_samples >= 0, f"num_samples must be >= 0, not {num_samples}")
    require(logits.shape[1] > 0, "logits must have at least one class, not 0")
    rows, columns = allocatable((len(logits), int(num_samples)), dtype.numpy)
    return rows, columns


def _reserved(rows: int, columns: int) -> int:
    """How far the stream goes ahead: each number takes two words, in blocks of four."""
    return rows * ((columns + 3) // 4 * 4) * 2 * BLOCKS_PER_OUTPUT


def _draw(stream: Philox, logits: Array, columns: int, dtype: DType) -> Array:
    """Classes for each row; the rows share one stream."""
    rows, classes = logits.shape
    wide = to_float(logits).astype(np.float64)
    finite = np.isfinite(wide)
    result = np.empty((rows, columns), dtype.numpy)
    # Words of the last block that a row leaves go to the next row.
    uniforms = uniform_doubles(stream.words(2 * rows * columns)).reshape(rows, columns)
    step = max(1, _COMPARISONS // (classes * max(columns, 1)))
    for start in range(0, rows, step):
        part = slice(start, start + step)
        known = np.where(finite[part], wide[part], -np.inf)
        with np.errstate(invalid="ignore", over="ignore"):
            known -= known.max(axis=1, keepdims=True)
        totals = np.cumsum(np.where(finite[part], np.exp(known), 0), axis=1)
        wanted = uniforms[part] * totals[:, -1:]
        if len(totals) == 1:
            result[start] = np.searchsorted(totals[0], wanted[0], side="right")
        else:
            below = totals[:, np.newaxis, :] <= wanted[:, :, np.newaxis]
            result[part] = np.count_nonzero(below, axis=2)
    return result


def _multinomial_shape(logits: Spec, num_samples: Spec) -> Shape:
    if logits.shape is not None and len(logits.shape) != 2:
        require(False, f"logits must have rank 2, not {len(logits.shape)}")
    if num_samples.shape:
        require(False, f"num_samples must be a scalar, not of shape {list(num_samples.shape)}")
    known = num_samples.value
    if known is not None and known < 0:
        require(False, f"num_samples must be >= 0, not {known}")
    return (logits.dim(0), None if known is None else int(known))


@op(
    "Multinomial(logits: T, num_samples: int32) -> output: output_dtype",
    T=REALS,
    output_dtype=INDEX.default_to("int64"),
    stateful=True,
    precision=RANDOM,
    source=_SOURCE,
    shape=_multinomial_shape,
)
def multinomial(
    ctx: Context,
    logits: Array,
    num_samples: Array,
    *,
    seed: int = 0,
    seed2: int = 0,
    output_dtype: DType,
) -> Array:
    """`num_samples` classes for each row of `logits`; the number of classes where no logit is finite.

    Shapes: `[batch, classes], [] -> [batch, num_samples]`.
    Raises: InvalidArgumentError for other shapes, no classes or less than 0 samples; UnimplementedError for
        integer logits.
    """
    rows, columns = _checked(logits, num_samples, output_dtype)
    stream = session_stream(ctx, seed, seed2)
    if rows * columns == 0:
        return np.empty((rows, columns), output_dtype.numpy)
    return _draw(stream.reserve(_reserved(rows, columns)), logits, columns, output_dtype)


@op(
    "StatelessMultinomial(logits: T, num_samples: int32, seed: Tseed) -> output: output_dtype",
    T=REALS,
    Tseed=INDEX.default_to("int64"),
    output_dtype=INDEX.default_to("int64"),
    precision=RANDOM,
    source=_SOURCE,
)
def stateless_multinomial(
    logits: Array, num_samples: Array, seed: Array, *, output_dtype: DType
) -> Array:
    """`num_samples` classes for each row of `logits`; the number of classes where no logit is finite.

    Shapes: `[batch, classes], [], [2] -> [batch, num_samples]`.
    Raises: InvalidArgumentError for other shapes, no classes or less than 0 samples; UnimplementedError for
        integer logits.
    """
    stream = seeded(seed)
    columns = _checked(logits, num_samples, output_dtype)[1]
    return _draw(stream, logits, columns, output_dtype)


@stateless_multinomial.shape
def _stateless_shape(logits: Spec, num_samples: Spec, seed: Spec) -> Shape:
    static_vector(seed, 2, "seed")
    return _multinomial_shape(logits, num_samples)


without_gradient("Multinomial", "StatelessMultinomial")
