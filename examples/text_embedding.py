"""A text embedding made of word vectors: sentences in, one vector for each out.

    python examples/text_embedding.py FOLDER [VECTORS]

VECTORS is a file of GloVe, word2vec or fastText vectors; without one, a few words are made up. On the command line
`minihub create text-embedding --vectors VECTORS --out FOLDER` does the same.
"""

from __future__ import annotations

import os
import sys
import tempfile

import numpy as np

import minihub as hub
from minihub.text_embedding import export_text_embedding
from minihub.vectors import open_vectors

#: Word → vector, as a file of GloVe has them: what is alike lies in one direction.
WORDS = {
    "cat": [0.9, 0.1, 0.0],
    "dog": [0.8, 0.2, 0.0],
    "purrs": [0.7, 0.0, 0.1],
    "stock": [0.0, 0.1, 0.9],
    "market": [0.1, 0.0, 0.8],
    "falls": [0.0, 0.2, 0.7],
    "the": [0.1, 0.1, 0.1],
}


def similarity(vectors: np.ndarray) -> np.ndarray:
    """The cosine of the angle between every two rows; 0 for sentences without a word that is known."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit @ unit.T


def main(folder: str, vectors: str | None = None) -> None:
    """Write the module, and compare sentences."""
    with tempfile.TemporaryDirectory() as scratch:
        if vectors is None:
            vectors = os.path.join(scratch, "vectors.txt")
            with open(vectors, "w", encoding="utf-8") as file:
                for word, row in WORDS.items():
                    file.write(f"{word} {' '.join(map(str, row))}\n")
        summary = export_text_embedding(open_vectors(vectors), folder)
    print(f"{summary.words} words of {summary.dimension} numbers")

    embed = hub.load(folder)
    sentences = ["The cat purrs.", "the dog", "The stock market falls!"]
    print(np.round(similarity(embed([s.lower() for s in sentences])), 2))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
