"""What is learnt: classes or numbers.

A task turns labels into targets, says what is minimised, names the outputs of the new signature and scores predictions.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

import minihub_runtime as tf
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.values import check_unmasked

__all__ = ["BALANCED", "Classification", "Regression", "Task", "choose_task"]

#: Classes weigh the less the more examples they have.
BALANCED = "balanced"
#: Scores of more classes have no confusion matrix: it would have more numbers than anyone reads, and of 30,000 classes take 7 GB.
CONFUSION_CLASSES = 1000


class Task(abc.ABC):
    """A kind of prediction.

    Attributes:
        name: `classification` or `regression`; the default name of the signature.
        units: numbers that the head computes for an example.
        targets: what is to be predicted for each example, as an array.
        scored: name of the output that the scores are of.
    """

    name: str
    units: int
    targets: Any
    scored: str

    @abc.abstractmethod
    def encode(self, labels: Any) -> Any:
        """The targets of labels.

        Raises:
            InvalidArgumentError: a label does not fit those that were trained on.
        """

    @abc.abstractmethod
    def weights(self, targets: Any) -> Any:
        """How much examples of these targets count in the loss, float32 [examples]."""

    @abc.abstractmethod
    def placeholder(self) -> Any:
        """The placeholder of a batch of targets."""

    @abc.abstractmethod
    def losses(self, logits: Any, targets: Any) -> Any:
        """The loss of each example, float32 [batch]."""

    @abc.abstractmethod
    def outputs(self, logits: Any) -> dict[str, Any]:
        """The outputs of the signature; `default` among them."""

    @abc.abstractmethod
    def predictions(self, outputs: Mapping[str, Any]) -> Any:
        """What a user calls the prediction, of the values of outputs."""

    @abc.abstractmethod
    def scores(self, values: Any, targets: Any) -> dict[str, Any]:
        """How good the values of the output `scored` are: plain numbers, lists and dicts."""

    @abc.abstractmethod
    def score(self, scores: Mapping[str, Any]) -> float:
        """The one of the scores that is shown while training goes on."""

    @abc.abstractmethod
    def strata(self) -> Any:
        """Int [examples]: examples of one number are spread over training and validation alike."""


class Classification(Task):
    """One of several classes.

    Args:
        labels: text or integers, one per example.
        class_weights: class → weight, `balanced`, or None for equal ones.

    Attributes:
        classes: the labels that occur, sorted; class i of the outputs is `classes[i]`.

    Raises:
        InvalidArgumentError: there are fewer than two classes, each label occurs once, or labels are neither text nor integers.
    """

    name = "classification"
    scored = "class"

    def __init__(self, labels: Any, class_weights: Any = None) -> None:
        values = _texts_or_integers(labels)
        self.classes: list[Any] = sorted(set(values))
        if len(self.classes) < 2:
            raise InvalidArgumentError(
                f"there must be two classes or more, not {len(self.classes)}: {self.classes}"
            )
        if len(self.classes) == len(values) > 2:
            raise InvalidArgumentError(
                f"classes must have several examples, but each of the {len(values)} labels occurs once; numbers "
                "to be predicted are a regression"
            )
        self._number = {value: number for number, value in enumerate(self.classes)}
        self.units = len(self.classes)
        self.targets = np.array([self._number[value] for value in values], np.int64)
        self._weights = self._class_weights(class_weights)

    def _class_weights(self, wanted: Any) -> Any:
        if wanted is None:
            return np.ones(self.units, np.float32)
        if isinstance(wanted, str):
            if wanted != BALANCED:
                raise InvalidArgumentError(
                    f"class_weights must be {BALANCED!r} or a weight per class, not {wanted!r}"
                )
            counts = np.bincount(self.targets, minlength=self.units)
            return (len(self.targets) / (self.units * counts)).astype(np.float32)
        if not isinstance(wanted, Mapping) or not all(
            isinstance(weight, (int, float, np.number)) for weight in wanted.values()
        ):
            raise InvalidArgumentError(
                f"class_weights must be {BALANCED!r} or a weight per class, not {wanted!r}"
            )
        unknown = [value for value in wanted if value not in self._number]
        if unknown:
            raise InvalidArgumentError(
                f"class_weights must be of the classes {self.classes}, not of {unknown}"
            )
        with np.errstate(over="ignore"):
            weights = np.array([wanted.get(value, 1.0) for value in self.classes], np.float32)
        if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
            raise InvalidArgumentError(
                f"class_weights must be finite and not negative, and one above zero, not {wanted}"
            )
        return weights

    def encode(self, labels: Any) -> Any:
        """int64 [examples], the number of each class."""
        values = _texts_or_integers(labels)
        unknown = sorted(set(values) - set(self._number))
        if unknown:
            raise InvalidArgumentError(
                f"labels must be among the classes that are trained, not {unknown[:5]}"
            )
        return np.array([self._number[value] for value in values], np.int64)

    def weights(self, targets: Any) -> Any:
        """The weight of each example's class."""
        return self._weights[targets]

    def placeholder(self) -> Any:
        """int64 [batch]."""
        return tf.placeholder(tf.int64, [None], name="targets")

    def losses(self, logits: Any, targets: Any) -> Any:
        """Cross-entropy of the softmax."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)

    def outputs(self, logits: Any) -> dict[str, Any]:
        """Logits as `default`, as image classifiers have them; probabilities, the number of the class and its label."""
        number = tf.argmax(logits, axis=1, name="class")
        labels = tf.constant(self.classes, name="labels")
        return {
            "class": number,
            "default": tf.identity(logits, name="logits"),
            "label": tf.gather(labels, number, name="label"),
            "probabilities": tf.nn.softmax(logits, name="probabilities"),
        }

    def predictions(self, outputs: Mapping[str, Any]) -> Any:
        """The labels, as they were given: an array of str or int."""
        # Arrays of text take NULs at the end for padding.
        padded = any(isinstance(label, str) and label.endswith("\0") for label in self.classes)
        return np.array(self.classes, object if padded else None)[outputs["class"]]

    def scores(self, values: Any, targets: Any) -> dict[str, Any]:
        """Accuracy, F1 (mean over the classes that occur), a line per class, and the confusion matrix: rows are true classes.

        More than CONFUSION_CLASSES have no confusion matrix.
        """
        hits, true, said = (
            np.bincount(numbers, minlength=self.units)
            for numbers in (targets[targets == values], targets, values)
        )
        precision = _ratio(hits, said)
        recall = _ratio(hits, true)
        f1 = _ratio(2.0 * hits, true + said)
        occurs = true + said > 0
        scores = {
            "accuracy": float(hits.sum() / max(len(targets), 1)),
            "f1": float(f1[occurs].mean()) if occurs.any() else 0.0,
            "classes": [
                {
                    "label": label,
                    "precision": float(precision[i]),
                    "recall": float(recall[i]),
                    "f1": float(f1[i]),
                    "examples": int(true[i]),
                }
                for i, label in enumerate(self.classes)
            ],
        }
        if self.units <= CONFUSION_CLASSES:
            pairs = np.bincount(targets * self.units + values, minlength=self.units**2)
            scores["confusion"] = pairs.reshape(self.units, self.units).tolist()
        return scores

    def score(self, scores: Mapping[str, Any]) -> float:
        """Accuracy."""
        return float(scores["accuracy"])

    def strata(self) -> Any:
        """The classes."""
        return self.targets


class Regression(Task):
    """One or several numbers.

    The head learns them shifted and scaled to mean zero and variance one; what the signature gives is in the units of the labels.

    Args:
        labels: numbers [examples] or [examples, n].

    Raises:
        InvalidArgumentError: labels are no finite numbers, or of another rank.
    """

    name = "regression"
    scored = "default"

    def __init__(self, labels: Any) -> None:
        self.targets = _numbers(labels)
        if not len(self.targets):
            raise InvalidArgumentError("there must be one example or more, but there are none")
        self.units = 1 if self.targets.ndim == 1 else self.targets.shape[1]
        columns = self.targets.reshape(len(self.targets), self.units).astype(np.float64)
        spread = columns.std(axis=0)
        self._shift = columns.mean(axis=0).astype(np.float32)
        self._scale = np.where(spread > 0, spread, 1.0).astype(np.float32)

    def encode(self, labels: Any) -> Any:
        """float32, of the rank and width of the labels that were trained on."""
        targets = _numbers(labels)
        if targets.shape[1:] != self.targets.shape[1:]:
            raise InvalidArgumentError(
                f"labels must be of shape [examples{''.join(f', {n}' for n in self.targets.shape[1:])}], "
                f"not {list(targets.shape)}"
            )
        return targets

    def weights(self, targets: Any) -> Any:
        """One for each."""
        return np.ones(len(targets), np.float32)

    def placeholder(self) -> Any:
        """float32 [batch] or [batch, n]."""
        return tf.placeholder(tf.float32, [None, *self.targets.shape[1:]], name="targets")

    def losses(self, logits: Any, targets: Any) -> Any:
        """Half the mean squared error, in units of the variance of the labels."""
        wanted = (tf.reshape(targets, [-1, self.units]) - self._shift) / self._scale
        return 0.5 * tf.reduce_mean(tf.square(logits - wanted), axis=1)

    def outputs(self, logits: Any) -> dict[str, Any]:
        """The numbers, as `default`."""
        values = logits * self._scale + self._shift
        shape = [-1, *self.targets.shape[1:]]
        return {"default": tf.reshape(values, shape, name="values")}

    def predictions(self, outputs: Mapping[str, Any]) -> Any:
        """The numbers: float32 [examples] or [examples, n]."""
        return outputs["default"]

    def scores(self, values: Any, targets: Any) -> dict[str, Any]:
        """Mean squared and mean absolute error, and the share of the variance that is explained (R²)."""
        wanted = targets.astype(np.float64)
        error = values.astype(np.float64) - wanted
        variance = float(np.square(wanted - wanted.mean(axis=0)).mean())
        squared = float(np.square(error).mean())
        return {
            "mean_squared_error": squared,
            "mean_absolute_error": float(np.abs(error).mean()),
            "r2": 1.0 - squared / variance if variance > 0 else 0.0,
        }

    def score(self, scores: Mapping[str, Any]) -> float:
        """R²."""
        return float(scores["r2"])

    def strata(self) -> Any:
        """All examples are alike."""
        return np.zeros(len(self.targets), np.int64)


def choose_task(name: str | None, labels: Any, class_weights: Any = None) -> Task:
    """The task that labels ask for: floating-point numbers are regressed, all else is classified.

    Args:
        name: `classification` or `regression`; None to let the labels decide.
        labels: one per example.
        class_weights: as `Classification` takes them.

    Raises:
        InvalidArgumentError: the name is unknown, or the labels do not fit the task.
    """
    if name is None:
        name = "regression" if _array(labels).dtype.kind == "f" else "classification"
    if name == "classification":
        return Classification(labels, class_weights)
    if name != "regression":
        raise InvalidArgumentError(f"task must be classification or regression, not {name!r}")
    if class_weights is not None:
        raise InvalidArgumentError("class_weights are for classification; a regression has none")
    return Regression(labels)


def _texts_or_integers(labels: Any) -> list[Any]:
    """Labels as str or int, all of one kind."""
    # NumPy makes text of numbers that stand beside text in a list, so that 1 and "1", or NaN and "nan", would be one class.
    _check_order(labels)
    given = labels.tolist() if hasattr(labels, "tolist") else labels
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InvalidArgumentError(f"labels must be one per example, not {given!r}")
    values = [_text_or_integer(value) for value in given]
    texts = [value for value in values if isinstance(value, str)]
    if texts and len(texts) < len(values):
        number = next(value for value in values if not isinstance(value, str))
        raise InvalidArgumentError(
            f"labels of a classification must be all text or all integers, not {texts[0]!r} beside {number!r}"
        )
    return values


def _text_or_integer(label: Any) -> Any:
    value = label.item() if isinstance(label, np.generic) else label
    if isinstance(value, (bytes, str)):
        # They become a constant of the module, which is read as UTF-8; text that was cut may have half a character.
        try:
            return (value if isinstance(value, bytes) else value.encode()).decode()
        except UnicodeError:
            raise InvalidArgumentError(
                f"labels that are text must be valid in UTF-8, but {clip(ascii(value))} is not"
            ) from None
    if isinstance(value, (list, tuple, np.ndarray)):
        raise InvalidArgumentError(f"labels must be one per example, not {value!r}")
    if not isinstance(value, int):
        raise InvalidArgumentError(
            f"labels of a classification must be text or integers, not {value!r}"
        )
    if not -(2**63) <= value < 2**63:
        raise InvalidArgumentError(f"labels that are integers must fit into 64 bits, not {value}")
    return int(value)


def _numbers(labels: Any) -> Any:
    """Labels as float32 [examples] or [examples, n]."""
    array = _array(labels)
    if array.dtype.kind in "cmMV":
        raise InvalidArgumentError(f"labels of a regression must be numbers, not {array.dtype}")
    try:
        with np.errstate(over="ignore"):
            numbers = array.astype(np.float32)
    except (ValueError, TypeError):
        wrong = next(value for value in array.ravel().tolist() if not _is_number(value))
        raise InvalidArgumentError(
            f"labels of a regression must be numbers, not {wrong!r}"
        ) from None
    if numbers.ndim not in (1, 2) or 0 in numbers.shape[1:]:
        raise InvalidArgumentError(
            f"labels must be of shape [examples] or [examples, n], not {list(numbers.shape)}"
        )
    if not np.isfinite(numbers).all():
        raise InvalidArgumentError("labels of a regression must be finite in single precision")
    return numbers


def _check_order(labels: Any) -> None:
    """Refuse what has no label for each example, in their order."""
    if isinstance(labels, (Set, Mapping)):
        raise InvalidArgumentError(
            f"labels must be in the order of the examples, not a {type(labels).__name__}"
        )
    check_unmasked(labels, "labels")


def _array(labels: Any) -> Any:
    _check_order(labels)
    try:
        array = np.asarray(labels)
        # Numbers as objects, as pandas has them, are what they are in a list.
        return np.asarray(array.tolist()) if array.dtype == object and array.ndim == 1 else array
    except ValueError:
        raise InvalidArgumentError(
            "labels must be alike: one value for each example, or as many for each"
        ) from None


def _is_number(value: Any) -> bool:
    try:
        np.float32(value)
    except (ValueError, TypeError):
        return False
    return True


def _ratio(part: Any, whole: Any) -> Any:
    """Part / whole, and zero where there is nothing."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
