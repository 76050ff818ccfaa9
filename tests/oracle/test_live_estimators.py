"""Estimators of TensorFlow and of minihub_runtime go on where the other stopped, with the same numbers."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime
from tests.hub import test_estimator as modules
from tests.train.estimator import answers, head_cases
from tests.train.estimator.models import (
    BATCH,
    data,
    input_function,
    model_function,
    receiver_function,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = pytest.mark.filterwarnings("ignore")

LIBRARIES = {"TensorFlow": tensorflow, "minihub_runtime": minihub_runtime}


def made(tf: Any, folder: Path) -> Any:
    """An Estimator of the small model, with dropout."""
    config = tf.estimator.RunConfig(str(folder), tf_random_seed=7, save_checkpoints_steps=2)
    params = {"rate": 0.1, "drop": 0.25}
    return tf.estimator.Estimator(model_function(tf), config=config, params=params)


def variables(estimator: Any) -> dict[str, Any]:
    names = estimator.get_variable_names()
    return {name: estimator.get_variable_value(name) for name in names}


def trained(folder: Path, *names: str) -> Any:
    """The Estimator of the last library, after three steps in each."""
    for name in names:
        tf = LIBRARIES[name]
        estimator = made(tf, folder).train(input_function(tf), steps=3)
    return estimator


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    "order", [("TensorFlow", "minihub_runtime"), ("minihub_runtime", "TensorFlow")]
)
def test_training_goes_on_in_the_other(tmp_path: Path, order: tuple[str, str]) -> None:
    wanted = trained(tmp_path / "alone", "TensorFlow", "TensorFlow")
    both = trained(tmp_path / "both", *order)
    assert_same(variables(both), variables(wanted))
    for name in LIBRARIES:
        tf = LIBRARIES[name]
        found = made(tf, tmp_path / "both").evaluate(input_function(tf), steps=2, name=name[:4])
        assert_same(found, wanted.evaluate(input_function(tensorflow), steps=2))


def test_checkpoints_and_states_are_the_same(tmp_path: Path) -> None:
    for name in LIBRARIES:
        trained(tmp_path / name, name, name)
    ours, theirs = (tmp_path / name for name in reversed(LIBRARIES))
    assert (ours / "checkpoint").read_text("utf-8") == (theirs / "checkpoint").read_text("utf-8")

    def names(folder: Path) -> set[str]:
        return {item.name for item in folder.iterdir() if "tfevents" not in item.name}

    assert names(ours) == names(theirs)


def test_tensorflow_reads_our_exports(tmp_path: Path) -> None:
    estimator = trained(tmp_path / "model", "minihub_runtime")
    path = estimator.export_saved_model(
        str(tmp_path / "out"), receiver_function(minihub_runtime)
    ).decode()
    rows = estimator.predict(input_function(minihub_runtime))
    wanted = [next(rows) for _ in range(BATCH)]
    rows.close()
    x, _ = data()
    loaded = tensorflow.saved_model.load_v2(path)
    with tensorflow.Graph().as_default(), tensorflow.Session() as session:
        found = tensorflow.saved_model.load(session, ["serve"], path)
        signature = found.signature_def["serving_default"]
        fetches = {key: info.name for key, info in signature.outputs.items()}
        values = session.run(fetches, {signature.inputs["x"].name: x[:BATCH]})
    assert list(loaded.signatures) == ["serving_default"]
    for number, row in enumerate(wanted):
        for key, value in row.items():
            np.testing.assert_allclose(values[key][number], value, rtol=1e-5)


def test_tensorflow_hub_loads_what_the_exporter_wrote(tmp_path: Path) -> None:
    hub = pytest.importorskip("tensorflow_hub")
    estimator = modules.made(tmp_path / "model", "one").train(modules.input_fn, steps=1)
    exporter = minihub.LatestModuleExporter("modules", modules.serving_input_fn)
    path = exporter.export(estimator, str(tmp_path / "out"))
    assert path is not None
    handle = f"{path.decode()}/one"
    with tensorflow.Graph().as_default(), tensorflow.Session() as session:
        out = hub.Module(handle)([3.0, -1.0])
        session.run(tensorflow.global_variables_initializer())
        found = session.run(out)
    np.testing.assert_array_equal(found, minihub.load(handle)([3.0, -1.0]))
    np.testing.assert_array_equal(found, [6.0, -2.0])


def test_tensorflow_reads_our_event_files(tmp_path: Path) -> None:
    estimator = trained(tmp_path, "minihub_runtime")
    estimator.evaluate(input_function(minihub_runtime), steps=1)
    for folder in (tmp_path, tmp_path / "eval"):
        tags = answers.event_tags(tensorflow, folder)
        assert tags == answers.event_tags(minihub_runtime, folder)
        assert any("loss" in row[2] for row in tags)


def assert_alike(found: Any, stored: Any) -> None:
    """Check that both are the same, but for the rounding of numbers, which processors differ in."""
    assert type(found) is type(stored)
    if isinstance(stored, dict):
        assert found.keys() == stored.keys()
        for key, value in stored.items():
            assert_alike(found[key], value)
    elif isinstance(stored, list):
        assert len(found) == len(stored)
        for one, other in zip(found, stored, strict=True):
            assert_alike(one, other)
    elif isinstance(stored, float):
        assert found == pytest.approx(stored, rel=2e-6, abs=1e-7, nan_ok=True)
    else:
        assert found == stored


def test_the_stored_answers_are_tensorflows(tmp_path: Path) -> None:
    stored = json.loads(answers.PATH.read_text(encoding="utf-8"))
    found = json.loads(json.dumps(answers.run(tensorflow, str(tmp_path))))
    # Whether hooks see the step before a run or after it is a matter of threads there.
    del stored["events"], found["events"]
    assert_alike(found, stored)


def test_the_stored_heads_are_tensorflows() -> None:
    stored = json.loads(head_cases.PATH.read_text(encoding="utf-8"))
    found = head_cases.run(tensorflow, head_cases.of_tensorflow())
    assert_alike(json.loads(json.dumps(found)), stored)
