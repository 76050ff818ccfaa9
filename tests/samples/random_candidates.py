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
    """Three runs of LogUniformCandidateSampler."""
    attrs = dict(
        num_true=more.pop("num_true", classes.shape[-1]),
        num_sampled=count,
        unique=unique,
        range_max=limit,
        seed=more.pop("seed", 3),
        seed2=more.pop("seed2", 4),
    )
    given = dict(true_classes=classes)
    return Sample("LogUniformCandidateSampler", label, given, attrs, error, runs=3, **more)


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
