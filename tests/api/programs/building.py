"""Inputs and attributes of operations, of Python values that fit and of others that do not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program


@program
def inputs_of_python_values(tf: Any) -> Any:
    ops = tf.raw_ops
    ops.Mul(x=2.0, y=np.float32(3))
    ops.Mul(x=[1, 2], y=3)
    ops.Mul(x=tf.constant(1.0), y=3)
    ops.ConcatV2(values=[[1], tf.constant([2])], axis=0)
    ops.ConcatV2(values=[[1.0], [2.0]], axis=np.int64(0))
    ops.Reshape(tensor=[1], shape=[])
    ops.Reshape(tensor=[1, 2], shape=np.array([2, 1]))
    ops.SpaceToBatchND(
        input=np.zeros([1, 2, 2, 1]), block_shape=np.array([2]), paddings=[[0, 0]], name="n"
    )
    ops.OneHot(indices=[1], depth=3, on_value=1, off_value=0)
    ops.Slice(input=[1, 2, 3], begin=[0], size=np.array([1]))
    ops.Identity(input=tf.TensorShape([1, 2]))
    ops.Reshape(tensor=[1, 2], shape=tf.TensorShape([2, 1]))


@program
def inputs_that_do_not_fit(tf: Any) -> Any:
    with tf.Graph().as_default():
        one, two = tf.constant(1.0), tf.constant([2])
        text = tf.constant("text")
        ops = tf.raw_ops
        return [
            message(lambda: ops.Mul(x=one, y=two)),
            message(lambda: ops.Mul(x=1, y=one)),
            message(lambda: ops.Mul(x=text, y=text)).split("values: ")[0],
            message(lambda: ops.Sqrt(x=two)).split("values: ")[0],
            message(lambda: ops.Reshape(tensor=one, shape=one)),
            message(lambda: ops.LogicalNot(x=one)),
            attempt(lambda: ops.ConcatV2(values=one, axis=0)),
            message(lambda: ops.ConcatV2(values=[one, text], axis=0)),
            message(lambda: ops.AddN(inputs=[one, two])),
            attempt(lambda: ops.Mul(x=one, y="text")),
            attempt(lambda: ops.Mul(x=None, y=one)),
            attempt(lambda: ops.Mul(x=one)),
        ]


@program
def attributes_that_do_not_fit(tf: Any) -> Any:
    with tf.Graph().as_default():
        x = tf.constant([1.0])
        ops = tf.raw_ops
        return [
            message(lambda: ops.Placeholder(dtype="nothing")),
            message(lambda: ops.ArgMax(input=x, dimension=0, output_type="nothing")),
            message(lambda: ops.AssignVariableOp(resource=x, value=x, validate_shape=1)),
            message(lambda: ops.MatMul(a=x, b=x, transpose_a="yes")),
            message(lambda: ops.LeakyRelu(features=x, alpha="high")),
            message(lambda: ops.Pack(values=[x], axis="first")),
            message(lambda: ops.CheckNumerics(tensor=x, message=7)),
            attempt(lambda: ops.Squeeze(input=x, axis=0)),
        ]
