"""Elementwise arithmetic in one step, whatever shapes it meets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.ops import pointwise
from minihub_runtime.ops.pointwise import program_of
from tests.passes.networks import variable
from tests.passes.plans import plan_of

ROWS = np.random.default_rng(1).standard_normal((6, 5)).astype(np.float32)


def gelu(x: Any) -> Any:
    return x * 0.5 * (1.0 + tf.erf(x / tf.sqrt(2.0)))


def layer_norm(x: Any) -> Any:
    mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
    return tf.nn.batch_normalization(
        x, mean, variance, variable("beta", 5), variable("gamma", 5), 1e-6
    )


def layer_norm_of(x: Any, axes: Any) -> Any:
    mean, variance = tf.nn.moments(x, axes, keep_dims=True)
    return tf.nn.batch_normalization(x, mean, variance, None, None, 1e-6)


def layer_norm_of_differences(x: Any) -> Any:
    """As tensor2tensor spells it."""
    mean = tf.reduce_mean(x, axis=[-1], keepdims=True)
    variance = tf.reduce_mean(tf.square(x - mean), axis=[-1], keepdims=True)
    norm = (x - mean) * tf.rsqrt(variance + 1e-6)
    return norm * variable("gamma", 5) + variable("beta", 5)


def spelled_out_softmax(x: Any) -> Any:
    powers = tf.exp(x - tf.reduce_max(x, -1, keepdims=True))
    return powers / tf.reduce_sum(powers, -1, keepdims=True)


def normalised_gelu(x: Any) -> Any:
    return layer_norm(gelu(tf.matmul(x, variable("kernel", 5, 5)) + variable("bias", 5)))


PROGRAMS: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "gelu": (gelu, ["_Pointwise"]),
    "swish": (lambda x: x * tf.sigmoid(x), ["_Pointwise"]),
    "gelu of a product": (
        lambda x: gelu(tf.matmul(x, variable("kernel", 5, 4)) + variable("bias", 4)),
        ["_PreparedMatMul"],
    ),
    "layer norm": (layer_norm, ["_Pointwise"]),
    "layer norm of a sum": (
        lambda x: layer_norm(tf.cumsum(x) + tf.exp(x)), ["Cumsum", "_Pointwise"],
    ),
    "layer norm of differences": (layer_norm_of_differences, ["_Pointwise"]),
    "layer norm along a counted axis": (
        lambda x: layer_norm_of(x, [1]), ["_Pointwise"],
    ),
    "layer norm along an axis within": (
        lambda x: layer_norm_of(tf.stack([x, x + 1.0], 2), [1]),
        ["AddV2", "Pack", "_Pointwise"],
    ),
    "softmax": (spelled_out_softmax, ["_Pointwise"]),
    "a mean of a vector": (
        lambda x: tf.abs(x) - tf.reduce_mean(tf.reduce_sum(x, 0) * 2.0, -1, keepdims=True),
        ["Sum", "_Pointwise"],
    ),
    "a mean of means": (
        lambda x: x - tf.reduce_mean(tf.reduce_mean(x, -1, keepdims=True), -1, keepdims=True),
        ["_Pointwise"],
    ),
    "one number per row": (
        lambda x: 1.0 + tf.sqrt(tf.reduce_mean(tf.abs(-x), -1, keepdims=True)),
        ["Mean", "_Pointwise"],
    ),
    "a sum of columns": (
        lambda x: tf.abs(x) / tf.reduce_sum(tf.abs(x), 0, keepdims=True), ["Abs", "Sum", "_Pointwise"],
    ),
    "layer norm of an activation": (normalised_gelu, ["_Pointwise", "_PreparedMatMul"]),
    "two inputs": (lambda x: tf.nn.relu(tf.cumsum(x) + tf.exp(x)) * 2.0, ["Cumsum", "_Pointwise"]),
    "a number of each run": (
        lambda x: tf.tanh(x * tf.reduce_max(x)) + 1.0, ["Max", "_Pointwise"],
    ),
    "one row, all rows": (lambda x: tf.square(x - x[:1]) * 0.5, ["StridedSlice", "_Pointwise"]),
    "the smaller reads the larger's shape": (
        lambda x: tf.abs(tf.expand_dims(x, 1) - x) * -1.0, ["ExpandDims", "_Pointwise"],
    ),
    "one op alone": (tf.tanh, ["Tanh"]),
    "two roots": (
        lambda x: (lambda y: tf.concat([tf.exp(-y), tf.sqrt(y + 1.0)], 1))(tf.square(x) * 0.1),
        ["ConcatV2", "_Pointwise"],
    ),
    "a custom gradient's copy": (
        lambda x: tf.raw_ops.IdentityN(input=[x * tf.sigmoid(x), x])[0] + 1.0, ["_Pointwise"],
    ),
    "integers": (lambda x: tf.cast(x, tf.int32) * 2 + 1, ["AddV2", "Cast", "Mul"]),
}  # fmt: skip


@pytest.mark.parametrize("small", [True, False], ids=["at_once", "in_blocks"])
@pytest.mark.parametrize("value", [ROWS, ROWS[:1], ROWS[:0]], ids=["rows", "row", "nothing"])
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_the_same_numbers_in_fewer_steps(
    name: str, value: Any, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, ops = PROGRAMS[name]
    if not small:
        monkeypatch.setattr(pointwise, "_SMALL", 0)
    if name == "a number of each run" and not value.size:
        pytest.skip("there is no largest of nothing")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert sorted({step[-1].op for step in plan.steps} - {"Const"}) == ops
        (found,), (expected,) = plan.run([value]), plain.run([value])
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_fetched_and_awaited_results_in_between() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        a = tf.exp(x)
        b = a * 2.0
        c = tf.sqrt(b) - 1.0
        found = session.run([a, b, c], {x: ROWS})
        assert np.allclose(found[2], np.sqrt(found[0] * 2) - 1)
        assert np.allclose(session.run(c, {b: ROWS**2}), np.abs(ROWS) - 1, atol=1e-6)


@pytest.mark.parametrize("block", [1, 7, 1 << 15])
def test_blocks_of_any_size(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "_SMALL", 0)
    monkeypatch.setattr(pointwise, "_BLOCK", block)
    text = ["Mul %0 $0", "AddV2 @0 %1", "Sub @1 %2", "Tanh @2", "Mul @3 %0"]
    row, column = ROWS[0], ROWS[:, :1].copy()
    inputs = [ROWS, row, column]
    found = pointwise.pointwise(inputs, program=text, numbers=[0.5])
    expected = np.tanh(ROWS * np.float32(0.5) + row - column) * ROWS
    assert np.allclose(found, expected, atol=1e-6)
    changed = ROWS.copy()
    program_of(("Mul %0 $0", "Tanh @0", "Mul @1 %0"), (0.5,)).over_rows(changed)
    assert np.allclose(changed, np.tanh(ROWS * np.float32(0.5)) * ROWS, atol=1e-6)


def test_what_few_numbers_are_enough_for_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "_SMALL", 0)
    text = ("AddV2 %1 $0", "Rsqrt @0", "Mul @1 %2", "Mul %0 @2", "Sub @3 @2")
    split = pointwise._split(text, ("all", "rows", "columns"), 2)
    assert split is not None
    # One number per row and per column make a number per element.
    assert split.before == ("AddV2 %1 $0", "Rsqrt @0")
    assert split.after == ("Mul %3 %2", "Mul %0 @0", "Sub @1 @0")
    assert split.kinds == ("all", "rows", "columns", "rows")
    column, row = np.abs(ROWS[:, :1]), ROWS[1]
    found = pointwise.pointwise([ROWS, column, row], program=list(text), numbers=[0.5])
    scale = row / np.sqrt(column + 0.5)
    assert np.allclose(found, ROWS * scale - scale, atol=1e-6)


def test_numbers_among_arrays_are_worked_out_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointwise, "_SMALL", 0)
    text = ("Sub $0 %1", "Sqrt @0", "Mul %0 @1")
    split = pointwise._split(text, ("all", "number"), 2)
    assert (split.before, split.after) == (text[:2], ("Mul %0 %2",))
    number = np.array(0.75, np.float32)
    found = pointwise.pointwise([ROWS, number], program=list(text), numbers=[1.0])
    np.testing.assert_array_equal(found, ROWS * np.float32(0.5))


@pytest.mark.parametrize("factor", [None, 1.0, 2.0])
@pytest.mark.parametrize("first", [True, False])
def test_swish_has_a_name_as_an_activation(factor: float | None, first: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        y = tf.matmul(x, variable("kernel", 5, 4)) + variable("bias", 4)
        inner = tf.sigmoid(y if factor is None else factor * y)
        z = y * inner if first else inner * y
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, z, x), plan_of(session, z, x, passes=())
        assert [step[-1].op for step in plan.steps] == ["_PreparedMatMul"]
        *_, prepared = [step[-1].attrs for step in plan.prelude.steps]
        assert (prepared["activation"] == "Swish") == (factor != 2.0)
        (found,), (expected,) = plan.run([ROWS]), plain.run([ROWS])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_zeros_have_signs() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        y = 1.0 / ((tf.abs(x) * 0.0) * -0.0)
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        with np.errstate(all="ignore"):
            (found,), (expected,) = plan.run([ROWS]), plain.run([ROWS])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16, tf.complex64, tf.int32])
def test_powers_of_other_types_stay_what_they_are(dtype: Any) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(dtype, [2])
        y = tf.cast(x**3 + x, tf.int32)
        np.testing.assert_array_equal(session.run(y, {x: [1, 3]}), [2, 30])
