"""What follows a convolution, done to its blocks, is what it is done to the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops import windows
from minihub_runtime.ops.finishing import finish_with

#: Name → the activation in float64.
EXPECTED: dict[str, Callable[[Any], Any]] = {
    "": lambda x: x,
    "Elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "HardSwish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "LeakyRelu": lambda x: np.where(x < 0, 0.2 * x, x),
    "Relu": lambda x: np.maximum(x, 0),
    "Relu6": lambda x: np.clip(x, 0, 6),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Swish": lambda x: x / (1 + np.exp(-x)),
    "SwishOfHalf": lambda x: 2 * x / (1 + np.exp(-2 * x)),
    "SwishOfNegative": lambda x: -x / (1 + np.exp(x)),
    "Tanh": np.tanh,
}


def draw(*shape: int) -> Any:
    return 4 * np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", sorted(EXPECTED))
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (301, 5), (2, 700), (0, 4)])
@pytest.mark.parametrize("kind", ["vector", "number", "none"])
def test_blocks_are_what_the_whole_is(
    name: str, shape: tuple[int, int], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Several parts, of which the last has rows that are not joined.
    monkeypatch.setattr(windows, "BLOCK", 1 << 15)
    x = draw(*shape)
    bias = {"vector": draw(shape[1]), "number": draw(1), "none": None}[kind]
    block = x.copy()
    finish_with(bias, [name])(block)
    shifted = x.astype(np.float64) if bias is None else x + bias.astype(np.float64)
    np.testing.assert_allclose(block, EXPECTED[name](shifted), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - {"", "HardSwish", "LeakyRelu"}))
def test_ends_of_the_range(name: str) -> None:
    block = np.array([[np.nan, np.inf, 1e30, -1e30]], np.float32)
    with np.errstate(all="ignore"):
        finish_with(None, [name])(block)
        expected = EXPECTED[name](np.array([[np.nan, np.inf, 1e30, -1e30]]))
    np.testing.assert_allclose(block, expected, rtol=1e-6)


def test_unknown_activations_are_refused() -> None:
    with pytest.raises(UnimplementedError, match="'Cosine'"):
        finish_with(None, ["Cosine"])
