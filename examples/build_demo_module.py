"""Make the module that `minihub demo` runs: word vectors learnt from the documentation of Python.

    python examples/build_demo_module.py FOLDER

The text is what every Python brings along: the docstrings of the standard library and the language reference that `help()`
shows, © Python Software Foundation, under the PSF License Agreement, which permits derived works.  Words that stand beside
the same words get like vectors: a matrix of how much more often than by chance two words meet (positive pointwise mutual
information) is cut down to the dimensions that matter most.

The result is in the repository, as `minihub/demo_module`; another version of Python gives other vectors.
"""

from __future__ import annotations

import ast
import os
import pydoc_data.topics
import re
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minihub.text_embedding import export_text_embedding
from minihub.vectors import open_vectors

WORDS = 3500
DIMENSION = 32
WINDOW = 4
ROUNDS = 6


def texts() -> Iterator[str]:
    """The language reference, and the docstrings of every module, class and function of the standard library."""
    yield from pydoc_data.topics.topics.values()
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        if {"test", "tests", "site-packages", "idlelib", "lib2to3"} & set(path.parts):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:  # a template of something else
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                yield ast.get_docstring(node) or ""


def sentences() -> Iterator[list[str]]:
    """Words in lower case, without punctuation, as the module will split them."""
    for text in texts():
        for part in re.split(r"[.:;!?]\s|\n\s*\n", text):
            yield re.findall(r"[a-z]{2,}", part.lower())


def meetings(corpus: list[list[str]], index: dict[str, int]) -> Any:
    """How often each two words stand at most WINDOW words apart, nearer ones counting more."""
    counts = np.zeros((len(index), len(index)), np.float32)
    ids = [np.array([index[word] for word in words if word in index], int) for words in corpus]
    for row in ids:
        for distance in range(1, WINDOW + 1):
            np.add.at(counts, (row[:-distance], row[distance:]), 1 / distance)
    return counts + counts.T


def vectors(counts: Any) -> Any:
    """The strongest dimensions of the positive pointwise mutual information, by subspace iteration."""
    total = counts.sum()
    share = np.maximum(counts.sum(axis=1) / total, 1 / total) ** 0.75
    share /= share.sum()
    often = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with np.errstate(divide="ignore"):
        information = np.log(counts / often / share)
    positive = np.maximum(np.nan_to_num(information, neginf=0.0), 0).astype(np.float32)
    basis = np.random.default_rng(0).normal(size=(len(counts), 2 * DIMENSION)).astype(np.float32)
    for _ in range(ROUNDS):
        basis, _ = np.linalg.qr(positive @ (positive.T @ basis))
    left, strength, _ = np.linalg.svd(basis.T @ positive, full_matrices=False)
    rows = (basis @ left)[:, 1 : DIMENSION + 1] * np.sqrt(strength[1 : DIMENSION + 1])
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def main(folder: str) -> None:
    """Learn the vectors and write the module."""
    corpus = list(sentences())
    common = Counter(word for words in corpus for word in words).most_common(WORDS)
    index = {word: place for place, (word, _) in enumerate(common)}
    rows = vectors(meetings(corpus, index))
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "vectors.txt")
        with open(path, "w", encoding="utf-8") as file:
            for word, row in zip(index, rows, strict=True):
                file.write(f"{word} {' '.join(f'{x:.4f}' for x in row)}\n")
        summary = export_text_embedding(open_vectors(path), folder, lowercase=True)
    print(
        f"{summary.words} words of {summary.dimension} numbers, learnt from {len(corpus)} sentences"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
