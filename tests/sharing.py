"""Threads that share all work, however short it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from minihub_runtime import threads

__all__ = ["sharing"]


@contextmanager
def sharing(count: int) -> Iterator[None]:
    """Let so many threads share what they can, as long as this lasts."""
    before = threads.num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "WORTHWHILE", 0)
        threads.set_num_threads(count)
        try:
            yield
        finally:
            threads.set_num_threads(before)
