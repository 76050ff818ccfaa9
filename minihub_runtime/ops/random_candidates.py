"""Classes drawn as negative examples, with how often each is to be expected."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

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


def _draws(ctx: Context, stream: Philox, limit: int) -> Iterator[int]:
    """Numbers below `limit`, each of probability log((n + 2) / (n + 1)) / log(limit + 1), without end."""
    scale = math.log1p(limit)
    while True:
        ctx.check()
        values = np.exp(uniform_doubles(stream.words(2 * _DRAWS)) * scale).astype(np.int64) - 1
        yield from (values % limit).tolist()


def _expected(values: Array, limit: int, count: int, tries: int) -> Array:
    """How often each value is expected among `count` that took so many tries."""
    places = values.astype(np.float64)
    share = (np.log((places + 2) / (places + 1)) / math.log1p(limit)).astype(np.float32)
    if tries == count:
        return share * np.float32(count)
    return -np.expm1(np.float32(tries) * np.log1p(-share))


@op(
    "LogUniformCandidateSampler(true_classes: int64) -> sampled_candidates: int64,"
    " true_expected_count: float32, sampled_expected_count: float32",
    num_true=at_least(1),
    num_sampled=at_least(1),
    range_max=at_least(1),
    stateful=True,
    precision=RANDOM,
    source="core/kernels/candidate_sampler_ops.cc",
)
def log_uniform_candidate_sampler(
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
    """Classes below `range_max`, small ones more often, and the expected counts of the true and the sampled ones.

    Shapes: `[batch, num_true] -> [num_sampled], [batch, num_true], [num_sampled]`.
    Raises: InvalidArgumentError for other shapes, true classes out of range, or more unique ones than there are.
    """
    require_rank(true_classes, 2, "true_classes")
    if true_classes.shape[1] != num_true:
        require(False, f"true_classes must have {num_true} columns, not {true_classes.shape[1]}")
    if unique and num_sampled > range_max:
        require(False, f"there must be {num_sampled} classes to sample, not {range_max}")
    wrong = (true_classes < 0) | (true_classes >= range_max)
    if wrong.any():
        found = int(true_classes[wrong][0])
        require(False, f"true_classes must lie in [0, {range_max}), not {found}")
    allocatable((num_sampled,), np.dtype(np.int64), "num_sampled")
    stream = session_stream(ctx, seed, seed2).reserve(num_sampled * _BLOCKS)
    draws = _draws(ctx, stream, range_max)
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
    counts = [_expected(v, range_max, num_sampled, tries) for v in (true_classes, sampled)]
    return sampled, counts[0], counts[1]


@log_uniform_candidate_sampler.shape
def _sampler_shapes(true_classes: Spec, num_true: int, num_sampled: int) -> list[Shape]:
    if true_classes.shape is not None and len(true_classes.shape) != 2:
        require(False, f"true_classes must have rank 2, not {len(true_classes.shape)}")
    return [(num_sampled,), (true_classes.dim(0), num_true), (num_sampled,)]
