"""Labels, targets, weights and scores."""

from __future__ import annotations

import numpy as np
import pytest

import minihub_runtime as tf
from minihub.finetuning.tasks import Classification, Regression, choose_task
from minihub_runtime.errors import InvalidArgumentError


def test_labels_decide_the_task() -> None:
    assert choose_task(None, ["a", "b", "a"]).name == "classification"
    assert choose_task(None, np.array([1, 2, 1])).name == "classification"
    assert choose_task(None, [True, False, True]).name == "classification"
    assert choose_task(None, [0.5, 2.0]).name == "regression"
    assert choose_task("regression", [1, 2, 3]).name == "regression"
    with pytest.raises(InvalidArgumentError, match="classification or regression, not 'ranking'"):
        choose_task("ranking", [1])
    with pytest.raises(InvalidArgumentError, match="a regression has none"):
        choose_task("regression", [1.0], "balanced")


def test_classes_are_sorted_and_keep_their_type() -> None:
    task = Classification([b"z", "ä", "a", "z"])
    assert task.classes == ["a", "z", "ä"]
    assert task.targets.tolist() == [1, 2, 0, 1]
    assert task.encode(["ä", "a"]).tolist() == [2, 0]
    numbers = Classification(np.array([30, -1, 30], np.int32))
    assert numbers.classes == [-1, 30]
    assert numbers.predictions({"class": np.array([1, 0])}).tolist() == [30, -1]


def test_labels_that_end_in_a_nul_stay_what_they_are() -> None:
    task = Classification(["a\0", "a", b"a\0", "b"])
    assert task.classes == ["a", "a\0", "b"]
    assert task.predictions({"class": np.array([1, 0, 1])}).tolist() == ["a\0", "a", "a\0"]


def test_class_weights() -> None:
    labels = ["a"] * 3 + ["b"]
    assert Classification(labels).weights([0, 1]).tolist() == [1, 1]
    balanced = Classification(labels, "balanced")
    # Each class has the same share of the sum over all examples, which stays what it was.
    assert np.allclose(balanced.weights([0, 1]), [4 / 6, 2])
    assert np.isclose(balanced.weights(balanced.targets).sum(), 4)
    assert Classification(labels, {"b": 5}).weights([0, 1]).tolist() == [1, 5]
    for weights, message in (
        ("even", "'balanced' or a weight per class, not 'even'"),
        ({"c": 1}, r"of the classes \['a', 'b'\], not of \['c'\]"),
        ({"a": -1}, "finite and not negative"),
        ({"a": 0, "b": 0}, "one above zero"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            Classification(labels, weights)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "two classes or more, not 0"),
        (["a", "a"], r"two classes or more, not 1: \['a'\]"),
        ([["a", "b"]], r"one per example, not \['a', 'b'\]"),
        (np.array([["a", "b"]]), r"one per example, not \['a', 'b'\]"),
        ("ab", "one per example, not 'ab'"),
        (["1", 1, "1"], "all text or all integers, not '1' beside 1"),
        (["a", float("nan"), "a"], "text or integers, not nan"),
        ([2**63, 1, 1], "fit into 64 bits, not 9223372036854775808"),
        (["a", None], "text or integers, not None"),
        ([0.5, 1.5], "text or integers, not 0.5"),
        (["1", "2", "3"], "each of the 3 labels occurs once; numbers"),
        (["a", "\ud800"], r"valid in UTF-8, but '\\ud800' is not"),
        ([b"a", b"\xff"], r"valid in UTF-8, but b'\\xff' is not"),
    ],
)
def test_labels_that_are_no_classes(labels: object, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        Classification(labels)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["1.5", "x"], "must be numbers, not 'x'"),
        ([1.5, None, "y"], "must be numbers, not 'y'"),
        ([[1.5], [1.5, 2.5]], "must be alike: one value for each example, or as many for each"),
        ([1.5, float("inf")], "must be finite"),
        ([1.5, 1e300], "must be finite in single precision"),
    ],
)
def test_labels_of_other_kinds_beside_numbers(labels: object, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        choose_task("regression", labels)


def test_unknown_labels_are_named() -> None:
    with pytest.raises(
        InvalidArgumentError, match=r"among the classes that are trained, not \['c'\]"
    ):
        Classification(["a", "b", "a"]).encode(["a", "c"])


def test_scores_of_a_classification() -> None:
    task = Classification(["a", "b", "c", "a", "b"])
    scores = task.scores(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]))
    assert scores["accuracy"] == 0.75
    # The mean is over the classes that occur: `c` neither is nor was said to be.
    assert np.isclose(scores["f1"], (2 * 2 / 5 + 2 / 3) / 2)
    assert scores["confusion"] == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    line = scores["classes"][0]
    assert (line["label"], line["examples"], line["precision"]) == ("a", 3, 1.0)
    assert np.isclose(line["recall"], 2 / 3)
    assert task.score(scores) == 0.75


def test_scores_of_many_classes_have_no_confusion_matrix() -> None:
    task = Classification([f"{number:05}" for number in range(30_000)] * 2)
    scores = task.scores(np.array([0, 2, 2]), np.array([0, 1, 2]))
    assert "confusion" not in scores
    assert np.isclose(scores["accuracy"], 2 / 3)
    assert scores["classes"][1] == {
        "label": "00001", "precision": 0.0, "recall": 0.0, "f1": 0.0, "examples": 1,
    }  # fmt: skip
    assert scores["classes"][2]["precision"] == 0.5


def test_a_regression_learns_in_units_of_the_spread() -> None:
    task = Regression([[100.0, 1.0], [300.0, 1.0]])
    assert task.units == 2
    with tf.Graph().as_default(), tf.Session() as session:
        targets = task.placeholder()
        logits = tf.constant([[1.0, 0.0], [0.0, 2.0]])
        losses, outputs = session.run(
            [task.losses(logits, targets), task.outputs(logits)], {targets: task.targets}
        )
    # A constant column has no spread, and is learnt as it is.
    assert np.allclose(outputs["default"], [[300, 1], [200, 3]])
    assert np.allclose(losses, [0.25 * (2**2), 0.25 * (1 + 2**2)])


def test_scores_of_a_regression() -> None:
    task = Regression([1.0, 2.0, 3.0])
    scores = task.scores(np.float32([1, 2, 5]), np.float32([1, 2, 3]))
    assert np.isclose(scores["mean_squared_error"], 4 / 3)
    assert np.isclose(scores["mean_absolute_error"], 2 / 3)
    assert np.isclose(scores["r2"], 1 - (4 / 3) / (2 / 3))
    assert task.scores(np.float32([1]), np.float32([1]))["r2"] == 0.0


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["x"], "must be numbers"),
        ([], "one example or more"),
        ([[[1.0]]], r"\[examples\] or \[examples, n\], not \[1, 1, 1\]"),
        ([1.0, float("nan")], "must be finite"),
        (np.empty((3, 0)), r"not \[3, 0\]"),
    ],
)
def test_labels_that_are_no_numbers(labels: object, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        Regression(labels)
    with pytest.raises(InvalidArgumentError, match=r"of shape \[examples\], not \[1, 2\]"):
        Regression([1.0, 2.0]).encode([[1.0, 2.0]])
