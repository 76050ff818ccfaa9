"""A module with a head, on its way from first weights to the best ones."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, Protocol

import numpy as np

from minihub.export import checkpoint_tensors
from minihub.finetuning.checkpoints import Checkpoints, Standing
from minihub.finetuning.course import Course, Epoch
from minihub.finetuning.examples import Examples
from minihub.finetuning.head import Head, attach_head
from minihub.finetuning.kept_features import KeptFeatures
from minihub.finetuning.network import Body, Network, Precomputed, Trained
from minihub.image_util import get_image_module_info
from minihub.loading import load
from minihub.spec import ModuleSpec
from minihub_runtime.dtypes import to_float
from minihub_runtime.errors import InvalidArgumentError

__all__ = ["Batches", "Part", "Subject", "Trainer"]

#: Examples that are only predicted are taken so many at once.
PREDICTION_BATCH = 64


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is fine-tuned.

    Attributes:
        handle: the module's.
        spec: the module.
        signature: whose output the features are.
        output: name of the output.
    """

    handle: str
    spec: ModuleSpec
    signature: str
    output: str


class Batches(Protocol):
    """Examples of which any can be taken as a batch."""

    count: int

    def batch(self, numbers: Any) -> dict[str, Any]:
        """Input → array of the examples with these numbers."""


class FeatureRows:
    """Features that were computed before: float32 [count, size]."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.count = len(rows)

    def batch(self, numbers: Any) -> dict[str, Any]:
        """The rows with these numbers."""
        return {"features": self.rows[numbers]}


@dataclasses.dataclass(frozen=True)
class Part:
    """Some of the examples, with their targets.

    Attributes:
        batches: the examples.
        targets: of all of them.
        numbers: which of them.
    """

    batches: Batches
    targets: Any
    numbers: Any

    def slices(self, size: int, order: Any = None) -> Iterator[Any]:
        """Numbers of the examples of each batch; batches are of even sizes, so that the last is no odd one out.

        Args:
            size: of a batch, at most.
            order: positions in `numbers`.
        """
        numbers = self.numbers if order is None else self.numbers[order]
        yield from np.array_split(numbers, -(-len(numbers) // size)) if len(numbers) else ()


class Trainer:
    """Trains a head on a module, and with `tags` the module as well.

    Args:
        subject: what is fine-tuned.
        head: the layers on top.
        name: of the new signature.
        tags: of the module's graph that is trained; None if it stays as it is.
        optimizer: makes the optimiser.
        seed: of initial weights and dropout.
        on_progress: called with the phase, and the examples done of all.

    Attributes:
        spec: of the module with the new signature.

    Raises:
        InvalidArgumentError: the output is nothing to learn from.
    """

    def __init__(
        self,
        subject: Subject,
        head: Head,
        name: str,
        tags: Collection[str] | None,
        optimizer: Callable[[], Any],
        seed: int,
        on_progress: Callable[[str, int, int], None],
    ) -> None:
        self.subject = subject
        self.head = head
        self.spec = attach_head(subject.spec, head, subject.signature, subject.output, name)
        self._infos = subject.spec.get_input_info_dict(subject.signature)
        self._tags = tags
        self._optimizer = optimizer
        self._seed = seed
        self._on_progress = on_progress
        self._module: Any = None
        #: Features of an example, where they were computed before; 0 as long as that is not known.
        self._width = 0
        self._trained: Network | None = None
        self._predicting: Network | None = None

    def examples(self, features: Any) -> Examples:
        """Features as examples of the module's inputs.

        Raises:
            TypeError, InvalidArgumentError: they do not fit.
        """
        return Examples(features, self._infos, _image_size(self.subject.spec))

    def prepare(self, examples: Examples, kept: KeptFeatures | None = None) -> Batches:
        """Examples as batches of what the networks take: of the module's inputs, or of what the module makes of them.

        What `kept` has of that is not made again, and what is made is kept there.
        """
        if self._tags is not None:
            return examples
        rows = [] if kept is None else kept.read()
        done = sum(map(len, rows))
        everything = Part(examples, None, np.arange(examples.count))
        for numbers in everything.slices(PREDICTION_BATCH):
            if numbers[-1] < done:
                continue
            if self._module is None:
                self._module = load(self.subject.handle)
            inputs = examples.batch(numbers)
            outputs = self._module(inputs, signature=self.subject.signature, as_dict=True)
            found = np.asarray(to_float(outputs[self.subject.output]), np.float32)
            if len(found) != len(numbers):
                raise InvalidArgumentError(
                    f"output {self.subject.output!r} must have one row per example; for {len(numbers)} "
                    f"examples it has {len(found)}"
                )
            rows.append(found.reshape(len(numbers), -1))
            infinite = ~np.isfinite(rows[-1]).all(axis=1)
            if infinite.any():
                raise InvalidArgumentError(
                    f"output {self.subject.output!r} must be finite to learn from; it is not for example "
                    f"{numbers[infinite.argmax()]}, counted from zero"
                )
            if kept is not None:
                kept.add(rows[-1])
            self._on_progress("features", int(numbers[-1]) + 1, examples.count)
        if not rows:
            rows = [np.empty((0, self._width), np.float32)]
        return FeatureRows(np.concatenate(rows))

    def fit(
        self,
        training: Part,
        validation: Part | None,
        generator: np.random.Generator,
        *,
        epochs: int,
        batch_size: int,
        patience: int | None,
        on_epoch: Callable[[Epoch], None],
        checkpoints: Checkpoints | None,
    ) -> Course:
        """Train, and keep the weights of the epoch with the smallest validation loss; of the last one without validation.

        With `checkpoints`, training goes on from the epoch that is there, and each epoch is kept there.

        Raises:
            InvalidArgumentError: the loss is no longer finite, or the checkpoint is of another network.
            OpError: a checkpoint cannot be read or written.
        """
        networks = self._networks(training.batches)
        trained, predicting = networks
        standing = None if checkpoints is None else checkpoints.read()
        course = Course() if standing is None else _resume(standing, networks, generator)
        while not course.is_over(epochs, patience):
            number = len(course.history) + 1
            start = time.monotonic()
            order = generator.permutation(len(training.numbers))
            loss = self._train(trained, training, order, batch_size, number)
            current = trained.values(predicting.names)
            predicting.assign(current)
            held, score = None, None
            if validation is not None:
                held, scores = self._evaluate(validation)
                _check_finite("validation loss", number, held)
                score = self.head.task.score(scores)
            epoch = Epoch(number, loss, held, score, time.monotonic() - start)
            course.add(epoch, current)
            if checkpoints is not None:
                checkpoints.write(_standing(course, networks, generator))
            on_epoch(epoch)
        trained.assign(course.weights)
        predicting.assign(course.weights)
        return course

    def _networks(self, batches: Batches) -> tuple[Network, Network]:
        subject = self.subject
        body: Body
        if self._tags is None:
            assert isinstance(batches, FeatureRows)
            self._width = batches.rows.shape[1]
            body = Precomputed(self._width)
        else:
            body = Trained(subject.spec, subject.signature, subject.output, self._tags, ())
        self._trained, self._predicting = (
            Network(body, self.head, training=True, seed=self._seed, optimizer=self._optimizer),
            Network(body, self.head, training=False, seed=self._seed),
        )
        return self._trained, self._predicting

    def _train(
        self, network: Network, part: Part, order: Any, batch_size: int, epoch: int
    ) -> float:
        """Make the steps of one epoch; the mean loss."""
        total = weight = 0.0
        done = 0
        for numbers in part.slices(batch_size, order):
            targets = part.targets[numbers]
            weights = self.head.task.weights(targets)
            loss = network.train(part.batches.batch(numbers), targets, weights)
            _check_finite("loss", epoch, loss)
            total, weight, done = total + loss, weight + float(weights.sum()), done + len(numbers)
            self._on_progress("training", done, len(order))
        return total / weight if weight else 0.0

    def _evaluate(self, part: Part) -> tuple[float, dict[str, Any]]:
        """The mean loss and the scores of examples."""
        assert self._predicting is not None
        total = weight = 0.0
        found: list[Any] = []
        for numbers in part.slices(PREDICTION_BATCH):
            targets = part.targets[numbers]
            weights = self.head.task.weights(targets)
            loss, outputs = self._predicting.evaluate(part.batches.batch(numbers), targets, weights)
            total, weight = total + loss, weight + float(weights.sum())
            found.append(outputs[self.head.task.scored])
        scores = self.head.task.scores(np.concatenate(found), part.targets[part.numbers])
        return total / weight if weight else 0.0, scores

    def scores(self, part: Part, epoch: int | None = None) -> dict[str, Any]:
        """The scores of the weights that were kept.

        Args:
            part: examples.
            epoch: the one that ended with these weights, to be named in an error.  Losses of training are those before each step:
                what the last step did shows here only.

        Raises:
            InvalidArgumentError: `epoch` is given, and the loss is not finite.
        """
        loss, scores = self._evaluate(part)
        if epoch is not None:
            _check_finite("loss", epoch, loss)
        return scores

    def outputs(self, batches: Batches) -> dict[str, Any]:
        """Name → value of the outputs of the new signature."""
        assert self._predicting is not None
        everything = Part(batches, None, np.arange(batches.count))
        return _joined(
            [
                self._predicting.predict(batches.batch(numbers))
                for numbers in everything.slices(PREDICTION_BATCH)
            ]
            or [self._predicting.predict(batches.batch(everything.numbers))]
        )

    def tensors(self) -> dict[str, Any]:
        """Name → value of the variables of the module with the new signature."""
        assert self._trained is not None
        tensors: dict[str, Any] = {}
        spec = self.subject.spec
        if spec.checkpoint_prefix is not None:
            for graph in spec.graphs:
                tensors |= checkpoint_tensors(graph, spec.checkpoint_prefix, lambda name: name)
        return tensors | self._trained.module_tensors() | self._trained.head_tensors()


def _standing(
    course: Course, networks: tuple[Network, Network], generator: np.random.Generator
) -> Standing:
    trained, _ = networks
    return Standing(
        course,
        trained.stored(trained.names),
        trained.fingerprint,
        generator.bit_generator.state,
        [network.streams() for network in networks],
    )


def _resume(
    standing: Standing, networks: tuple[Network, Network], generator: np.random.Generator
) -> Course:
    """Put the networks and the generator where they were; the epochs until then."""
    trained, _ = networks
    if standing.graph != trained.fingerprint:
        raise InvalidArgumentError(
            "training must go on with the network and the steps it began with, but these are others: a function given as "
            "optimizer makes other ones, or another version of minihub kept the checkpoint"
        )
    trained.assign(standing.variables)
    for network, streams in zip(networks, standing.streams, strict=True):
        network.set_streams(streams)
    generator.bit_generator.state = standing.order
    return standing.course


def _check_finite(name: str, epoch: int, loss: float) -> None:
    if not math.isfinite(loss):
        raise InvalidArgumentError(
            f"the {name} must stay finite; in epoch {epoch} it became {loss}. A smaller learning_rate may help"
        )


def _image_size(spec: ModuleSpec) -> tuple[int, int] | None:
    """Height and width that a module says it expects of images."""
    info = get_image_module_info(spec)
    size = None if info is None else info.default_image_size
    return (size.height, size.width) if size is not None and size.height and size.width else None


def _joined(outputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([part[name] for part in outputs]) for name in outputs[0]}
