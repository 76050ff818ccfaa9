"""The module that comes with the package, and what can be shown with it on a machine without a network.

A text embedding: 32 numbers for a sentence, of the vectors of its words, which were learnt from the documentation of Python by
`examples/build_demo_module.py`.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub.loading import LoadedModule, load
from minihub_runtime.errors import InvalidArgumentError

__all__ = ["FOLDER", "SENTENCES", "Demonstration", "demonstrate", "load_demo"]

#: The folder of the module; any function that takes a handle takes it.
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo_module")
SENTENCES = (
    "open a zip archive",
    "read the compressed file",
    "raise an exception",
    "compare two dates",
)


@dataclasses.dataclass(frozen=True)
class Demonstration:
    """What the demo found out of some sentences.

    Attributes:
        sentences: what was asked.
        neighbours: for each, the words nearest to it, and the cosines of the angles to them.
        similarity: float32 [n, n], the cosine of the angle between every two.
        words: how many words the module knows.
        dimension: numbers of each vector.
    """

    sentences: list[str]
    neighbours: list[list[tuple[str, float]]]
    similarity: NDArray[np.float32]
    words: int
    dimension: int


def load_demo() -> LoadedModule:
    """The module, ready to be called with sentences."""
    return load(FOLDER)


@functools.cache
def _vocabulary() -> list[str]:
    with open(os.path.join(FOLDER, "assets", "tokens.txt"), encoding="utf-8") as file:
        return file.read().split("\n")[:-1]


def demonstrate(sentences: Sequence[str] = SENTENCES, count: int = 5) -> Demonstration:
    """Embed sentences, compare them with one another, and look for the words nearest to each.

    Args:
        sentences: at least one.
        count: how many words.

    Raises:
        InvalidArgumentError: there is no sentence, or `count` is negative.
    """
    if not sentences or count < 0:
        raise InvalidArgumentError("the demo needs at least one sentence and a count of at least 0")
    module, words = load_demo(), _vocabulary()
    vectors = _unit(module(list(sentences)))
    table = _unit(module.variables["embeddings"][: len(words)])
    found = []
    for sentence, row in zip(sentences, vectors, strict=True):
        own = set(sentence.lower().split())
        cosines = table @ row
        order = np.argsort(-cosines, kind="stable")
        nearest = [(words[i], round(float(cosines[i]), 3)) for i in order if words[i] not in own]
        found.append(nearest[:count] if row.any() else [])
    return Demonstration(
        list(sentences), found, vectors @ vectors.T, len(words), int(table.shape[1])
    )


def _unit(rows: Any) -> NDArray[np.float32]:
    """Rows of length one; zeros stay, they are sentences without a word that is known."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = rows / np.maximum(length, np.float32(1e-12))
    return unit
