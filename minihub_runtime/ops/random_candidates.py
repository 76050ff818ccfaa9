"""Classes drawn as negative examples, with how often each is to be expected."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_arguments import session_stream
from minihub_runtime.ops.random_fill import uniform_doubles
from minihub_runtime.ops.registry import RANDOM, Array, at_least, op
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

# Draws that are made at a time; even, so that none shares a block with the next ones.
_DRAWS = 1 << 12

# Blocks set aside for a candidate.
_BLOCKS = 512


def _log_uniform(stream: Philox, limit: int) -> Array:
    """Numbers below `limit`, each of probability log((n + 2) / (n + 1)) / log(limit + 1)."""
    uniforms = uniform_doubles(stream.words(2 * _DRAWS))
    values = np.exp(uniforms * math.log1p(limit)).astype(np.int64) - 1
    found: Array = values % limit
    return found


def _uniform(stream: Philox, limit: int) -> Array:
    """Numbers below `limit`, all alike; draws that would favour some are left out."""
    words = stream.words(2 * _DRAWS).astype(np.uint64)
    draws = words[0::2] | words[1::2] << np.uint64(32)
    if limit & (limit - 1) == 0:
        return (draws & np.uint64(limit - 1)).astype(np.int64)
    kept = draws[draws >= np.uint64(((1 << 64) - 1) % limit + 1)]
    return (kept % np.uint64(limit)).astype(np.int64)


def _log_uniform_share(values: Array, limit: int) -> Array:
    places = values.astype(np.float64)
    return (np.log((places + 2) / (places + 1)) / math.log1p(limit)).astype(np.float32)


def _uniform_share(values: Array, limit: int) -> Array:
    return np.full(values.shape, 1 / limit, np.float32)


def _draws(
    ctx: Context, draw: Callable[[Philox, int], Array], stream: Philox, limit: int
) -> Iterator[int]:
    """Numbers below `limit` without end."""
    while True:
        ctx.check()
        yield from draw(stream, limit).tolist()


def _expected(share: Array, count: int, tries: int) -> Array:
    """How often values of these probabilities are expected among `count` that took so many tries."""
    if tries == count:
        return share * np.float32(count)
    return -np.expm1(np.float32(tries) * np.log1p(-share))


def _sampler_shapes(true_classes: Spec, num_true: int, num_sampled: int) -> list[Shape]:
    if true_classes.shape is not None and len(true_classes.shape) != 2:
        require(False, f"true_classes must have rank 2, not {len(true_classes.shape)}")
    return [(num_sampled,), (true_classes.dim(0), num_true), (num_sampled,)]


def _require_true_classes(true_classes: Array, num_true: int) -> None:
    require_rank(true_classes, 2, "true_classes")
    if true_classes.shape[1] != num_true:
        require(False, f"true_classes must have {num_true} columns, not {true_classes.shape[1]}")


def _register_sampler(
    name: str,
    draw: Callable[[Philox, int], Array],
    share: Callable[[Array, int], Array],
    doc: str,
) -> None:
    def kernel(
        ctx: Context,
        true_classes: Array,
        *,
        num_true: int,
        num_sampled: int,
        unique: bool,
        range_max: int,
        seed: int = 0,
        seed2: int = 0,
    ) -> tuple[Array, Array, Array]:
        _require_true_classes(true_classes, num_true)
        if unique and num_sampled > range_max:
            require(False, f"there must be {num_sampled} classes to sample, not {range_max}")
        wrong = (true_classes < 0) | (true_classes >= range_max)
        if wrong.any():
            found = int(true_classes[wrong][0])
            require(False, f"true_classes must lie in [0, {range_max}), not {found}")
        allocatable((num_sampled,), np.dtype(np.int64), "num_sampled")
        stream = session_stream(ctx, seed, seed2).reserve(num_sampled * _BLOCKS)
        draws = _draws(ctx, draw, stream, range_max)
        if unique:
            # A dict keeps the order in which classes are first drawn.
            picked: dict[int, None] = {}
            tries = 0
            while len(picked) < num_sampled:
                picked[next(draws)] = None
                tries += 1
            sampled = np.fromiter(picked, np.int64, num_sampled)
        else:
            sampled = np.fromiter(itertools.islice(draws, num_sampled), np.int64, num_sampled)
            tries = num_sampled
        counts = [
            _expected(share(v, range_max), num_sampled, tries) for v in (true_classes, sampled)
        ]
        return sampled, counts[0], counts[1]

    kernel.__doc__ = f"""{doc}, and the expected counts of the true and the sampled ones.

    Shapes: `[batch, num_true] -> [num_sampled], [batch, num_true], [num_sampled]`.
    Raises: InvalidArgumentError for other shapes, true classes out of range, or more unique ones than there are.
    """
    op(
        f"{name}(true_classes: int64) -> sampled_candidates: int64, true_expected_count: float32,"
        " sampled_expected_count: float32",
        num_true=at_least(1),
        num_sampled=at_least(1),
        range_max=at_least(1),
        stateful=True,
        precision=RANDOM,
        source="core/kernels/candidate_sampler_ops.cc",
        shape=_sampler_shapes,
    )(kernel)


_register_sampler(
    "LogUniformCandidateSampler",
    _log_uniform,
    _log_uniform_share,
    "Classes below `range_max`, small ones more often",
)
_register_sampler(
    "UniformCandidateSampler",
    _uniform,
    _uniform_share,
    "Classes below `range_max`, all alike",
)


@op(
    "ComputeAccidentalHits(true_classes: int64, sampled_candidates: int64) -> indices: int32,"
    " ids: int64, weights: float32",
    source="core/kernels/candidate_sampler_ops.cc:ComputeAccidentalHitsOp",
)
def compute_accidental_hits(
    true_classes: Array,
    sampled_candidates: Array,
    *,
    num_true: int,
    seed: int = 0,
    seed2: int = 0,
) -> tuple[Array, Array, Array]:
    """Where candidates are true classes: the row, the place of the candidate, and the lowest float32 as a weight.

    Shapes: `[batch, num_true], [n] ->` three of `[hits]`. Of a candidate that comes twice the last place counts.
    Raises: InvalidArgumentError for other shapes.
    """
    _require_true_classes(true_classes, num_true)
    require_rank(sampled_candidates, 1, "sampled_candidates")
    flat = true_classes.reshape(-1)
    order = np.argsort(sampled_candidates, kind="stable")
    held = sampled_candidates[order]
    last = np.searchsorted(held, flat, side="right") - 1
    hits = np.flatnonzero((last >= 0) & (held[last] == flat)) if len(held) else order
    rows = (hits // max(num_true, 1)).astype(np.int32)
    places = order[last[hits]].astype(np.int64)
    return rows, places, np.full(len(hits), np.finfo(np.float32).min, np.float32)


@compute_accidental_hits.shape
def _hits_shapes(true_classes: Spec, sampled_candidates: Spec) -> list[Shape]:
    if true_classes.shape is not None and len(true_classes.shape) != 2:
        require(False, f"true_classes must have rank 2, not {len(true_classes.shape)}")
    return [(None,)] * 3
