"""Sentences become numbers of words in one step, the same numbers as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import minihub_runtime as tf
from minihub_runtime import threads
from minihub_runtime.passes import pipeline as plans
from minihub_runtime.threads import num_threads, set_num_threads
from tests.passes.test_fuse_embeddings import ops_run

WORDS = ["a", "b", "ab", "long-word-of-many-letters", "words", "The", "ü", "x"]
SENTENCES = [b"a b ab", b"", b"  a  a ", b"The, x!", b"?!", "ü nowhere".encode(), b"\xff a", b"."]


class Program:
    """The pre-processing of a text embedding."""

    def __init__(
        self,
        folder: Path,
        fill: bool = True,
        buckets: int = 1,
        lower: bool = False,
        pattern: str = "[[:punct:]]",
    ) -> None:
        vocabulary = folder / "tokens.txt"
        vocabulary.write_text("\n".join(WORDS) + "\n", encoding="utf-8")
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.x = tf.placeholder(tf.string, [None])
            text = tf.strings.regex_replace(self.x, pattern, "")
            if lower:
                text = tf.strings.lower(text)
            self.words = tf.string_split(text, " ")
            words = tf.sparse.fill_empty_rows(self.words, "")[0] if fill else self.words
            table = tf.lookup.StaticVocabularyTable(
                tf.lookup.TextFileInitializer(
                    str(vocabulary),
                    tf.string,
                    tf.lookup.TextFileIndex.WHOLE_LINE,
                    tf.int64,
                    tf.lookup.TextFileIndex.LINE_NUMBER,
                ),
                buckets,
            )
            ids = table.lookup(words)
            self.y = tf.identity(ids.indices), ids.values
            self.session = tf.Session()
            self.session.run(tf.tables_initializer())

    def run(self, sentences: list[bytes], fetches: Any = None) -> Any:
        return self.session.run(fetches or self.y, {self.x: np.array(sentences, dtype=object)})


def both(program: Program, sentences: list[bytes]) -> None:
    """Compare the fused plan with the plain one."""
    fused = program.run(sentences)
    assert "_SplitAndLookup" in ops_run(program.session)
    assert "StringSplit" not in ops_run(program.session)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "fuse_word_lookup", lambda nodes, feeds, kept: nodes)
        program.session.runner._plans.clear()
        plain = program.run(sentences)
        assert "StringSplit" in ops_run(program.session)
    program.session.runner._plans.clear()
    for one, other in zip(fused, plain, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@pytest.mark.parametrize("fill", [True, False])
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("times", [0, 1, 40])
@pytest.mark.parametrize("pattern", ["[[:punct:]]", r"\pP", r"\pP+", "[^a-z ]"])
def test_fused_numbers_are_what_they_were(
    fill: bool, lower: bool, times: int, pattern: str, tmp_path: Path
) -> None:
    program = Program(tmp_path, fill, lower=lower, pattern=pattern)
    both(program, SENTENCES * times)
    both(program, [sentence for sentence in SENTENCES if sentence.isascii()] * times)


@settings(max_examples=30)
@given(strategies.text("ab ,.\0\n|üT", max_size=60))
def test_any_sentences(tmp_path: Path, text: str) -> None:
    both(Program(tmp_path), text.encode().split(b"|") * 70)


@pytest.mark.parametrize(
    "sentences",
    [
        [b"a b", b"x a"],
        [b"a\0b", b"x a"],
        [b"a  b", b"x a"],
        [b"a", b""],
        [b"", b""],
    ],
)
def test_few_sentences(tmp_path: Path, sentences: list[bytes]) -> None:
    both(Program(tmp_path), sentences)


def test_many_sentences_are_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(tmp_path)
    sentences = [*SENTENCES * 40, b"ab"]
    expected = program.run(sentences)
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    before = num_threads()
    set_num_threads(3)
    try:
        for found, wanted in zip(program.run(sentences), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
        # What cannot be joined in one thread cannot be joined.
        both(program, [*sentences, b"a\0b"])
    finally:
        set_num_threads(before)


def test_words_that_are_fetched_are_split(tmp_path: Path) -> None:
    program = Program(tmp_path)
    words, y = program.run(SENTENCES, (program.words.values, program.y))
    assert words.tolist()[:3] == [b"a", b"b", b"ab"]
    for one, other in zip(y, program.run(SENTENCES), strict=True):
        np.testing.assert_array_equal(one, other)


def test_words_that_are_hashed_are_split(tmp_path: Path) -> None:
    program = Program(tmp_path, buckets=5)
    _, ids = program.run(SENTENCES)
    assert "StringSplit" in ops_run(program.session)
    assert set(ids.tolist()) - set(range(len(WORDS)))
