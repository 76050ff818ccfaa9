"""Batch normalisation of training takes in its activation, and gives what it gave before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.passes import pipeline as plans

#: Enough for several blocks, and one that is not full.
IMAGES = np.random.RandomState(3).standard_normal((5, 61, 47, 5)).astype(np.float32) * 4 + 1


def ops_run(session: Any) -> set[str]:
    *_, plan = session.runner._plans.values()
    return {step[-1].op for step in plan.steps}


def network(activation: Any, **options: Any) -> tuple[Any, Any, Any]:
    """Images, what is made of them, and what to run in training."""
    x = tf.placeholder(tf.float32, [None, *IMAGES.shape[1:]])
    scale = tf.get_variable("scale", initializer=np.float32([1, 2, 3, 0.5, -1]), use_resource=True)
    offset = tf.get_variable("offset", initializer=np.float32([0, 1, 3, -1, 2]), use_resource=True)
    y, *moments = tf.nn.fused_batch_norm(x, scale, offset, **options)
    z = activation(y)
    loss = tf.reduce_sum(z * z * x)
    return (
        x,
        (y, z),
        [z, *(2 * moment for moment in moments), *tf.gradients(loss, [x, scale, offset])],
    )


@pytest.mark.parametrize("activation", [tf.nn.relu, tf.nn.relu6])
def test_training_is_what_it_was(activation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, _, results = network(activation)
        session.run(tf.global_variables_initializer())
        fused = session.run(results, {x: IMAGES})
        assert "_ActivatedBatchNorm" in ops_run(session)
        assert not ops_run(session) & {"Relu", "Relu6", "FusedBatchNormV3"}
    monkeypatch.setitem(plans.PIPELINE, "fuse_normalization", lambda region: None)
    with tf.Graph().as_default(), tf.Session() as session:
        x, _, results = network(activation)
        session.run(tf.global_variables_initializer())
        plain = session.run(results, {x: IMAGES})
        assert "FusedBatchNormV3" in ops_run(session)
    for one, other in zip(fused, plain, strict=True):
        np.testing.assert_array_equal(one, other)


def test_not_a_number_stays(recwarn: pytest.WarningsRecorder) -> None:
    images = IMAGES.copy()
    images[0, 0, 0, 0] = np.nan
    with tf.Graph().as_default(), tf.Session() as session:
        x, (_, z), _ = network(tf.nn.relu6)
        session.run(tf.global_variables_initializer())
        found = session.run(z, {x: images})
        assert "_ActivatedBatchNorm" in ops_run(session)
    assert np.isnan(found[..., 0]).all()
    assert np.isfinite(found[..., 1:]).all()
    assert not recwarn.list


def test_what_else_is_asked_for_stays() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, (y, z), _ = network(tf.nn.relu)
        session.run(tf.global_variables_initializer())
        before, after = session.run([y, z], {x: IMAGES})
        assert {"FusedBatchNormV3", "Relu"} <= ops_run(session)
        assert before.min() < 0
        np.testing.assert_array_equal(after, np.maximum(before, 0))


@pytest.mark.parametrize("other", [tf.nn.elu, tf.identity])
def test_other_activations_stay(other: Any) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, (_, z), _ = network(other)
        session.run(tf.global_variables_initializer())
        session.run(z, {x: IMAGES})
        assert "FusedBatchNormV3" in ops_run(session)
