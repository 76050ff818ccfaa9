"""Loops and branches that TensorFlow built give TensorFlow's answers."""

from __future__ import annotations

from typing import Any

import pytest

from minihub_runtime import errors
from tests.engine.cases import Case, case_names
from tests.ops.comparison import assert_same


def check(got: list[Any], expected: list[Any], label: str) -> None:
    for place, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        assert_same(ours, theirs, "rounding", label=f"{label} output {place}")


@pytest.mark.parametrize("name", case_names())
def test_control_flow(name: str) -> None:
    case = Case(name)
    runner = case.runner()
    for number, (feeds, expected) in enumerate(case.runs):
        runner.run([], {}, [case.init])
        if name == "copies_of_one_loop":
            # TensorFlow mixes up frames of one name; `tests/passes` says what we give.
            assert isinstance(expected, str)
        elif isinstance(expected, str):
            with pytest.raises(getattr(errors, expected)):
                runner.run(case.fetches, feeds)
        else:
            check(runner.run(case.fetches, feeds), expected, f"{name} run {number}")


@pytest.mark.parametrize("name", case_names())
def test_each_fetch_alone_gives_the_same(name: str) -> None:
    case = Case(name)
    feeds, expected = case.runs[0]
    if isinstance(expected, str):
        pytest.skip("the first run is an error")
    for fetch, value in zip(case.fetches, expected, strict=True):
        runner = case.runner()
        runner.run([], {}, [case.init])
        check(runner.run([fetch], feeds), [value], f"{name} {fetch}")


def test_the_cases_are_there() -> None:
    assert len(case_names()) >= 40
