"""Barriers where TensorFlow waits for ever: no run waits for another one here."""

from __future__ import annotations

import pytest

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import FailedPreconditionError, WouldWaitError
from minihub_runtime.ops.barriers import Barrier
from tests.samples import f32


def test_too_few_elements_are_an_error() -> None:
    barrier = Barrier("b", [as_dtype("float32")] * 2, [(), ()])
    barrier.insert(0, [b"a", b"b"], f32([1, 2]))
    barrier.insert(1, [b"b"], f32([3]))
    with pytest.raises(FailedPreconditionError, match="must have 2 elements to give, but has 1"):
        barrier.take(2, small=True)
    barrier.close(cancel=False)
    with pytest.raises(WouldWaitError):
        barrier.take(2, small=False)
    numbers, keys, first, second = barrier.take(2, small=True)
    assert (keys.tolist(), first.tolist(), second.tolist()) == ([b"b"], [2], [3])
    assert numbers.tolist() == [-(1 << 63)]
    barrier.insert(1, [b"a"], f32([4]))
    assert barrier.take(1, small=False)[1].tolist() == [b"a"]
