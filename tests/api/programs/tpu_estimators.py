"""TPUEstimators on processors: what functions are told, what is trained, measured, predicted and exported."""

from __future__ import annotations

import glob
import os
from typing import Any

import numpy as np

from tests.api.programs import results
from tests.api.programs.files import in_folder

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(8, 3)
Y = np.float32([0, 1, 1, 0, 1, 0, 0, 1])


def refused(act: Any) -> Any:
    """The class of the error."""
    try:
        act()
    except Exception as error:
        return type(error).__name__
    return "nothing is raised"


def config(tf: Any, folder: str, **more: Any) -> Any:
    tpu = tf.estimator.tpu
    return tpu.RunConfig(
        model_dir=folder,
        tf_random_seed=3,
        save_checkpoints_steps=4,
        tpu_config=tpu.TPUConfig(iterations_per_loop=4, num_shards=8),
        **more,
    )


def input_fn_of(tf: Any, told: list[Any]) -> Any:
    def input_fn(params: Any) -> Any:
        told.append(["input", sorted(params.items())])
        data = tf.data.Dataset.from_tensor_slices(({"x": X}, Y))
        return data.repeat(2).batch(params.get("batch_size", 8), drop_remainder=True)

    return input_fn


def model_fn_of(tf: Any, told: list[Any], plain: bool = False) -> Any:
    def model_fn(features: Any, labels: Any, mode: str, params: Any) -> Any:
        told.append(["model", mode, sorted(params.items())])
        logits = tf.squeeze(
            tf.layers.dense(features["x"], 1, kernel_initializer=tf.ones_initializer()), 1
        )
        predictions = {"logits": logits, "positive": logits > 0}
        if mode == tf.estimator.ModeKeys.PREDICT:
            return tf.estimator.tpu.TPUEstimatorSpec(mode, predictions)
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        loss = tf.reduce_mean(losses)
        step = tf.train.get_or_create_global_step()
        train_op = tf.train.GradientDescentOptimizer(params["rate"]).minimize(loss, step)

        def metric_fn(labels: Any, logits: Any, losses: Any) -> Any:
            return {
                "accuracy": tf.metrics.accuracy(labels, tf.cast(logits > 0, tf.float32)),
                "mean_loss": tf.metrics.mean(losses),
            }

        if plain:
            tensors = {"labels": labels, "logits": logits, "losses": losses}
            return tf.estimator.EstimatorSpec(
                mode, predictions, loss, train_op, metric_fn(**tensors)
            )
        return tf.estimator.tpu.TPUEstimatorSpec(
            mode,
            loss=loss,
            train_op=train_op,
            eval_metrics=(metric_fn, [labels, logits, losses]),
            host_call=(lambda loss: [tf.identity(loss)], {"loss": loss}),
            scaffold_fn=tf.train.Scaffold,
        )

    return model_fn


def estimator_of(tf: Any, folder: str, told: list[Any], plain: bool = False, **more: Any) -> Any:
    sizes = {"train_batch_size": 4, "eval_batch_size": 2, "predict_batch_size": 8, **more}
    return tf.estimator.tpu.TPUEstimator(
        model_fn_of(tf, told, plain),
        config=config(tf, folder),
        params={"rate": 0.5},
        use_tpu=False,
        export_to_tpu=False,
        **sizes,
    )


def lived(tf: Any, folder: str, plain: bool = False, **more: Any) -> Any:
    """What comes of training, evaluation, prediction and an export."""
    told: list[Any] = []
    estimator = estimator_of(tf, folder, told, plain, **more)
    input_fn = input_fn_of(tf, told)
    estimator.train(input_fn, max_steps=4)
    measured = estimator.evaluate(input_fn, steps=3)
    predicted = list(estimator.predict(input_fn))[:3]
    kernel = estimator.get_variable_value("dense/kernel")

    def receiver() -> Any:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        return tf.estimator.export.ServingInputReceiver({"x": x}, {"x": x})

    exported = estimator.export_saved_model(os.path.join(folder, "export"), receiver)
    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], exported.decode())
        signature = meta.signature_def["serving_default"]
        served = session.run(signature.outputs["logits"].name, {signature.inputs["x"].name: X[:2]})
    return {
        "told": told,
        "measured": measured,
        "predicted": [np.float32(one["logits"]) for one in predicted],
        "kernel": kernel,
        "served": served,
        "variables": estimator.get_variable_names(),
        "checkpoints": sorted(
            os.path.basename(path) for path in glob.glob(os.path.join(folder, "*.index"))
        ),
        "logged": estimator.config.log_step_count_steps,
    }


@in_folder
def from_training_to_export(tf: Any, folder: str) -> Any:
    return lived(tf, folder)


@in_folder
def plain_specs(tf: Any, folder: str) -> Any:
    return lived(tf, folder, plain=True)


@in_folder
def sizes_that_are_not_given(tf: Any, folder: str) -> Any:
    return lived(tf, folder, eval_batch_size=None, predict_batch_size=None)


@in_folder
def speed_of_examples(tf: Any, folder: str) -> Any:
    told: list[Any] = []
    tf.estimator.tpu.TPUEstimator(
        model_fn_of(tf, told),
        config=config(tf, folder, log_step_count_steps=8),
        params={"rate": 0.5},
        use_tpu=False,
        train_batch_size=4,
    ).train(input_fn_of(tf, told), max_steps=4)
    (path,) = glob.glob(os.path.join(folder, "events*"))
    return sorted(
        {value.tag for event in tf.train.summary_iterator(path) for value in event.summary.value}
    )


@in_folder
def kinds_of_steps(tf: Any, folder: str) -> Any:
    """The kinds of the global step and of another variable of the same program."""
    found: list[Any] = []

    def model_fn(features: Any, labels: Any, mode: str, params: Any) -> Any:
        variable_type = tf.get_variable("other", [2], use_resource=False).op.type
        step = tf.train.get_global_step()
        found.append([mode, step.op.type, step.op.name, step.dtype.name, variable_type])
        loss, train_op = tf.reduce_sum(features["x"]), tf.assign_add(step, 1)
        spec = tf.estimator.tpu.TPUEstimatorSpec
        return spec(mode, loss=loss, train_op=train_op, predictions={"y": features["x"]})

    estimator = tf.estimator.tpu.TPUEstimator(
        model_fn,
        config=config(tf, folder),
        use_tpu=False,
        train_batch_size=4,
        eval_batch_size=4,
        predict_batch_size=4,
    )
    was = tf.resource_variables_enabled()
    tf.disable_resource_variables()
    try:
        estimator.train(input_fn_of(tf, []), max_steps=1)
        estimator.evaluate(input_fn_of(tf, []), steps=1)
        next(estimator.predict(input_fn_of(tf, [])))
    finally:
        if was:
            tf.enable_resource_variables()
    return found


@results
def settings_of_tpus(tf: Any) -> Any:
    tpu = tf.estimator.tpu
    one = tpu.TPUConfig()
    other = tpu.TPUConfig("2h", num_shards=3, per_host_input_for_training=False)
    run = tpu.RunConfig(tpu_config=other, save_summary_steps=7)
    changed = run.replace(tpu_config=one, save_summary_steps=3)
    kept = run.replace(save_summary_steps=2)
    return [
        list(one),
        list(other),
        [run.master, run.evaluation_master, run.cluster, run.save_summary_steps],
        changed.tpu_config == one,
        changed.save_summary_steps,
        kept.tpu_config == other,
        [
            refused(lambda keywords=keywords: tpu.TPUConfig(**keywords))
            for keywords in (
                {"iterations_per_loop": 0},
                {"iterations_per_loop": "5x"},
                {"iterations_per_loop": "5m"},
                {"num_shards": 0},
                {"num_shards": "3"},
                {"num_cores_per_replica": 3},
                {"eval_training_input_configuration": 3},
                {"initial_infeed_sleep_secs": -1},
                {"input_partition_dims": [[1]]},
                {"input_partition_dims": [[1]] * 3},
            )
        ],
    ]


@in_folder
def refused_estimators(tf: Any, folder: str) -> Any:
    make = tf.estimator.tpu.TPUEstimator
    model_fn = model_fn_of(tf, [])
    fine = config(tf, folder)
    estimator = make(model_fn, config=fine, params={"rate": 0.1}, use_tpu=False)

    def without_params(features: Any, labels: Any, mode: str) -> Any:
        raise AssertionError

    def input_without_params() -> Any:
        raise AssertionError

    return [
        refused(lambda: make(model_fn, use_tpu=False)),
        refused(lambda: make(model_fn, config=tf.estimator.RunConfig(), use_tpu=False)),
        refused(lambda: make(model_fn, config=fine, params={"batch_size": 3}, use_tpu=False)),
        refused(lambda: make(None, config=fine, use_tpu=False)),
        refused(lambda: estimator.train(input_without_params, steps=1)),
        refused(
            lambda: make(without_params, config=fine, use_tpu=False).train(
                input_fn_of(tf, []), steps=1
            )
        ),
        refused(
            lambda: make(model_fn, config=fine, use_tpu=False, export_saved_model_api_version=3)
        ),
    ]


@results
def refused_specs(tf: Any) -> Any:
    loss = tf.constant(1.0)
    make = tf.estimator.tpu.TPUEstimatorSpec

    def one(x: Any) -> Any:
        return {}

    def any_number(*x: Any) -> Any:
        return {}

    return [
        refused(lambda call=call: make("eval", loss=loss, eval_metrics=call))
        for call in (
            None,
            one,
            (one,),
            (1, [loss]),
            (one, loss),
            (one, [loss, loss]),
            (one, [loss]),
            (any_number, [loss, loss]),
            (one, {"x": loss}),
        )
    ] + [
        refused(lambda: make("train", loss=loss)),
        refused(lambda: make("infer")),
        refused(lambda: make("eval", loss=loss, training_hooks=[1])),
        make("eval", loss=loss, eval_metrics=(one, [loss])).as_estimator_spec().eval_metric_ops,
        refused(
            lambda: make("eval", loss=loss, eval_metrics=(one, {"y": loss})).as_estimator_spec()
        ),
    ]
