"""What there is to see of a tensor."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from minihub.pages.summaries import summarize
from minihub_runtime.dtypes import bfloat16, float_to_bfloat16


def shades(told: dict[str, Any]) -> Any:
    pictures = told["pictures"]
    size = (-1, pictures["height"], pictures["width"], pictures["channels"])
    return np.frombuffer(base64.b64decode(pictures["shades"]), np.uint8).reshape(size)


def test_numbers() -> None:
    told = summarize(np.array([[0.0, 1.0], [3.0, 0.0]], np.float32))
    assert told["dtype"] == "float32"
    assert told["shape"] == [2, 2]
    assert told["elements"] == ["0", "1", "3", "0"]
    assert (told["range"], told["mean"], told["zeros"]) == ([0.0, 3.0], 1.0, 0.5)
    assert told["deviation"] == pytest.approx(np.std([0, 1, 3, 0]))
    assert sum(told["bars"]) == 4
    assert not told["truncated"]


def test_numbers_that_are_none() -> None:
    told = summarize(np.array([np.nan, np.inf, -np.inf, 2.0]))
    assert told["not_finite"] == 3
    assert told["range"] == [2.0, 2.0]
    assert "bars" not in told
    assert "range" not in summarize(np.array([np.nan]))


@pytest.mark.parametrize("size", [5, 360_000])
def test_the_greatest_numbers(size: int) -> None:
    told = summarize(np.full(size, np.finfo(np.float64).max))
    json.dumps(told, allow_nan=False)
    assert told["range"] == [np.finfo(np.float64).max] * 2


@pytest.mark.parametrize("numbers", [[1, 1 + 2**-52], [0, 5e-324], [2**60, 2**60 + 256]])
def test_neighbouring_numbers_have_no_bars(numbers: list[float]) -> None:
    told = summarize(np.array(numbers))
    assert told["range"] == numbers
    assert "bars" not in told


def test_all_numbers_are_looked_at_however_many() -> None:
    large = np.zeros((1 << 20, 4), np.float32)
    large[5, 3], large[7, 1], large[9, 2] = 8, -8, np.nan
    told = summarize(large)
    assert (told["not_finite"], told["range"]) == (1, [-8.0, 8.0])
    assert told["zeros"] == 1 - 3 / large.size
    assert told["deviation"] == pytest.approx(np.nanstd(large, dtype=np.float64))
    assert sum(told["bars"]) == large.size - 1


def test_other_types() -> None:
    strings = np.array([b"word", "ä".encode(), b"\xff", b"x" * 200], object)
    told = summarize(strings)
    assert told["dtype"] == "string"
    assert told["elements"][:3] == ["word", "ä", "\\xff"]
    assert len(told["elements"][3]) == 80
    assert summarize(np.array(True))["elements"] == [True]
    assert summarize(np.array([2**62]))["elements"] == [2**62]
    assert summarize(float_to_bfloat16(np.float32([1.5, 2])))["elements"] == ["1.5", "2"]
    assert summarize(np.zeros(2, bfloat16.numpy))["dtype"] == "bfloat16"
    assert summarize(np.zeros((0, 3), np.int32))["elements"] == []
    assert summarize(np.array([1 + 2j]))["elements"] == ["(1+2j)"]
    variant = np.empty((), object)
    variant[()] = ("a list of", "tensors")
    assert summarize(variant) == {"dtype": "variant", "shape": []}
    assert summarize(object()) == {"dtype": "object"}
    assert summarize(None)["dtype"] == "NoneType"


def test_pictures_of_channels_colours_frames_and_attention() -> None:
    ramp = np.arange(5 * 6 * 4, dtype=np.float32).reshape(1, 5, 6, 4)
    told = summarize(ramp)
    assert told["pictures"]["count"] == 4
    seen = shades(told)
    assert seen.shape == (4, 5, 6, 1)
    assert (seen[0, 0, 0, 0], seen[3, 4, 5, 0]) == (0, 255)
    assert shades(summarize(ramp[..., :3])).shape == (1, 5, 6, 3)
    assert shades(summarize(ramp[:, np.newaxis])).shape == (4, 5, 6, 1)
    heads = np.random.default_rng(0).random((2, 3, 7, 7))
    assert shades(summarize(heads)).shape == (3, 7, 7, 1)
    assert shades(summarize(heads[0])).shape == (1, 7, 7, 1)
    large = summarize(np.random.default_rng(0).random((1, 100, 130, 50)))
    assert shades(large).shape == (12, 25, 26, 1)
    for none in (np.zeros((1, 5, 5, 2)), np.zeros((0, 5, 5, 2)), np.ones((1, 1, 1, 9)), np.ones(3)):
        assert "pictures" not in summarize(none)


# The first draw imports what it needs, which takes long on a busy machine.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    arrays.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int64, np.uint64, np.bool_]),
        arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5),
    )
)
def test_all_can_be_told(value: Any) -> None:
    with np.errstate(all="ignore"):
        told = summarize(value)
    json.dumps(told, allow_nan=False)
    assert told["shape"] == [*value.shape]
    if "bars" in told:
        assert sum(told["bars"]) == value.size - told["not_finite"]
