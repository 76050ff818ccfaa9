"""Convolutions and products take in what follows them, where nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.passes.pipeline import PIPELINE
from tests.passes.networks import (
    IMAGES,
    ROWS,
    VOLUMES,
    batch_norm,
    conv,
    depthwise,
    padded,
    spelled_out,
    variable,
)
from tests.passes.plans import plan_of

PROGRAMS: dict[str, tuple[Callable[[Any], Any], Any, list[str]]] = {
    "batch norm and relu6": (
        lambda x: tf.nn.relu6(batch_norm(conv(x))), IMAGES, ["_AffineConv2D"],
    ),
    "batch norm alone": (lambda x: batch_norm(conv(x)), IMAGES, ["_AffineConv2D"]),
    "bias, batch norm, batch norm, elu": (
        lambda x: tf.nn.elu(
            batch_norm(batch_norm(tf.nn.bias_add(conv(x), variable("bias", 5))), "more")
        ),
        IMAGES,
        ["_AffineConv2D"],
    ),
    "spelled-out batch norm": (lambda x: spelled_out(conv(x)), IMAGES, ["_AffineConv2D"]),
    "activation alone": (lambda x: tf.sigmoid(conv(x)), IMAGES, ["_AffineConv2D"]),
    "scalars": (lambda x: tf.tanh(conv(x) * 0.5 + 3.0), IMAGES, ["_AffineConv2D"]),
    "padding": (lambda x: conv(padded(x), padding="VALID", strides=2), IMAGES, ["Conv2D"]),
    "padding and bias": (
        lambda x: tf.nn.bias_add(conv(padded(x), padding="VALID"), variable("bias", 5)),
        IMAGES,
        ["_AffineConv2D"],
    ),
    "depthwise": (
        lambda x: tf.nn.relu(batch_norm(depthwise(padded(x), padding="VALID"))),
        IMAGES,
        ["_AffineDepthwiseConv2dNative"],
    ),
    "channels first": (
        lambda x: tf.nn.relu(
            batch_norm(conv(tf.transpose(x, [0, 3, 1, 2]), data_format="NCHW"), data_format="NCHW")
        ),
        IMAGES,
        ["Transpose", "_AffineConv2D"],
    ),
    "three dimensions": (
        lambda x: tf.nn.relu(
            tf.nn.conv3d(x, variable("filter", 2, 3, 3, 4, 3), [1, 1, 2, 1, 1], "SAME")
            + variable("bias", 3)
        ),
        VOLUMES,
        ["_AffineConv3D"],
    ),
    "dense": (
        lambda x: tf.nn.relu(tf.nn.bias_add(tf.matmul(x, variable("kernel", 4, 7)), variable("bias", 7))),
        ROWS,
        ["_AffineMatMul"],
    ),
    "dense from the left": (
        lambda x: tf.matmul(x, variable("kernel", 3, 7), transpose_a=True) + variable("bias", 7),
        ROWS,
        ["_AffineMatMul"],
    ),
    "batch norm of something else": (
        lambda x: tf.nn.relu(batch_norm(tf.nn.max_pool2d(x, 2, 2, "VALID"))),
        IMAGES,
        ["MaxPool", "_Affine"],
    ),
    # What follows is not of the outputs alone.
    "a bias per column": (lambda x: conv(x) + variable("bias", 8, 5), IMAGES, ["AddV2", "Conv2D"]),
    "a bias that makes more axes": (
        lambda x: tf.matmul(x, variable("kernel", 4, 1)) + variable("bias", 6),
        ROWS,
        ["AddV2", "MatMul"],
    ),
    "batch norm in training": (
        lambda x: tf.raw_ops.FusedBatchNormV3(
            x=conv(x), scale=variable("s", 5), offset=variable("o", 5), mean=[], variance=[]
        )[0],
        IMAGES,
        ["Conv2D", "FusedBatchNormV3"],
    ),
    "moments that are read": (
        lambda x: tf.add_n(
            tf.raw_ops.FusedBatchNormV3(
                x=conv(x),
                scale=variable("s", 5),
                offset=variable("o", 5),
                mean=variable("m", 5),
                variance=variable("v", 5, positive=True),
                is_training=False,
            )[1:3]
        ),
        IMAGES,
        ["AddN", "Conv2D", "FusedBatchNormV3"],
    ),
    "two readers": (
        lambda x: (lambda y: tf.nn.relu(y) - y)(conv(x)), IMAGES, ["Conv2D", "_Pointwise"],
    ),
    "padding of channels": (
        lambda x: tf.nn.conv2d(
            tf.pad(x, [[0, 0], [0, 0], [0, 0], [1, 1]]), variable("filter", 3, 3, 6, 5), 1, "VALID"
        ),
        IMAGES,
        ["Conv2D", "Pad"],
    ),
    "double precision": (
        lambda x: tf.nn.relu(tf.matmul(tf.cast(x, tf.float64), tf.cast(variable("k", 4, 2), tf.float64))),
        ROWS,
        ["Cast", "MatMul", "Relu"],
    ),
}  # fmt: skip


#: All but passes that change the ops that the one tested here makes.
BEFORE = tuple(PIPELINE.keys() - {"fuse_separable", "prepare_filters"})


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_the_same_numbers_in_fewer_steps(name: str) -> None:
    make, value, ops = PROGRAMS[name]
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *value.shape[1:]])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x, BEFORE), plan_of(session, y, x, passes=())
        assert sorted({step[-1].op for step in plan.steps}) == ops
        (found,), (expected,) = plan.run([value]), plain.run([value])
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_what_is_fetched_or_awaited_stays() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, IMAGES.shape)
        inner = conv(x)
        outer = tf.nn.relu(inner)
        with tf.control_dependencies([inner]):
            after = tf.identity(outer)
        session.run(tf.global_variables_initializer())
        both = session.run([inner, outer], {x: IMAGES})
        assert np.array_equal(np.maximum(both[0], 0), both[1])
        assert np.array_equal(session.run(after, {x: IMAGES}), both[1])
        # A tensor in between may be fed.
        assert session.run(outer, {inner: -both[0]}).max() == np.float32((-both[0]).max())


@pytest.mark.parametrize("use_resource", [True, False])
def test_an_assignment_counts_from_the_next_run_on(use_resource: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4])
        with tf.variable_scope("", use_resource=use_resource):
            kernel = tf.get_variable("kernel", initializer=np.ones((4, 2), np.float32))
            scale = tf.get_variable("scale", initializer=np.float32([2, 3]))
        y = tf.nn.relu(tf.matmul(x, kernel) * scale)
        session.run(tf.global_variables_initializer())
        feeds = {x: np.ones((1, 4), np.float32)}
        assert session.run(y, feeds).tolist() == [[8, 12]]
        assert session.run(y, feeds).tolist() == [[8, 12]]
        scale.load(np.float32([1, -1]), session)
        assert session.run(y, feeds).tolist() == [[4, 0]]
        kernel.load(np.full((4, 2), -1, np.float32), session)
        assert session.run(y, feeds).tolist() == [[0, 4]]


def test_a_run_that_assigns_reads_what_it_has_assigned() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        kernel = tf.get_variable("kernel", initializer=np.ones((4, 2), np.float32))
        with tf.control_dependencies([kernel.assign_add(np.ones((4, 2), np.float32))]):
            y = tf.nn.relu(tf.matmul(np.ones((1, 4), np.float32), kernel.read_value()))
        session.run(tf.global_variables_initializer())
        assert [session.run(y).tolist() for _ in range(2)] == [[[8, 8]], [[12, 12]]]


def test_a_variable_without_a_value_is_an_error_that_goes_away() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        kernel = tf.get_variable("kernel", initializer=np.ones((4, 2), np.float32))
        y = tf.nn.relu(tf.matmul(np.ones((1, 4), np.float32), kernel))
        with pytest.raises(tf.errors.FailedPreconditionError, match="kernel"):
            session.run(y)
        session.run(tf.global_variables_initializer())
        assert session.run(y).tolist() == [[4, 4]]


def test_what_runs_share_is_nobodys_to_change() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        doubled = tf.get_variable("v", initializer=np.float32([1, 2])) * 2.0
        session.run(tf.global_variables_initializer())
        session.run(doubled)[:] = 0
        assert session.run(doubled).tolist() == [2, 4]
