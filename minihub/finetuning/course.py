"""How far a training has come: its epochs, and the best weights so far."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["Course", "Epoch"]


@dataclasses.dataclass(frozen=True)
class Epoch:
    """One pass over the training examples.

    Attributes:
        number: from 1.
        loss: mean loss of the training examples, each before the step that it was part of.
        validation_loss: mean loss of the validation examples afterwards, None if there are none.
        score: their accuracy or R² afterwards, None if there are none.
        seconds: how long it took.
    """

    number: int
    loss: float
    validation_loss: float | None
    score: float | None
    seconds: float


class Course:
    """The epochs of a training.

    Args:
        history: those that are over.
        best: number of the one with the smallest validation loss; of the last one without validation.
        weights: those it ended with, by the names of variables.
    """

    def __init__(
        self,
        history: Sequence[Epoch] = (),
        best: int = 0,
        weights: Mapping[str, Any] | None = None,
    ) -> None:
        self.history = list(history)
        self.best = best
        self.weights = dict(weights or {})

    def add(self, epoch: Epoch, weights: Mapping[str, Any]) -> None:
        """Take up an epoch and the weights that it ended with."""
        self.history.append(epoch)
        if epoch.validation_loss is None or epoch.validation_loss < self._smallest_loss():
            self.best, self.weights = epoch.number, dict(weights)

    def _smallest_loss(self) -> float:
        loss = self.history[self.best - 1].validation_loss if self.best else None
        return math.inf if loss is None else loss

    def is_over(self, epochs: int, patience: int | None) -> bool:
        """Whether there are as many epochs, or so many since the best one."""
        done = len(self.history)
        return done >= epochs or (patience is not None and done - self.best >= patience)
