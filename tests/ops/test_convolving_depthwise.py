"""Gradients of depthwise convolutions are the same however images are put together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime import threads
from minihub_runtime.ops import convolving_depthwise
from minihub_runtime.ops.convolving_depthwise import correlate_filter_depthwise
from minihub_runtime.ops.windows import Window, slide


def draw(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


def tap_by_tap(x: Any, grad: Any, windows: list[Window]) -> Any:
    """The gradient of the filter in float64, one tap after another."""
    rows, columns = windows
    around = [(w.before, max(0, w.reach - w.before - w.size)) for w in windows]
    padded = np.pad(x.astype(np.float64), [(0, 0), *around, (0, 0)])
    found = np.zeros((rows.taps, columns.taps, x.shape[-1], 1))
    for row, column in np.ndindex(rows.taps, columns.taps):
        seen = padded[
            :,
            row * rows.dilation :: rows.stride,
            column * columns.dilation :: columns.stride,
        ][:, : rows.outputs, : columns.outputs]
        found[row, column, :, 0] = (seen * grad).sum(axis=(0, 1, 2))
    return found


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("together", [1, 30_000, 1 << 21])
@pytest.mark.parametrize("images", [1, 5, 8])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_gradients_of_filters(
    padding: str,
    stride: int,
    dilation: int,
    images: int,
    together: int,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    monkeypatch.setattr(convolving_depthwise, "TOGETHER", together)
    x = draw(images, 11, 9, 24)
    windows = [slide(size, 3, stride, dilation, padding, (0, 0)) for size in x.shape[1:3]]
    grad = draw(images, *(window.outputs for window in windows), 24)
    before = threads.num_threads()
    threads.set_num_threads(count)
    try:
        found = correlate_filter_depthwise(x, grad, windows)
    finally:
        threads.set_num_threads(before)
    assert found.shape == (3, 3, 24, 1)
    np.testing.assert_allclose(found, tap_by_tap(x, grad, windows), rtol=1e-4, atol=1e-4)
