"""Convolutions against sums written out, in sizes that cross the blocks, and in the forms TensorFlow's CPU refuses."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from minihub_runtime import threads
from minihub_runtime.errors import InvalidArgumentError, ResourceExhaustedError
from minihub_runtime.ops import windows
from minihub_runtime.ops.registry import REGISTRY


def draw(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32)


def output_length(
    size: int, taps: int, stride: int, dilation: int, padding: str
) -> tuple[int, int]:
    """The length of the output, and the zeros in front."""
    extent = (taps - 1) * dilation + 1
    if padding == "VALID":
        return (size - extent) // stride + 1, 0
    count = -(-size // stride)
    return count, max(0, (count - 1) * stride + extent - size) // 2


def direct(
    x: Any, filter: Any, strides: tuple[int, ...], dilations: tuple[int, ...], padding: str
) -> Any:
    """A grouped convolution in any number of dimensions: one product per tap, in float64."""
    rank = len(strides)
    taps, depth, width = filter.shape[:rank], filter.shape[-2], filter.shape[-1]
    groups = x.shape[-1] // depth
    places = [
        output_length(*sizes, padding)
        for sizes in zip(x.shape[1:-1], taps, strides, dilations, strict=True)
    ]
    room = [n + 2 * (k - 1) * d + s for n, k, d, s in zip(x.shape[1:], taps, dilations, strides)]
    padded = np.zeros((len(x), *room, x.shape[-1]))
    inside = tuple(slice(before, before + n) for (_, before), n in zip(places, x.shape[1:-1]))
    padded[(slice(None), *inside)] = x
    result = np.zeros((len(x), *(count for count, _ in places), width))
    for tap in itertools.product(*map(range, taps)):
        seen = padded[
            (
                slice(None),
                *(
                    slice(k * d, k * d + (count - 1) * s + 1, s)
                    for k, d, s, (count, _) in zip(tap, dilations, strides, places)
                ),
            )
        ]
        for group in range(groups):
            ins = slice(group * depth, (group + 1) * depth)
            outs = slice(group * width // groups, (group + 1) * width // groups)
            result[..., outs] += seen[..., ins] @ filter[tap][:, outs].astype(np.float64)
    return result


def attrs(strides: tuple[int, ...], dilations: tuple[int, ...], padding: str) -> dict[str, Any]:
    return dict(strides=[1, *strides, 1], dilations=[1, *dilations, 1], padding=padding)


CASES = [
    ((2, 23, 19, 5), (3, 3, 5, 7), (1, 1), (1, 1), "SAME"),
    ((3, 17, 21, 4), (3, 2, 4, 6), (2, 2), (1, 1), "SAME"),
    ((2, 20, 20, 6), (3, 3, 3, 4), (1, 2), (2, 1), "VALID"),
    ((2, 15, 16, 8), (2, 3, 2, 12), (3, 2), (1, 2), "SAME"),
    ((5, 9, 9, 3), (1, 1, 3, 8), (2, 2), (1, 1), "VALID"),
    ((1, 13, 14, 6), (5, 5, 1, 12), (1, 1), (1, 1), "SAME"),
    ((2, 7, 8, 9, 3), (2, 3, 2, 3, 4), (1, 2, 1), (2, 1, 1), "SAME"),
    ((2, 6, 9, 7, 4), (3, 2, 3, 2, 6), (2, 1, 2), (1, 2, 1), "VALID"),
    ((1, 30, 30, 2), (3, 3, 2, 2), (1, 1), (40, 50), "SAME"),
    ((2, 11, 10, 4), (3, 3, 4, 4), (2, 3), (3, 2), "SAME"),
]


@pytest.mark.parametrize("block", [1, 1 << 10, 1 << 13, 1 << 20])
@pytest.mark.parametrize(("x", "filter", "strides", "dilations", "padding"), CASES)
def test_every_block_size_gives_the_direct_sum(
    monkeypatch: pytest.MonkeyPatch,
    block: int,
    x: tuple[int, ...],
    filter: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    padding: str,
) -> None:
    monkeypatch.setattr(windows, "BLOCK", block)
    image, weights = draw(*x), draw(*filter, seed=1)
    op = REGISTRY["Conv2D" if len(strides) == 2 else "Conv3D"]
    got = op.kernel(image, weights, **attrs(strides, dilations, padding))
    expected = direct(image, weights, strides, dilations, padding)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("block", [1 << 10, 1 << 20])
@pytest.mark.parametrize(("x", "filter", "strides", "dilations", "padding"), CASES)
def test_gradients_are_the_adjoints(
    monkeypatch: pytest.MonkeyPatch,
    block: int,
    x: tuple[int, ...],
    filter: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    padding: str,
) -> None:
    # The convolution is linear in each input: <conv(x, w), g> = <x, input gradient> = <w, filter gradient>.
    monkeypatch.setattr(windows, "BLOCK", block)
    image, weights = draw(*x), draw(*filter, seed=1)
    forward = direct(image, weights, strides, dilations, padding)
    grad = draw(*forward.shape, seed=2)
    to_input, to_filter = (
        ("Conv2DBackpropInput", "Conv2DBackpropFilter")
        if len(strides) == 2
        else ("Conv3DBackpropInputV2", "Conv3DBackpropFilterV2")
    )
    more = attrs(strides, dilations, padding)
    expected = float((forward * grad).sum())
    sizes = np.array(x, np.int32)
    by_input = REGISTRY[to_input].kernel(sizes, weights, grad, **more)
    assert by_input.shape == x
    sizes = np.array(filter, np.int32)
    by_filter = REGISTRY[to_filter].kernel(image, sizes, grad, **more)
    assert by_filter.shape == filter
    scale = float(np.abs(forward * grad).sum())
    assert abs(float((by_input * image).sum(dtype=np.float64)) - expected) < 1e-6 * scale
    assert abs(float((by_filter * weights).sum(dtype=np.float64)) - expected) < 1e-6 * scale
    # And one derivative by hand, so that an error that the sum hides shows.
    place = tuple(n // 2 for n in x)
    nudge = np.zeros(x, np.float32)
    nudge[place] = 1
    slope = float((direct(nudge, weights, strides, dilations, padding) * grad).sum())
    np.testing.assert_allclose(by_input[place], slope, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("block", [1 << 8, 1 << 12, 1 << 20])
@pytest.mark.parametrize("channels", [3, 600])
@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize(
    ("strides", "dilations", "padding"),
    [
        ((1, 1), (1, 1), "SAME"),
        ((1, 1), (1, 1), "VALID"),
        ((2, 2), (1, 1), "SAME"),
        ((2, 3), (2, 1), "SAME"),
        ((1, 2), (1, 3), "VALID"),
    ],
)
def test_depthwise_is_a_grouped_convolution(
    monkeypatch: pytest.MonkeyPatch,
    block: int,
    channels: int,
    multiplier: int,
    strides: tuple[int, int],
    dilations: tuple[int, int],
    padding: str,
) -> None:
    monkeypatch.setattr(windows, "BLOCK", block)
    image, weights = draw(2, 9, 11, channels), draw(3, 3, channels, multiplier, seed=1)
    grouped = weights.reshape(3, 3, 1, channels * multiplier)
    op = REGISTRY["DepthwiseConv2dNative"]
    got = op.kernel(image, weights, **attrs(strides, dilations, padding))
    expected = np.concatenate(
        [
            direct(
                image[..., c : c + 1],
                grouped[..., c * multiplier : (c + 1) * multiplier],
                strides,
                dilations,
                padding,
            )
            for c in range(0, channels, max(1, channels // 5))
        ],
        axis=-1,
    )
    chosen = [
        c * multiplier + m
        for c in range(0, channels, max(1, channels // 5))
        for m in range(multiplier)
    ]
    np.testing.assert_allclose(got[..., chosen], expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "filter"),
    [("Conv2D", (3, 3, 4, 6)), ("Conv2D", (3, 2, 2, 6)), ("DepthwiseConv2dNative", (3, 3, 4, 2))],
)
def test_channels_first_is_channels_last_transposed(name: str, filter: tuple[int, ...]) -> None:
    image, weights = draw(2, 9, 8, 4), draw(*filter, seed=1)
    op = REGISTRY[name]
    last = op.kernel(image, weights, strides=[1, 2, 1, 1], padding="SAME")
    first = op.kernel(
        np.ascontiguousarray(image.transpose(0, 3, 1, 2)),
        weights,
        strides=[1, 1, 2, 1],
        padding="SAME",
        data_format="NCHW",
    )
    assert first.flags.c_contiguous
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-6, atol=1e-6)


def test_explicit_paddings_follow_the_data_format() -> None:
    image, weights = draw(1, 5, 6, 2), draw(3, 3, 2, 3, seed=1)
    op = REGISTRY["Conv2D"]
    more = dict(strides=[1, 1, 1, 1], padding="EXPLICIT")
    last = op.kernel(image, weights, explicit_paddings=[0, 0, 1, 2, 3, 0, 0, 0], **more)
    first = op.kernel(
        np.ascontiguousarray(image.transpose(0, 3, 1, 2)),
        weights,
        explicit_paddings=[0, 0, 0, 0, 1, 2, 3, 0],
        data_format="NCHW",
        **more,
    )
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-6, atol=1e-6)


def test_input_gradient_in_channels_first() -> None:
    weights, grad = draw(3, 3, 4, 5), draw(2, 4, 4, 5, seed=1)
    op = REGISTRY["Conv2DBackpropInput"]
    last = op.kernel(
        np.array([2, 8, 7, 4], np.int32), weights, grad, strides=[1, 2, 2, 1], padding="SAME"
    )
    first = op.kernel(
        np.array([2, 4, 8, 7], np.int32),
        weights,
        np.ascontiguousarray(grad.transpose(0, 3, 1, 2)),
        strides=[1, 1, 2, 2],
        padding="SAME",
        data_format="NCHW",
    )
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "fused_ops", [["BiasAdd"], ["BiasAdd", "Relu6"], ["FusedBatchNorm", "Elu"]]
)
@pytest.mark.parametrize("block", [1 << 8, 1 << 20])
def test_fused_depthwise_is_the_ops_in_turn(
    monkeypatch: pytest.MonkeyPatch, fused_ops: list[str], block: int
) -> None:
    monkeypatch.setattr(windows, "BLOCK", block)
    image, weights = draw(2, 6, 5, 4), draw(3, 3, 4, 1, seed=1)
    vectors = [np.abs(draw(4, seed=n)) + 0.5 for n in range(4)]
    place = dict(strides=[1, 1, 1, 1], padding="SAME")
    expected = REGISTRY["DepthwiseConv2dNative"].kernel(image, weights, **place)
    if fused_ops[0] == "BiasAdd":
        vectors = vectors[:1]
        expected = expected + vectors[0]
    else:
        scale, offset, mean, variance = vectors
        expected = (expected - mean) * (scale / np.sqrt(variance + np.float32(1e-4))) + offset
    for name in fused_ops[1:]:
        expected = REGISTRY[name].kernel(expected)
    got = REGISTRY["_FusedDepthwiseConv2dNative"].kernel(
        image, weights, vectors, fused_ops=fused_ops, **place
    )
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


def test_result_goes_where_it_is_asked_to() -> None:
    image, weights = draw(1, 6, 6, 3), draw(3, 3, 3, 2, seed=1)
    out = np.full((1, 6, 6, 2), np.nan, np.float32)
    op = REGISTRY["Conv2D"]
    assert op.kernel(image, weights, strides=[1] * 4, padding="SAME", out=out) is out
    np.testing.assert_array_equal(out, op.kernel(image, weights, strides=[1] * 4, padding="SAME"))
    misfit = np.empty((1, 6, 6, 3), np.float32)
    assert op.kernel(image, weights, strides=[1] * 4, padding="SAME", out=misfit) is not misfit


def test_hostile_sizes_cost_no_memory() -> None:
    op = REGISTRY["Conv2D"]
    image, weights = draw(1, 3, 3, 1), draw(3, 3, 1, 1, seed=1)
    far = op.kernel(
        image, weights, strides=[1] * 4, padding="SAME", dilations=[1, 1 << 30, 1 << 30, 1]
    )
    np.testing.assert_allclose(far, image * weights[1, 1, 0, 0], rtol=1e-6)
    wide = dict(strides=[1] * 4, padding="EXPLICIT")
    with pytest.raises((ResourceExhaustedError, InvalidArgumentError)):
        op.kernel(image, weights, explicit_paddings=[0, 0, 1 << 40, 0, 1 << 40, 0, 0, 0], **wide)
    sizes = np.array([1, 2**31 - 1, 2**31 - 1, 1], np.int32)
    with pytest.raises(InvalidArgumentError, match="spatial sizes"):
        REGISTRY["Conv2DBackpropInput"].kernel(
            sizes, weights, image, strides=[1] * 4, padding="SAME"
        )


@pytest.mark.parametrize("name", ["Conv2D", "DepthwiseConv2dNative"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("batch", [1, 5])
def test_threads_change_nothing(
    name: str, stride: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, filter = draw(batch, 37, 29, 16), draw(3, 3, 16, 4)
    attrs = {"strides": [1, stride, stride, 1], "padding": "SAME"}
    whole = REGISTRY[name](x, filter, **attrs)
    before = threads.num_threads()
    monkeypatch.setattr(windows, "BLOCK", 1 << 14)
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    try:
        for count in (1, 2, 5):
            threads.set_num_threads(count)
            found = REGISTRY[name](x, filter, **attrs)
            np.testing.assert_allclose(found, whole, rtol=1e-5, atol=1e-5)
    finally:
        threads.set_num_threads(before)


@pytest.mark.parametrize(
    ("rows", "depth", "width"), [(1, 700, 900), (600, 300, 40), (40, 300, 600), (2000, 64, 64)]
)
def test_products_are_cut_along_rows(
    rows: int, depth: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    x, filter = draw(1, 1, rows, depth), draw(1, 1, depth, width)
    before = threads.num_threads()
    try:
        threads.set_num_threads(3)
        found = REGISTRY["Conv2D"](x, filter, strides=[1, 1, 1, 1], padding="VALID")
    finally:
        threads.set_num_threads(before)
    expected = x[0, 0].astype(np.float64) @ filter[0, 0]
    np.testing.assert_allclose(found[0, 0], expected, rtol=1e-4, atol=1e-4)
