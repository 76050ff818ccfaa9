"""Ops that no package of TensorFlow 2.15 runs, against what its sources say and its older versions print."""

from __future__ import annotations

import numpy as np
import pytest

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.registry import REGISTRY
from tests.samples import f32, f64, i32, i64

NAN = float("nan")


def test_boundaries_as_an_input_are_like_those_in_an_attribute() -> None:
    # The example of the op's documentation in TensorFlow 1.15.
    op = REGISTRY["BucketizeWithInputBoundaries"]
    found = op(i32([[-5, 10000], [150, 10], [5, 100]]), f32([0, 10, 100]))
    assert found.dtype == np.int32
    assert found.tolist() == [[0, 3], [3, 2], [1, 3]]
    values = f32([-1, 0, 9.5, 10, NAN, 1e9])
    expected = REGISTRY["Bucketize"](values, boundaries=[0.0, 10.0, 100.0])
    np.testing.assert_array_equal(op(values, f32([0, 10, 100])), expected)


def test_boundaries_are_cut_to_the_type_of_the_input() -> None:
    op = REGISTRY["BucketizeWithInputBoundaries"]
    assert op(i64([0, 1, 2]), f32([0.5, 1.5])).tolist() == [1, 2, 2]
    assert op(f64([0, 1, 2]), f32([0.5, 1.5])).tolist() == [0, 1, 2]
    with pytest.raises(InvalidArgumentError, match="sorted"):
        op(f32([1]), f32([2, 1]))


def test_boosted_trees_take_the_first_boundary_not_below() -> None:
    op = REGISTRY["BoostedTreesBucketize"]
    values = [f32([-1, 3, 3.5, 9, NAN]), f32([1, 2])]
    first, second = op(values, [f32([0, 3, 4]), f32([])])
    assert first.tolist() == [0, 1, 2, 2, 0]
    assert second.tolist() == [0, 0]
    assert first.dtype == second.dtype == np.int32
    with pytest.raises(InvalidArgumentError, match="rank 1"):
        op([f32([[1]])], [f32([0])])


def test_comparisons_are_packed_from_the_highest_bit_down() -> None:
    op = REGISTRY["CompareAndBitpack"]
    row = [5, 0, 0, 0, 0, 0, 2, 9]
    assert op(i32([row, row[::-1]]), i32(1)).tolist() == [[0b10000011], [0b11000001]]
    assert op(f32(row * 2), f32(NAN)).tolist() == [0, 0]
    assert op(np.array(row) > 1, np.array(True)).tolist() == [0b10000011]
    assert op(f32([]), f32(0)).dtype == np.uint8
    with pytest.raises(InvalidArgumentError, match="multiple of 8"):
        op(i32([1, 2]), i32(0))
    with pytest.raises(InvalidArgumentError, match="scalar"):
        op(i32(row), i32([0]))


@pytest.mark.parametrize("name", ["FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D"])
def test_batch_transforms_are_the_transforms(name: str) -> None:
    values = np.arange(24).reshape(1, 2, 3, 4).astype(np.complex64)
    np.testing.assert_array_equal(REGISTRY[f"Batch{name}"](values), REGISTRY[name](values))


def test_top_k_with_an_attribute_is_top_k_with_an_input() -> None:
    values = f32([[1, 5, 3], [7, 2, 2]])
    for got, expected in zip(
        REGISTRY["TopK"](values, k=2), REGISTRY["TopKV2"](values, i32(2)), strict=True
    ):
        np.testing.assert_array_equal(got, expected)


def test_the_blank_of_ctc_loss_v2_comes_first() -> None:
    logits = np.random.default_rng(3).standard_normal((6, 2, 4)).astype(np.float32)
    indices, lengths = i64([[0, 0], [0, 1], [1, 0]]), i32([6, 4])
    blank_last = REGISTRY["CTCLoss"](np.roll(logits, -1, axis=2), indices, i32([0, 2, 1]), lengths)
    loss, gradient = REGISTRY["CTCLossV2"](logits, indices, i32([1, 3, 2]), lengths)
    np.testing.assert_allclose(loss, blank_last[0])
    np.testing.assert_allclose(gradient, np.roll(blank_last[1], 1, axis=2), atol=1e-6)
    with pytest.raises(InvalidArgumentError, match=r"must lie in \[1, 4\)"):
        REGISTRY["CTCLossV2"](logits, indices, i32([0, 3, 2]), lengths)
    with pytest.raises(InvalidArgumentError, match="ctc_merge_repeated"):
        REGISTRY["CTCLossV2"](logits, indices, i32([1, 3, 2]), lengths, ctc_merge_repeated=False)
