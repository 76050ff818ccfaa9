"""What people give to `minihub.finetune` that means nothing: said before anything is trained."""

from __future__ import annotations

import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub.demo import FOLDER as DEMO
from minihub_runtime.errors import InvalidArgumentError
from tests.finetuning.modules import LABELS, SENTENCES

NUMBERS = [float(number % 3) for number in range(len(SENTENCES))]


def finetune(**given: Any) -> minihub.FineTuned:
    arguments = {"features": SENTENCES, "labels": LABELS, "epochs": 1, **given}
    return minihub.finetune(DEMO, **arguments)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seed": 1.5}, "seed must be an integer, not 1.5"),
        ({"seed": "a"}, "seed must be an integer, not 'a'"),
        ({"seed": None}, "seed must be an integer, not None"),
        ({"dropout": "a"}, "dropout must be a number, not 'a'"),
        ({"dropout": None}, "dropout must be a number, not None"),
        ({"learning_rate": "a"}, "learning_rate must be a number, not 'a'"),
        ({"hidden_units": ["a"]}, r"hidden_units must be a list of widths, not \['a'\]"),
        ({"hidden_units": [1.5]}, r"hidden_units must be a list of widths, not \[1.5\]"),
        ({"hidden_units": "ab"}, "hidden_units must be a list of widths, not 'ab'"),
        ({"hidden_units": None}, "hidden_units must be a list of widths, not None"),
        ({"hidden_units": 5}, "hidden_units must be a list of widths, not 5"),
        ({"optimizer": None}, "optimizer must be one of .*, or a function, not None"),
        ({"optimizer": lambda rate: None}, "must return an optimiser of tf.train, not None"),
        ({"name": 5}, "name must be text, not 5"),
        ({"on_epoch": 5}, "on_epoch must be a function, not 5"),
        ({"on_progress": 5}, "on_progress must be a function, not 5"),
        ({"validation": [SENTENCES, LABELS]}, "or a tuple of features and labels, not .{,300}$"),
        ({"class_weights": {"files": "a"}}, "class_weights must be 'balanced' or a weight per class"),
        ({"class_weights": [1, 2]}, r"class_weights must be 'balanced' or a weight per class, not \[1, 2\]"),
        ({"labels": dict(enumerate(LABELS))}, "labels must be in the order of the examples, not a dict"),
        ({"labels": set(LABELS)}, "labels must be in the order of the examples, not a set"),
        ({"labels": np.ma.array(NUMBERS, mask=[1] + [0] * (len(NUMBERS) - 1))}, "labels must have a value everywhere"),
        ({"labels": np.ma.array(LABELS, mask=[1] + [0] * (len(LABELS) - 1))}, "labels must have a value everywhere"),
        ({"labels": np.array(["2020-01-01"] * len(LABELS), "M8[D]"), "task": "regression"}, "must be numbers, not datetime64"),
        ({"labels": [1j] * len(LABELS), "task": "regression"}, "must be numbers, not complex128"),
        ({"labels": [decimal.Decimal(1)] * len(LABELS)}, "must be text or integers, not Decimal"),
    ],
)  # fmt: skip
def test_what_means_nothing(given: dict[str, Any], message: str, tmp_path: Path) -> None:
    trained: list[Any] = []
    with pytest.raises(InvalidArgumentError, match=message):
        finetune(**{"on_progress": lambda *told: trained.append(told[0]), **given})
    assert "training" not in trained


def test_numbers_as_objects() -> None:
    tuned = finetune(labels=np.array(NUMBERS, object))
    assert tuned.task == "regression"
    again = finetune(labels=NUMBERS)
    assert np.array_equal(tuned.predict(SENTENCES), again.predict(SENTENCES))
    kinds = finetune(labels=np.array([int(number) for number in NUMBERS], object))
    assert kinds.classes == [0, 1, 2]


def test_what_numpy_has_for_numbers(tmp_path: Path) -> None:
    tuned = finetune(
        seed=np.int64(3), dropout=np.float32(0.5), hidden_units=np.array([4]), learning_rate=np.float64(0.1), epochs=np.int32(1),
        batch_size=np.int16(8), patience=np.int8(3), validation=np.float32(0.25), checkpoint_dir=tmp_path,
    )  # fmt: skip
    again = finetune(
        seed=3, dropout=0.5, hidden_units=(4,), learning_rate=0.1, batch_size=8, patience=3, validation=0.25, checkpoint_dir=tmp_path,
    )  # fmt: skip
    assert np.array_equal(tuned.outputs(SENTENCES)["default"], again.outputs(SENTENCES)["default"])
    assert finetune(optimizer=tf.train.GradientDescentOptimizer).task == "classification"
