"""What TensorFlow 2.15.1 refuses when an operation is added, and the shapes it knows then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minihub_runtime as tf

raw = tf.raw_ops


def fed(*shape: int | None, dtype: Any = None) -> Any:
    """A placeholder of that shape."""
    return tf.placeholder(dtype or tf.float32, shape)


def variable() -> Any:
    """The handle of a variable of shape [3, 2]."""
    return raw.VarHandleOp(dtype=tf.float32, shape=[3, 2])


def dataset() -> Any:
    """The dataset of some numbers."""
    types = {"output_types": [tf.int64], "output_shapes": [[]]}
    numbers = (tf.constant(n, tf.int64) for n in (0, 9, 1))
    return raw.RangeDataset(**dict(zip(("start", "stop", "step"), numbers, strict=True)), **types)


REFUSED: dict[str, Callable[[], Any]] = {
    "shape below -1": lambda: raw.RandomUniform(shape=[3, -2], dtype=tf.float32),
    "volumes laid out as images": lambda: raw.FusedBatchNormV3(
        x=fed(1, 2, 2, 4, 2),
        scale=fed(2),
        offset=fed(2),
        mean=fed(2),
        variance=fed(2),
        data_format="NHWC",
    ),
    "negative fill": lambda: raw.Fill(dims=[-1, 3], value=1.0),
    "matrix as dims": lambda: raw.Fill(dims=fed(2, 2, dtype=tf.int32), value=1.0),
    "matrix as shape": lambda: raw.Reshape(tensor=fed(4), shape=fed(2, 2, dtype=tf.int32)),
    "no hole to fill": lambda: raw.Reshape(tensor=fed(2, 3), shape=[-1, 0]),
    "elements that do not divide": lambda: raw.Reshape(tensor=fed(4, None), shape=[2, 3]),
    "few of a permutation": lambda: raw.Transpose(x=fed(2, 3), perm=fed(3, dtype=tf.int32)),
    "axes beyond the permutation": lambda: raw.Transpose(
        x=tf.placeholder(tf.float32), perm=[4, 1, 0]
    ),
    "matrix of axes": lambda: raw.Sum(input=fed(2), axis=fed(2, 1, dtype=tf.int32)),
    "many lengths": lambda: raw.SplitV(value=fed(6), size_splits=[3, 3], axis=0, num_split=1),
    "one wrong length": lambda: raw.SplitV(value=fed(3), size_splits=[1], axis=0, num_split=1),
    "negative number of samples": lambda: tf.multinomial(fed(2, 3), -1),
    "size of a placeholder below 0": lambda: tf.placeholder(tf.float32, [2, -1]),
    "size of a placeholder's default": lambda: tf.placeholder_with_default([[1.0]], [1, -1]),
    "size of a raw placeholder": lambda: raw.PlaceholderV2(dtype=tf.float32, shape=[2, -2]),
    "size of a shape": lambda: tf.TensorShape([2, -1]),
    "size to be set": lambda: fed(2, None).set_shape([2, -1]),
    "size to be ensured": lambda: tf.ensure_shape(fed(2, None), [2, -1]),
    "negative k": lambda: raw.TopKV2(input=fed(3), k=-1),
    "channels first of a matrix": lambda: raw.BiasAdd(
        value=fed(2, 2), bias=fed(2), data_format="NCHW"
    ),
    "scalar bias": lambda: raw.BiasAdd(value=fed(2, 2), bias=fed()),
    "value of a variable": lambda: raw.AssignVariableOp(resource=variable(), value=fed(2, 2)),
    "addend of a variable": lambda: raw.AssignAddVariableOp(resource=variable(), value=fed(3)),
    "rate of a step": lambda: raw.ResourceApplyGradientDescent(
        var=variable(), alpha=fed(2), delta=fed(3, 2)
    ),
    "gradient of a step": lambda: raw.ResourceApplyGradientDescent(
        var=variable(), alpha=0.1, delta=fed(2, 2)
    ),
    "slices of a variable": lambda: raw.ResourceScatterNdUpdate(
        ref=variable(), indices=[[0], [1]], updates=fed(2, 3)
    ),
    "vector of batch sizes": lambda: raw.BatchDataset(
        input_dataset=dataset(),
        batch_size=fed(2, dtype=tf.int64),
        output_types=[tf.int64],
        output_shapes=[[None]],
    ),
    "scalar counter": lambda: raw.StatelessRandomUniformV2(
        shape=[2],
        key=fed(1, dtype=tf.uint64),
        counter=fed(dtype=tf.uint64),
        alg=1,
        dtype=tf.float32,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_when_built(case: str) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="must"):
        REFUSED[case]()


KNOWN: dict[str, tuple[Callable[[], Any], list[int | None] | None]] = {
    "scalars joined": (lambda: tf.TensorArray(tf.float32, 1).write(0, 1.0).concat(), [None]),
    "sizes that may not broadcast": (
        lambda: raw.Equal(x=fed(2), y=fed(None), incompatible_shape_error=False),
        None,
    ),
    "one number for all": (
        lambda: raw.NotEqual(x=fed(2, 3), y=fed(2, 1), incompatible_shape_error=False),
        [2, 3],
    ),
    "no elements": (lambda: raw.Reshape(tensor=fed(0, None), shape=[-1, 2]), [0, 2]),
    "one part along an unknown axis": (
        lambda: raw.SplitV(value=fed(2, 3), size_splits=[3], axis=fed(dtype=tf.int32), num_split=1)[
            0
        ],
        [2, 3],
    ),
    "labels of unknown rank": (
        lambda: raw.SoftmaxCrossEntropyWithLogits(
            features=fed(3, 4), labels=tf.placeholder(tf.float32)
        )[1],
        [3, 4],
    ),
    "system of which one side is unknown": (
        lambda: raw.MatrixSolve(matrix=tf.placeholder(tf.float32), rhs=fed(3, 2)),
        [3, 2],
    ),
}


@pytest.mark.parametrize("case", KNOWN)
def test_the_shape_is_known_when_built(case: str) -> None:
    build, expected = KNOWN[case]
    with tf.Graph().as_default():
        found = build().shape
    assert (None if found.rank is None else found.as_list()) == expected


def test_a_scalar_answer_to_an_unequal_size_is_returned() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        y = fed(None)
        same = raw.Equal(x=[1.0, 2.0], y=y, incompatible_shape_error=False)
        shape = tf.shape(same)
        assert session.run(shape, {y: [1.0, 2.0, 3.0]}).tolist() == []
        assert session.run(shape, {y: [1.0, 3.0]}).tolist() == [2]
