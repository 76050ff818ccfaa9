"""What the rules of rows promise: parts of the rows that go in give parts of the rows that come out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.rows import FREE, RULES, SIZE, KernelCall, Kind, kind_of_result
from minihub_runtime.errors import OpError
from minihub_runtime.ops.convolution_prepared import PreparedFilter
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.separable import SeparableFilters
from tests.ops.comparison import assert_same
from tests.ops.running import SampleGraph, needs_session
from tests.samples import Sample, all_samples

SAMPLES = [
    sample
    for sample in all_samples()
    if sample.op in RULES and sample.error is None and not needs_session(sample)
]
#: Ops whose rules no sample meets, since what they are for comes from passes, or their sizes from a batch.
UNMET = {
    "Fill": "its rule wants a size",
    "BroadcastTo": "its rule wants a size",
    "Conv2DBackpropInput": "its rule wants a size",
    "ResourceGather": "it reads a variable",
}


_X = np.arange(24, dtype=np.float32).reshape(4, 1, 6)
_AROUND = [[0, 0], [0, 0], [1, 2]]
#: Op, inputs of which the first has the rows, attributes, and whether parts give parts.
CASES: list[tuple[str, list[Any], dict[str, Any], bool]] = [
    ("MirrorPad", [_X, _AROUND], {"mode": "REFLECT"}, True),
    ("MirrorPad", [_X, [[1, 0], [0, 0], [0, 0]]], {"mode": "REFLECT"}, False),
    ("Slice", [_X, [0, 0, 1], [-1, 1, 2]], {}, True),
    ("Slice", [_X, [1, 0, 1], [-1, 1, 2]], {}, False),
    ("Slice", [_X, [0, 0, 1], [4, 1, 2]], {}, False),
    ("Squeeze", [_X], {"squeeze_dims": [1]}, True),
    ("Tile", [_X, [1, 2, 3]], {}, True),
    ("Tile", [_X, [2, 1, 1]], {}, False),
]


def call(
    kinds: Sequence[Kind], inputs: Sequence[Any], results: Sequence[Any], **attrs: Any
) -> KernelCall:
    return KernelCall(attrs, kinds, inputs, results)


def guesses(inputs: Sequence[Any]) -> Iterator[tuple[int, list[Kind]]]:
    """Sizes of a batch, and which inputs might have rows of it."""
    lengths = [len(x) if getattr(x, "ndim", 0) else 0 for x in inputs]
    for size in sorted({n for n in lengths if n > 1}):
        places = [place for place, length in enumerate(lengths) if length == size]
        for count in range(1, min(len(places), 3) + 1):
            for chosen in itertools.combinations(places, count):
                yield size, [int(place in chosen) for place in range(len(inputs))]


def listed(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (list, tuple)) else [result]


def parts(sample: Sample) -> Iterator[tuple[Any, Any]]:
    """What comes of parts, joined, and of the whole, wherever a rule allows parts."""
    graph = SampleGraph(sample)
    node = graph.nodes["sampled"]
    op = REGISTRY[sample.op]
    kernel = op.bind(node.attrs)
    attrs = op.schema.complete(node.attrs, sample.op)
    inputs = [graph.feeds[ref] for ref in node.inputs]
    with np.errstate(all="ignore"):
        whole = listed(kernel(*inputs))
        for size, kinds in guesses(inputs):
            produced = kind_of_result(sample.op, KernelCall(attrs, kinds, inputs, whole), size)
            if produced is None:
                continue
            middle = (size + 1) // 2
            try:
                made = [
                    listed(
                        kernel(
                            *(x[cut] if kind else x for x, kind in zip(inputs, kinds, strict=True))
                        )
                    )
                    for cut in (slice(middle), slice(middle, None))
                ]
            except OpError:
                # Sizes that are written out; a run in lanes ends here and begins anew, whole.
                continue
            for place, kind in enumerate(produced):
                one, two = (results[place] for results in made)
                rows = kind * middle, kind * (size - middle)
                rest = {value.shape[1:] for value in (one, two, whole[place])}
                if kind > 0 and (len(one), len(two)) == rows and len(rest) == 1:
                    yield np.concatenate([one, two]), whole[place]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_parts_of_samples(sample: Sample) -> None:
    for found, expected in parts(sample):
        assert_same(found, expected, REGISTRY[sample.op].precision, sample.loose, str(sample))


def test_each_rule_is_met_by_a_sample_or_a_case() -> None:
    met = {sample.op for sample in SAMPLES if any(True for _ in parts(sample))}
    met |= {op for op, *_ in CASES}
    private = {name for name in RULES if name.startswith("_")}
    assert set(RULES) - met - private == set(UNMET)


@pytest.mark.parametrize(("op", "inputs", "attrs", "kept"), CASES, ids=str)
def test_parts_of_cases(op: str, inputs: Sequence[Any], attrs: dict[str, Any], kept: bool) -> None:
    arrays = [np.asarray(value) for value in inputs]
    whole = REGISTRY[op](*arrays, **attrs)
    kinds = [1] + [FREE] * (len(arrays) - 1)
    found = kind_of_result(op, call(kinds, arrays, [whole], **attrs), len(arrays[0]))
    assert (found is not None) == kept
    if kept:
        halves = [
            REGISTRY[op](arrays[0][cut], *arrays[1:], **attrs) for cut in (slice(2), slice(2, None))
        ]
        np.testing.assert_array_equal(np.concatenate(halves), whole)


HEADS = np.random.default_rng(3).standard_normal((4, 2, 3, 5)).astype(np.float32)


@pytest.mark.parametrize(
    ("kinds", "mask", "kept"),
    [
        ([1, 1, 1, FREE], HEADS[:1, :1, :1, :3], True),
        ([1, 1, 1, 1], HEADS[:, :1, :1, :3], True),
        ([1, 1, 1, FREE], HEADS[0, 0, :, :3], True),
        ([1, 1, 1, FREE], HEADS[:, :1, :1, :3], False),
        ([1, 1, FREE, FREE], HEADS[0, 0, :, :3], False),
    ],
)
def test_parts_of_attention(kinds: list[Kind], mask: Any, kept: bool) -> None:
    op = REGISTRY["_Attention"]
    attrs = op.schema.complete({"T": tf.float32, "N": 1, "steps": ["Add"]}, "_Attention")
    kernel = op.bind(attrs)
    inputs = [HEADS, HEADS * 2, HEADS - 1, mask]
    whole = kernel(*inputs)
    found = kind_of_result("_Attention", KernelCall(attrs, kinds, inputs, [whole]), len(HEADS))
    assert found == ([1] if kept else None)
    if kept:
        halves = [
            kernel(*(x[cut] if kind else x for x, kind in zip(inputs, kinds, strict=True)))
            for cut in (slice(2), slice(2, None))
        ]
        np.testing.assert_allclose(np.concatenate(halves), whole, rtol=1e-6)


_ROWS = np.random.default_rng(5).standard_normal((12, 5)).astype(np.float32)
_SIZES, _JOINED = np.array([-1, 3, 2, 4], np.int32), np.array([-1, 8], np.int32)


@pytest.mark.parametrize(
    ("changes", "mask", "kept"),
    [
        ({}, np.zeros((1, 1, 1, 3), np.float32), True),
        ({}, np.zeros((4, 1, 1, 3), np.float32), True),
        ({}, np.zeros((2, 3, 3), np.float32), True),
        ({9: SIZE}, np.zeros((1, 1, 1, 3), np.float32), False),
        ({9: FREE}, np.zeros((4, 1, 1, 3), np.float32), False),
        ({1: 1}, np.zeros((1, 1, 1, 3), np.float32), False),
        ({0: FREE, 9: 1}, np.zeros((4, 1, 1, 3), np.float32), False),
        ({5: SIZE, 6: SIZE, 7: SIZE, 8: SIZE}, np.zeros((1, 1, 1, 3), np.float32), True),
        ({5: 1}, np.zeros((1, 1, 1, 3), np.float32), False),
    ],
)
def test_parts_of_attention_to_itself(changes: dict[int, Kind], mask: Any, kept: bool) -> None:
    op = REGISTRY["_SelfAttention"]
    attrs = op.schema.complete(
        {"T": tf.float32, "Tshape": tf.int32, "N": 1, "steps": ["Add"]}, "_SelfAttention"
    )
    kernel, prepare = op.bind(attrs), REGISTRY["_PreparedMatrix"].kernel
    none = np.zeros(0, np.float32)
    matrices = [
        prepare(_ROWS[n : n + 5].T @ _ROWS[:5, :1] * np.ones((5, 8), "f"), none) for n in range(3)
    ]
    last = prepare(np.ones((8, 7), np.float32), none)
    inputs = [_ROWS, *matrices, last, _SIZES, _SIZES, _SIZES, _JOINED, mask]
    kinds = [3, *[FREE] * 8, 1 if len(mask) == 4 else FREE]
    for place, kind in changes.items():
        kinds[place] = kind
    whole = kernel(*inputs)
    found = kind_of_result("_SelfAttention", KernelCall(attrs, kinds, inputs, [whole]), 4)
    assert found == ([3] if kept else None)
    if kept:
        halves = [
            kernel(*(x[: 2 * k] if k > 0 else x for x, k in zip(inputs, kinds, strict=True))),
            kernel(*(x[2 * k :] if k > 0 else x for x, k in zip(inputs, kinds, strict=True))),
        ]
        np.testing.assert_allclose(np.concatenate(halves), whole, rtol=1e-5)


def test_sequences_of_several_examples_are_not_parts() -> None:
    op = REGISTRY["_SelfAttention"]
    attrs = op.schema.complete({"T": tf.float32, "Tshape": tf.int32, "N": 0}, "_SelfAttention")
    prepare, none = REGISTRY["_PreparedMatrix"].kernel, np.zeros(0, np.float32)
    matrices = [prepare(np.ones((5, 8), np.float32), none) for _ in range(3)]
    last = prepare(np.ones((8, 7), np.float32), none)
    # Two sequences of six rows, four examples of three.
    sizes = np.array([-1, 6, 2, 4], np.int32)
    inputs = [_ROWS, *matrices, last, sizes, sizes, sizes, _JOINED]
    whole = op.bind(attrs)(*inputs)
    found = KernelCall(attrs, [3, *[FREE] * 8], inputs, [whole])
    assert kind_of_result("_SelfAttention", found, 4) is None
    assert kind_of_result(
        "_SelfAttention", KernelCall(attrs, [6, *[FREE] * 8], inputs, [whole]), 2
    ) == [6]


@pytest.mark.parametrize("place", [5, 6, 7, 8])
def test_sizes_of_heads_that_are_written_out_are_of_one_batch(place: int) -> None:
    op = REGISTRY["_SelfAttention"]
    attrs = op.schema.complete({"T": tf.float32, "Tshape": tf.int32, "N": 0}, "_SelfAttention")
    prepare, none = REGISTRY["_PreparedMatrix"].kernel, np.zeros(0, np.float32)
    matrices = [prepare(np.ones((5, 8), np.float32), none) for _ in range(3)]
    last = prepare(np.ones((8, 7), np.float32), none)
    inputs = [_ROWS, *matrices, last, _SIZES, _SIZES, _SIZES, _JOINED]
    inputs[place] = np.array([12, 8] if place == 8 else [4, 3, 2, 4], np.int32)
    whole = op.bind(attrs)(*inputs)
    found = KernelCall(attrs, [3, *[FREE] * 8], inputs, [whole])
    assert kind_of_result("_SelfAttention", found, 4) is None


@pytest.mark.parametrize(
    ("axis", "x", "kept"),
    [
        (-1, HEADS, True),
        (3, HEADS, True),
        (1, HEADS, True),
        (0, HEADS, False),
        (-1, HEADS[:, 0, 0, 0], False),
    ],
)
def test_parts_of_programs(axis: int, x: Any, kept: bool) -> None:
    op = REGISTRY["_Pointwise"]
    program = [f"Mean:{axis} %0", "Sub %0 @0"]
    attrs = op.schema.complete({"T": tf.float32, "N": 1, "program": program}, "_Pointwise")
    kernel = op.bind(attrs)
    whole = kernel(x)
    found = kind_of_result("_Pointwise", KernelCall(attrs, [1], [x], [whole]), len(x))
    assert found == ([1] if kept else None)
    if kept:
        halves = [kernel(x[:2]), kernel(x[2:])]
        np.testing.assert_allclose(np.concatenate(halves), whole, rtol=1e-6)


@pytest.mark.parametrize(
    ("kinds", "gates", "kept"),
    [
        ([1, 1, FREE, FREE], 4, True),
        ([1, FREE, FREE, FREE], 1, True),
        ([1, FREE, FREE, FREE], 4, False),
        ([FREE, 1, FREE, FREE], 4, False),
        ([1, 1, 1, FREE], 4, False),
    ],
)
def test_parts_of_gated_convolutions(kinds: list[Kind], gates: int, kept: bool) -> None:
    op = REGISTRY["_GatedConv2D"]
    attrs = op.schema.complete({"T": tf.float32}, "_GatedConv2D")
    kernel = op.bind(attrs)
    drawn = np.random.default_rng(5)
    shapes = [(4, 3, 3, 2), (gates, 1, 1, 2), (1, 1, 2, 3), (3,)]
    inputs = [drawn.standard_normal(shape, dtype=np.float32) for shape in shapes]
    whole = kernel(*inputs)
    found = kind_of_result("_GatedConv2D", KernelCall(attrs, kinds, inputs, [whole]), 4)
    assert found == ([1] if kept else None)
    if kept:
        halves = [
            kernel(*(x[cut] if kind else x for x, kind in zip(inputs, kinds, strict=True)))
            for cut in (slice(2), slice(2, None))
        ]
        np.testing.assert_allclose(np.concatenate(halves), whole, rtol=1e-6)


@pytest.mark.parametrize(
    ("kinds", "shape", "kept"),
    [
        ([1, FREE, 1], (4, 3, 3, 5), True),
        ([1, FREE, 1], (4, 1, 3, 1), True),
        ([1, FREE, FREE], (1, 3, 3, 5), True),
        ([1, FREE, FREE], (3, 5), True),
        ([1, FREE, FREE], (4, 3, 3, 5), False),
        ([FREE, FREE, 1], (4, 3, 3, 5), False),
        # Each example has one of the rows that are added to all of them.
        ([1, FREE, 1], (4, 4, 3, 3, 5), False),
    ],
)
@pytest.mark.parametrize("separable", [False, True])
def test_parts_of_summed_convolutions(
    separable: bool, kinds: list[Kind], shape: tuple[int, ...], kept: bool
) -> None:
    drawn = np.random.default_rng(5)

    def draw(*sizes: int) -> Any:
        return drawn.standard_normal(sizes, dtype=np.float32)

    if separable:
        name = "_SummedSeparableConv2D"
        filters: Any = SeparableFilters(
            (draw(1, 1, 2, 4), draw(3, 3, 4, 1), draw(1, 1, 4, 5)),
            (draw(4), draw(4), draw(5)),
            ("Relu6", "", ""),
        )
    else:
        name, filters = "_SummedConv2D", PreparedFilter(draw(1, 1, 2, 5), draw(5), "Relu")
    attrs = REGISTRY[name].schema.complete(
        {"T": tf.float32, "strides": [1] * 4, "padding": "SAME"}, name
    )
    kernel = REGISTRY[name].bind(attrs)
    inputs = [draw(4, 3, 3, 2), filters, draw(*shape)]
    whole = kernel(*inputs)
    found = kind_of_result(name, KernelCall(attrs, kinds, inputs, [whole]), 4)
    assert found == ([1] if kept else None)
    if kept:
        halves = [
            kernel(*(x[cut] if kind else x for x, kind in zip(inputs, kinds, strict=True)))
            for cut in (slice(2), slice(2, None))
        ]
        np.testing.assert_allclose(np.concatenate(halves), whole, rtol=1e-5, atol=1e-5)


def test_each_rule_is_of_an_op_without_a_state() -> None:
    for name in RULES:
        op = REGISTRY[name]
        assert not op.stateful or name == "ResourceGather", name


def test_sizes_come_of_sizes_and_of_rows() -> None:
    shape = np.array([4, 6])
    assert kind_of_result("Shape", call([1], [np.zeros((4, 6))], [shape]), 4) == [SIZE]
    assert kind_of_result("Mul", call([SIZE, FREE], [shape, np.array(2)], [shape * 2]), 4) == [SIZE]
    # A number that depends on the size meets rows: each lane would see another.
    rows = np.zeros((4, 2))
    assert kind_of_result("Mul", call([SIZE, 1], [shape, rows], [rows]), 4) is None
    assert kind_of_result("Range", call([SIZE], [shape], [shape]), 4) is None


def test_a_size_of_the_whole_batch_is_no_size_of_a_lane() -> None:
    assert kind_of_result("Mul", call([-2, FREE], [np.array(4)] * 2, [np.array(4)]), 4) is None
    assert kind_of_result("Identity", call([-2], [np.array(4)], [np.array(4)]), 4) is None


@pytest.mark.parametrize(
    ("equation", "kinds", "kept"),
    [
        ("ab,bc->ac", [1, FREE], True),
        ("ab,bc->ac", [FREE, 1], False),
        ("ab,ab->ab", [1, 1], True),
        ("ab,bc->ca", [1, FREE], False),
        ("ab->b", [1], False),
        ("aa->a", [1], False),
        ("ab->aba", [1], False),
        ("...a->...a", [1], False),
        ("ab", [1], False),
    ],
)
def test_einsum(equation: str, kinds: Sequence[Kind], kept: bool) -> None:
    inputs = [np.zeros((4, 4)) for _ in kinds]
    found = kind_of_result("Einsum", call(kinds, inputs, [np.zeros((4, 4))], equation=equation), 4)
    assert (found is not None) == kept
