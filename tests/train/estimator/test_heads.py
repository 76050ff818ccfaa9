"""Heads: predictions, losses, metrics and variables are TensorFlow's; what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.train.estimator.heads.binary import BinaryHead
from minihub_runtime.train.estimator.heads.multi_class import (
    MultiClassHead,
    binary_or_multi_class_head,
)
from minihub_runtime.train.estimator.heads.regression import RegressionHead
from tests.train.estimator import head_cases

HEADS = {"binary": BinaryHead, "classes": MultiClassHead, "numbers": RegressionHead}


def same(found: Any, wanted: Any, where: str = "") -> None:
    """Assert that numbers are close and all else is equal."""
    if isinstance(wanted, dict):
        assert list(found) == list(wanted), where
        for key, value in wanted.items():
            same(found[key], value, f"{where} {key}")
    elif isinstance(wanted, list) and np.asarray(wanted).dtype.kind == "f":
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6, err_msg=where)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-5, abs=1e-6), where
    else:
        assert found == wanted, where


@pytest.mark.parametrize("name", head_cases.CASES)
def test_heads_give_what_tensorflows_do(name: str) -> None:
    stored = json.loads(head_cases.PATH.read_text(encoding="utf-8"))[name]
    kind, options, labels = head_cases.CASES[name]
    for mode in head_cases.MODES:
        same(head_cases.in_mode(tf, HEADS[kind](**options), labels, mode), stored[mode], mode)


def spec(head: Any, labels: Any, logits: Any = None, **options: Any) -> Any:
    """What a head makes of labels in a graph of its own."""
    with tf.Graph().as_default():
        logits = tf.zeros([2, head.logits_dimension]) if logits is None else logits()
        labels = labels() if callable(labels) else labels
        features = options.pop("features", {})
        return head.create_estimator_spec(
            features() if callable(features) else features, "train", logits, labels, **options
        )


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: BinaryHead(thresholds=[0.5, 1.0]), ValueError, r"thresholds not in \(0, 1\)"),
        (lambda: BinaryHead(label_vocabulary="ab"), TypeError, "should be a list or tuple"),
        (lambda: BinaryHead(loss_reduction="none"), ValueError, "Invalid loss_reduction: none"),
        (
            lambda: BinaryHead(loss_fn=lambda labels: 0),
            ValueError,
            "loss_fn must contain argument: logits",
        ),
        (
            lambda: BinaryHead(loss_fn=lambda labels, logits, more: 0),
            ValueError,
            r"loss_fn has unexpected args: \['more'\]",
        ),
        (lambda: MultiClassHead(None), ValueError, "n_classes cannot be None"),  # type: ignore[arg-type]
        (lambda: MultiClassHead(2), ValueError, "n_classes must be > 2: 2"),
        (
            lambda: MultiClassHead(3, label_vocabulary="abc"),
            ValueError,
            "label_vocabulary should be a list or a tuple",
        ),
        (lambda: RegressionHead(label_dimension=0), ValueError, "Invalid label_dimension 0"),
        (lambda: spec(BinaryHead(), None), ValueError, "You must provide a labels Tensor"),
        (
            lambda: spec(BinaryHead(), lambda: tf.SparseTensor([[0, 0]], [1], [2, 1])),
            ValueError,
            "SparseTensor labels are not supported",
        ),
        (
            lambda: spec(BinaryHead(), [[0, 1], [1, 0]]),
            ValueError,
            "Expected labels dimension=1.  Received 2",
        ),
        (
            lambda: spec(MultiClassHead(3), [0.0, 1.0]),
            ValueError,
            "Labels dtype should be integer",
        ),
        (
            lambda: spec(MultiClassHead(3, label_vocabulary=["a", "b", "c"]), [0, 1]),
            ValueError,
            "Labels dtype should be string if there is a vocabulary",
        ),
        (
            lambda: spec(MultiClassHead(3), [0, 1], lambda: tf.zeros([2, 4])),
            ValueError,
            "logits_dimension=3], got",
        ),
        (lambda: spec(BinaryHead(), [0, 1]), ValueError, "cannot both be None"),
        (
            lambda: spec(BinaryHead(), [0, 1], optimizer=1, train_op_fn=lambda loss: loss),
            ValueError,
            "cannot both be set",
        ),
        (
            lambda: spec(BinaryHead(weight_column=3), [0, 1], train_op_fn=lambda loss: loss),
            TypeError,
            "Weight column must be either a string or _DenseColumn",
        ),
    ],
)
def test_what_is_refused(act: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize(
    ("labels", "weights", "message"),
    [
        ([0, 2], [1.0, 1.0], "Labels must <= n_classes - 1"),
        ([-1, 1], [1.0, 1.0], "Labels must >= 0"),
        ([0, 1], [1.0, 1.0, 1.0], "weights shape must be"),
        ([0, 1, 1], [1.0, 1.0], "labels shape must be"),
    ],
)
def test_what_is_refused_when_it_runs(labels: Any, weights: Any, message: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None])
        made = BinaryHead(weight_column="w").create_estimator_spec(
            {"w": fed[1]}, "eval", tf.zeros([2, 1]), fed[0]
        )
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(made.loss, dict(zip(fed, (labels, weights), strict=True)))


def test_losses_of_the_users() -> None:
    def loss_fn(labels: Any, logits: Any, features: Any) -> Any:
        return (labels - logits) * features["f"]

    def run(made: Any, batch: Any, function: Callable[..., Any]) -> Any:
        with tf.Graph().as_default(), tf.Session() as session:
            features = {"f": tf.constant([[2.0], [3.0]])}
            loss = made(loss_fn=function).create_loss(features, "train", tf.ones([2, 1]), batch)
            return session.run([loss.training_loss, loss.unreduced_loss])

    total, each = run(RegressionHead, [[2.0], [4.0]], loss_fn)
    assert total == 11
    assert each.tolist() == [[2.0], [9.0]]
    assert run(BinaryHead, [[0], [1]], loss_fn)[0] == -2
    with pytest.raises(tf.errors.InvalidArgumentError, match="loss_fn must return Tensor of shape"):
        run(
            RegressionHead, [[2.0], [4.0]], lambda labels, logits: tf.reduce_sum(labels - logits, 1)
        )


def test_updates_of_the_model_belong_to_the_step() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        count = tf.get_variable("count", initializer=0)
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, count.assign_add(1))
        made = BinaryHead().create_estimator_spec(
            {}, "train", tf.zeros([1, 1]), [1], train_op_fn=lambda loss: tf.no_op()
        )
        session.run(tf.global_variables_initializer())
        session.run(made.train_op)
        assert session.run(count) == 1


def test_predictions_may_be_functions_of_logits() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        made = RegressionHead(inverse_link_fn=tf.exp).create_estimator_spec(
            {}, "infer", tf.zeros([1, 1])
        )
        found = session.run(made.predictions)
    assert {key: value.item() for key, value in found.items()} == {"predictions": 1, "logits": 0}


def test_the_head_of_a_classifier() -> None:
    assert isinstance(binary_or_multi_class_head(2, None, None, "weighted_sum"), BinaryHead)
    assert binary_or_multi_class_head(5, None, None, "weighted_sum").logits_dimension == 5
