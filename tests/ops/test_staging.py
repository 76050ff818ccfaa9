"""Staging areas where TensorFlow waits for ever: no run waits for another one here."""

from __future__ import annotations

import numpy as np
import pytest

from minihub_runtime.errors import ResourceExhaustedError, WouldWaitError
from minihub_runtime.ops.staging_areas import MapArea, OrderedMapArea, StagingArea

VALUE = np.zeros(2, np.float32)


def test_an_empty_area_is_an_error() -> None:
    area = StagingArea("a", 1, 0, 0)
    with pytest.raises(WouldWaitError, match="must have an element, but has not"):
        area.take()
    area.put((VALUE,))
    for index in (1, -1):
        with pytest.raises(WouldWaitError, match="an element at"):
            area.peek(index)


def test_a_full_area_is_an_error() -> None:
    by_number, by_bytes = StagingArea("a", 1, 1, 0), StagingArea("a", 1, 0, 12)
    for area in (by_number, by_bytes):
        area.put((VALUE,))
        with pytest.raises(WouldWaitError, match="is full"):
            area.put((VALUE,))
        assert len(area) == 1
        area.take()
        area.put((VALUE,))
    with pytest.raises(ResourceExhaustedError):
        by_bytes.put((np.zeros(4, np.float32),))


@pytest.mark.parametrize("kind", [MapArea, OrderedMapArea])
def test_a_key_that_is_not_there_is_an_error(kind: type[MapArea]) -> None:
    area = kind("a", 2, 1, 16)
    area.put(3, [0], (VALUE,))
    with pytest.raises(WouldWaitError, match="the key 3"):
        area.get(3, [0], remove=True)
    with pytest.raises(WouldWaitError, match="an element"):
        area.pop([0])
    area.put(3, [1], (VALUE,))
    for places, values in (([0], (VALUE,)), ([0, 1], (VALUE[:0], VALUE[:0]))):
        with pytest.raises(WouldWaitError, match="is full"):
            area.put(4, places, values)
    assert area.get(3, [0], remove=True)[0] is VALUE
    area.put(4, [0], (VALUE,))
    assert (len(area), len(area.incomplete)) == (1, 1)
