"""Programs that are spelled otherwise give what they gave."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from minihub_runtime.ops import pointwise
from minihub_runtime.passes import program_algebra
from tests.passes.networks import draw

NORMALISATION = [
    "AddV2 %0 %1",
    "Mean:-1 @0",
    "SquaredDifference @0 @1",
    "Mean:-1 @2",
    "AddV2 @3 $0",
    "Rsqrt @4",
    "Mul @5 %2",
    "Mul @1 @6",
    "Sub %3 @7",
    "Mul @0 @6",
    "AddV2 @9 @8",
]


def run(program: list[str], inputs: list[Any]) -> Any:
    return pointwise.pointwise(inputs, program=program, numbers=[1e-3])


def simplify(program: list[str]) -> list[str]:
    lines, numbers = program_algebra.simplify(program, [1e-3])
    assert numbers == [1e-3]
    return lines


def test_a_normalisation_begins_with_what_is_centred() -> None:
    assert simplify(NORMALISATION) == [
        "AddV2 %0 %1",
        "Mean:-1 @0",
        "Sub @0 @1",
        "MeanOfSquares:-1 @2",
        "AddV2 @3 $0",
        "Rsqrt @4",
        "Mul @2 @5",
        "Mul @6 %2",
        "AddV2 @7 %3",
    ]


def turned(line: str) -> str:
    """A line with its operands the other way round, where that means the same."""
    name, *operands = line.split()
    return line if name == "Sub" else " ".join([name, *operands[::-1]])


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("turns", list(itertools.combinations((2, 6, 7, 9, 10), 3)))
def test_operands_may_stand_in_any_order(turns: tuple[int, ...], axis: int) -> None:
    program = [turned(line) if n in turns else line for n, line in enumerate(NORMALISATION)]
    program = [line.replace(":-1", f":{axis}") for line in program]
    simple = simplify(program)
    assert len(simple) == 9
    for rows in (1, 3, 700):
        inputs = [draw(rows, 40), draw(rows, 40) + 3, draw(40), draw(40) - 1]
        expected = run(program, inputs)
        np.testing.assert_allclose(run(simple, inputs), expected, rtol=1e-4, atol=2e-5)


def test_one_factor_for_all() -> None:
    program = [*NORMALISATION[:6], "Mul @1 @5", "Sub %2 @6", "Mul @0 @5", "AddV2 @8 @7"]
    simple = simplify(program)
    assert simple[-2:] == ["Mul @2 @5", "AddV2 @6 %2"]
    inputs = [draw(100, 40), draw(100, 40) + 3, draw(40)]
    np.testing.assert_allclose(run(simple, inputs), run(program, inputs), rtol=1e-4, atol=2e-5)


def test_a_variance_of_something_else_stays() -> None:
    program = [*NORMALISATION]
    program[2] = "SquaredDifference @0 %1"
    simple = simplify(program)
    assert "SquaredDifference @0 %1" in simple
    assert not any(line.startswith("MeanOfSquares") for line in simple)
    inputs = [draw(100, 40), draw(100, 40) + 3, draw(40), draw(40)]
    np.testing.assert_allclose(run(simple, inputs), run(program, inputs), rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (1, "Max:-1 @0"),
        (7, "Mul @1 %2"),
        (8, "AddV2 %3 @7"),
        (9, "Mul %0 @6"),
        (10, "Sub @9 @8"),
        (10, "AddV2 @9 @9"),
    ],
)
def test_what_means_something_else_stays(number: int, line: str) -> None:
    program = [*NORMALISATION]
    program[number] = line
    assert simplify(program) == program


def test_what_is_read_elsewhere_stays() -> None:
    program = [*NORMALISATION[:-1], "Mul @7 @9", "Sub %3 @10", "AddV2 @9 @11"]
    assert simplify(program) == program


@pytest.mark.parametrize("longest", [0, 1 << 13])
@pytest.mark.parametrize("name", ["Max", "Mean", "MeanOfSquares", "Sum"])
def test_reductions_of_rows(name: str, longest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "LONGEST_PRODUCT", longest)
    x = draw(50, 300)
    values = np.square(x) if name == "MeanOfSquares" else x
    reduce = {"Max": np.max, "Sum": np.sum}.get(name, np.mean)
    found = pointwise.REDUCTIONS[name](x)
    assert found.shape == (50, 1)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reduce(values, -1, keepdims=True), rtol=1e-5, atol=1e-5)
    program = [f"{name}:-1 %0", "Mul %0 @0"]
    np.testing.assert_allclose(run(program, [x]), x * found, rtol=1e-5, atol=1e-5)
    whole = pointwise.program_of(tuple(program), ()).whole([x])
    np.testing.assert_allclose(whole, x * found, rtol=1e-5, atol=1e-5)
