"""Gradient rules of ops that need more than their inputs, variables, arrays and loops, against central differences of programs.

Together with `test_differences.py` they cover every rule: what neither compares stands in a table with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.ops.registry import REGISTRY
from tests.autodiff.test_differences import CHOSEN, FIRST
from tests.autodiff.test_guards import state

STEP = 1e-6
GRAPHS = Path(__file__).parent / "graphs"

#: Op → why its rule is not compared with differences.
UNCOMPARED: dict[str, str] = {
    "PreventGradient": "its rule refuses, as TensorFlow's",
    "QuantizeAndDequantize": FIRST["QuantizeAndDequantizeV4"],
    "QuantizeAndDequantizeV4Grad": FIRST["QuantizeAndDequantizeV4"],
    "SparseDenseCwiseAdd": "its rule refuses, as TensorFlow's",
    "SparseSparseMaximum": "its rule refuses, as TensorFlow's",
    "SparseSparseMinimum": "its rule refuses, as TensorFlow's",
}


def values(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).uniform(0.3, 1.2, shape)


def variable(name: str, *shape: int) -> Any:
    return tf.get_variable(name, initializer=values(*shape), use_resource=True, dtype=tf.float64)


def fed(*shape: int, seed: int = 0) -> Any:
    return tf.placeholder_with_default(values(*shape, seed=seed), shape)


def read() -> Any:
    v, x = variable("v", 3), fed(3)
    return tf.sin(v * x) * v, [v, x]


def gathered() -> Any:
    table, x = variable("table", 4, 3), fed(3)
    rows = tf.gather(table, [1, 3, 1])
    elements = tf.gather_nd(table, [[0, 1], [2, 2], [0, 1]])
    return tf.sin(rows * x) * elements[:, tf.newaxis], [table, x]


def looped() -> Any:
    x, w = fed(3), fed(3, seed=1)
    n = tf.placeholder_with_default(3, [])
    return tf.while_loop(lambda i, v: i < n, lambda i, v: (i + 1, tf.sin(v * w) + x), [0, x])[1], [
        x,
        w,
    ]


def drawn_loop() -> Any:
    """A loop with effects, which is no StatelessWhile."""
    x = fed(3)
    count = variable("count", 1)

    def turn(i: Any, v: Any) -> Any:
        with tf.control_dependencies([count.assign_add([1.0])]):
            return i + 1, tf.sin(v * x)

    return tf.while_loop(lambda i, v: i < 3, turn, [0, x])[1], [x]


def old_loop() -> Any:
    definition = tf.GraphDef.FromString((GRAPHS / "branch_in_loop_v1.pb").read_bytes())
    for node in definition.node:
        for key in node.attr:
            if node.attr[key].type == tf.float32.as_datatype_enum:
                node.attr[key].type = tf.float64.as_datatype_enum
        if node.op == "Const" and node.attr["value"].tensor.dtype == 1:
            value = tf.make_ndarray(node.attr["value"].tensor).astype(np.float64)
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    x, w = fed(3), fed(3, seed=1)
    (y,) = tf.import_graph_def(
        definition, input_map={"x:0": x, "w:0": w}, return_elements=["y:0"], name=""
    )
    return y, [x, w]


def arrays() -> Any:
    x, parts = fed(3, 2), fed(6, seed=1)
    raw = tf.raw_ops

    def array(size: int) -> Any:
        return raw.TensorArrayV3(size=size, dtype=tf.float64)

    handle, flow = array(3)
    flow = raw.TensorArrayScatterV3(handle=handle, indices=[0, 1, 2], value=x, flow_in=flow)
    one = raw.TensorArrayReadV3(handle=handle, index=1, flow_in=flow, dtype=tf.float64)
    some = raw.TensorArrayGatherV3(handle=handle, indices=[2, 0], flow_in=flow, dtype=tf.float64)
    other, flow = array(3)
    flow = raw.TensorArraySplitV3(
        handle=other, value=parts, lengths=np.int64([1, 2, 3]), flow_in=flow
    )
    whole, _ = raw.TensorArrayConcatV3(handle=other, flow_in=flow, dtype=tf.float64)
    third, flow = array(1)
    flow = raw.TensorArrayWriteV3(handle=third, index=0, value=one * whole[:2], flow_in=flow)
    last = raw.TensorArrayReadV3(handle=third, index=0, flow_in=flow, dtype=tf.float64)
    return tf.sin(last) * some[0] * some[1], [x, parts]


def ragged() -> Any:
    x = fed(5)
    variant = tf.raw_ops.RaggedTensorToVariant(
        rt_nested_splits=[np.int64([0, 2, 5])], rt_dense_values=x * x, batched_input=True
    )
    back = tf.raw_ops.RaggedTensorFromVariant(
        encoded_ragged=variant, input_ragged_rank=0, output_ragged_rank=1, Tvalues=tf.float64
    )
    return tf.sin(back.output_dense_values), [x]


def optional() -> Any:
    x, y = fed(3), fed(seed=1)
    both = tf.data.experimental.Optional.from_value((tf.sin(x), y * y))
    # Two readers, whose gradients are optionals that are added.
    (a, b), (c, d) = both.get_value(), both.get_value()
    return a * b * c + d * tf.data.experimental.Optional.from_value(x).get_value(), [x, y]


def top() -> Any:
    x = fed(2, 4)
    return tf.raw_ops.TopK(input=tf.sin(x), k=2).values, [x]


def normalized() -> Any:
    x = fed(1, 2, 2, 3)
    others = [fed(3, seed=seed) for seed in range(1, 5)]
    names = ("m", "v", "beta", "gamma")
    with tf.get_default_graph().as_default():
        y = tf.raw_ops.BatchNormWithGlobalNormalization(
            t=x,
            **dict(zip(names, others, strict=True)),
            variance_epsilon=0.001,
            scale_after_normalization=True,
        )
    return y, [x, *others]


PROGRAMS: tuple[Callable[[], Any], ...] = (
    read,
    gathered,
    looped,
    drawn_loop,
    old_loop,
    arrays,
    ragged,
    optional,
    top,
    normalized,
)
#: Program without a second gradient → what TensorFlow says of it, too.
ONCE: dict[str, tuple[type[Exception], str]] = {
    "normalized": (LookupError, r"\(op type: BatchNormWithGlobalNormalizationGrad\)"),
    "old_loop": (TypeError, "Second-order gradient for while loops not supported"),
    "ragged": (LookupError, r"\(op type: RaggedTensorToVariantGradient\)"),
}


class _Measured:
    """One program: its values where some of its xs are elsewhere."""

    def __init__(self, session: Any, xs: Sequence[Any]) -> None:
        self.session = session
        self.xs = xs
        self.at = [np.asarray(value) for value in session.run(list(xs))]

    def run(self, fetch: Any, direction: Sequence[Any] = (), step: float = 0.0) -> Any:
        feeds = {}
        moved = [a + step * d for a, d in zip(self.at, direction, strict=True)] if step else self.at
        for x, value in zip(self.xs, moved, strict=True):
            if hasattr(x, "load"):
                x.load(value, self.session)
            else:
                feeds[x] = value
        return self.session.run(fetch, feeds)


def compare(program: Callable[[], Any], order: int) -> None:
    """Compare a gradient of a program along a direction with a central difference."""
    with tf.Graph().as_default(), tf.Session() as session:
        y, xs = program()
        session.run(tf.global_variables_initializer())
        measured = _Measured(session, xs)
        rng = np.random.default_rng(7)
        for _ in range(order):
            directions = [rng.uniform(-1, 1, value.shape) for value in measured.at]
            weighed = tf.reduce_sum(y * rng.uniform(0.5, 1.5, measured.run(y).shape))
            found = [tf.convert_to_tensor(g) for g in tf.gradients(weighed, xs)]
            y = tf.add_n([tf.reduce_sum(g * d) for g, d in zip(found, directions, strict=True)])
        computed = measured.run(y)
        ends = [measured.run(weighed, directions, sign * STEP) for sign in (1, -1)]
    np.testing.assert_allclose(computed, (ends[0] - ends[1]) / (2 * STEP), rtol=1e-6, atol=1e-7)
    assert abs(computed) > 1e-3


@pytest.mark.parametrize("program", PROGRAMS)
def test_gradients_are_differences(program: Callable[[], Any]) -> None:
    compare(program, 1)


@pytest.mark.parametrize("program", PROGRAMS)
def test_second_gradients_are_differences(program: Callable[[], Any]) -> None:
    if program.__name__ in ONCE:
        error, text = ONCE[program.__name__]
        with pytest.raises(error, match=text):
            compare(program, 2)
    else:
        compare(program, 2)


def used() -> set[str]:
    """The ops of all programs."""
    found: set[str] = set()
    for program in PROGRAMS:
        with tf.Graph().as_default() as graph:
            program()
            proto = graph.as_graph_def()
        found |= {node.op for node in proto.node}
        found |= {node.op for function in proto.library.function for node in function.node_def}
    return found


def test_every_rule_is_compared() -> None:
    compared = set(CHOSEN) | used()
    rules = {REGISTRY[name].gradient_rule for name in compared} - {None}
    left = {
        name
        for name in REGISTRY
        if state(name) == "rule"
        and name not in compared
        and REGISTRY[name].gradient_rule not in rules
    }
    assert left == set(UNCOMPARED)
