from __future__ import annotations

import gc
import weakref

import pytest

from minihub_runtime.garbage import settle, uncollected


def test_the_collector_rests_in_blocks_and_goes_on_after_the_last() -> None:
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_after_an_error() -> None:
    with pytest.raises(KeyError), uncollected():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_settled_is_old_and_still_collected() -> None:
    class Node:
        """Part of a cycle."""

    node = Node()
    node.itself = node  # type: ignore[attr-defined]
    settle()
    assert any(found is node for found in gc.get_objects(generation=2))
    reference = weakref.ref(node)
    del node
    gc.collect()
    assert reference() is None


def test_what_others_have_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        settle()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
