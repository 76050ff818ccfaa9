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
