"""What masked gradients of convolutions refuse; their numbers are compared in tests/passes/test_mask_gradients.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.convolution_gradient_masked import (
    masked_conv2d_backprop_input,
    masked_depthwise_conv2d_native_backprop_input,
)

SIZES = np.array([2, 4, 4, 3], np.int32)


@pytest.mark.parametrize(
    "op", [masked_conv2d_backprop_input, masked_depthwise_conv2d_native_backprop_input]
)
@pytest.mark.parametrize(
    ("place", "given", "words"),
    [
        (0, SIZES[1:3], r"shape that input_sizes say, \[4, 4\], not \[2, 4, 4, 3\]"),
        (0, SIZES + 1, r"input_sizes say, \[3, 5, 5, 4\]"),
        (2, np.ones((1, 4, 4, 3), np.float32), "must have 2 images"),
        (2, np.ones((2, 4, 3, 3), np.float32), "spatial sizes"),
        (3, np.ones((2, 4, 4, 1), np.float32), r"not \[2, 4, 4, 1\]"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(op: Any, place: int, given: Any, words: str) -> None:
    width = 3 if op is masked_conv2d_backprop_input else 1
    inputs: list[Any] = [
        SIZES,
        np.ones((3, 3, 3, width), np.float32),
        np.ones((2, 4, 4, 3), np.float32),
        np.ones((2, 4, 4, 3), np.float32),
    ]
    inputs[place] = given
    with pytest.raises(InvalidArgumentError, match=words):
        op.kernel(*inputs, strides=[1] * 4, padding="SAME", activation="Relu")
