"""One test for many cases, where a test for each takes longer than the case."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

__all__ = ["check_each"]

T = TypeVar("T")


def check_each(cases: Iterable[T], check: Callable[[T], object]) -> None:
    """Check every case, also after one that fails; the test fails with what all of them say."""
    found = []
    for case in cases:
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as error:
            lines = "".join(traceback.format_exception(error))
            found.append(f"{case}:\n{lines}")
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
