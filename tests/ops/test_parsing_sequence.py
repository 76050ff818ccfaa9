"""What ParseSequenceExampleV2 makes of one proto with ragged features, where TensorFlow leaves the splits unset."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.registry import REGISTRY
from tests.samples.parsing_sequence import RAGGED, A, v2


def test_one_example_has_no_splits_of_examples() -> None:
    sample = v2("ragged_scalar", A, **RAGGED)
    found = REGISTRY[sample.op](**sample.inputs, **sample.attrs)
    strings, numbers, splits, more_splits = found[:4]
    assert strings.tolist() == [b"x", b""]
    assert numbers.tolist() == [3]
    assert [splits.shape, more_splits.shape] == [(0,), (0,)]
    assert [splits.dtype, more_splits.dtype] == [np.int32, np.int64]
    q, r, p, *outer = found[4:10]
    assert q.tolist() == [b"a", b"b", b"c"]
    assert r.tolist() == [5, 6, 7]
    assert p.tolist() == [1, 2, 3, 4]
    assert [x.shape for x in outer] == [(0,)] * 3
    assert [x.tolist() for x in found[10:]] == [[0, 1, 3, 3], [0, 1, 1, 3], [0, 2, 4]]
