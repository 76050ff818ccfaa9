"""`finetune`: from a handle, features and labels to a module that predicts."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

import minihub_runtime as tf
from minihub.binding import choose_signature
from minihub.export import check_free, write_module
from minihub.finetuning.checkpoints import Checkpoints, alone_in, check_folder
from minihub.finetuning.course import Course, Epoch
from minihub.finetuning.examples import split
from minihub.finetuning.fingerprints import Fingerprint, module_fingerprint
from minihub.finetuning.head import Head
from minihub.finetuning.network import training_tags
from minihub.finetuning.tasks import Classification, Task, choose_task
from minihub.finetuning.trainer import Batches, Part, Subject, Trainer
from minihub.spec import ModuleSpec, load_module_spec
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.repeatable import repeatable

__all__ = ["OPTIMIZERS", "FineTuned", "finetune"]

#: Name → class in `tf.train`, and what it takes after the learning rate.
OPTIMIZERS: dict[str, tuple[str, tuple[float, ...]]] = {
    "adagrad": ("AdagradOptimizer", ()),
    "adam": ("AdamOptimizer", ()),
    "ftrl": ("FtrlOptimizer", ()),
    "momentum": ("MomentumOptimizer", (0.9,)),
    "rmsprop": ("RMSPropOptimizer", ()),
    "sgd": ("GradientDescentOptimizer", ()),
}
#: What a signature may be called; others tensorflow_hub reads, and cannot apply.
_NAME = re.compile(r"[A-Za-z0-9_.:>-]+")
#: Learning rates if none is given: of a head alone, and with a module whose weights know something already.
HEAD_RATE, MODULE_RATE = 3e-3, 3e-4


class FineTuned:
    """What `finetune` made.

    Attributes:
        handle: of the module it stands on.
        task: `classification` or `regression`.
        classes: the labels in the order of the outputs; empty for a regression.
        signature: name of the new signature.
        history: an Epoch for each that was trained.
        best_epoch: number of the one whose weights these are.
        metrics: the scores of these weights; `examples` and `on` say of how many, and whether they are `validation` or `training`.
    """

    def __init__(
        self,
        trainer: Trainer,
        handle: str,
        signature: str,
        course: Course,
        metrics: Mapping[str, Any],
    ) -> None:
        task = trainer.head.task
        self._trainer = trainer
        self.handle = handle
        self.task = task.name
        self.classes = list(task.classes) if isinstance(task, Classification) else []
        self.signature = signature
        self.history = course.history
        self.best_epoch = course.best
        self.metrics = dict(metrics)

    def predict(self, features: Any) -> Any:
        """The labels of a classification (str or int), or the numbers of a regression, one per example.

        Args:
            features: as `finetune` takes them.

        Raises:
            InvalidArgumentError: they do not fit the module.
        """
        return self._trainer.head.task.predictions(self.outputs(features))

    def outputs(self, features: Any) -> dict[str, Any]:
        """All outputs of the new signature by name: `default`, and for a classification `probabilities`, `class` and `label`."""
        return self._trainer.outputs(self._batches(features))

    def _batches(self, features: Any) -> Batches:
        return self._trainer.prepare(self._trainer.examples(features))

    def evaluate(self, features: Any, labels: Any) -> dict[str, Any]:
        """The scores on other examples, as in `metrics`.

        Raises:
            InvalidArgumentError: features or labels do not fit.
        """
        task = self._trainer.head.task
        batches, targets = self._batches(features), task.encode(labels)
        _check_count(batches.count, len(targets))
        return self._trainer.scores(Part(batches, targets, np.arange(batches.count)))

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write the module with the new signature, whole or not at all.

        Args:
            path: a folder that is not there, or is empty.

        Raises:
            AlreadyExistsError: there is something at `path`; it is left alone.
            OpError: a file cannot be read or written; nothing is left behind then.
        """
        write_module(path, self._trainer.spec.graphs, self._trainer.tensors())

    def __repr__(self) -> str:
        return f"<minihub {self.task} on {self.handle!r}, epoch {self.best_epoch} of {len(self.history)}>"


def finetune(
    handle: str | os.PathLike[str],
    features: Any,
    labels: Any,
    *,
    out: str | os.PathLike[str] | None = None,
    task: str | None = None,
    signature: str | None = None,
    output: str | None = None,
    train_module: bool = False,
    hidden_units: Sequence[int] = (),
    dropout: float = 0.0,
    validation: float | tuple[Any, Any] = 0.2,
    epochs: int = 30,
    batch_size: int = 32,
    optimizer: str | Callable[[float], Any] = "adam",
    learning_rate: float | None = None,
    class_weights: str | Mapping[Any, float] | None = None,
    patience: int | None = 5,
    seed: int = 0,
    name: str | None = None,
    checkpoint_dir: str | os.PathLike[str] | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> FineTuned:
    """Learn to tell classes or numbers from what a module makes of text, images or numbers.

    The features that the module computes are computed once, and a head learns on them; with `train_module` the variables of the
    module learn as well, which takes longer and needs fewer epochs at a smaller rate.  The same call gives the same weights.

    Args:
        handle: the module.
        features: one element per example: sentences, an array, or paths of image files; a dict of such for several inputs.
        labels: one per example: text or integers for classes, floating-point numbers [examples] or [examples, n] for a regression.
        out: folder to export the result to; it must not be there, or be empty.
        task: `classification` or `regression`, if the labels do not say.
        signature: of the module; the default one if left out.
        output: of the signature; `default`, or the only one, if left out.
        train_module: train the module as well, on its graph for training if it has one.
        hidden_units: widths of layers between the features and the prediction.
        dropout: share of the features, and of each hidden layer, that is dropped in training.
        validation: share of the examples that is held back to choose the best epoch, 0 for none; or features and labels for that.
        epochs: passes over the training examples, at most.
        batch_size: examples per step, at most; batches are of even sizes.
        optimizer: one of `adam`, `adagrad`, `ftrl`, `momentum`, `rmsprop`, `sgd`, or a function from a learning rate to an
            optimiser of `tf.train`.
        learning_rate: by default 0.003, and 0.0003 with `train_module`.
        class_weights: class → weight in the loss, or `balanced`: classes with fewer examples weigh more.
        patience: stop after so many epochs without a smaller validation loss; None to go on to the end.
        seed: of the split, the order of the examples, initial weights and dropout.
        name: of the new signature, `classification` or `regression` by default.
        checkpoint_dir: folder to keep features in while they are computed, and the training after each epoch.  A training that was interrupted goes on there when it is
            called again with the same arguments, and ends as if it had not been; `epochs` may be more than before.
        on_epoch: called after each epoch that is trained now.
        on_progress: called with a phase (`features`, `training`), and the examples done of all, as work goes on.

    Returns:
        The weights of the epoch with the smallest validation loss; of the last one without validation examples.

    Raises:
        InvalidArgumentError: an argument, features or labels do not fit, or the loss is no longer finite; `checkpoint_dir` has a
            training with other arguments.
        FailedPreconditionError: another training is at work in `checkpoint_dir`.
        DataLossError: what is in `checkpoint_dir` is damaged.
        AlreadyExistsError: there is something at `out` already; found out before anything is trained.
        NotFoundError, NotAModuleError: the handle names no module.
    """
    for argument, value in {
        "epochs": epochs,
        "batch_size": batch_size,
        "patience": patience,
    }.items():
        if value is None and argument == "patience":
            continue
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise InvalidArgumentError(f"{argument} must be at least 1, not {value}")
    _check_kinds(hidden_units, validation, optimizer, name)
    for argument, number in (("dropout", dropout), ("learning_rate", learning_rate)):
        if not isinstance(number, (int, float, np.number, type(None))) or (
            number is None and argument == "dropout"
        ):
            raise InvalidArgumentError(f"{argument} must be a number, not {number!r}")
    if not isinstance(seed, (int, np.integer)):
        raise InvalidArgumentError(f"seed must be an integer, not {seed!r}")
    if seed < 0:
        raise InvalidArgumentError(f"seed must not be negative, but is {seed}")
    for argument, function in (("on_epoch", on_epoch), ("on_progress", on_progress)):
        # Else an epoch would be trained before that shows.
        if function is not None and not callable(function):
            raise InvalidArgumentError(f"{argument} must be a function, not {function!r}")
    # NumPy's numbers as Python's, which JSON has, too.
    epochs, batch_size, seed, dropout = int(epochs), int(batch_size), int(seed), float(dropout)
    patience = None if patience is None else int(patience)
    if out is not None:
        check_free(out)
    if checkpoint_dir is not None:
        check_folder(checkpoint_dir, out)
    # What is exported later is read from the same place, wherever the program works by then.
    source = handle
    if isinstance(handle, (str, os.PathLike)) and os.path.exists(handle):
        source = os.path.abspath(handle)
    spec = load_module_spec(source)
    tags = training_tags(spec) if train_module else None
    chosen = choose_signature(spec.get_signature_names(), signature)
    taken = _choose_output(spec, chosen, output)
    if tags:
        _choose_output(spec, chosen, taken, tags)
    learnt = choose_task(task, labels, class_weights)
    added = name or learnt.name
    if added in spec.get_signature_names():
        raise InvalidArgumentError(
            f"the new signature must have a name that is free; the module has {added!r}, so give `name`"
        )
    if not _NAME.fullmatch(added):
        raise InvalidArgumentError(
            f"the name of the new signature must be of letters of ASCII, digits and _.:>-, as it becomes that of a scope, not {added!r}"
        )
    head = Head(learnt, tuple(int(units) for units in hidden_units), dropout, _free_scope(spec))
    rate = MODULE_RATE if train_module else HEAD_RATE
    rate = rate if learning_rate is None else float(learning_rate)
    make = _optimizer(optimizer, rate)
    trainer = Trainer(
        Subject(os.fspath(source), spec, chosen, taken),
        head,
        added,
        tags,
        make,
        seed,
        on_progress or (lambda phase, done, total: None),
    )
    generator = np.random.default_rng(seed)
    share = 0.0 if isinstance(validation, tuple) else float(validation)
    numbers, held = split(learnt.strata(), share, generator)
    examples = trainer.examples(features)
    _check_count(examples.count, len(learnt.targets))
    others, targets = None, None
    if isinstance(validation, tuple):
        others, targets = trainer.examples(validation[0]), learnt.encode(validation[1])
        _check_count(others.count, len(targets))
    alone = contextlib.nullcontext() if checkpoint_dir is None else alone_in(checkpoint_dir)
    with alone, repeatable():
        checkpoints = None
        if checkpoint_dir is not None:
            arguments = {
                "module": module_fingerprint(spec),
                "signature": chosen,
                "output": taken,
                "train_module": tags is not None,
                "examples": examples.fingerprint(),
                "labels": _labels_fingerprint(learnt, learnt.targets),
                "validation": share if others is None else others.fingerprint(),
                "validation_labels": None
                if others is None
                else _labels_fingerprint(learnt, targets),
                "task": learnt.name,
                "hidden_units": list(head.hidden_units),
                "dropout": dropout,
                "batch_size": batch_size,
                "optimizer": optimizer if isinstance(optimizer, str) else "a function",
                "learning_rate": rate,
                "class_weights": _shown_weights(class_weights),
                "patience": patience,
                "seed": seed,
                "name": added,
            }
            checkpoints = Checkpoints(checkpoint_dir, arguments)
            if checkpoints.epochs > epochs:
                raise InvalidArgumentError(
                    f"epochs must be at least {checkpoints.epochs}, which {checkpoints.folder} has, not {epochs}"
                )
        kept = {} if checkpoints is None else checkpoints.features()
        batches = trainer.prepare(examples, kept.get("examples"))
        training = Part(batches, learnt.targets, numbers)
        validating = Part(batches, learnt.targets, held) if len(held) else None
        if others is not None:
            held_back = trainer.prepare(others, kept.get("validation"))
            validating = Part(held_back, targets, np.arange(others.count))
        course = trainer.fit(
            training,
            validating,
            generator,
            epochs=epochs,
            batch_size=batch_size,
            patience=patience,
            on_epoch=on_epoch or (lambda epoch: None),
            checkpoints=checkpoints,
        )
    scored = training if validating is None else validating
    metrics = {
        "on": "training" if validating is None else "validation",
        "examples": len(scored.numbers),
        **trainer.scores(scored, course.best),
    }
    result = FineTuned(trainer, os.fspath(handle), added, course, metrics)
    if out is not None:
        result.export(out)
    return result


def _check_kinds(hidden_units: Any, validation: Any, optimizer: Any, name: Any) -> None:
    """Raise where an argument is nothing of the kind that it should be."""
    if isinstance(hidden_units, (str, bytes)) or not (
        isinstance(hidden_units, (Sequence, np.ndarray))
        and all(isinstance(units, (int, np.integer)) for units in hidden_units)
    ):
        raise InvalidArgumentError(f"hidden_units must be a list of widths, not {hidden_units!r}")
    if isinstance(validation, tuple):
        if len(validation) != 2:
            raise InvalidArgumentError(
                f"validation must be features and labels, not {len(validation)} things"
            )
    elif not isinstance(validation, (int, float, np.number)):
        raise InvalidArgumentError(
            f"validation must be a share of the examples, or a tuple of features and labels, not {clip(repr(validation))}"
        )
    if not isinstance(optimizer, str) and not callable(optimizer):
        raise InvalidArgumentError(
            f"optimizer must be one of {sorted(OPTIMIZERS)}, or a function, not {optimizer!r}"
        )
    if not isinstance(name, (str, type(None))):
        raise InvalidArgumentError(f"name must be text, not {name!r}")


def _choose_output(
    spec: ModuleSpec, signature: str, wanted: str | None, tags: Collection[str] = ()
) -> str:
    """The output that is meant: the one asked for, else `default`, else the only one."""
    names = list(spec.get_output_info_dict(signature, tags))
    if wanted is None:
        if "default" in names:
            return "default"
        if len(names) == 1:
            return names[0]
        raise InvalidArgumentError(
            f"signature {signature!r} has several outputs, so one must be named: {sorted(names)}"
        )
    if wanted not in names:
        graph = f" of the graph {{{', '.join(sorted(tags))}}}" if tags else ""
        raise InvalidArgumentError(
            f"output must be one of signature {signature!r}{graph}, {sorted(names)}, not {wanted!r}"
        )
    return wanted


def _free_scope(spec: ModuleSpec) -> str:
    """A scope in which no node of the module lies: `head`, or with a number behind it."""
    taken = {node.name.partition("/")[0] for g in spec.graphs for node in g.proto.graph_def.node}
    scope, number = "head", 0
    while scope in taken:
        number += 1
        scope = f"head_{number}"
    return scope


def _optimizer(wanted: str | Callable[[float], Any], rate: float) -> Callable[[], Any]:
    if not (rate > 0.0 and np.isfinite(rate)):
        raise InvalidArgumentError(f"learning_rate must be positive, not {rate}")
    if not isinstance(wanted, str):
        return lambda: _made(wanted, rate)
    if wanted not in OPTIMIZERS:
        raise InvalidArgumentError(
            f"optimizer must be one of {sorted(OPTIMIZERS)}, or a function, not {wanted!r}"
        )
    name, others = OPTIMIZERS[wanted]
    return lambda: getattr(tf.train, name)(rate, *others)


def _made(function: Callable[[float], Any], rate: float) -> Any:
    """The optimiser that a function makes."""
    found = function(rate)
    if not (hasattr(found, "compute_gradients") and hasattr(found, "apply_gradients")):
        raise InvalidArgumentError(
            f"the function that is given as optimizer must return an optimiser of tf.train, not {found!r}"
        )
    return found


def _labels_fingerprint(task: Task, targets: Any) -> str:
    found = Fingerprint()
    found.add_array("targets", targets)
    if isinstance(task, Classification):
        found.add("classes", repr(task.classes).encode())
    return str(found)


def _shown_weights(weights: str | Mapping[Any, float] | None) -> Any:
    """Weights of classes as JSON has them."""
    if weights is None or isinstance(weights, str):
        return weights
    return {str(label): float(weight) for label, weight in weights.items()}


def _check_count(features: int, labels: int) -> None:
    if features != labels:
        raise InvalidArgumentError(
            f"there must be one label per example; there are {features} examples and {labels} labels"
        )
    if not labels:
        raise InvalidArgumentError("there must be one example or more, but there are none")
