"""Modules that an Estimator has trained are written as modules; each refusal of the contract."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import minihub as hub
import minihub_runtime as tf
from minihub_runtime.train.estimator import export_folders


def module_fn() -> None:
    """A module that multiplies by a variable."""
    x = tf.placeholder(tf.float32, [None])
    weight = tf.get_variable("weight", [], initializer=tf.zeros_initializer())
    hub.add_signature(inputs=x, outputs=weight * x)


def made(folder: Path, *names: str) -> Any:
    """An Estimator that fits the module to a slope of two, and registers it under these names."""
    spec = hub.create_module_spec(module_fn)

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        module = hub.Module(spec, trainable=True)
        for name in names:
            hub.register_module_for_export(module, name)
        out = module(features["x"])
        if mode == "infer":
            return tf.estimator.EstimatorSpec(mode, predictions=out)
        loss = tf.losses.mean_squared_error(labels, out)
        (variable,) = tf.trainable_variables()
        (slope,) = tf.gradients(loss, [variable])
        with tf.control_dependencies([variable.assign_sub(0.5 * slope)]):
            step = tf.train.get_global_step().assign_add(1)
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=step)

    settings = tf.estimator.RunConfig(str(folder), save_checkpoints_steps=1)
    return tf.estimator.Estimator(model_fn, config=settings)


def input_fn() -> Any:
    return {"x": tf.constant([1.0, -1.0])}, tf.constant([2.0, -2.0])


def serving_input_fn() -> Any:
    x = tf.placeholder(tf.float32, [None])
    return tf.estimator.export.ServingInputReceiver({"x": x}, x)


@pytest.fixture
def _seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a second later."""
    now = iter(range(1_700_000_000, 1_800_000_000))
    monkeypatch.setattr(export_folders, "time", SimpleNamespace(time=lambda: next(now)))


def folders(path: Path) -> list[str]:
    return sorted(item.name for item in path.iterdir())


@pytest.mark.usefixtures("_seconds")
def test_modules_are_written_with_the_values_of_the_latest_checkpoint(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model", "one", "two").train(input_fn, steps=2)
    exporter = hub.LatestModuleExporter("modules", serving_input_fn)
    assert exporter.name == "modules"
    path = exporter.export(estimator, str(tmp_path / "out"))
    assert path == str(tmp_path / "out" / "1700000000").encode()
    weight = estimator.get_variable_value("module/weight")
    assert weight == 2
    for name in ("one", "two"):
        embed = hub.load(str(tmp_path / "out" / "1700000000" / name))
        np.testing.assert_array_equal(embed([3.0]), [6.0])
    assert folders(tmp_path / "out") == ["1700000000"]
    assert folders(tmp_path / "out" / "1700000000") == ["one", "two"]


@pytest.mark.usefixtures("_seconds")
def test_a_checkpoint_may_be_chosen(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model", "one").train(input_fn, steps=2)
    path = hub.LatestModuleExporter("modules", serving_input_fn).export(
        estimator, tmp_path / "out", str(tmp_path / "model" / "model.ckpt-0")
    )
    assert path is not None
    np.testing.assert_array_equal(hub.load(f"{path.decode()}/one")([3.0]), [0.0])


@pytest.mark.usefixtures("_seconds")
def test_the_latest_few_are_kept(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model", "one").train(input_fn, steps=1)
    kept = {}
    for count in (None, 2, 1):
        exporter = hub.LatestModuleExporter("modules", serving_input_fn, exports_to_keep=count)
        out = tmp_path / f"out {count}"
        for _ in range(3):
            exporter.export(estimator, str(out))
        kept[count] = len(folders(out))
    assert kept == {None: 3, 2: 2, 1: 1}


@pytest.mark.usefixtures("_seconds")
def test_train_and_evaluate_calls_it(tmp_path: Path) -> None:
    _, exported = tf.estimator.train_and_evaluate(
        made(tmp_path, "one"),
        tf.estimator.TrainSpec(input_fn, max_steps=2),
        tf.estimator.EvalSpec(
            input_fn,
            steps=1,
            exporters=hub.LatestModuleExporter("modules", serving_input_fn),
            throttle_secs=0,
        ),
    )
    assert [Path(path.decode()).parent for path in exported] == [tmp_path / "export" / "modules"]
    assert len(folders(tmp_path / "export" / "modules")) == 2


def test_without_modules_nothing_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    estimator = made(tmp_path / "model").train(input_fn, steps=1)
    exporter = hub.LatestModuleExporter("modules", serving_input_fn)
    assert exporter.export(estimator, str(tmp_path / "out")) is None
    assert "LatestModuleExporter found zero modules to export." in caplog.text
    assert not (tmp_path / "out").exists()


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = made(tmp_path / "model", "one", "two").train(input_fn, steps=1)
    write = hub.Module.export

    def export(module: hub.Module, path: str, session: Any) -> None:
        if path.endswith("two"):
            raise tf.errors.ResourceExhaustedError("the disk is full")
        write(module, path, session)

    monkeypatch.setattr(hub.Module, "export", export)
    exporter = hub.LatestModuleExporter("modules", serving_input_fn)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="the disk is full"):
        exporter.export(estimator, str(tmp_path / "out"))
    assert folders(tmp_path / "out") == []


def test_what_a_killed_program_left_does_not_harm(tmp_path: Path) -> None:
    estimator = made(tmp_path / "model", "one").train(input_fn, steps=1)
    (tmp_path / "out").mkdir()
    for number in range(1_700_000_000, 1_700_000_003):
        (tmp_path / "out" / f"temp-{number}").mkdir()
    exporter = hub.LatestModuleExporter("modules", serving_input_fn, exports_to_keep=1)
    path = exporter.export(estimator, str(tmp_path / "out"))
    assert path is not None
    np.testing.assert_array_equal(hub.load(f"{path.decode()}/one")([3.0]), [6.0])


def test_a_name_is_taken_once_in_a_graph() -> None:
    spec = hub.create_module_spec(module_fn)
    for _ in range(2):
        with tf.Graph().as_default() as graph:
            module = hub.Module(spec)
            hub.register_module_for_export(module, "one")
            hub.register_module_for_export(module, "two")
            with pytest.raises(
                ValueError, match="There is already a module registered to be exported as 'one'"
            ):
                hub.register_module_for_export(module, "one")
            assert not [key for key in graph.get_all_collection_keys() if "export" in key]


@pytest.mark.parametrize("count", [0, -1])
def test_exports_to_keep_must_be_positive(count: int) -> None:
    with pytest.raises(
        ValueError, match=r"`exports_to_keep`, if provided, must be a positive number"
    ):
        hub.LatestModuleExporter("modules", serving_input_fn, exports_to_keep=count)


def test_there_must_be_a_checkpoint(tmp_path: Path) -> None:
    exporter = hub.LatestModuleExporter("modules", serving_input_fn)
    with pytest.raises(ValueError, match="Can't load save_path when it is None"):
        exporter.export(made(tmp_path / "model", "one"), str(tmp_path / "out"))


def test_there_must_be_a_free_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(time=lambda: 1_700_000_000.0, sleep=lambda seconds: None)
    monkeypatch.setattr(export_folders, "time", clock)
    (tmp_path / "1700000000").mkdir()
    exporter = hub.LatestModuleExporter("modules", serving_input_fn)
    with pytest.raises(
        RuntimeError,
        match=r"Failed to obtain a unique export directory name after 10 attempts\.",
    ):
        exporter.export(made(tmp_path / "model"), str(tmp_path))
