"""Static shapes that follow from constants, and from sizes that are partly known."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, program


@program
def shapes_as_tensors(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.placeholder(tf.float32)
    n = tf.placeholder(tf.int32, [])
    pair = tf.placeholder(tf.int32, [2])
    s = tf.shape(x)
    sizes = [
        [s[1], -1],
        [-1, s[1]],
        s,
        s[1:],
        s[:1],
        [s[1] * 2, -1],
        [s[0], s[1]],
        tf.concat([[5], s], 0),
        tf.concat([s[:1], [7]], 0),
        [n, 4],
        pair,
        tf.cast(tf.cast(s, tf.int64), tf.int32),
        tf.identity(s),
        tf.shape_n([x, x])[0],
        s + 0,
        tf.maximum(s, [1, 1]),
        tf.stack([s[0], 3]),
        tf.stop_gradient([2, 3]),
        tf.where([True], [2], [3]),
        tf.unstack(tf.constant([2, 3])),
        [tf.unstack(s)[1], 2],
        [tf.split(s, 2)[1][0], 2],
        tf.gather(s, [1]),
        tf.slice(s, [1], [1]),
        tf.placeholder_with_default([2, 3], [2]),
        tf.constant(np.arange(6, dtype=np.int32).reshape(2, 3))[1],
        tf.reduce_sum(tf.constant(np.ones([3, 2], np.int32)), 0),
        tf.cumsum([2, 3]),
        tf.sort([3, 2]),
        tf.unique([2, 2, 3])[0],
        tf.random_uniform([2], 1, 2, tf.int32),
    ]
    for size in sizes:
        tf.reshape(y, size)


@program
def shapes_that_ops_ask_for(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3])
    n = tf.placeholder(tf.int32, [])
    s = tf.shape(x)
    tf.fill(s, 1)
    tf.zeros(s)
    tf.tile([[1]], s)
    tf.broadcast_to(1, s)
    tf.random_uniform(s)
    tf.slice(x, [0, 1], [-1, 2])
    tf.slice(x, [n, 1], [2, -1])
    tf.slice(x, [0, 0], [n, 2])
    tf.slice(x, [0, 0], s)
    tf.slice(x, [1, 1], s - 1)
    tf.pad(x, [[1, n], [1, 2]])
    tf.pad(x, [[1, 1], [n, 2]])
    _ = [x[:n], x[:, :n], x[n], x[:, 1 : tf.shape(x)[1]], x[:, : s[1] - 1]]
    tf.range(s[1])
    tf.range(n)
    tf.one_hot([1], s[1])
    tf.one_hot([1], tf.size(tf.zeros([2, 3])))
    tf.linspace(0.0, 1.0, s[1])
    tf.expand_dims(x, tf.rank(x))
    tf.concat([x, x], tf.rank(x) - 1)
    tf.reduce_sum(x, tf.range(tf.rank(x)))
    tf.reduce_sum(x, tf.range(1, tf.rank(x)))
    tf.transpose(x, tf.reverse([0, 1], [0]))
    tf.transpose(x, [n, 1])
    tf.gather(x, [0], axis=tf.rank(x) - 1)
    tf.scatter_nd([[0]], tf.placeholder(tf.float32, [1, 3]), s)
    tf.space_to_batch_nd(tf.zeros([1, 4, 4, 1]), [2, 2], [[0, 0], [0, n]])
    tf.split(x, [1, n], 1)
    tf.unsorted_segment_sum(x, [0, 1], s[1])
    tf.math.bincount([1, 2], minlength=3, maxlength=3)
    tf.nn.top_k(x, s[1])
    tf.sequence_mask([1, 3])
    tf.sequence_mask([1, 3], s[1])


@program
def shapes_of_variables(tf: Any) -> Any:
    y = tf.placeholder(tf.float32)
    with tf.variable_scope("a", use_resource=True):
        v = tf.get_variable("v", [2, 3])
    tf.reshape(y, tf.shape(v))
    tf.reshape(y, [tf.shape(v)[1], -1])
    tf.reshape(y, tf.raw_ops.VariableShape(input=v.handle))


@program
def ranks_that_ops_tell(tf: Any) -> Any:
    x = tf.placeholder(tf.float32)
    y = tf.placeholder(tf.float32, [None, 2, 4])
    raw = tf.raw_ops
    for equation in ("ij,jk->ik", "bij,bjk->bik", "ij,j->i"):
        raw.Einsum(inputs=[x, x], equation=equation)
    raw.Einsum(inputs=[x, y], equation="ij,bjk->bik")
    raw.Einsum(inputs=[x, y], equation="...ij,bjk->...bik")
    raw.Einsum(inputs=[x], equation="ij->ji")
    raw.BatchMatMul(x=x, y=y)
    raw.BatchMatMul(x=y, y=x)
    raw.BatchMatMulV2(x=x, y=y)
    raw.DepthToSpace(input=x, block_size=2)
    raw.SpaceToDepth(input=x, block_size=2)
    raw.InvertPermutation(x=tf.placeholder(tf.int32))
    window = dict(ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    volume = dict(ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="SAME")
    raw.MaxPoolGrad(orig_input=x, orig_output=x, grad=x, **window)
    raw.MaxPool3DGrad(orig_input=x, orig_output=x, grad=x, **volume)
    refused = [
        lambda: raw.Einsum(inputs=[x, tf.zeros([3])], equation="ij,jk->ik"),
        lambda: raw.InvertPermutation(x=tf.zeros([2, 2], tf.int32)),
        lambda: raw.MaxPoolGrad(orig_input=y, orig_output=x, grad=x, **window),
    ]
    return [attempt(function) for function in refused]


@program
def rows_that_variables_take(tf: Any) -> Any:
    found = []
    indices = tf.constant([0, 1])
    for resource in (False, True):
        variable = tf.get_variable(
            f"v{resource}", [3, 2], initializer=tf.zeros_initializer(), use_resource=resource
        )
        for scatter in (tf.scatter_update, tf.scatter_add, tf.scatter_max):
            for shape in ([2, 2], [None, 2], None, [2], [3, 2], [2, 5]):
                rows = tf.placeholder(tf.float32, shape)
                found.append(
                    attempt(lambda v=variable, u=rows, f=scatter: f(v, indices, u) is None)
                )
            found.append(attempt(lambda v=variable, f=scatter: f(v, indices, 1.0) is None))
    return found


@program
def sizes_of_numpy(tf: Any) -> Any:
    """A single size, as a number of NumPy or an array without dimensions."""
    sizes = [3, np.int32(3), np.int64(3), np.array(3), np.array(3, np.uint8), np.array(3.0)]
    return [attempt(lambda size=size: tf.TensorShape(size).as_list()) for size in sizes]


@program
def elements_of_arrays(tf: Any) -> Any:
    """What is read from an array has the shape that its elements are said to have, also in a loop."""
    raw = tf.raw_ops
    told, unsure = {"element_shape": [2, 3]}, {"element_shape": [None, 3]}
    for more in ({}, told, unsure, {"identical_element_shapes": True, **unsure}):
        handle, flow = raw.TensorArrayV3(size=3, dtype=tf.float32, **more)
        flow = raw.TensorArrayWriteV3(handle=handle, index=0, value=tf.zeros([2, 3]), flow_in=flow)
        raw.TensorArrayReadV3(handle=handle, index=0, flow_in=flow, dtype=tf.float32)
        raw.TensorArrayGatherV3(handle=handle, indices=[0], flow_in=flow, dtype=tf.float32)
        raw.TensorArrayGatherV3(
            handle=handle,
            indices=[0],
            flow_in=flow,
            dtype=tf.float32,
            element_shape=[2, None],
        )
