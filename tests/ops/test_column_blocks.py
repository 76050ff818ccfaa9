"""Products with matrices in blocks of columns are what other products are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from minihub_runtime import blas, threads
from minihub_runtime.ops import projection
from minihub_runtime.ops.column_blocks import WIDTH, lay_out_columns, multiply_columns
from minihub_runtime.ops.products import SMALL
from minihub_runtime.ops.registry import REGISTRY
from tests.passes.test_hoist_products import array_of
from tests.samples import i32


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that multiplies small matrices as they are."""
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)


@pytest.fixture(params=[1, 2])
def count(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """So many threads, which share all work."""
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    monkeypatch.setattr(threads, "WORTHWHILE_PRODUCTS", 0)
    before = threads.num_threads()
    threads.set_num_threads(request.param)
    yield request.param
    threads.set_num_threads(before)


def draw(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("rows", [2, 5, 32])
@pytest.mark.parametrize(("depth", "blocks"), [(1, 1), (7, 3), (300, 8)])
def test_products_are_those_of_the_matrix(rows: int, depth: int, blocks: int, count: int) -> None:
    left, matrix = draw(rows, depth), draw(depth, blocks * WIDTH)
    laid_out = lay_out_columns(matrix, rows)
    assert laid_out is not None
    assert laid_out.shape == (blocks, depth, WIDTH)
    found = multiply_columns(left, laid_out)
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, left @ matrix, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("matrix", "rows"),
    [
        (draw(4, WIDTH), 1),
        (draw(4, WIDTH + 1), 2),
        (draw(4, WIDTH).astype(np.float64), 2),
        (draw(0, WIDTH), 2),
        (draw(4, 0), 2),
        (draw(100, WIDTH), SMALL // (100 * WIDTH) + 1),
    ],
)
def test_what_gains_nothing_stays_as_it_is(matrix: Any, rows: int) -> None:
    assert lay_out_columns(matrix, rows) is None


def test_other_libraries_bring_all_into_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: False)
    assert lay_out_columns(draw(4, WIDTH), 2) is None


def test_a_recurrent_cell_multiplies_with_blocks(count: int) -> None:
    weights, state = draw(3 + 20, 2 * WIDTH), draw(2, 20)
    items = [draw(2, 3) + place for place in range(projection.FEW_TURNS)]
    made = projection.project(array_of(*items), weights)
    assert made is not None
    assert made.blocks is not None
    kernel = REGISTRY["_ProjectedMatMul"].kernel
    for place, item in enumerate(items):
        found = kernel(item, state, weights, i32(place), made)
        expected = np.concatenate([item, state], axis=1) @ weights
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
    few = projection.project(array_of(*items[:2]), weights)
    assert few is not None
    assert few.blocks is None


def test_a_state_of_another_size_is_refused_as_elsewhere() -> None:
    weights = draw(3 + 20, 2 * WIDTH)
    items = [draw(2, 3) + place for place in range(projection.FEW_TURNS)]
    made = projection.project(array_of(*items), weights)
    with pytest.raises(ValueError, match="sizes must fit"):
        REGISTRY["_ProjectedMatMul"].kernel(items[0], draw(2, 19), weights, i32(0), made)


@pytest.mark.parametrize(
    ("core", "small"), [(b"SkylakeX", True), (b"Haswell", False), (b"", False)]
)
def test_the_kind_of_processor_tells(
    core: bytes, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    control = blas._Control(lambda: 1, lambda count: None, core)
    monkeypatch.setattr(blas, "_control", lambda: control)
    assert blas.small_as_they_are() == small
    monkeypatch.setattr(blas, "_control", lambda: None)
    assert not blas.small_as_they_are()
