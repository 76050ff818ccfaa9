"""`minihub.finetune`: what it learns, keeps, writes and refuses."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub.demo import FOLDER as DEMO
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.errors import AlreadyExistsError, InvalidArgumentError, PermissionDeniedError
from tests.finetuning.modules import (
    LABELS,
    NORMALIZING,
    SENTENCES,
    colours,
    export,
    normalizing,
    points,
)
from tests.hub.modules import read


def test_a_classifier_of_sentences(tmp_path: Path) -> None:
    phases: list[tuple[str, int, int]] = []
    epochs: list[int] = []
    tuned = minihub.finetune(
        DEMO,
        SENTENCES,
        LABELS,
        out=tmp_path / "m",
        learning_rate=0.05,
        on_epoch=lambda epoch: epochs.append(epoch.number),
        on_progress=lambda *told: phases.append(told),
    )
    assert (tuned.task, tuned.classes, tuned.signature) == (
        "classification",
        ["errors", "files"],
        "classification",
    )
    assert tuned.metrics["accuracy"] == 1.0
    assert (tuned.metrics["on"], tuned.metrics["examples"]) == ("validation", 6)
    assert epochs == [epoch.number for epoch in tuned.history] == list(range(1, len(epochs) + 1))
    best = min(tuned.history, key=lambda epoch: epoch.validation_loss or 0)
    assert tuned.best_epoch == best.number
    assert phases[0] == ("features", 32, 32)
    assert phases[1] == ("training", 26, 26)
    others = ["delete the file", "print the exception"]
    assert tuned.predict(others).tolist() == ["files", "errors"]
    assert tuned.evaluate(others, ["files", "files"])["accuracy"] == 0.5
    # What is written computes the same as what was trained, and still has what was there.
    module = minihub.load(tmp_path / "m")
    outputs = module(others, signature="classification", as_dict=True)
    expected = tuned.outputs(others)
    assert sorted(outputs) == ["class", "default", "label", "probabilities"]
    for name, value in outputs.items():
        assert np.array_equal(value, expected[name]), name
    assert outputs["label"].tolist() == [b"files", b"errors"]
    assert np.allclose(outputs["probabilities"].sum(1), 1)
    assert np.array_equal(module(others), minihub.load(DEMO)(others))


def test_the_same_call_gives_the_same_module(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(50)
    for name in ("a", "b"):
        minihub.finetune(
            folder, x, y, out=tmp_path / name, train_module=True, epochs=2, dropout=0.2,
            hidden_units=[3], output="default",
        )  # fmt: skip
    assert read(tmp_path / "a") == read(tmp_path / "b")


def test_training_the_module_as_well(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(200)
    tuned = minihub.finetune(
        folder, x, y, train_module=True, learning_rate=0.02, epochs=15, out=tmp_path / "m"
    )
    assert tuned.metrics["accuracy"] > 0.9
    before = CheckpointReader(f"{folder}/variables/variables")
    after = CheckpointReader(str(tmp_path / "m/variables/variables"))
    added = set(after.names()) - set(before.names())
    assert added == {"head/classification/kernel", "head/classification/bias"}
    # Gradients change the kernel; the statistics follow by the update operations of the train graph.
    for name in ("dense/kernel", "batch_normalization/moving_mean"):
        assert not np.array_equal(before.read(name), after.read(name)), name
    module = minihub.load(tmp_path / "m")
    expected = tuned.outputs(x)["default"]
    found = module(x, signature="classification", as_dict=True)["default"]
    assert np.array_equal(found, expected)
    spec = minihub.load_module_spec(tmp_path / "m")
    assert spec.get_tags() == [frozenset(), frozenset({"train"})]
    assert spec.get_signature_names({"train"}) == ["classification", "features"]
    # The written module can be fine-tuned in its turn.
    again = minihub.finetune(tmp_path / "m", x, y, signature="features", name="sides", epochs=1)
    again.export(tmp_path / "n")
    assert "head_1/classification/kernel" in minihub.load(tmp_path / "n").variables


def test_a_module_that_stays_as_it_is_keeps_its_variables(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    minihub.finetune(folder, *points(40), out=tmp_path / "m", epochs=1)
    before = CheckpointReader(f"{folder}/variables/variables")
    after = CheckpointReader(str(tmp_path / "m/variables/variables"))
    for name in before.names():
        assert np.array_equal(before.read(name), after.read(name)), name


def test_a_regression(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, _ = points(300)
    labels = 1000.0 + 50.0 * np.abs(x[:, 0]) * np.stack([np.ones(300), x[:, 1]])
    tuned = minihub.finetune(
        folder, x, labels.T, hidden_units=[16], learning_rate=0.02, epochs=40, out=tmp_path / "m",
        train_module=True,
    )  # fmt: skip
    assert tuned.metrics["r2"] > 0.5
    assert (tuned.task, tuned.classes) == ("regression", [])
    found = minihub.load(tmp_path / "m")(x[:3], signature="regression")
    assert found.shape == (3, 2)
    assert np.array_equal(found, tuned.predict(x[:3]))
    single = minihub.finetune(folder, x, labels[0], epochs=1)
    assert single.predict(x[:3]).shape == (3,)


def test_images_from_files(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    folder = export(colours, tmp_path / "base")
    paths, labels = [], []
    for number in range(20):
        colour = np.zeros((10, 12, 3), np.uint8)
        colour[..., number % 2] = 150 + number
        image.fromarray(colour).save(tmp_path / f"{number}.png")
        paths.append(str(tmp_path / f"{number}.png"))
        labels.append(("red", "green")[number % 2])
    tuned = minihub.finetune(folder, paths, labels, learning_rate=0.1, epochs=10)
    assert tuned.metrics["accuracy"] == 1.0
    assert tuned.predict(paths[:2]).tolist() == ["red", "green"]


def test_other_examples_to_validate_on(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(40)
    tuned = minihub.finetune(folder, x, y, validation=points(30, 9), epochs=1)
    assert (tuned.metrics["on"], tuned.metrics["examples"]) == ("validation", 30)
    tuned = minihub.finetune(folder, x, y, validation=0, epochs=3, patience=1)
    assert (tuned.metrics["on"], tuned.metrics["examples"]) == ("training", 40)
    # Without validation the last epoch is the best that is known.
    assert (tuned.best_epoch, tuned.history[-1].validation_loss) == (3, None)


def test_patience(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, _ = points(60)
    noise = np.random.default_rng(0).integers(2, size=60)
    options: dict[str, Any] = {"hidden_units": [64], "learning_rate": 0.05, "epochs": 60}
    tuned = minihub.finetune(folder, x, noise, patience=3, **options)
    assert len(tuned.history) == tuned.best_epoch + 3
    losses = [epoch.validation_loss or 0 for epoch in tuned.history]
    assert losses[tuned.best_epoch - 1] == min(losses)
    assert len(minihub.finetune(folder, x, noise, patience=None, **options).history) == 60


def test_class_weights_move_the_decision(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x = points(100)[0]
    labels = ["rare"] * 10 + ["common"] * 90
    options: dict[str, Any] = {"epochs": 30, "learning_rate": 0.05, "validation": 0}
    said = {
        weights: (
            minihub.finetune(folder, x, labels, class_weights=weights, **options).predict(x)
            == "rare"
        ).sum()
        for weights in (None, "balanced")
    }
    assert said["balanced"] > said[None]


def test_an_optimizer_of_ones_own(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    rates: list[float] = []

    def make(rate: float) -> Any:
        rates.append(rate)
        return tf.train.MomentumOptimizer(rate, 0.5, use_nesterov=True)

    minihub.finetune(folder, *points(40), optimizer=make, epochs=1)
    assert rates == [0.003]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"optimizer": "lion"}, "one of .*'adam'.*, or a function, not 'lion'"),
        ({"learning_rate": 0.0}, "learning_rate must be positive"),
        ({"learning_rate": float("nan")}, "learning_rate must be positive"),
        ({"validation": 1.0}, r"a share in \[0, 1\)"),
        ({"hidden_units": [4, 0]}, "hidden_units must be positive"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\)"),
        ({"signature": "default"}, "Signature 'default' is missing"),
        ({"output": "deep"}, r"one of signature 'features', \['default', 'wide'\], not 'deep'"),
        ({"name": "features"}, "the module has 'features', so give `name`"),
        ({"task": "ranking"}, "classification or regression"),
        ({"epochs": 2.5}, "epochs must be at least 1, not 2.5"),
        ({"epochs": None}, "epochs must be at least 1, not None"),
        ({"hidden_units": 3}, "hidden_units must be a list of widths, not 3"),
        (
            {"validation": None},
            "share of the examples, or a tuple of features and labels, not None",
        ),
        ({"validation": ([],)}, "must be features and labels, not 1 things"),
        ({"validation": (np.empty((0, 4)), [])}, "one example or more"),
        ({"seed": -1}, "seed must not be negative, but is -1"),
        ({"learning_rate": 1e38, "train_module": True}, "loss must stay finite; in epoch"),
    ],
)
def test_arguments_that_do_not_fit(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    with pytest.raises(InvalidArgumentError, match=message):
        minihub.finetune(folder, *points(40), out=tmp_path / "m", **options)
    assert os.listdir(tmp_path) == ["base"]


@pytest.mark.parametrize("train_module", [False, True])
def test_a_last_step_that_leaves_no_finite_loss_leaves_no_module(
    train_module: bool, tmp_path: Path
) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    options: dict[str, Any] = {"learning_rate": 1e300, "optimizer": "sgd", "batch_size": 40}
    with pytest.raises(InvalidArgumentError, match="loss must stay finite; in epoch 1"):
        minihub.finetune(
            folder,
            *points(40),
            out=tmp_path / "m",
            epochs=1,
            validation=0.0,
            train_module=train_module,
            **options,
        )
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_features_that_are_not_finite_are_named(wrong: float, tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(100)
    x[70, 2] = wrong
    with pytest.raises(InvalidArgumentError, match=r"must be finite .* for example 70"):
        minihub.finetune(folder, x, y)


def test_a_validation_loss_that_is_not_finite_keeps_no_weights(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(40)
    options: dict[str, Any] = {"learning_rate": 3e38, "optimizer": "sgd", "batch_size": 40}
    with pytest.raises(InvalidArgumentError, match="validation loss must stay finite; in epoch 1"):
        minihub.finetune(folder, x * 1e3, y, epochs=1, out=tmp_path / "m", **options)
    assert os.listdir(tmp_path) == ["base"]


def test_examples_and_labels_of_different_number(tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(40)
    with pytest.raises(InvalidArgumentError, match="there are 39 examples and 40 labels"):
        minihub.finetune(folder, x[:39], y)
    with pytest.raises(InvalidArgumentError, match="there are 39 examples and 40 labels"):
        minihub.finetune(folder, x, y, validation=(x[:39], y))


def test_a_folder_that_cannot_be_written_is_found_out_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "keep").write_text("x")
    called: list[Any] = []
    with pytest.raises(AlreadyExistsError, match="holds 'keep'"):
        minihub.finetune(
            DEMO,
            SENTENCES,
            LABELS,
            out=tmp_path / "m",
            on_progress=lambda *told: called.append(told),
        )
    (tmp_path / "file").write_text("x")
    with pytest.raises(AlreadyExistsError, match="file is no folder"):
        minihub.finetune(DEMO, SENTENCES, LABELS, out=tmp_path / "file" / "a" / "m")
    with pytest.raises(InvalidArgumentError, match="local folder, not to 'gs://a/b'"):
        minihub.finetune(DEMO, SENTENCES, LABELS, out="gs://a/b")
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path))
    with pytest.raises(PermissionDeniedError, match="new/m"):
        minihub.finetune(DEMO, SENTENCES, LABELS, out=tmp_path / "new" / "m")
    assert not called


def test_outputs_that_nothing_can_be_learnt_from(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, None], name="x")
        one = tf.placeholder(tf.float32, [None], name="one")
        minihub.add_signature("ids", x, tf.cast(x, tf.int32))
        minihub.add_signature("wide", x, tf.identity(x))
        minihub.add_signature("flat", one, tf.identity(one))
        minihub.add_signature("sparse", x, tf.sparse.from_dense(x))
        minihub.add_signature("several", x, {"a": tf.identity(x), "b": tf.identity(x)})

    folder = export(module_fn, tmp_path / "base")
    for signature, message in (
        ("ids", "dense tensor of floating-point numbers to learn from, not int32"),
        ("wide", r"shape \[batch, n\] with n known, not \[\?,\?\]"),
        ("flat", r"shape \[batch, n\] with n known, not \[\?\]"),
        ("sparse", "must be a dense tensor"),
        ("several", r"several outputs, so one must be named: \['a', 'b'\]"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            minihub.finetune(
                folder, np.zeros((4, 2), np.float32), list("abab"), signature=signature
            )


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float64])
def test_features_of_other_precisions(dtype: Any, tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        minihub.add_signature(inputs=x, outputs=tf.cast(x, dtype))

    x, y = points(40)
    tuned = minihub.finetune(export(module_fn, tmp_path / "base"), x, y, epochs=2)
    # What it learnt on is what the module that it writes computes.
    tuned.export(tmp_path / "out")
    exported = minihub.load(tmp_path / "out")(x, signature="classification")
    assert np.allclose(tuned.outputs(x)["default"], exported, rtol=1e-4)


def test_nothing_to_predict() -> None:
    texts, labels = ["open a file", "raise an error"] * 10, ["files", "errors"] * 10
    tuned = minihub.finetune("minihub/demo_module", texts, labels, epochs=1)
    assert tuned.predict([]).tolist() == []
    assert tuned.outputs([])["probabilities"].shape == (0, 2)


def test_long_texts_of_tables(tmp_path: Path) -> None:
    from minihub.finetuning.files import read_examples

    infos = minihub.load_module_spec("minihub/demo_module").get_input_info_dict()
    before = csv.field_size_limit()
    for suffix, mark in ((".csv", ","), (".tsv", "\t")):
        path = tmp_path / f"long{suffix}"
        path.write_text(f"text{mark}label\n{'word ' * 40000}{mark}1\n", encoding="utf-8")
        features, labels = read_examples(path, infos)
        assert [len(text) for text in features["default"]] == [200000]
        assert labels == ["1"]
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("value", ["[" * 100000, "1" * 5000])
def test_json_that_is_too_much(value: str, tmp_path: Path) -> None:
    from minihub.finetuning.files import read_examples

    infos = minihub.load_module_spec("minihub/demo_module").get_input_info_dict()
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"text": "a", "label": 1}}\n{{"text": {value}\n', encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match="line 2 must be JSON"):
        read_examples(path, infos)


def test_a_relative_path_is_that_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, labels = ["open a file", "raise an error"] * 10, ["files", "errors"] * 10
    shutil.copytree(minihub.resolve("minihub/demo_module"), tmp_path / "module")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    tuned = minihub.finetune("module", texts, labels, epochs=1)
    monkeypatch.chdir("elsewhere")
    tuned.export("tuned")
    assert minihub.load("tuned")(texts[:2], signature="classification", as_dict=True)
