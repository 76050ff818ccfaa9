"""Keys of slices; the vectors are those that explain the format in core/lib/strings/ordered_code.cc."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minihub_runtime.checkpoint import slices
from minihub_runtime.checkpoint.slices import Box, TensorSlice, overlapping, slice_key
from minihub_runtime.errors import InvalidArgumentError


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (0, "80"),
        (63, "bf"),
        (64, "c040"),
        (-1, "7f"),
        (-64, "40"),
        (-65, "3fbf"),
        (-0x800, "3800"),
        (0x424242, "f0424242"),
        (2**63 - 1, "ffc07fffffffffffffff"),
        (-(2**63), "003f8000000000000000"),
    ],
)
def test_signed(number: int, code: str) -> None:
    assert slices._signed(number).hex() == code


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_codes_sort_as_numbers(a: int, b: int) -> None:
    assert (slices._signed(a) < slices._signed(b)) == (a < b)


def test_key() -> None:
    assert slice_key(b"\x00\x13\xff", TensorSlice((0, 0), (2, -1))) == bytes.fromhex(
        "00 00ff13ff00 0001 0102 80 82 80 7f"
    )


@given(
    st.lists(
        st.tuples(st.binary(max_size=4), st.integers(0, 300), st.integers(1, 300)), unique=True
    )
)
def test_keys_sort_as_names_and_slices(parts: list[tuple[bytes, int, int]]) -> None:
    keys = [
        slice_key(name, TensorSlice((start,), (length,))) for name, start, length in sorted(parts)
    ]
    assert keys == sorted(set(keys))


boxes = st.tuples(
    st.tuples(st.integers(0, 5), st.integers(0, 5)), st.tuples(st.integers(1, 4), st.integers(1, 4))
).map(lambda pair: Box(*pair))


def elements(box: Box) -> set[tuple[int, ...]]:
    ranges = [range(a, a + n) for a, n in zip(box.offsets, box.sizes, strict=True)]
    return set(itertools.product(*ranges))


@given(boxes, boxes)
def test_intersection(a: Box, b: Box) -> None:
    common = a.intersection(b)
    assert (elements(common) if common else set()) == elements(a) & elements(b)
    assert a.volume == len(elements(a))


@given(st.lists(boxes, min_size=1, max_size=6))
def test_overlapping(some: list[Box]) -> None:
    assert overlapping(some) == any(
        elements(a) & elements(b) for a, b in itertools.combinations(some, 2)
    )


def test_box() -> None:
    assert TensorSlice.whole(2).box((3, 0)) == Box((0, 0), (3, 0))
    assert TensorSlice((1, 0), (2, -1)).box((3, 4)) == Box((1, 0), (2, 4))
    for wrong in [((1,), (3,)), ((-1,), (1,)), ((0,), (0,)), ((1,), (-1,)), ((0, 0), (1, 1))]:
        with pytest.raises(InvalidArgumentError):
            TensorSlice(*wrong).box((3,))
