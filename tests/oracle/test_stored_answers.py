"""A tenth of the stored answers is asked of TensorFlow again, so that they cannot go stale."""

from __future__ import annotations

import hashlib
import json
import warnings
from typing import Any

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("tensorflow", reason="the oracle environment has it")
    from tests.golden import generate

from tests.golden import FOLDER
from tests.samples import Sample, families, family_samples

pytestmark = pytest.mark.filterwarnings("ignore")


def chosen(sample: Sample) -> bool:
    """Whether a sample belongs to the tenth; always the same ones."""
    return hashlib.sha1(sample.key.encode()).digest()[0] < 26


@pytest.mark.parametrize("family", families())
def test_the_stored_answers(family: str) -> None:
    path = FOLDER / f"{family}.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    with np.load(FOLDER / f"{family}.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for sample in family_samples(family):
        assert sample.key in stored, (
            f"{sample} has no answer; run python -m tests.golden.generate {family}"
        )
        if not chosen(sample):
            continue
        store = generate.Store()
        answer = generate.ask(sample, store)
        if sample.differs:  # what is drawn from the system, for example
            assert [stored[sample.key].get(key) for key in ("static", "folded", "error")] == [
                answer.get(key) for key in ("static", "folded", "error")
            ]
            continue
        assert same(stored[sample.key], answer, arrays, store.arrays), f"{sample}: {answer}"


def same(stored: Any, asked: Any, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two answers are equal; names of arrays stand for the arrays, whose rounding may differ by machine."""
    if isinstance(stored, dict):
        return stored.keys() == asked.keys() and all(
            equal_arrays(old[value], new[asked[key]])
            if key in ("array", "bytes", "lengths")
            else same(value, asked[key], old, new)
            for key, value in stored.items()
        )
    if isinstance(stored, list):
        return len(stored) == len(asked) and all(
            same(a, b, old, new) for a, b in zip(stored, asked, strict=True)
        )
    return bool(stored == asked)


def equal_arrays(a: Any, b: Any) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind in "fc":
        rounding = 64 * np.finfo(a.dtype).eps
        return np.allclose(a, b, rtol=rounding, atol=rounding, equal_nan=True)
    return np.array_equal(a, b)
