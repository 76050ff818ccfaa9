"""Word vectors as a text-embedding module: the tool that publishers of GloVe, word2vec and fastText vectors used, finished.

The module looks the words of each sentence up and combines their vectors: a batch of sentences in, one vector for each out.
Nothing of the table is held in memory, whatever its size.

Source: tensorflow_hub's examples/text_embeddings/export.py.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from minihub.authoring import add_signature, create_module_spec
from minihub.export import check_free, write_module
from minihub.spec import ModuleSpec
from minihub.vectors import VectorFile
from minihub_runtime.checkpoint import Streamed
from minihub_runtime.errors import InvalidArgumentError, clip

__all__ = ["COMBINERS", "Combiner", "Summary", "export_text_embedding", "text_embedding_spec"]

Combiner = Literal["mean", "sqrtn", "sum"]
COMBINERS: tuple[Combiner, ...] = ("mean", "sqrtn", "sum")

VARIABLE = "embeddings"
VOCABULARY = "tokens.txt"
_BLOCK_BYTES = 1 << 22

_log = logging.getLogger("minihub")


@dataclasses.dataclass(frozen=True)
class Summary:
    """What became of a file of word vectors.

    Attributes:
        words: the words in the module's vocabulary.
        dimension: numbers of each vector.
        oov_buckets: rows for words that are not in the vocabulary.
        repeated: words left out because they came before.
        unusable: words left out because a vocabulary file cannot hold them: empty ones, and those with line breaks.
    """

    words: int
    dimension: int
    oov_buckets: int
    repeated: int
    unusable: int


def text_embedding_spec(
    vocabulary: str,
    words: int,
    dimension: int,
    *,
    oov_buckets: int = 1,
    preprocess: bool = True,
    lowercase: bool = False,
    combiner: Combiner = "sqrtn",
) -> ModuleSpec:
    """The spec of a module that looks up words.

    Args:
        vocabulary: a file with a word on each line.
        words: how many.
        dimension: numbers of each vector.
        oov_buckets: rows behind those of the words, to which other words are hashed.
        preprocess: take sentences, drop their punctuation, split them at spaces and combine the vectors of their words; otherwise
            take words.
        lowercase: turn what is taken into lower case, for vectors of words in lower case.
        combiner: how the vectors of a sentence are combined.
    """
    import minihub_runtime as tf

    def folded(texts: Any) -> Any:
        return tf.strings.lower(texts, encoding="utf-8") if lowercase else texts

    def table_and_vectors() -> tuple[Any, Any]:
        vectors = tf.get_variable(
            VARIABLE, initializer=tf.zeros([words + oov_buckets, dimension]), dtype=tf.float32
        )
        table = tf.contrib.lookup.index_table_from_file(
            vocabulary_file=vocabulary, num_oov_buckets=oov_buckets, vocab_size=words
        )
        return table, vectors

    def sentences_fn() -> None:
        sentences = tf.placeholder(tf.string, [None], name="sentences")
        cleaned = tf.strings.regex_replace(folded(sentences), r"\pP", "")
        tokens = tf.string_split(cleaned, " ")
        # A sentence without words gets the empty word, so that every row has a vector.
        tokens, _ = tf.sparse.fill_empty_rows(tokens, "")
        tokens = tf.sparse.reset_shape(tokens)
        table, vectors = table_and_vectors()
        embedded = tf.nn.embedding_lookup_sparse(
            vectors, table.lookup(tokens), sp_weights=None, combiner=combiner
        )
        add_signature(inputs=sentences, outputs=embedded)

    def words_fn() -> None:
        tokens = tf.placeholder(tf.string, [None], name="tokens")
        table, vectors = table_and_vectors()
        add_signature(
            inputs=tokens, outputs=tf.nn.embedding_lookup(vectors, table.lookup(folded(tokens)))
        )

    return create_module_spec(sentences_fn if preprocess else words_fn)


def export_text_embedding(
    vectors: VectorFile,
    path: str | os.PathLike[str],
    *,
    oov_buckets: int = 1,
    preprocess: bool = True,
    lowercase: bool = False,
    combiner: Combiner = "sqrtn",
    limit: int | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Summary:
    """Write the module of a file of word vectors.

    Rows of the buckets for other words are zero; they are there to be trained.

    Args:
        vectors: the file.
        path: a folder that is not there, or is empty.
        oov_buckets: see `text_embedding_spec`; at least one.
        preprocess: see there.
        lowercase: see there.
        combiner: see there.
        limit: take only so many words, those at the start of the file.
        on_bytes: is told how many bytes of the file were read.

    Raises:
        InvalidArgumentError: an argument is out of its range, or no word is left.
        DataLossError: the file is not of its format.
        AlreadyExistsError: there is something at `path`; it is left alone.
        OpError: a file cannot be read or written; nothing is left behind then.
    """
    if oov_buckets < 1:
        raise InvalidArgumentError(
            f"there must be at least one bucket for words outside the vocabulary, not {oov_buckets}"
        )
    if combiner not in COMBINERS:
        raise InvalidArgumentError(f"combiner must be 'mean', 'sqrtn' or 'sum': {combiner!r}")
    if limit is not None and limit < 1:
        raise InvalidArgumentError(f"limit must be at least 1, not {limit}")
    check_free(path)
    parent = os.path.dirname(os.path.abspath(os.fspath(path)))
    os.makedirs(parent, exist_ok=True)
    # Beside the target, which has room for the table, rather than where temporary files go.
    with tempfile.TemporaryDirectory(prefix=".minihub-", dir=parent) as scratch:
        vocabulary, table = (os.path.join(scratch, name) for name in (VOCABULARY, "table"))
        counts = _split(vectors, vocabulary, table, limit, on_bytes)
        words = counts["words"]
        if not words:
            raise InvalidArgumentError(f"{vectors.path} must hold at least one word")
        spec = text_embedding_spec(
            vocabulary,
            words,
            vectors.dimension,
            oov_buckets=oov_buckets,
            preprocess=preprocess,
            lowercase=lowercase,
            combiner=combiner,
        )
        rows = Streamed(
            (words + oov_buckets, vectors.dimension),
            np.dtype(np.float32),
            lambda: _table_blocks(table, oov_buckets, vectors.dimension),
        )
        write_module(path, spec.graphs, {VARIABLE: rows})
    return Summary(dimension=vectors.dimension, oov_buckets=oov_buckets, **counts)


def _split(
    vectors: VectorFile,
    vocabulary: str,
    table: str,
    limit: int | None,
    on_bytes: Callable[[int], None] | None,
) -> dict[str, int]:
    """Write the words to one file and their vectors to another; each word once."""
    seen: set[bytes] = set()
    longer: list[bytes] = []
    counts = {"words": 0, "repeated": 0, "unusable": 0}
    with open(vocabulary, "wb") as words_file, open(table, "wb") as table_file:
        for words, rows in vectors.blocks(on_bytes):
            kept = []
            for place, word in enumerate(words):
                if limit is not None and len(seen) == limit:
                    break
                if not word or b"\n" in word or b"\r" in word:
                    counts["unusable"] += 1
                elif word in seen:
                    counts["repeated"] += 1
                else:
                    seen.add(word)
                    kept.append(place)
                    if b" " in word and _ends_in_a_number(word):
                        longer.append(word)
            words_file.writelines(words[place] + b"\n" for place in kept)
            chosen = rows if len(kept) == len(rows) else rows[kept]
            table_file.write(np.ascontiguousarray(chosen).data)
            if limit is not None and len(seen) == limit:
                break
    counts["words"] = len(seen)
    if longer:
        _log.warning(
            "lines of %s with more than %d numbers: %d; what stands before the last %d is taken for the word, as %r",
            vectors.path,
            vectors.dimension,
            len(longer),
            vectors.dimension,
            clip(longer[0].decode("utf-8", "replace")),
        )
    return counts


def _ends_in_a_number(word: bytes) -> bool:
    try:
        float(word.rpartition(b" ")[2])
    except ValueError:
        return False
    return True


def _table_blocks(table: str, oov_buckets: int, dimension: int) -> Iterator[NDArray[Any]]:
    with open(table, "rb") as file:
        while data := file.read(_BLOCK_BYTES):
            yield np.frombuffer(data, np.float32)
    yield np.zeros((oov_buckets, dimension), np.float32)
