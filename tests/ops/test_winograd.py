"""Winograd's convolution gives what the direct sum gives, up to rounding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from minihub_runtime import blas, threads
from minihub_runtime.errors import InvalidSettingError
from minihub_runtime.ops import winograd
from minihub_runtime.ops.convolution_prepared import PreparedFilter
from minihub_runtime.ops.registry import REGISTRY

#: What errors stay below, relative to the largest output; so says the module.
BOUND = 3e-5


NOTHING: Any = np.zeros(0, np.float32)


def draw(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


@pytest.fixture(name="always")
def _always(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let it pay however small the gain."""
    monkeypatch.setattr(winograd, "LEAST_GAIN", 0)
    winograd._gains.cache_clear()
    yield
    winograd._gains.cache_clear()


def check(x: Any, filter: Any, bias: Any, steps: tuple[int, ...] = (), **attrs: Any) -> None:
    """Compare with a direct sum in float64, and with the op that does not prepare its filter."""
    dimensions = x.ndim - 2
    prepared = PreparedFilter(filter, bias, "Relu")
    steps = steps or (1,) * dimensions
    last = attrs.get("data_format", "NHWC").endswith("C")
    strides = [1, *steps, 1] if last else [1, 1, *steps]
    kernel = REGISTRY[f"_PreparedConv{dimensions}D"].kernel
    found = kernel(x, prepared, strides=strides, **attrs)
    (tiles,) = prepared._tiles.values()
    assert tiles._transformed is not None
    direct = REGISTRY[f"Conv{dimensions}D"].kernel(
        x.astype(np.float64), filter.astype(np.float64), strides=strides, **attrs
    )
    axis = -1 if last else 1
    shape = [1] * x.ndim
    shape[axis] = len(bias)
    expected = np.maximum(direct + bias.reshape(shape), 0)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, rtol=0, atol=BOUND * np.abs(direct).max())


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("size", [(20, 20), (19, 24), (22, 21), (15, 34), (7, 54)])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.usefixtures("always")
def test_planes(padding: str, size: tuple[int, int], batch: int) -> None:
    check(draw(batch, *size, 40), draw(3, 3, 40, 40), draw(40), padding=padding)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    "taps", [(1, 7), (7, 1), (1, 3), (3, 1), (5, 5), (2, 2), (5, 1), (2, 3), (3, 7), (4, 4)]
)
@pytest.mark.usefixtures("always")
def test_other_taps(padding: str, taps: tuple[int, int]) -> None:
    check(draw(2, 25, 26, 64), draw(*taps, 64, 64), draw(64), padding=padding)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("taps", [1, 2, 3])
@pytest.mark.usefixtures("always")
def test_depth(padding: str, taps: int) -> None:
    check(draw(2, 5, 16, 14, 40), draw(taps, 3, 3, 40, 40), draw(40), padding=padding)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("size", [(40, 41), (27, 52), (33, 30)])
@pytest.mark.parametrize(
    ("taps", "steps"),
    [((7, 7), (2, 2)), ((5, 4), (2, 1)), ((8, 3), (2, 2)), ((11, 11), (4, 4)), ((2, 7), (3, 3))],
)
@pytest.mark.usefixtures("always")
def test_steps(
    taps: tuple[int, int],
    steps: tuple[int, int],
    size: tuple[int, int],
    padding: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(winograd, "LEAST_TILES", 1)
    check(draw(2, *size, 5), draw(*taps, 5, 24), draw(24), steps, padding=padding)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("depth", "steps"), [(7, (2, 2, 2)), (3, (1, 2, 2)), (5, (2, 1, 1))])
@pytest.mark.usefixtures("always")
def test_steps_in_three_dimensions(depth: int, steps: tuple[int, ...], padding: str) -> None:
    taps = (depth, 7, 5)
    check(draw(2, 9, 24, 31, 3), draw(*taps, 3, 16), draw(16), steps, padding=padding)


@pytest.mark.parametrize("paddings", [[3, 4, 2, 2], [0, 1, 5, 0], [6, 6, 1, 3]])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.usefixtures("always")
def test_steps_and_zeros_around(layout: str, paddings: list[int]) -> None:
    x, filter, bias = draw(2, 33, 28, 5), draw(7, 5, 5, 16), draw(16)
    explicit = [0, 0, *paddings, 0, 0] if layout == "NHWC" else [0, 0, 0, 0, *paddings]
    if layout == "NCHW":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    attrs: Any = {"padding": "EXPLICIT", "explicit_paddings": explicit, "data_format": layout}
    check(x, filter, bias, (2, 3), **attrs)


def test_a_filter_of_many_taps_and_few_channels_with_steps() -> None:
    x, prepared = draw(1, 8, 56, 56, 3), PreparedFilter(draw(7, 7, 7, 3, 64), draw(64), "Relu")
    attrs = {"strides": [1, 2, 2, 2, 1], "padding": "SAME"}
    REGISTRY["_PreparedConv3D"].kernel(x, prepared, **attrs)
    assert [*prepared._tiles] == [(2, 2, 2)]


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize(
    ("taps", "channels", "outputs"), [(1, 40, 70), (3, 40, 140), (3, 450, 66), (2, 20, 30)]
)
@pytest.mark.usefixtures("always")
def test_depth_in_panels(
    taps: int, channels: int, outputs: int, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    x, filter = draw(2, 4, 13, 14, channels), draw(taps, 3, 3, channels, outputs)
    check(x, filter, draw(outputs), padding="SAME")


@pytest.mark.usefixtures("always")
def test_channels_second_and_explicit_paddings() -> None:
    x, filter, bias = draw(2, 40, 15, 16), draw(3, 3, 40, 40), draw(40)
    check(x, filter, bias, padding="SAME", data_format="NCHW")
    paddings = [0, 0, 2, 3, 0, 4, 0, 0]
    x = draw(2, 13, 12, 40)
    check(x, filter, bias, padding="EXPLICIT", explicit_paddings=paddings)


@pytest.mark.usefixtures("always")
def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, prepared = draw(3, 30, 26, 40), PreparedFilter(draw(3, 3, 40, 40), draw(40), "")
    kernel = REGISTRY["_PreparedConv2D"].kernel
    attrs = {"strides": [1] * 4, "padding": "SAME"}
    whole = kernel(x, prepared, **attrs)
    before = threads.num_threads()
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    try:
        for size, count in ((1 << 15, 1), (1 << 17, 2), (1 << 20, 3)):
            monkeypatch.setattr(winograd, "BLOCK", size)
            monkeypatch.setattr(winograd, "LARGEST_BLOCK", size)
            threads.set_num_threads(count)
            found = kernel(x, prepared, **attrs)
            np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-4)
    finally:
        threads.set_num_threads(before)


@pytest.mark.parametrize(
    ("x", "filter", "strides"),
    [
        (draw(1, 4, 4, 32), draw(3, 3, 32, 32), 1),
        (draw(1, 20, 20, 8), draw(3, 3, 8, 32), 1),
        (draw(1, 20, 20, 32), draw(6, 6, 32, 32), 1),
        (draw(1, 20, 20, 32), draw(3, 3, 32, 32), 2),
        (draw(1, 20, 20, 64), draw(3, 3, 32, 64), 1),
        (draw(40, 1, 1, 32), draw(3, 3, 32, 32), 1),
        (draw(0, 20, 20, 32), draw(3, 3, 32, 32), 1),
    ],
    ids=["small", "few channels", "6x6", "stride", "groups", "points", "empty"],
)
def test_others_are_summed_up_directly(x: Any, filter: Any, strides: int) -> None:
    prepared = PreparedFilter(filter, NOTHING, "")
    attrs = {"strides": [1, strides, strides, 1], "padding": "SAME"}
    found = REGISTRY["_PreparedConv2D"].kernel(x, prepared, **attrs)
    assert not prepared._tiles
    np.testing.assert_array_equal(found, REGISTRY["Conv2D"].kernel(x, filter, **attrs))


@pytest.mark.parametrize("word", ["0", "off"])
def test_the_environment_turns_it_off(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIHUB_WINOGRAD", word)
    winograd.allowed.cache_clear()
    try:
        prepared = PreparedFilter(draw(3, 3, 32, 32), draw(32), "")
        kernel = REGISTRY["_PreparedConv2D"].kernel
        kernel(draw(1, 20, 20, 32), prepared, strides=[1] * 4, padding="SAME")
        assert not prepared._tiles
    finally:
        winograd.allowed.cache_clear()


def test_the_environment_must_say_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIHUB_WINOGRAD", "perhaps")
    winograd.allowed.cache_clear()
    with pytest.raises(InvalidSettingError, match="MINIHUB_WINOGRAD must be 0 or 1"):
        winograd.allowed()


def test_errors_of_the_direct_sum_are_not_exceeded_by_much() -> None:
    x, filter = np.maximum(draw(1, 28, 28, 256), 0), draw(3, 3, 256, 64)
    expected = REGISTRY["Conv2D"].kernel(
        x.astype(np.float64), filter.astype(np.float64), strides=[1] * 4, padding="SAME"
    )
    found = REGISTRY["_PreparedConv2D"].kernel(
        x,
        PreparedFilter(filter, NOTHING, ""),
        strides=[1] * 4,
        padding="SAME",
    )
    assert np.abs(found - expected).max() <= BOUND * np.abs(expected).max()
