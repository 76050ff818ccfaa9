"""Samples of `ops/random_candidates.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, i64


def sample(
    label: str,
    classes: Any,
    count: int,
    limit: int,
    unique: bool,
    error: str | None = None,
    **more: Any,
) -> Sample:
    """Three runs of a sampler."""
    op = more.pop("op", "LogUniformCandidateSampler")
    attrs = dict(
        num_true=more.pop("num_true", classes.shape[-1]),
        num_sampled=count,
        unique=unique,
        range_max=limit,
        seed=more.pop("seed", 3),
        seed2=more.pop("seed2", 4),
    )
    given = dict(true_classes=classes)
    return Sample(op, label, given, attrs, error, runs=3, **more)


TRUE = i64([[0, 3], [7, 99], [2, 2]])

SAMPLES = [
    sample("repeated", TRUE, 40, 100, False),
    sample("unique", TRUE, 40, 100, True),
    sample("all_of_them", i64([[1], [0]]), 8, 8, True),
    sample("one_class", i64([[0]]), 3, 1, False),
    sample("one", i64([[5]]), 1, 1 << 40, True),
    sample("many_repeated", i64([[5]]), 5000, 1 << 40, False),
    sample("many_unique", i64([[5]]), 900, 1000, True),
    sample("no_rows", i64([]).reshape(0, 2), 5, 100, True),
    sample("no_seeds", TRUE, 5, 100, True, seed=0, seed2=0, differs="drawn from the system"),
    sample("vector", i64([1, 2]), 5, 100, True, "must have rank 2"),
    sample("columns", TRUE, 5, 100, True, "must have 3 columns", num_true=3),
    sample("too_few_classes", TRUE, 101, 100, True, "must be 101 classes"),
    sample("class_too_large", i64([[100]]), 5, 100, True, "must lie in"),
    sample("class_negative", i64([[-1]]), 5, 100, True, "must lie in"),
]

UNIFORM = dict(op="UniformCandidateSampler")
SAMPLES += [
    sample("repeated", TRUE, 40, 100, False, **UNIFORM),
    sample("unique", TRUE, 40, 100, True, **UNIFORM),
    sample("power_of_two", TRUE, 40, 128, False, **UNIFORM),
    sample("all_of_them", i64([[1], [0]]), 8, 8, True, **UNIFORM),
    sample("one_class", i64([[0]]), 3, 1, False, **UNIFORM),
    sample("many", i64([[5]]), 5000, (1 << 61) + 1, False, **UNIFORM),
    sample("seed_only", TRUE, 9, 100, True, seed2=0, **UNIFORM),
    sample("too_many", i64([[1]]), 9, 8, True, "classes to sample", **UNIFORM),
    sample("out_of_range", i64([[8]]), 3, 8, True, "must lie in", **UNIFORM),
    sample("columns", TRUE, 3, 100, True, "columns|compatible", num_true=3, **UNIFORM),
    sample("vector", i64([1]), 3, 100, True, "rank 2", **UNIFORM),
]


def hits(label: str, true: Any, sampled: Any, error: str | None = None, **attrs: Any) -> Sample:
    attrs = dict(num_true=true.shape[-1]) | attrs
    inputs = dict(true_classes=true, sampled_candidates=sampled)
    return Sample("ComputeAccidentalHits", label, inputs, attrs, error)


SAMPLES += [
    hits("some", TRUE, i64([5, 2, 99, 0, 1])),
    hits("twice", TRUE, i64([2, 3, 2, 7])),
    hits("none", TRUE, i64([50, 60])),
    hits("no_candidates", TRUE, i64([])),
    hits("no_rows", i64([]).reshape(0, 2), i64([1, 2])),
    hits("columns", TRUE, i64([1]), "columns", num_true=3),
    hits("matrix", TRUE, i64([[1]]), "rank 1"),
    hits("vector", i64([1]), i64([1]), "rank 2"),
]

LEARNED = dict(op="LearnedUnigramCandidateSampler")
UNSAFE = dict(op="ThreadUnsafeUnigramCandidateSampler")
SAMPLES += [
    example
    for op in (LEARNED, UNSAFE)
    for example in (
        sample("repeated", TRUE, 40, 100, False, **op),
        sample("unique", TRUE, 40, 100, True, **op),
        sample("power_of_two", i64([[1, 2]]), 40, 128, False, **op),
        sample("all_of_them", i64([[1], [0]]), 8, 8, True, **op),
        sample("often_true", i64([[3] * 50]), 300, 5, False, **op),
        sample("no_rows", i64([]).reshape(0, 2), 5, 100, True, **op),
        sample("many", i64([[70000]]), 5000, 100000, False, **op),
        sample("too_many", i64([[1]]), 9, 8, True, "classes to sample", **op),
        sample("out_of_range", i64([[8]]), 3, 8, True, "must lie in", **op),
        sample("vector", i64([1]), 3, 100, True, "rank 2", **op),
    )
]


def every(label: str, classes: Any, count: int, error: str | None = None, **more: Any) -> Sample:
    """All classes."""
    attrs = dict(num_true=classes.shape[-1], num_sampled=count, unique=True) | more
    return Sample("AllCandidateSampler", label, dict(true_classes=classes), attrs, error, runs=2)


SAMPLES += [
    every("plain", i64([[0, 3], [1, 1]]), 5),
    every("not_unique", i64([[0]]), 1, unique=False),
    every("no_rows", i64([]).reshape(0, 2), 5),
    every("out_of_range", i64([[5]]), 5, "must lie in"),
    every("columns", i64([[5]]), 6, "columns|compatible", num_true=2),
    every("vector", i64([5]), 6, "rank 2"),
]


def fixed(
    label: str,
    count: int,
    limit: int,
    error: str | None = None,
    classes: Any = None,
    unique: bool = False,
    **attrs: Any,
) -> Sample:
    """Three runs of a sampler whose weights are given."""
    true = i64([[0, 1]]) if classes is None else classes
    attrs = (
        dict(
            num_true=true.shape[-1],
            num_sampled=count,
            unique=unique,
            range_max=limit,
            seed=5,
            seed2=6,
        )
        | attrs
    )
    given = dict(true_classes=true)
    return Sample("FixedUnigramCandidateSampler", label, given, attrs, error, runs=3)


COUNTS = [1.0, 0.5, 7.25, 0.0, 3.0, 100.0, 2.0]
MANY = [float(1 + i * i % 97) for i in range(300)]
SAMPLES += [
    fixed("repeated", 60, 7, unigrams=COUNTS),
    fixed("unique", 6, 7, unique=True, unigrams=COUNTS),
    fixed("distorted", 60, 7, unigrams=COUNTS, distortion=0.75),
    fixed("alike", 60, 7, unigrams=COUNTS, distortion=0.0),
    fixed("one", 4, 1, unigrams=[3.0], classes=i64([[0]])),
    fixed("many", 3000, 300, unigrams=MANY, distortion=-0.5),
    fixed("many_unique", 250, 300, unique=True, unigrams=MANY),
    fixed("reserved", 60, 9, unigrams=COUNTS, num_reserved_ids=2),
    fixed("sharded", 60, 4, unigrams=COUNTS, num_shards=2),
    fixed(
        "reserved_and_sharded", 60, 5, unigrams=COUNTS, num_shards=2, shard=1, num_reserved_ids=3
    ),
    fixed("no_rows", 5, 7, unigrams=COUNTS, classes=i64([]).reshape(0, 2)),
    fixed("no_weights", 5, 7, "vocab_file or unigrams"),
    fixed("both", 5, 7, "vocab_file or unigrams", unigrams=COUNTS, vocab_file="words.csv"),
    fixed("too_few_weights", 5, 8, "number of weights", unigrams=COUNTS),
    fixed("too_many_weights", 5, 6, "number of weights", unigrams=COUNTS),
    fixed("too_many_reserved", 5, 6, "range_max", unigrams=COUNTS, num_reserved_ids=7),
    fixed("out_of_range", 5, 7, "must lie in", unigrams=COUNTS, classes=i64([[7]])),
    fixed("too_many", 8, 7, "classes", unique=True, unigrams=COUNTS),
    fixed("vector", 5, 7, "rank 2", unigrams=COUNTS, classes=i64([1])),
]
