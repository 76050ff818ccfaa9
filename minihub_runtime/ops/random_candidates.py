"""Classes drawn as negative examples, with how often each is to be expected."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minihub_runtime import dtypes
from minihub_runtime.codec import as_bytes
from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.parsing import parsed_number
from minihub_runtime.ops.philox import Philox, WordStream
from minihub_runtime.ops.random_arguments import session_stream
from minihub_runtime.ops.random_fill import uniform_doubles
from minihub_runtime.ops.registry import RANDOM, Array, at_least, op
from minihub_runtime.ops.windows import ranked
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


def _uniform_words(stream: Philox, limit: int) -> Array:
    """As `_uniform`, of 32 bits each."""
    words = stream.words(_DRAWS).astype(np.int64)
    if limit & (limit - 1) == 0:
        return words & (limit - 1)
    return words[words >= ((1 << 32) - 1) % limit + 1] % limit


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


class _Classes(NamedTuple):
    """Classes as a sampler has them in one run.

    Attributes:
        limit: how many there are.
        draw: numbers below `limit` without end, from a stream.
        share: the probabilities of some of them.
        learn: what is told the true ones afterwards.
    """

    limit: int
    draw: Callable[[Philox], Iterator[int]]
    share: Callable[[Array], Array]
    learn: Callable[[Array], None] = lambda true_classes: None


def _check_classes(true_classes: Array, num_true: int, num_sampled: int, limit: int) -> None:
    _require_true_classes(true_classes, num_true)
    wrong = (true_classes < 0) | (true_classes >= limit)
    if wrong.any():
        found = int(true_classes[wrong][0])
        require(False, f"true_classes must lie in [0, {limit}), not {found}")
    allocatable((num_sampled,), np.dtype(np.int64), "num_sampled")


def _sample(
    ctx: Context,
    classes: _Classes,
    true_classes: Array,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int,
    seed2: int,
) -> tuple[Array, Array, Array]:
    """The results of a sampler."""
    if unique and num_sampled > classes.limit:
        require(False, f"there must be {num_sampled} classes to sample, not {classes.limit}")
    _check_classes(true_classes, num_true, num_sampled, classes.limit)
    draws = classes.draw(session_stream(ctx, seed, seed2).reserve(num_sampled * _BLOCKS))
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
    counts = [_expected(classes.share(v), num_sampled, tries) for v in (true_classes, sampled)]
    classes.learn(true_classes)
    return sampled, counts[0], counts[1]


_DOC = """{}, and the expected counts of the true and the sampled ones.

    Shapes: `[batch, num_true] -> [num_sampled], [batch, num_true], [num_sampled]`.
    Raises: InvalidArgumentError for other shapes, true classes out of range, or more unique ones than there are.
    """


def _sampler(name: str, kernel: Callable[..., Any], doc: str, **limits: Any) -> None:
    """Register a sampler."""
    kernel.__doc__ = _DOC.format(doc)
    op(
        f"{name}(true_classes: int64) -> sampled_candidates: int64, true_expected_count: float32,"
        " sampled_expected_count: float32",
        num_true=at_least(1),
        num_sampled=at_least(1),
        stateful=True,
        precision=RANDOM,
        source="core/kernels/candidate_sampler_ops.cc",
        shape=_sampler_shapes,
        **limits,
    )(kernel)


def _register_sampler(name: str, classes_of: Callable[[Context, int], _Classes], doc: str) -> None:
    """Register a sampler that has no more attributes than all of them."""

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
        classes = classes_of(ctx, range_max)
        return _sample(ctx, classes, true_classes, num_true, num_sampled, unique, seed, seed2)

    _sampler(name, kernel, doc, range_max=at_least(1))


def _of_law(
    draw: Callable[[Philox, int], Array], share: Callable[[Array, int], Array]
) -> Callable[[Context, int], _Classes]:
    """Classes whose probabilities follow from their number alone."""
    return lambda ctx, limit: _Classes(
        limit,
        lambda stream: _draws(ctx, draw, stream, limit),
        lambda values: share(values, limit),
    )


_register_sampler(
    "LogUniformCandidateSampler",
    _of_law(_log_uniform, _log_uniform_share),
    "Classes below `range_max`, small ones more often",
)
_register_sampler(
    "UniformCandidateSampler",
    _of_law(_uniform, _uniform_share),
    "Classes below `range_max`, all alike",
)


#: The largest sum of counts that learning stops at.
_MOST = (1 << 31) - 1


class _Learned:
    """How often each class was a true one, and once more."""

    def __init__(self, limit: int) -> None:
        self._counts = np.ones(allocatable((limit,), np.int32, "range_max"), np.int32)
        self._total = limit
        self._lock = threading.Lock()

    def classes(self, ctx: Context) -> _Classes:
        """The classes as they are now."""
        with self._lock:
            counts, total = self._counts.copy(), self._total
        sums = np.cumsum(counts, dtype=np.int64)

        def draw(stream: Philox) -> Iterator[int]:
            while True:
                ctx.check()
                drawn = _uniform_words(stream, total)
                yield from np.searchsorted(sums, drawn, side="right").tolist()

        def share(values: Array) -> Array:
            return counts[values].astype(np.float32) / np.float32(total)

        return _Classes(len(counts), draw, share, self._learn)

    def _learn(self, true_classes: Array) -> None:
        with self._lock:
            seen = true_classes.reshape(-1)[: _MOST - self._total]
            np.add.at(self._counts, seen, 1)
            self._total += len(seen)


def _learned(ctx: Context, limit: int) -> _Classes:
    require(limit < _MOST, f"range_max must be less than {_MOST}, not {limit}")
    return ctx.own(lambda: _Learned(limit), "learned").classes(ctx)


for _name in ("LearnedUnigramCandidateSampler", "ThreadUnsafeUnigramCandidateSampler"):
    _register_sampler(
        _name,
        _learned,
        "Classes below `range_max`, as likely as they were true ones in earlier runs",
    )


def _all_candidate_sampler(
    ctx: Context,
    true_classes: Array,
    *,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int = 0,
    seed2: int = 0,
) -> tuple[Array, Array, Array]:
    _check_classes(true_classes, num_true, num_sampled, num_sampled)
    sampled = np.arange(num_sampled, dtype=np.int64)
    return sampled, np.ones(true_classes.shape, np.float32), np.ones(num_sampled, np.float32)


_sampler(
    "AllCandidateSampler", _all_candidate_sampler, "The classes below `num_sampled`, each once"
)


class _Fixed:
    """Classes with given weights, and the table they are drawn from: each place keeps its class, or gives another.

    Attributes:
        shares: the probability of each class.
        possible: how many have one.
        kept: how likely each place is to keep its class.
        others: the other class of each place.
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        count = len(weights)
        # TensorFlow adds up one by one, in single precision here and in double precision there.
        total = np.add.accumulate(weights, dtype=np.float32)[-1]
        self.shares = weights / total
        self.possible = int(np.count_nonzero(weights))
        sums = np.add.accumulate(weights, dtype=np.float64)
        parts: list[float] = ((weights * np.float32(count)) / sums[-1]).tolist()
        others = list(range(count))
        low = [place for place, part in enumerate(parts) if part < 1]
        high = [place for place, part in enumerate(parts) if not part < 1]
        while low and high:
            short, long = low.pop(), high.pop()
            others[short] = long
            parts[long] -= 1 - parts[short]
            (low if parts[long] < 1 else high).append(long)
        for place in (*low, *high):
            parts[place] = 1.0
        self.kept: list[float] = np.array(parts, np.float32).tolist()
        self.others = others

    def draw(self, ctx: Context, stream: Philox) -> Iterator[int]:
        """Classes without end."""
        words, kept, others, count = WordStream(stream), self.kept, self.others, len(self.kept)
        for drawn in itertools.count():
            if not drawn % _DRAWS:
                ctx.check()
            threshold = words.uniform_float()
            place = words.below(count)
            yield place if threshold < kept[place] else others[place]


def _file_weights(data: bytes) -> Iterator[Array | None]:
    """What stands after the last comma of each line; None where that is no number.  Lines without text are left out."""
    for line in data.replace(b"\r", b"").split(b"\n"):
        if line:
            yield parsed_number(line.rpartition(b",")[2], dtypes.float32)


def _weights(
    given: Iterable[Any],
    limit: int,
    distortion: float,
    num_reserved_ids: int,
    num_shards: int,
    shard: int,
) -> NDArray[np.float32]:
    """The weights of the classes of one shard."""
    reserved = len(range(shard, num_reserved_ids, num_shards)) if shard < num_shards else 0
    require(reserved <= limit, f"range_max must be at least {reserved}, not {limit}")
    # As in TensorFlow, what follows counts on from the reserved classes of the shard, not of all.
    kept = [value for place, value in enumerate(given, reserved) if place % num_shards == shard]
    require(None not in kept, "each line of vocab_file must end with a number")
    raised = np.power(np.array(kept, np.float64), np.float32(distortion))
    weights = np.concatenate([np.zeros(reserved), raised]).astype(np.float32)
    if len(weights) != limit:
        require(False, f"range_max must be the number of weights, {len(weights)}, not {limit}")
    return weights


def _fixed_unigram_candidate_sampler(
    ctx: Context,
    true_classes: Array,
    *,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: list[float] = [],
    seed: int = 0,
    seed2: int = 0,
    _program_token: str = "",
) -> tuple[Array, Array, Array]:
    require(bool(vocab_file) != bool(unigrams), "there must be either a vocab_file or unigrams")

    def make() -> _Fixed:
        given: Iterable[Any] = np.array(unigrams, np.float32)
        if vocab_file:
            given = _file_weights(ctx.read_file(as_bytes(vocab_file), _program_token))
        return _Fixed(_weights(given, range_max, distortion, num_reserved_ids, num_shards, shard))

    fixed = ctx.own(make, "weights")
    if unique and num_sampled > fixed.possible:
        require(False, f"there must be {num_sampled} classes with a weight, not {fixed.possible}")
    classes = _Classes(
        range_max, lambda stream: fixed.draw(ctx, stream), lambda values: fixed.shares[values]
    )
    return _sample(ctx, classes, true_classes, num_true, num_sampled, unique, seed, seed2)


_sampler(
    "FixedUnigramCandidateSampler",
    _fixed_unigram_candidate_sampler,
    "Classes below `range_max`, as likely as `unigrams`, or the numbers at the ends of the lines of a file, say",
    range_max=at_least(1),
    num_shards=at_least(1),
    shard=at_least(0),
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
def _hits_shapes(true_classes: Spec, sampled_candidates: Spec, num_true: int) -> list[Shape]:
    columns = ranked(true_classes, 2, "true_classes")[1]
    require(
        columns in (None, num_true), f"true_classes must have {num_true} columns, not {columns}"
    )
    ranked(sampled_candidates, 1, "sampled_candidates")
    return [(None,)] * 3
