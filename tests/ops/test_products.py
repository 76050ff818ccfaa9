"""Products of matrices are the same however they are cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime import blas, threads
from minihub_runtime.ops import products
from minihub_runtime.ops.matmul import multiply_matrices
from minihub_runtime.ops.panels import SMALL


def draw(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


SHAPES = [
    ((1, 300), (300, 500)),
    ((2, 300), (300, 500)),
    ((3, 300), (300, 500)),
    ((40, 700), (700, 900)),
    ((900, 300), (300, 40)),
    ((70, 64), (64, 70)),
    ((5, 90, 80), (5, 80, 70)),
    ((1, 90, 80), (1, 80, 170)),
    ((5, 90, 80), (80, 70)),
    ((0, 8), (8, 5)),
    ((4, 0), (0, 5)),
]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_parts_are_put_together(
    left: Any, right: Any, given: bool, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    monkeypatch.setattr(products, "SHARED", 0)
    x, y = draw(*left), draw(*right)
    expected = np.matmul(x.astype(np.float64), y.astype(np.float64))
    out = np.full(expected.shape, np.nan, np.float32) if given else None
    before = threads.num_threads()
    threads.set_num_threads(count)
    try:
        found = products.multiply(x, y, out)
    finally:
        threads.set_num_threads(before)
    assert found.dtype == np.float32
    assert out is None or found is out
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rows", [1, 3, 40])
def test_no_long_product_starts_threads_of_the_library(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, entered = blas.single, []

    def noted() -> Any:
        entered.append(True)
        return plain()

    monkeypatch.setattr(blas, "single", noted)
    left, right = draw(rows, 700), draw(700, 900)
    assert left.size * 900 > products.SHARED
    np.testing.assert_allclose(multiply_matrices(left, right), left @ right, rtol=1e-3, atol=1e-3)
    assert entered


@pytest.mark.parametrize("dtype", [np.int32, np.float64, np.complex64])
def test_types(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    monkeypatch.setattr(products, "SHARED", 0)
    x, y = (draw(80, 70) * 8).astype(dtype), (draw(70, 90) * 8).astype(dtype)
    found = products.multiply(x, y)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, np.matmul(x, y), rtol=1e-4, atol=1e-3)


def test_strided_factors_and_places() -> None:
    x, y = draw(100, 128).T, draw(64, 200)[:, ::2].T
    place = np.zeros((128, 128), np.float32)
    found = products.multiply(x, y, place[:, ::2])
    assert found.base is place
    np.testing.assert_allclose(place[:, ::2], x @ y, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(
    ("left", "right"), [shapes for shapes in SHAPES if len(shapes[0]) == len(shapes[1]) == 2]
)
def test_parts_are_finished(
    left: Any, right: Any, given: bool, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    monkeypatch.setattr(products, "SHARED", 0)
    x, y, bias = draw(*left), draw(*right), draw(right[1])
    expected = np.square(np.matmul(x.astype(np.float64), y.astype(np.float64)) + bias)
    out = np.full(expected.shape, np.nan, np.float32) if given else None

    def finish(block: Any, rows: slice, columns: slice) -> None:
        assert block.flags.c_contiguous
        assert len(block) == len(range(*rows.indices(len(x))))
        block += bias[columns]
        np.square(block, out=block)

    before = threads.num_threads()
    threads.set_num_threads(count)
    try:
        found = products.multiply_and_finish(x, y, finish, out)
    finally:
        threads.set_num_threads(before)
    assert out is None or found is out
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("left", "right", "lines", "columns"),
    [
        ((4, 512), (512, 1000), 0, 336),
        ((16, 300), (300, 700), 0, 176),
        ((3, 4, 512), (3, 512, 520), 0, 272),
        ((8, 40), (40, 4001), 0, 512),
        ((36, 36), (36, 900), 0, 512),
        ((3, 36, 36), (3, 36, 900), 0, 512),
        ((900, 70), (70, 40), 300, 0),
        ((2000, 16), (16, 96), 500, 0),
        ((3, 500, 100), (3, 100, 64), 156, 0),
    ],
)
@pytest.mark.parametrize("given", [False, True])
def test_products_are_made_in_small_parts(
    left: tuple[int, ...],
    right: tuple[int, ...],
    lines: int,
    columns: int,
    given: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)
    a = np.random.default_rng(0).standard_normal(left).astype(np.float32)
    b = np.random.default_rng(1).standard_normal(right).astype(np.float32)
    assert products._cut(a, b) == (lines, columns)
    assert left[-1] * (lines * right[-1] + left[-2] * columns) <= SMALL
    out = np.full((*left[:-1], right[-1]), np.nan, np.float32) if given else None
    found = products.multiply(a, b, out)
    assert not given or found is out
    np.testing.assert_allclose(found, np.matmul(a, b), rtol=1e-5, atol=1e-4)
    monkeypatch.setattr(blas, "small_as_they_are", lambda: False)
    assert products._cut(a, b) == (0, 0)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((1, 512), (512, 4000)),
        ((17, 512), (512, 4000)),
        ((4, 10), (10, 90)),
        ((4000, 512), (512, 1)),
        ((900, 300), (300, 128)),
    ],
)
def test_other_products_are_made_at_once(
    left: tuple[int, ...], right: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)
    a, b = np.zeros(left, np.float32), np.zeros(right, np.float32)
    assert products._cut(a, b) == (0, 0)


@pytest.mark.parametrize("other", ["float64", "columns of the left", "columns of the right"])
def test_what_the_library_copies_anyway_is_not_cut(
    other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)
    a, b = np.zeros((4, 512), np.float32), np.zeros((512, 1000), np.float32)
    if other == "float64":
        a, b = a.astype(np.float64), b.astype(np.float64)
    elif other == "columns of the left":
        a = np.asfortranarray(a)
    else:
        b = np.asfortranarray(b)
    assert products._cut(a, b) == (0, 0)


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize(
    ("rows", "columns", "width"),
    [
        (20_000, 24, 16),
        (9_999, 16, 40),
        (5_000, 96, 96),
        (700, 40, 200),
        (300, 7, 1),
        (5, 3, 4),
        (0, 3, 4),
        (5, 0, 4),
    ],
)
def test_products_of_many_rows(
    rows: int, columns: int, width: int, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    left, right = draw(rows, columns), draw(rows, width)
    found = products.multiply_turned(left, right)
    assert found.shape == (columns, width)
    assert found.dtype == np.float32
    expected = left.T.astype(np.float64) @ right
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", ["float64", "turned", "apart"])
def test_other_products_of_many_rows(kind: str) -> None:
    left, right = draw(5_000, 24), draw(5_000, 16)
    if kind == "float64":
        left, right = left.astype(np.float64), right.astype(np.float64)
    elif kind == "turned":
        left = np.asfortranarray(left)
    else:
        right = np.repeat(right, 2, axis=1)[:, ::2]
    found = products.multiply_turned(left, right)
    assert found.dtype == left.dtype
    np.testing.assert_allclose(found, left.T.astype(np.float64) @ right, rtol=1e-4, atol=1e-3)
