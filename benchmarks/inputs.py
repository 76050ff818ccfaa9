"""What networks are fed: seeded, the same arrays in every process whatever its NumPy."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "make_inputs",
    "make_labels",
    "read_inputs",
    "sentences",
    "vocabulary",
    "write_inputs",
]

Array = np.ndarray[Any, Any]

_LETTERS = np.frombuffer(b"etaoinshrdlucmfwypvbgkjqxz", np.uint8)
#: Of the words of a sentence, so many are in no vocabulary.
_UNKNOWN = 0.05
_ID_RANGES = {"ids": 48_000, "input_ids": 30_000, "word_ids": 20_000}


def _random_words(count: int, random: np.random.RandomState) -> list[bytes]:
    lengths = random.randint(2, 12, count)
    # Squares favour the letters that are frequent.
    letters = _LETTERS[(random.random_sample(int(lengths.sum())) ** 2 * 26).astype(np.int64)]
    text, ends = letters.tobytes(), np.cumsum(lengths)
    return [text[end - length : end] for end, length in zip(ends, lengths, strict=True)]


@functools.lru_cache(maxsize=4)
def vocabulary(size: int) -> tuple[bytes, ...]:
    """That many different words, short frequent ones first by chance only."""
    random = np.random.RandomState(17)
    words: dict[bytes, None] = {}
    while len(words) < size:
        words.update(dict.fromkeys(_random_words(size, random)))
    return tuple(words)[:size]


def sentences(count: int, length: int, size: int, seed: int = 23) -> Array:
    """Sentences of `length` words, some of them unknown, as an object array of bytes [count]."""
    random = np.random.RandomState(seed)
    known = vocabulary(size)
    # The words of a language are used about as often as one over their rank.
    ranks = np.minimum(np.exp(random.random_sample(count * length) * np.log(size)), size - 1)
    words = [known[int(rank)] for rank in ranks]
    for at in np.flatnonzero(random.random_sample(count * length) < _UNKNOWN):
        words[int(at)] = b"x%dz" % at
    rows = [b" ".join(words[i * length : (i + 1) * length]) + b"." for i in range(count)]
    result = np.empty(count, object)
    result[:] = rows
    return result


def make_inputs(inputs: Mapping[str, Any], batch: int, words: int = 0) -> dict[str, Array]:
    """The inputs of a network by name.

    Args:
        inputs: name → {"dtype", "shape"} as `generate` wrote them, the first size being the batch.
        batch: number of examples.
        words: size of the vocabulary, where there is one.
    """
    return {
        name: _make_input(name, info["dtype"], [batch, *info["shape"][1:]], words)
        for name, info in inputs.items()
    }


def _make_input(name: str, dtype: str, shape: Sequence[int], words: int) -> Array:
    random = np.random.RandomState(len(name))
    if name == "sentences":
        return sentences(shape[0], 12, words)
    if name == "strings":
        return sentences(shape[0], 20, 5000)
    if name in _ID_RANGES:
        return random.randint(0, _ID_RANGES[name], shape).astype(dtype)
    if name == "input_mask":
        return np.ones(shape, dtype)
    if name == "segment_ids":
        return (np.arange(shape[1]) >= shape[1] // 2).astype(dtype) * np.ones(shape, dtype)
    if name == "z":
        return random.standard_normal(shape).astype(dtype)
    return random.random_sample(shape).astype(dtype)


def write_inputs(folder: str, inputs: Mapping[str, Array]) -> None:
    """Write inputs to a folder, for processes that should not spend time on making them."""
    for name, value in inputs.items():
        plain = value.astype(bytes) if value.dtype == object else value
        np.save(Path(folder) / f"{name}.npy", plain, allow_pickle=False)


def read_inputs(folder: str) -> dict[str, Array]:
    """What `write_inputs` wrote."""
    found = {path.stem: np.load(path) for path in sorted(Path(folder).glob("*.npy"))}
    return {
        name: value.astype(object) if value.dtype.kind == "S" else value
        for name, value in found.items()
    }


def make_labels(batch: int, classes: int) -> Array:
    """Labels of examples."""
    return np.random.RandomState(29).randint(0, classes, batch).astype(np.int64)
