"""Five steps of gradient descent through recorded modules, update by update, end where TensorFlow's ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub as hub
import minihub_runtime as tf
from minihub.evaluation import placeholder_for
from minihub_runtime.api.variables.resource import BaseResourceVariable
from tests.shared import golden, module_names, needs_shared
from tests.stories.test_recorded_modules import ours

pytestmark = needs_shared

STEPS = 5
#: What float32 sums in another order come to after some steps, relative to the largest value of a variable.
RELATIVE = 2e-4
#: Modules whose gradients hang on the last bit: in mobilenet_v1, inputs that differ by one part in ten million move the
#: gradients by up to 3 % already (batch norm over a few pictures, under relu6), and each layer rounds anew.  Of these the
#: first step is compared, and the updates of trained variables to a part of their size.
SENSITIVE = {"mobilenet_v1": 0.25}

RECORDS = [
    (name, record["tags"])
    for name in module_names()
    for record in golden(name).index["finetuning"]
    if record["optimizer"] == "sgd"
]


def record_of(name: str) -> Any:
    return next(r for r in golden(name).trajectories() if r["optimizer"] == "sgd")


def descend(variable: Any, gradient: Any, rate: float) -> Any:
    """One step of gradient descent: of the rows that were read, where only those were."""
    resource = isinstance(variable, BaseResourceVariable)
    if isinstance(gradient, tf.IndexedSlices):
        change = gradient.values * -rate
        if resource:
            return tf.raw_ops.ResourceScatterAdd(
                resource=variable.handle, indices=gradient.indices, updates=change
            )
        ref = tf.convert_to_tensor(variable, as_ref=True)
        return tf.raw_ops.ScatterAdd(ref=ref, indices=gradient.indices, updates=change).op
    if resource:
        return tf.raw_ops.ResourceApplyGradientDescent(
            var=variable.handle, alpha=rate, delta=gradient
        )
    ref = tf.convert_to_tensor(variable, as_ref=True)
    return tf.raw_ops.ApplyGradientDescent(var=ref, alpha=rate, delta=gradient).op


def build(name: str, record: Any) -> tuple[Any, Any, dict[Any, Any], dict[str, Any]]:
    """Loss, step, feeds and the variables by the names of the record."""
    module = hub.Module(golden(name).module_path, trainable=True, tags=set(record["tags"]))
    signature = record["signature"]
    info = module.get_input_info_dict(signature)
    feeds = {placeholder_for(key, info[key]): ours(v) for key, v in record["inputs"].items()}
    inputs = dict(zip(record["inputs"], feeds, strict=True))
    features = module(inputs, signature=signature, as_dict=True)[record["output"]]
    count = len(record["targets"])
    features = tf.reshape(features, [count, -1])
    with tf.variable_scope("head", use_resource=True):
        kernel = tf.get_variable("kernel", initializer=record["head"]["kernel"])
        bias = tf.get_variable("bias", initializer=record["head"]["bias"])
    logits = tf.matmul(features, kernel) + bias
    if record["loss_kind"] == "softmax_cross_entropy":
        losses, _ = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(
            features=logits, labels=record["targets"]
        )
    else:
        losses = tf.math.squared_difference(logits, record["targets"])
    loss = tf.reduce_mean(losses)
    regularization = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    if regularization:
        loss = loss + tf.add_n(regularization)
    variables = tf.trainable_variables()
    gradients = tf.gradients(loss, variables)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.group(
            *(
                descend(variable, gradient, record["learning_rate"])
                for variable, gradient in zip(variables, gradients, strict=True)
                if gradient is not None
            )
        )
    named = dict(module.variable_map)
    named.update({"head/kernel": kernel, "head/bias": bias})
    return loss, step, feeds, named


def value(session: Any, variable: Any) -> Any:
    """The value of a variable, or of all parts of one."""
    if isinstance(variable, list):
        return np.concatenate([session.run(part) for part in variable])
    return session.run(variable)


def check(
    session: Any,
    named: dict[str, Any],
    expected: dict[str, Any],
    slack: dict[str, float],
    label: str,
) -> None:
    """Compare variables with the record; `slack` has what else they may differ by."""
    for name, answer in expected.items():
        size = np.abs(answer.value).max(initial=0.0) if answer.value.dtype.kind == "f" else 0
        atol = RELATIVE * float(size) + 1e-6 + slack.get(name, 0.0)
        try:
            answer.check(value(session, named[name]), rtol=0, atol=atol)
        except AssertionError as error:
            raise AssertionError(f"{label}: {name}: {error}") from error


@pytest.mark.parametrize(("name", "tags"), RECORDS, ids=["-".join([n, *t]) for n, t in RECORDS])
def test_gradient_descent_ends_where_tensorflows_does(name: str, tags: list[str]) -> None:
    record = record_of(name)
    with tf.Graph().as_default():
        loss, step, feeds, named = build(name, record)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            part = SENSITIVE.get(name, 0.0)
            start = {key: value(session, v) for key, v in named.items()} if part else {}
            losses = []
            for number in range(1, (1 if part else STEPS) + 1):
                if record["loss_and_step_in_one_run"]:
                    losses.append(session.run([loss, step], feeds)[0])
                else:
                    losses.append(session.run(loss, feeds))
                    session.run(step, feeds)
                if number in (1, STEPS):
                    slack = {
                        key: part * float(np.abs(value(session, named[key]) - old).max(initial=0.0))
                        for key, old in start.items()
                        if "moving" not in key and old.dtype.kind == "f"
                    }
                    check(session, named, record[f"after_step_{number}"], slack, f"step {number}")
    expected = record["loss_with_regularization"][: len(losses)]
    np.testing.assert_allclose(losses, expected, rtol=2e-4, atol=1e-5)
