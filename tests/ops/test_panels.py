"""Products with matrices in panels are what other products are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from minihub_runtime import blas
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops import panels as panels_module
from minihub_runtime.ops import prepared_matrix, projection
from minihub_runtime.ops.panels import WIDTH, band, panels_of
from minihub_runtime.ops.prepared_matrix import FIRST_USES, MOST_ROWS, PreparedMatrix
from minihub_runtime.ops.products import multiply, multiply_and_finish
from minihub_runtime.ops.registry import REGISTRY
from tests.passes.test_hoist_products import array_of
from tests.samples import i32
from tests.sharing import sharing


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that multiplies small matrices as they are."""
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)


@pytest.fixture(params=[1, 2])
def count(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many threads, which share all work."""
    with sharing(request.param):
        yield request.param


def draw(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


WIDTHS = [5, WIDTH, WIDTH + 7, WIDTH + 16, 3 * WIDTH, 4 * WIDTH + 40]


@pytest.mark.parametrize("rows", [1, 2, 49, 130])
@pytest.mark.parametrize("depth", [1, 300, 1000, 1900, 2560, 4096])
@pytest.mark.parametrize("width", WIDTHS)
def test_products_are_those_of_the_matrix(rows: int, depth: int, width: int, count: int) -> None:
    left, matrix = draw(rows, depth), draw(depth, width)
    panels = panels_of(matrix)
    assert panels is not None
    assert panels.shape == matrix.shape
    assert panels.starts[0] == 0
    assert panels.starts[-1] == width
    found = multiply(left, panels)
    assert found.flags.c_contiguous
    expected = left.astype(np.float64) @ matrix
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)

    added = np.arange(rows * width, dtype=np.float32).reshape(rows, width)

    def finish(block: Any, taken: slice, columns: slice) -> None:
        assert block.flags.c_contiguous
        block += added[taken, columns]

    place = np.full((rows, width), np.nan, np.float32)
    assert multiply_and_finish(left, panels, finish, place) is place
    np.testing.assert_allclose(place, expected + added, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("depth", [40, 2560])
def test_stacks(depth: int) -> None:
    left, matrix = draw(3, 30, depth), draw(3, depth, WIDTH + 30)
    panels = panels_of(matrix)
    assert panels is not None
    np.testing.assert_allclose(multiply(left, panels), left @ matrix, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("sums", [1, 2 * 3 * 5 * 30 * WIDTH, 1 << 20])
def test_sums_of_parts_are_kept_for_several_panels(
    monkeypatch: pytest.MonkeyPatch, sums: int
) -> None:
    monkeypatch.setattr(panels_module, "SUMS", sums)
    left, matrix = draw(3, 30, 2560), draw(3, 2560, 5 * WIDTH + 30)
    panels = panels_of(matrix)
    assert panels is not None
    np.testing.assert_allclose(multiply(left, panels), left @ matrix, rtol=1e-4, atol=1e-3)
    single = panels_of(matrix[0])
    assert single is not None
    np.testing.assert_allclose(multiply(left[0], single), left[0] @ matrix[0], rtol=1e-4, atol=1e-3)


def test_some_panels() -> None:
    left, matrix = draw(30, 700), draw(700, 3 * WIDTH + 20)
    panels = panels_of(matrix)
    assert panels is not None
    for first in range(len(panels)):
        for last in range(first, len(panels) + 1):
            columns = slice(panels.starts[first], panels.starts[last])
            out = np.full((30, columns.stop - columns.start), np.nan, np.float32)
            panels.multiply(left, out, first, last)
            np.testing.assert_allclose(out, left @ matrix[:, columns], rtol=1e-4, atol=1e-3)


def test_strided_factors_and_places() -> None:
    left, matrix = draw(70, 50).T, draw(2 * WIDTH, 70).T
    panels = panels_of(matrix)
    assert panels is not None
    place = np.zeros((50, 4 * WIDTH), np.float32)
    assert multiply(left, panels, place[:, ::2]).base is place
    np.testing.assert_allclose(place[:, ::2], left @ matrix, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "matrix",
    [
        draw(4, WIDTH).astype(np.float64),
        draw(0, WIDTH),
        draw(4, 0),
        draw(4, 1),
        draw(4099, 4),
    ],
    ids=["float64", "no rows", "no columns", "a vector", "deep and prime"],
)
def test_what_gains_nothing_stays_as_it_is(matrix: Any) -> None:
    assert panels_of(matrix) is None


def test_other_libraries_bring_all_into_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: False)
    assert panels_of(draw(4, WIDTH)) is None


@pytest.mark.parametrize("most", [1, 3, 8, 13, 20, 100])
@pytest.mark.parametrize("rows", [1, 4, 13, 49, 128, 196, 1000])
def test_bands(rows: int, most: int) -> None:
    lines = band(rows, most)
    assert 1 <= lines <= min(rows, most)
    assert lines * 2 >= min(rows, most)
    # The library goes over four or six rows at a time.
    assert lines == rows or most < 8 or lines % 4 == 0
    assert most <= 13 or rows % lines not in {1, 2, 3}


def prepared(matrix: Any, bias: Any, activation: str = "") -> PreparedMatrix:
    made = PreparedMatrix(matrix, bias, activation)
    assert made.panels(MOST_ROWS + 1) is None
    for _ in range(FIRST_USES):
        assert made.panels(2) is None
    assert made.panels(1) is None
    return made


@pytest.mark.parametrize("bias", [0, 1, 2 * WIDTH])
@pytest.mark.parametrize("activation", ["", "Relu"])
@pytest.mark.parametrize("rows", [0, 1, 3, 200, MOST_ROWS + 1])
def test_a_matrix_that_stays(bias: int, activation: str, rows: int, count: int) -> None:
    matrix, addend, left = draw(70, 2 * WIDTH), draw(bias), draw(rows, 70)
    made = prepared(matrix, addend, activation)
    expected = left @ matrix + (addend if bias else 0)
    if activation:
        expected = np.maximum(expected, 0)
    for _ in range(2):
        np.testing.assert_allclose(made.multiply(left), expected, rtol=1e-5, atol=1e-4)
    assert (made._panels is not None) == (2 <= rows <= MOST_ROWS)


def test_few_parts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared_matrix, "MAX_FINISHES", 2)
    matrix, bias = draw(30, 6 * WIDTH), draw(6 * WIDTH)
    made = prepared(matrix, bias)
    for rows in (2, 200, 500, 300, 2):
        left = draw(rows, 30)
        np.testing.assert_allclose(made.multiply(left), left @ matrix + bias, rtol=1e-4, atol=1e-4)
        assert len(made._finishes) <= 2


@pytest.mark.parametrize("transpose", [False, True])
def test_the_op(transpose: bool) -> None:
    matrix, bias = draw(WIDTH, 20) if transpose else draw(20, WIDTH), draw(WIDTH)
    given = REGISTRY["_PreparedMatrix"].kernel(matrix, bias, transpose=transpose, activation="Tanh")
    x = draw(20, 9)
    expected = np.tanh(x.T @ (matrix.T if transpose else matrix) + bias)
    kernel = REGISTRY["_PreparedMatMul"].kernel
    for _ in range(FIRST_USES + 1):
        np.testing.assert_allclose(kernel(x, given, transpose_a=True), expected, rtol=1e-4)
    out = np.zeros((9, WIDTH), np.float32)
    assert kernel(x, given, transpose_a=True, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-4)
    with pytest.raises(InvalidArgumentError, match=r"sizes must fit, not \[20,9\] and \[20,64\]"):
        kernel(x, given)
    with pytest.raises(InvalidArgumentError, match="a must"):
        kernel(x[0], given)


def test_a_recurrent_cell_multiplies_with_panels(count: int) -> None:
    weights, state = draw(3 + 20, 2 * WIDTH), draw(2, 20)
    items = [draw(2, 3) + place for place in range(projection.FEW_TURNS)]
    made = projection.project(array_of(*items), weights)
    assert made is not None
    assert made.panels is not None
    kernel = REGISTRY["_ProjectedMatMul"].kernel
    for place, item in enumerate(items):
        found = kernel(item, state, weights, i32(place), made)
        expected = np.concatenate([item, state], axis=1) @ weights
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
    few = projection.project(array_of(*items[:2]), weights)
    assert few is not None
    assert few.panels is None


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


@pytest.mark.parametrize(("start", "stop"), [(0, 1536), (1536, 3072), (512, 2560), (100, 107)])
def test_some_rows_of_a_matrix(start: int, stop: int) -> None:
    matrix, left = draw(3072, 3 * WIDTH + 20), draw(49, stop - start)
    panels = panels_of(matrix)
    assert panels is not None
    part = panels.rows(start, stop)
    assert part is not None
    assert part.shape == (stop - start, matrix.shape[1])
    assert np.shares_memory(part._joined, panels._joined)
    expected = left.astype(np.float64) @ matrix[start:stop]
    np.testing.assert_allclose(multiply(left, part), expected, rtol=1e-4, atol=1e-3)
    # So many rows, of a prime number, are not cut in parts.
    assert panels.rows(0, 2999) is None
