"""Training with evaluations: when they happen, what is exported, hooks that end it, further metrics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.train.estimator import export_folders
from minihub_runtime.train.estimator.early_stopping import read_eval_metrics
from tests.train.estimator.models import input_function, model_function, receiver_function

EXPERIMENTAL = tf.estimator.experimental


def made(folder: Path, **config: Any) -> Any:
    """An Estimator of the small model that saves every two steps."""
    config = {"save_checkpoints_steps": 2, "tf_random_seed": 1, **config}
    settings = tf.estimator.RunConfig(str(folder), **config)
    return tf.estimator.Estimator(model_function(tf), config=settings, params={"rate": 0.1})


@pytest.fixture
def _seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a second later, and nobody sleeps."""
    now = iter(range(1_700_000_000, 1_800_000_000))
    clock = SimpleNamespace(time=lambda: next(now), sleep=lambda seconds: None)
    monkeypatch.setattr(export_folders, "time", clock)


class Noting(tf.estimator.Exporter):  # type: ignore[misc, name-defined]
    """Notes what it is called with."""

    def __init__(self, name: Any = "noting") -> None:
        self.calls: list[Any] = []
        self._name = name

    @property
    def name(self) -> Any:
        return self._name

    def export(
        self,
        estimator: Any,
        export_path: str,
        checkpoint_path: str,
        eval_result: Any,
        is_the_final_export: bool,
    ) -> str:
        self.calls.append(
            (export_path, checkpoint_path, eval_result["global_step"], is_the_final_export)
        )
        return f"exported {len(self.calls)}"


def specs(steps: int = 5, **evaluation: Any) -> tuple[Any, Any]:
    evaluation = {"steps": 2, "throttle_secs": 0, **evaluation}
    train = tf.estimator.TrainSpec(input_function(tf), max_steps=steps)
    return train, tf.estimator.EvalSpec(input_function(tf), **evaluation)


def test_evaluations_come_after_checkpoints(tmp_path: Path) -> None:
    exporter = Noting()
    metrics, exported = tf.estimator.train_and_evaluate(
        made(tmp_path), *specs(exporters=exporter, name="often")
    )
    assert metrics["global_step"] == 5
    assert exported == ["exported 3"]
    folder = str(tmp_path / "export" / "noting")
    assert exporter.calls == [
        (folder, str(tmp_path / f"model.ckpt-{step}"), step, step == 5) for step in (2, 4, 5)
    ]
    assert list(read_eval_metrics(str(tmp_path / "eval_often"))) == [2, 4, 5]
    again = tf.estimator.train_and_evaluate(made(tmp_path), *specs(exporters=exporter))
    assert again == (None, None), "there is nothing left to train"


def test_evaluations_are_throttled(tmp_path: Path) -> None:
    tf.estimator.train_and_evaluate(made(tmp_path), *specs(throttle_secs=10_000))
    assert list(read_eval_metrics(str(tmp_path / "eval"))) == [2, 5]


@pytest.mark.usefixtures("_seconds")
def test_the_latest_the_best_and_the_final_model(tmp_path: Path) -> None:
    receiver = receiver_function(tf)
    better = iter([False, True])

    def compare(best_eval_result: Any, current_eval_result: Any) -> bool:
        assert {"loss", "global_step"} <= set(current_eval_result)
        return next(better)

    exporters = [
        tf.estimator.LatestExporter("latest", receiver, exports_to_keep=2),
        tf.estimator.BestExporter("best", receiver, compare_fn=compare, event_file_pattern=None),
        tf.estimator.FinalExporter("final", receiver),
    ]
    _, exported = tf.estimator.train_and_evaluate(made(tmp_path), *specs(exporters=exporters))
    folders = {
        name: sorted(item.name for item in (tmp_path / "export" / name).iterdir())
        for name in ("latest", "best", "final")
    }
    assert {name: len(found) for name, found in folders.items()} == {
        "latest": 2,
        "best": 2,
        "final": 1,
    }
    assert [Path(path.decode()).name for path in exported] == [
        folders["latest"][-1],
        folders["best"][-1],
        folders["final"][-1],
    ]


@pytest.mark.usefixtures("_seconds")
def test_the_best_model_of_earlier_runs_counts(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model").train(input_function(tf), steps=1)
    path = estimator.latest_checkpoint()
    worst, best = ({"loss": loss, "global_step": 1} for loss in (9.0, 1.0))
    with tf.summary.FileWriter(str(tmp_path / "model" / "eval")) as writer:
        for step, loss in enumerate((3.0, 2.0, 4.0)):
            summary = tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=loss)])
            writer.add_summary(summary, step)

    def exported(exporter: Any, *results: Any) -> list[bool]:
        folder = str(tmp_path / "out")
        return [bool(exporter.export(estimator, folder, path, item, False)) for item in results]

    exporter = tf.estimator.BestExporter("best", receiver_function(tf))
    assert exported(exporter, worst, worst, best, best, worst) == [True, False, True, False, False]
    assert exporter.name == "best"
    with pytest.raises(ValueError, match="current_eval_result cannot be empty or no loss is found"):
        exported(exporter, {"other": 1})
    assert exporter._best_before(str(tmp_path / "model" / "eval" / "*")) == {"loss": 2.0}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tf.estimator.TrainSpec(3), TypeError, "`input_fn` must be callable, given: 3"),
        (
            lambda: tf.estimator.TrainSpec(len, 0),
            ValueError,
            "Must specify max_steps > 0, given: 0",
        ),
        (lambda: tf.estimator.TrainSpec(len, hooks=[3]), TypeError, "All hooks must be"),
        (
            lambda: tf.estimator.TrainSpec(len, saving_listeners=[3]),
            TypeError,
            "All saving_listeners must be `CheckpointSaverListener` instances, given: 3",
        ),
        (lambda: tf.estimator.EvalSpec(3), TypeError, "`input_fn` must be callable, given: 3"),
        (lambda: tf.estimator.EvalSpec(len, 0), ValueError, "Must specify steps > 0, given: 0"),
        (lambda: tf.estimator.EvalSpec(len, name=3), TypeError, "`name` must be string, given: 3"),
        (lambda: tf.estimator.EvalSpec(len, hooks=[3]), TypeError, "All hooks must be"),
        (
            lambda: tf.estimator.EvalSpec(len, start_delay_secs=-1),
            ValueError,
            "start_delay_secs >= 0",
        ),
        (lambda: tf.estimator.EvalSpec(len, throttle_secs=-1), ValueError, "throttle_secs >= 0"),
        (
            lambda: tf.estimator.EvalSpec(len, exporters=3),
            TypeError,
            "`exporters` must be an Exporter, an iterable of Exporter, or `None`, found 3",
        ),
        (
            lambda: tf.estimator.EvalSpec(len, exporters=[Noting(), 3]),
            TypeError,
            "`exporters` must be an Exporter, an iterable of Exporter",
        ),
        (
            lambda: tf.estimator.EvalSpec(len, exporters=Noting("")),
            ValueError,
            "An Exporter cannot have a name that is `None` or empty",
        ),
        (
            lambda: tf.estimator.EvalSpec(len, exporters=Noting(3)),
            ValueError,
            "An Exporter must have a string name. Given",
        ),
        (
            lambda: tf.estimator.EvalSpec(len, exporters=[Noting(), Noting()]),
            ValueError,
            r"`exporters` must have unique names.*\['noting', 'noting'\]",
        ),
        (
            lambda: tf.estimator.LatestExporter("a", len, exports_to_keep=0),
            ValueError,
            "must be positive number",
        ),
        (
            lambda: tf.estimator.BestExporter(exports_to_keep=-1),
            ValueError,
            "must be a positive number. Got -1",
        ),
        (
            lambda: tf.estimator.BestExporter(compare_fn=None),
            ValueError,
            "`compare_fn` must not be None",
        ),
        (
            lambda: tf.estimator.BestExporter(compare_fn=lambda best_eval_result: 1),
            ValueError,
            "must include current_eval_result argument",
        ),
        (
            lambda: tf.estimator.BestExporter(
                compare_fn=lambda best_eval_result, current_eval_result, more: 1
            ),
            ValueError,
            r"has following not expected args: \['more'\]",
        ),
        (
            lambda: tf.estimator.train_and_evaluate(3, *specs()),
            TypeError,
            "`estimator` must have type `tf.estimator.Estimator`",
        ),
        (
            lambda: tf.estimator.train_and_evaluate(3, specs()[0], 3),
            TypeError,
            "`eval_spec` must have type",
        ),
        (
            lambda: tf.estimator.train_and_evaluate(
                tf.estimator.Estimator(lambda features: None, "x"), 3, specs()[1]
            ),
            TypeError,
            "`train_spec` must have type",
        ),
    ],
)
def test_what_is_refused(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_early_stopping_by_a_function(tmp_path: Path) -> None:
    answers = iter([False, False, True])
    estimator = made(tmp_path)
    hook = EXPERIMENTAL.make_early_stopping_hook(
        estimator, lambda: next(answers), run_every_secs=None, run_every_steps=1
    )
    estimator.train(input_function(tf), hooks=[hook], max_steps=50)
    assert estimator.get_variable_value("global_step") == 3
    assert estimator.get_variable_value("signal_early_stopping/STOP")


@pytest.mark.parametrize(
    ("name", "limit", "values", "stops"),
    [
        ("stop_if_higher_hook", 0.8, {1: 0.9, 2: 0.5}, False),
        ("stop_if_higher_hook", 0.8, {2: 0.5, 4: 0.9}, True),
        ("stop_if_lower_hook", 0.8, {2: 0.9, 4: 0.85}, False),
        ("stop_if_lower_hook", 0.8, {2: 0.5, 4: 0.9}, True),
        ("stop_if_no_increase_hook", 4, {2: 0.5, 4: 0.4, 6: 0.4}, True),
        ("stop_if_no_increase_hook", 4, {2: 0.5, 4: 0.6, 6: 0.4}, False),
        ("stop_if_no_decrease_hook", 4, {2: 0.5, 4: 0.6, 6: 0.6}, True),
        ("stop_if_no_decrease_hook", 4, {2: 0.5, 4: 0.4, 6: 0.6}, False),
        ("stop_if_no_decrease_hook", 4, {}, False),
    ],
)
def test_early_stopping_by_metrics(
    tmp_path: Path, name: str, limit: float, values: dict[int, float], stops: bool
) -> None:
    estimator = made(tmp_path)
    if values:
        with tf.summary.FileWriter(estimator.eval_dir()) as writer:
            for step, value in values.items():
                item = tf.Summary.Value(tag="metric", simple_value=value)
                writer.add_summary(tf.Summary(value=[item]), step)
    function = getattr(EXPERIMENTAL, name)
    hook = function(estimator, "metric", limit, min_steps=2, run_every_secs=None, run_every_steps=1)
    estimator.train(input_function(tf), hooks=[hook], max_steps=3)
    assert estimator.get_variable_value("global_step") == (1 if stops else 3)


def test_damaged_event_files_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        for step in (1, 2):
            item = tf.Summary.Value(tag="metric", simple_value=step)
            writer.add_summary(tf.Summary(value=[item]), step)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[-6] ^= 1
    path.write_bytes(data)
    assert read_eval_metrics(str(tmp_path)) == {1: {"metric": 1.0}}


def test_early_stopping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"`estimator` must have type `tf\.estimator\.Estimator`"):
        EXPERIMENTAL.make_early_stopping_hook(3, len)
    with pytest.raises(ValueError, match="Only one of `run_every_secs` and `run_every_steps`"):
        EXPERIMENTAL.make_early_stopping_hook(made(tmp_path), len, 1, 1)
    with pytest.raises(TypeError, match="`should_stop_fn` must be callable"):
        EXPERIMENTAL.make_early_stopping_hook(made(tmp_path), 3)


def test_a_hook_that_ends_at_a_step(tmp_path: Path) -> None:
    estimator = made(tmp_path)
    hook = EXPERIMENTAL.make_stop_at_checkpoint_step_hook(estimator, 3)
    estimator.train(input_function(tf), hooks=[hook])
    assert estimator.get_variable_value("global_step") == 3


def test_evaluations_in_memory(tmp_path: Path) -> None:
    estimator = made(tmp_path, save_checkpoints_steps=None, save_checkpoints_secs=None)
    hook = EXPERIMENTAL.InMemoryEvaluatorHook(
        estimator, input_function(tf), steps=2, name="memory", every_n_iter=2
    )
    estimator.train(input_function(tf), hooks=[hook], steps=4)
    found = read_eval_metrics(str(tmp_path / "eval_memory"))
    assert list(found) == [0, 2, 4]
    saved = made(tmp_path / "saved").train(input_function(tf), steps=4)
    loss = saved.evaluate(input_function(tf), steps=2)["loss"]
    np.testing.assert_allclose(found[4]["loss"], loss, rtol=1e-6)
    with pytest.raises(ValueError, match="invalid every_n_iter=0"):
        EXPERIMENTAL.InMemoryEvaluatorHook(estimator, input_function(tf), every_n_iter=0)


@pytest.mark.parametrize(
    ("scaffold", "message"),
    [
        (lambda: tf.train.Scaffold(saver=tf.train.Saver()), "does not support custom saver"),
        (lambda: tf.train.Scaffold(init_fn=lambda *_: None), "does not support custom init_fn"),
    ],
)
def test_models_that_are_not_evaluated_in_memory(
    tmp_path: Path, scaffold: Callable[[], Any], message: str
) -> None:
    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        step = tf.train.get_global_step()
        return tf.estimator.EstimatorSpec(
            mode, loss=tf.constant(1.0), train_op=step.assign_add(1), scaffold=scaffold()
        )

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path))
    hook = EXPERIMENTAL.InMemoryEvaluatorHook(estimator, lambda: tf.constant(1.0), steps=1)
    with pytest.raises(ValueError, match=message):
        estimator.train(lambda: tf.constant(1.0), hooks=[hook], steps=1)


def test_further_metrics(tmp_path: Path) -> None:
    estimator = made(tmp_path).train(input_function(tf), steps=1)

    def metric_fn(features: Any, predictions: Any) -> Any:
        return {
            "mean": tf.metrics.mean(predictions["twice"] / predictions["out"]),
            "mae": tf.metrics.mean(features["x"] * 0 + 3),
        }

    extended = tf.estimator.add_metrics(estimator, metric_fn)
    before = estimator.evaluate(input_function(tf), steps=1)
    found = extended.evaluate(input_function(tf), steps=1)
    assert found == {**before, "mean": 2, "mae": 3}
    extended.train(input_function(tf), steps=1)
    with pytest.raises(ValueError, match=r"following not expected args: \['mode'\]"):
        tf.estimator.add_metrics(estimator, lambda mode: {})


def test_folders_called_after_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    clock = SimpleNamespace(time=lambda: 1_700_000_000.5 + len(slept), sleep=slept.append)
    monkeypatch.setattr(export_folders, "time", clock)
    for number in range(2):
        (tmp_path / str(1_700_000_000 + number)).mkdir()
    assert export_folders.timestamped_folder(tmp_path) == str(tmp_path / "1700000002")
    assert slept == [1, 1]
    clock.time = lambda: 1_700_000_000.0
    with pytest.raises(RuntimeError, match="unique export directory name after 10 attempts"):
        export_folders.timestamped_folder(tmp_path)
    for name in ("170000000", "17000000000", "temp-1700000009", "notes12345"):
        (tmp_path / name).mkdir()
    export_folders.keep_latest(tmp_path, None)
    export_folders.keep_latest(tmp_path, 1)
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "170000000",
        "17000000000",
        "1700000001",
        "notes12345",
        "temp-1700000009",
    ]


def test_signatures_that_need_more_than_their_inputs_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        step = tf.train.get_global_step()
        other = tf.placeholder_with_default(1.0, [], name="default")
        hidden = tf.placeholder(tf.float32, [], name="hidden")
        x = features["x"]
        return tf.estimator.EstimatorSpec(
            mode,
            predictions={"x": x},
            loss=tf.reduce_sum(x),
            train_op=step.assign_add(1),
            export_outputs={
                "serving_default": tf.estimator.export.PredictOutput({"y": x * other}),
                "more": tf.estimator.export.PredictOutput({"y": x * hidden}),
                "text": tf.estimator.export.RegressionOutput(x),
            },
        )

    def receiver_fn() -> Any:
        x = tf.placeholder(tf.float32, [None], name="x")
        text = tf.placeholder(tf.string, [None], name="text")
        return tf.estimator.export.ServingInputReceiver(
            {"x": tf.strings.to_number(text) + x}, {"x": x, "text": text}, {"other": x}
        )

    estimator = tf.estimator.Estimator(model_fn, str(tmp_path / "model"))
    estimator.train(lambda: {"x": tf.constant([1.0])}, steps=1)
    with caplog.at_level("INFO", logger="minihub_runtime"):
        path = estimator.export_saved_model(str(tmp_path / "out"), receiver_fn)
    logged = [record.getMessage() for record in caplog.records]
    excluded = logged.index("Signatures EXCLUDED from export because they cannot be served:")
    told = {line.partition(" : ")[0] for line in logged[excluded + 1 : excluded + 3]}
    assert told == {"'more'", "'text'"}
    with tf.Graph().as_default(), tf.Session() as session:
        loaded = tf.saved_model.load(session, ["serve"], path.decode())
        assert list(loaded.signature_def) == ["serving_default"]


def test_receivers(tmp_path: Path) -> None:
    export = tf.estimator.export
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        one = export.ServingInputReceiver(x, x, {"other": x})
        assert one.features == {"feature": x}
        assert one.receiver_tensors == {"input": x}
        assert one.receiver_tensors_alternatives == {"other": {"input": x}}
        alone = export.TensorServingInputReceiver(x, {"a": x})
        assert alone.features is x
        sparse = tf.SparseTensor([[0, 0]], [1.0], [1, 1])
        assert export.ServingInputReceiver({1: sparse}, x).features == {1: sparse}
        parsing = export.build_parsing_serving_input_receiver_fn(
            {"f": tf.FixedLenFeature([2], tf.float32)}, default_batch_size=3
        )()
        assert parsing.features["f"].shape.as_list() == [3, 2]
        assert parsing.receiver_tensors["examples"].name == "input_example_tensor:0"
        raw = export.build_raw_serving_input_receiver_fn({"f": x})()
        assert raw.features == raw.receiver_tensors
        assert raw.features["f"].shape.as_list() == [None, 2]
        supervised = EXPERIMENTAL.build_raw_supervised_input_receiver_fn(x, x)()
        assert sorted(supervised.receiver_tensors) == ["input", "label"]
        assert supervised.features is supervised.receiver_tensors["input"]
        for make, message in (
            (lambda: export.ServingInputReceiver(None, x), "features must be defined"),
            (lambda: export.ServingInputReceiver(x, None), "receiver_tensors must be defined"),
            (lambda: export.ServingInputReceiver({1.5: x}, x), "keys must be strings or ints: 1.5"),
            (
                lambda: export.ServingInputReceiver(x, {1: x}),
                "receiver_tensor keys must be strings",
            ),
            (lambda: export.ServingInputReceiver(3, x), "feature feature must be a Tensor"),
            (lambda: export.ServingInputReceiver(x, x, [x]), "alternatives must be a dict"),
            (lambda: export.TensorServingInputReceiver(None, x), "features must be defined"),
            (lambda: export.TensorServingInputReceiver(3, x), "must be a Tensor, SparseTensor"),
            (
                lambda: EXPERIMENTAL.build_raw_supervised_input_receiver_fn({"a": x}, {"a": x}),
                "Features and labels must have distinct keys",
            ),
        ):
            with pytest.raises(ValueError, match=message):
                make()
