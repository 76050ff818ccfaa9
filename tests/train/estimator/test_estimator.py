"""Estimators: what TensorFlow's gives for the same model, files, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.train.estimator import answers
from tests.train.estimator.models import (
    BATCH,
    data,
    input_function,
    model_function,
    receiver_function,
)

PARAMS = {"rate": 0.1}


def made(folder: Path, **config: Any) -> Any:
    """An Estimator of the small model."""
    settings = tf.estimator.RunConfig(str(folder), tf_random_seed=1, **config)
    return tf.estimator.Estimator(model_function(tf), config=settings, params=PARAMS)


@pytest.mark.filterwarnings("ignore")
def test_numbers_and_files_are_tensorflows(tmp_path: Path) -> None:
    stored = json.loads(answers.PATH.read_text(encoding="utf-8"))
    found = json.loads(json.dumps(answers.run(tf, str(tmp_path))))
    for key in ("variables", "evaluation"):
        assert set(found[key]) == set(stored[key])
        for name, value in stored[key].items():
            np.testing.assert_allclose(found[key][name], value, rtol=1e-5, atol=1e-7, err_msg=name)
    for row, wanted in zip(found["predictions"], stored["predictions"], strict=True):
        assert set(row) == set(wanted)
        for name, value in wanted.items():
            np.testing.assert_allclose(row[name], value, rtol=1e-5, err_msg=name)
    for key in ("checkpoints", "events", "evaluation events"):
        assert found[key] == stored[key], key


def test_training_logs_what_tensorflow_logs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="minihub_runtime"):
        estimator = made(tmp_path / "m", log_step_count_steps=2, save_checkpoints_steps=3)
        estimator.train(input_function(tf), steps=4)
        estimator.export_saved_model(str(tmp_path / "e"), receiver_function(tf))
    logged = [record.getMessage() for record in caplog.records]
    # The step is read before the one that counts it.
    steps = [line.partition("step = ")[2].split()[0] for line in logged if "loss = " in line]
    assert steps == ["0", "2"]
    saved = [line for line in logged if "heckpoint" in line and line.endswith("...")]
    assert saved == [
        f"Calling checkpoint listeners {when} saving checkpoint {step}..."
        for step in (0, 3, 4)
        for when in ("before", "after")
    ]
    assert [line for line in logged if "ssets" in line] == [
        "Assets added to graph.",
        "No assets to write.",
    ]


def test_training_goes_on_from_the_latest_checkpoint(tmp_path: Path) -> None:
    at_once = made(tmp_path / "one").train(input_function(tf), steps=8)
    in_parts = made(tmp_path / "two")
    assert in_parts.train(input_function(tf), steps=5) is in_parts
    in_parts = made(tmp_path / "two").train(input_function(tf), max_steps=8)
    in_parts.train(input_function(tf), max_steps=8)
    for name in at_once.get_variable_names():
        values = at_once.get_variable_value(name), in_parts.get_variable_value(name)
        np.testing.assert_array_equal(*values, err_msg=name)
    assert in_parts.latest_checkpoint() == str(tmp_path / "two" / "model.ckpt-8")


def test_predictions_one_by_one_and_in_batches(tmp_path: Path) -> None:
    estimator = made(tmp_path).train(input_function(tf), steps=1)
    before = tf.get_default_graph()
    predictions = estimator.predict(input_function(tf), predict_keys=["out"])
    row = next(predictions)
    assert tf.get_default_graph() is before, "the caller's graph stays the default between two"
    assert set(row) == {"out"}
    assert row["out"].shape == (1,)
    predictions.close()
    batches = estimator.predict(input_function(tf), yield_single_examples=False)
    assert next(batches)["twice"].shape == (BATCH, 1)
    batches.close()
    with pytest.raises(ValueError, match="Expected to run at least one output"):
        next(estimator.predict(input_function(tf), predict_keys=["none"]))


def test_predictions_without_names(tmp_path: Path) -> None:
    def model_fn(features: Any, mode: str) -> Any:
        return tf.estimator.EstimatorSpec(mode, predictions=features * 2)

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    rows = estimator.predict(lambda: tf.constant([1.0, 2.0]))
    assert [float(next(rows)) for _ in range(3)] == [2.0, 4.0, 2.0]
    rows.close()
    with pytest.raises(ValueError, match="predict_keys argument is not valid"):
        next(estimator.predict(lambda: tf.constant([1.0]), predict_keys=["out"]))


def test_predictions_of_different_lengths_are_refused(tmp_path: Path) -> None:
    def model_fn(features: Any, mode: str) -> Any:
        return tf.estimator.EstimatorSpec(mode, predictions={"a": features, "b": features[1:]})

    rows = tf.estimator.Estimator(model_fn, str(tmp_path)).predict(lambda: tf.constant([1.0, 2.0]))
    with pytest.raises(ValueError, match=r"Batch length of predictions should be same\. b has"):
        next(rows)


def test_an_export_answers_as_the_estimator(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model").train(input_function(tf), steps=3)
    extra = tmp_path / "notes.txt"
    extra.write_text("notes", encoding="utf-8")
    path = estimator.export_saved_model(
        str(tmp_path / "out"), receiver_function(tf), assets_extra={"deep/notes.txt": str(extra)}
    )
    assert isinstance(path, bytes)
    folder = Path(path.decode())
    assert folder.name.isdigit()
    assert (folder / "assets.extra" / "deep" / "notes.txt").read_text("utf-8") == "notes"
    assert [item.name for item in (tmp_path / "out").iterdir()] == [folder.name]
    x, _ = data()
    rows = estimator.predict(input_function(tf))
    expected = [next(rows) for _ in range(BATCH)]
    rows.close()
    with tf.Graph().as_default(), tf.Session() as session:
        loaded = tf.saved_model.load(session, ["serve"], str(folder))
        signature = loaded.signature_def["serving_default"]
        fetches = {key: info.name for key, info in signature.outputs.items()}
        values = session.run(fetches, {signature.inputs["x"].name: x[:BATCH]})
    for number, row in enumerate(expected):
        for key, value in row.items():
            np.testing.assert_array_equal(values[key][number], value)


def test_graphs_of_all_modes_in_one_export(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model").train(input_function(tf), steps=1)
    x, y = data()
    with tf.Graph().as_default():
        supervised = tf.estimator.experimental.build_raw_supervised_input_receiver_fn(
            {"x": tf.constant(x)}, {"y": tf.constant(y)}
        )

    def labelled() -> Any:
        receiver = supervised()
        return receiver._replace(labels=receiver.labels["y"])

    path = estimator.experimental_export_all_saved_models(
        str(tmp_path / "out"),
        {"train": labelled, "eval": labelled, "infer": receiver_function(tf)},
    )
    outputs = {}
    for tag in ("train", "eval", "serve"):
        with tf.Graph().as_default(), tf.Session() as session:
            loaded = tf.saved_model.load(session, [tag], path.decode())
            outputs[tag] = {
                name: sorted(item.outputs) for name, item in loaded.signature_def.items()
            }
            assert bool(tf.get_collection("saved_model_train_op")) == (tag == "train")
    metrics = [
        f"metrics/{name}/{part}" for name in ("mae", "spread") for part in ("update_op", "value")
    ]
    supervised_outputs = sorted(["loss", "predictions/out", "predictions/twice", *metrics])
    assert outputs == {
        "train": {"train": supervised_outputs},
        "eval": {"eval": supervised_outputs},
        "serve": {"serving_default": ["out", "twice"]},
    }


def test_an_export_needs_a_checkpoint_with_its_variables(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model")
    with pytest.raises(ValueError, match="Couldn't find trained model at"):
        estimator.export_saved_model(str(tmp_path / "out"), receiver_function(tf))
    with pytest.raises(ValueError, match="An input_receiver_fn must be defined"):
        estimator.export_saved_model(str(tmp_path / "out"), None)
    estimator.train(input_function(tf), steps=1)

    def larger(features: Any, labels: Any, mode: str) -> Any:
        out = tf.layers.dense(features["x"], 1, name="more")
        return tf.estimator.EstimatorSpec(mode, predictions=out)

    other = tf.estimator.Estimator(larger, str(tmp_path / "model"))
    with pytest.raises(ValueError, match="Could not load all requested variables from checkpoint"):
        other.export_saved_model(str(tmp_path / "out"), receiver_function(tf))
    assert list((tmp_path / "out").iterdir()) == [], "an export that fails leaves nothing"


def test_warm_start_from_a_checkpoint_and_from_an_export(tmp_path: Path) -> None:
    first = made(tmp_path / "first").train(input_function(tf), steps=4)
    exported = first.export_saved_model(str(tmp_path / "out"), receiver_function(tf))
    for number, start in enumerate((first.model_dir, exported.decode())):
        second = tf.estimator.Estimator(
            model_function(tf),
            str(tmp_path / f"second {number}"),
            params=PARAMS,
            warm_start_from=start,
        )
        np.testing.assert_equal(
            second.evaluate(input_function(tf), steps=1)["loss"],
            first.evaluate(input_function(tf), steps=1)["loss"],
        )
        second.train(input_function(tf), steps=1)
        kernel = tf.train.load_variable(f"{second.model_dir}/model.ckpt-0", "hidden/kernel")
        np.testing.assert_array_equal(kernel, first.get_variable_value("hidden/kernel"))
    with pytest.raises(ValueError, match="must be a string or a WarmStartSettings, instead got"):
        tf.estimator.Estimator(
            model_function(tf), str(tmp_path / "x"), params=PARAMS, warm_start_from=3
        )
    with pytest.raises(ValueError, match="`ckpt_to_initialize_from` MUST be set"):
        tf.estimator.WarmStartSettings("")


def test_warm_start_of_a_column_with_another_vocabulary_is_refused(tmp_path: Path) -> None:
    """Weights of columns are partitioned variables, here of one part."""

    def classifier(words: list[str], **options: Any) -> Any:
        column = tf.feature_column.categorical_column_with_vocabulary_list("word", words)
        folder = str(tmp_path / str(len(words)))
        return tf.estimator.LinearClassifier([column], folder, **options)

    def words() -> Any:
        return tf.data.Dataset.from_tensors(({"word": ["a", "b"]}, [[0], [1]]))

    first = classifier(["a", "b"]).train(words)
    with pytest.raises(ValueError, match=r"\(3, 1\).* doesn't match with .*\[2, 1\]"):
        classifier(["a", "b", "c"], warm_start_from=first.model_dir).train(words)


def test_hooks_and_listeners_are_called(tmp_path: Path) -> None:
    called = []

    class Hook(tf.train.SessionRunHook):
        def after_run(self, run_context: Any, run_values: Any) -> None:
            called.append("run")

    class Listener(tf.train.CheckpointSaverListener):
        def after_save(self, session: Any, global_step_value: int) -> None:
            called.append(f"saved {global_step_value}")

    estimator = made(tmp_path, save_checkpoints_steps=2)
    estimator.train(input_function(tf), steps=3, hooks=[Hook()], saving_listeners=[Listener()])
    assert called == ["saved 0", "run", "saved 2", "run", "run", "saved 3"]
    never = made(tmp_path / "never", save_checkpoints_steps=None, save_checkpoints_secs=None)
    with pytest.raises(ValueError, match="There should be a CheckpointSaverHook"):
        never.train(input_function(tf), steps=1, saving_listeners=[Listener()])
    with pytest.raises(
        TypeError, match="saving_listeners must be a list of CheckpointSaverListener"
    ):
        estimator.train(input_function(tf), saving_listeners=[Hook()])
    for act in (estimator.train, estimator.evaluate):
        with pytest.raises(TypeError, match="Hooks must be a SessionRunHook, given: 3"):
            act(input_function(tf), hooks=[3])


def _no_features(labels: Any) -> None:
    """A model function that cannot be one."""


def _more(features: Any, labels: Any, other: Any) -> None:
    """A model function with an argument too many."""


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda e: e.train(None, steps=1, max_steps=2), "Can not provide both steps and max_steps"),
        (lambda e: e.train(None, steps=0), "Must specify steps > 0, given: 0"),
        (lambda e: e.train(None, max_steps=-1), "Must specify max_steps > 0, given: -1"),
        (lambda e: e.evaluate(None, steps=0), "Must specify steps > 0, given: 0"),
        (lambda e: e.get_variable_names(), "Could not find trained model in model_dir"),
        (lambda e: e.get_variable_value("x"), "Could not find trained model in model_dir"),
        (lambda e: tf.estimator.Estimator(None), "model_fn must be provided to Estimator"),
        (lambda e: tf.estimator.Estimator(_no_features), "must include features argument"),
        (lambda e: tf.estimator.Estimator(_more), r"following not expected args: \['other'\]"),
        (
            lambda e: tf.estimator.Estimator(lambda features: None, params={"a": 1}),
            r"does not include params argument, but params \({'a': 1}\)",
        ),
        (
            lambda e: tf.estimator.Estimator(lambda features: None, config=3),
            "config must be an instance of `RunConfig`, but provided 3",
        ),
        (
            lambda e: tf.estimator.Estimator(
                lambda features: None, "a", tf.estimator.RunConfig("b")
            ),
            "`model_dir` are set both in constructor and `RunConfig`",
        ),
        (
            lambda e: e.train(lambda: (1, 2, 3), steps=1),
            r"input_fn should return \(features, labels\) as a len 2 tuple",
        ),
    ],
)
def test_bad_arguments(tmp_path: Path, act: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        act(made(tmp_path))


def test_model_functions_that_do_not_fit(tmp_path: Path) -> None:
    folder = str(tmp_path)
    nothing = tf.estimator.Estimator(lambda features, labels: None, folder)
    with pytest.raises(ValueError, match="model_fn should return an EstimatorSpec"):
        nothing.train(lambda: (tf.constant(1.0), None), steps=1)
    unlabelled = tf.estimator.Estimator(lambda features: None, folder)
    with pytest.raises(
        ValueError, match="model_fn does not take labels, but input_fn returns labels"
    ):
        unlabelled.train(lambda: (tf.constant(1.0), tf.constant(1.0)), steps=1)


@pytest.mark.parametrize(("name", "quoted"), [("loss", '"loss"'), ("global_step", "`global_step`")])
def test_metrics_with_reserved_names(tmp_path: Path, name: str, quoted: str) -> None:
    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        metrics = {name: tf.metrics.mean(features)}
        return tf.estimator.EstimatorSpec(mode, loss=features, eval_metric_ops=metrics)

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    with pytest.raises(ValueError, match=f"Metric with name {quoted} is not allowed"):
        estimator.evaluate(lambda: tf.constant(1.0), steps=1)


def test_members_cannot_be_overridden() -> None:
    class Mine(tf.estimator.Estimator):  # type: ignore[misc, name-defined]
        def evaluate(self) -> None:
            """Something else."""

    with pytest.raises(ValueError, match=r"cannot override members of Estimator.*\['evaluate'\]"):
        Mine(lambda features: None)

    class Named(tf.estimator.Estimator):  # type: ignore[misc, name-defined]
        def further(self) -> int:
            """Something new."""
            return 3

    assert Named(lambda features: None, "folder").further() == 3


def test_copies_of_settings_are_given_out(tmp_path: Path) -> None:
    params = {"list": [1]}
    estimator = tf.estimator.Estimator(lambda features, params: None, str(tmp_path), params=params)
    params["list"].append(2)
    estimator.params["list"].append(3)
    assert estimator.params == {"list": [1]}
    assert estimator.config.model_dir == estimator.model_dir == str(tmp_path)
    assert estimator.config is not estimator.config
    assert estimator.eval_dir() == str(tmp_path / "eval")
    assert estimator.eval_dir("test") == str(tmp_path / "eval_test")


def test_a_loss_that_is_no_number_ends_training(tmp_path: Path) -> None:
    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        step = tf.train.get_global_step()
        loss = tf.where(step < 2, 1.0, np.nan)
        with tf.control_dependencies([loss]):
            return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=step.assign_add(1))

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    with pytest.raises(tf.train.NanLossDuringTrainingError):
        estimator.train(lambda: tf.constant(1.0))


def test_an_evaluation_with_an_operation_of_the_users_that_initialises(tmp_path: Path) -> None:
    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        local = tf.get_variable(
            "local", initializer=2.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False
        )
        scaffold = tf.train.Scaffold(local_init_op=local.initializer)
        return tf.estimator.EstimatorSpec(mode, loss=features * local, scaffold=scaffold)

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    found = estimator.evaluate(lambda: tf.constant(3.0), steps=2, name="mine")
    assert found == {"loss": 6.0, "global_step": 0}
    assert list((tmp_path / "eval_mine").iterdir())


def test_datasets(tmp_path: Path) -> None:
    x, y = data()

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        out = tf.layers.dense(features["x"], 1, name="out")
        if mode == "infer":
            return tf.estimator.EstimatorSpec(mode, predictions=out)
        loss = tf.losses.mean_squared_error(labels, out)
        step = tf.train.AdamOptimizer(0.1).minimize(loss, global_step=tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=step)

    def rows(repeat: int = 1) -> Any:
        return tf.data.Dataset.from_tensor_slices(({"x": x}, y)).repeat(repeat).batch(BATCH)

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    estimator.train(lambda: rows(20).shuffle(5, seed=1))
    assert estimator.get_variable_value("global_step") == 20 * len(x) // BATCH
    assert estimator.evaluate(rows)["loss"] < 0.01
    found = list(estimator.predict(rows))
    assert len(found) == len(x)
    np.testing.assert_allclose(found, y, atol=0.2)
    only = list(estimator.predict(lambda: rows().map(lambda features, labels: features)))
    np.testing.assert_array_equal(only, found)
    assert list(estimator.predict(lambda: rows().take(0))) == []
