"""`tf.contrib.learn`: documents as rows of numbers, and the files of what makes them."""

from __future__ import annotations

import collections
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

PACKAGE = "tensorflow.contrib.learn.python.learn.preprocessing"
TEXTS = ["A dog, a cat and a DOG.", "the cat's HTTPServer", "a cat"]

processing = tf.contrib.learn.preprocessing


def split(texts: Any) -> Iterator[list[str]]:
    """A tokenizer of one's own."""
    return (text.split(" ") for text in texts)


def rows(found: Any) -> list[list[int]]:
    return [row.tolist() for row in found]


def test_modes_are_those_of_estimators() -> None:
    modes, newer = tf.contrib.learn.ModeKeys, tf.estimator.ModeKeys
    assert (modes.TRAIN, modes.EVAL, modes.INFER) == (newer.TRAIN, newer.EVAL, newer.PREDICT)


def test_words_are_parted_as_in_tensorflow() -> None:
    found = list(processing.tokenizer([*TEXTS, "it's co-op_1 — naïve"]))
    assert found == [
        ["A", "dog", "a", "cat", "and", "a", "DOG"],
        ["the", "cat's", "HTTP", "Server"],
        ["a", "cat"],
        ["it's", "co-op_1", "naïve"],
    ]
    assert next(processing.tokenizer(["MyClass USA"])) == ["My", "Class", "USA"]


def test_words_become_numbers() -> None:
    processor = processing.VocabularyProcessor(5)
    found = list(processor.fit_transform(TEXTS))
    assert {row.dtype for row in found} == {np.dtype(np.int64)}
    assert rows(found) == [[1, 2, 3, 4, 5], [7, 8, 9, 10, 0], [3, 4, 0, 0, 0]]
    assert len(processor.vocabulary_) == 11
    assert rows(processor.transform(["a bird"])) == [[3, 0, 0, 0, 0]]
    assert list(processor.reverse(found))[2] == "a cat <UNK> <UNK> <UNK>"
    with pytest.raises(IndexError, match=r"class_id must be in \[0, 11\), not 11"):
        list(processor.reverse([[11]]))
    with pytest.raises(IndexError, match="not -1"):
        list(processor.reverse([[-1]]))


def test_rare_words_are_forgotten() -> None:
    processor = processing.VocabularyProcessor(4, min_frequency=1, tokenizer_fn=split)
    assert processor.fit(["x y y b", "b z b a a", "z"]) is processor
    # `b` comes three times; of those that come twice, the alphabet decides.
    assert processor.vocabulary_._mapping == {"<UNK>": 0, "b": 1, "a": 2, "y": 3, "z": 4}
    assert rows(processor.transform(["z x b a y"])) == [[4, 0, 1, 2]]


def test_a_vocabulary_is_filled_frozen_and_trimmed() -> None:
    vocabulary = processing.CategoricalVocabulary(unknown_token="?")
    for word, count in (("often", 9), ("some", 3), (7, 3), ("rare", 1)):
        vocabulary.add(word, count)
    assert [vocabulary.get(word) for word in ("often", 7, "new")] == [1, 3, 5]
    vocabulary.freeze()
    vocabulary.add("other")
    assert (vocabulary.get("other"), len(vocabulary)) == (0, 6)
    vocabulary.trim(1, max_frequency=9)
    assert vocabulary._reverse_mapping == ["?", 7, "some"]
    assert vocabulary._freq == {7: 3, "some": 3}
    vocabulary.freeze(False)
    vocabulary.add("again")
    assert vocabulary.reverse(3) == "again"
    assert vocabulary._freq["again"] == 1
    alone = processing.CategoricalVocabulary(support_reverse=False)
    alone.add("word")
    with pytest.raises(ValueError, match="support_reverse"):
        alone.reverse(1)


def test_bytes_become_numbers() -> None:
    processor = processing.ByteProcessor(4)
    processor.fit(TEXTS)
    found = list(processor.fit_transform(["aé", b"\xff", "longer", ""]))
    assert {row.dtype for row in found} == {np.dtype(np.uint8)}
    assert rows(found) == [
        [97, 195, 169, 0],
        [255, 0, 0, 0],
        [108, 111, 110, 103],
        [0, 0, 0, 0],
    ]
    assert list(processor.reverse(found)) == ["aé", "", "long", ""]


def test_a_file_gives_the_processor_back(tmp_path: Path) -> None:
    first = processing.VocabularyProcessor(np.int64(6), min_frequency=0)
    wanted = rows(first.fit_transform([*TEXTS, "naïve \U0001f600 words"]))
    first.save(str(tmp_path / "vocab"))
    again = processing.VocabularyProcessor.restore(str(tmp_path / "vocab"))
    assert rows(again.transform([*TEXTS, "naïve \U0001f600 words"])) == wanted
    assert (again.max_document_length, again.min_frequency) == (6, 0)
    assert vars(again.vocabulary_) == vars(first.vocabulary_)
    with pytest.raises(tf.errors.NotFoundError):
        processing.VocabularyProcessor.restore(str(tmp_path / "none"))


def test_a_tokenizer_of_ones_own_is_given_again(tmp_path: Path) -> None:
    path = str(tmp_path / "vocab")
    processing.VocabularyProcessor(3, tokenizer_fn=split).fit(["a-b c"]).save(path)
    with pytest.raises(ValueError, match=r"tokenizer_fn must be given.*test_contrib_learn\.split"):
        processing.VocabularyProcessor.restore(path)
    again = processing.VocabularyProcessor.restore(path, tokenizer_fn=split)
    assert rows(again.transform(["c a-b"])) == [[2, 1, 0]]


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Modules under TensorFlow's names with classes that have attributes and nothing else."""
    made = {}
    for where, name in (
        ("text", "VocabularyProcessor"),
        ("categorical_vocabulary", "CategoricalVocabulary"),
    ):
        module: Any = types.ModuleType(f"{PACKAGE}.{where}")
        made[name] = type(name, (), {"__module__": module.__name__})
        setattr(module, name, made[name])
        monkeypatch.setitem(sys.modules, module.__name__, module)

    def tokenizer() -> None:
        """A name that files have."""

    tokenizer.__module__, tokenizer.__qualname__ = f"{PACKAGE}.text", "tokenizer"
    sys.modules[f"{PACKAGE}.text"].tokenizer = tokenizer  # type: ignore[attr-defined]
    parts = PACKAGE.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    processor, vocabulary = made["VocabularyProcessor"](), made["CategoricalVocabulary"]()
    vars(vocabulary).update(
        _unknown_token="<UNK>",
        _mapping={"<UNK>": 0, "one": 1, "zwei": 2, "três": 3},
        _support_reverse=True,
        _reverse_mapping=["<UNK>", "one", "zwei", "três"],
        _freq=collections.defaultdict(int, {"one": 300, "zwei": 70000, "três": 1 << 40}),
        _freeze=True,
    )
    vars(processor).update(
        max_document_length=4, min_frequency=0, vocabulary_=vocabulary, _tokenizer=tokenizer
    )
    return processor


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_files_of_tensorflow_are_read(protocol: int, theirs: Any, tmp_path: Path) -> None:
    path = tmp_path / "vocab"
    path.write_bytes(pickle.dumps(theirs, protocol))
    found = processing.VocabularyProcessor.restore(path)
    assert rows(found.transform(["zwei x três one more"])) == [[2, 0, 3, 1]]
    assert vars(found.vocabulary_) == vars(theirs.vocabulary_)


def test_a_file_of_python_2_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vocab"
    path.write_bytes(
        b"ccopy_reg\n_reconstructor\np1\n(c" + PACKAGE.encode() + b".text\nVocabularyProcessor\n"
        b"c__builtin__\nobject\np3\nNtRp4\n(dp5\nS'max_document_length'\nI2\nsS'min_frequency'\nI0\ns"
        b"S'_tokenizer'\nc" + PACKAGE.encode() + b".text\ntokenizer\nsS'vocabulary_'\ng1\n"
        b"(c" + PACKAGE.encode() + b".categorical_vocabulary\nCategoricalVocabulary\ng3\nNtR"
        b"(dS'_unknown_token'\nS'<UNK>'\np8\nsS'_mapping'\n(dg8\nI0\nsS'dog'\nI1\nssS'_freeze'\nI01\ns"
        b"S'_freq'\nccollections\ndefaultdict\n(c__builtin__\nint\ntRS'dog'\nI2\nssS'_support_reverse'\nI01\n"
        b"sS'_reverse_mapping'\n(lg8\naS'dog'\nasbsb."
    )
    found = processing.VocabularyProcessor.restore(path)
    assert rows(found.transform(["cat dog", "dog"])) == [[0, 1], [1, 0]]
    assert found.vocabulary_._freq == {"dog": 2}


def test_files_are_those_of_tensorflow(theirs: Any, tmp_path: Path) -> None:
    first = processing.VocabularyProcessor(3).fit(["one two two"])
    first.save(tmp_path / "vocab")
    found = pickle.loads((tmp_path / "vocab").read_bytes())
    assert type(found) is type(theirs)
    assert vars(found).keys() == vars(theirs).keys()
    assert found._tokenizer is theirs._tokenizer
    assert vars(found.vocabulary_) == vars(first.vocabulary_)
    assert found.vocabulary_._freq["new"] == 0


class Evil:
    """What would be called where a pickle is loaded."""

    def __reduce__(self) -> Any:
        return sys.exit, (3,)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (pickle.dumps(Evil()), r"names sys\.exit"),
        (pickle.dumps({"a": [1, (2,)]}), "a Instance must stand where there is a dict"),
        (b"", "pickle"),
        (b"not a pickle", "cannot be read"),
        (b"u.", "cannot be read"),
        (b"(I1\nd.", "a key has no value"),
        (b"h\x07.", "cannot be read"),
        (b"cos\nsystem\n}b.", "a Instance must stand where there is"),
        (b"(ios\nsystem\n.", "not the operation INST"),
        (b"}]]s.", "keys must be text or numbers, not of type list"),
        (b")" + b"2\x86" * 60 + b"q\x00}h\x00Ns.", "DUP"),
        (b")" + b"q\x00h\x00\x86" * 60 + b"q\x00}h\x00Ns.", "not of type tuple"),
        (b"]" + b"q\x00](h\x00h\x00e" * 60 + b".", "there is a list"),
        (b"]" * 5000 + b"a" * 4999 + b".", "there is a list"),
        (b"}X\x13\x00\x00\x00max_document_length](h\x00e.", "cannot be read"),
        (b"X\xff\xff\xff\x7fabc", "cannot be read"),
        (
            b"c" + PACKAGE.encode() + b".text\nVocabularyProcessor\n)\x81.",
            "max_document_length, not None",
        ),
        (b"c" + PACKAGE.encode() + b".text\ntokenizer\n)\x81.", "names tensorflow"),
    ],
    ids=str,
)
def test_other_files_are_refused(data: bytes, told: str, tmp_path: Path, theirs: Any) -> None:
    (tmp_path / "vocab").write_bytes(data)
    with pytest.raises(tf.errors.DataLossError, match=told):
        processing.VocabularyProcessor.restore(tmp_path / "vocab", tokenizer_fn=split)


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    first = processing.VocabularyProcessor(3).fit(["one two two"])
    first.save(tmp_path / "vocab")
    whole = (tmp_path / "vocab").read_bytes()
    for end in range(len(whole)):
        (tmp_path / "vocab").write_bytes(whole[:end])
        with pytest.raises(tf.errors.DataLossError):
            processing.VocabularyProcessor.restore(tmp_path / "vocab")


def test_what_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    first = processing.VocabularyProcessor(3)
    first.vocabulary_.add(1.5)
    with pytest.raises(TypeError, match=r"text and integers, not 1\.5"):
        first.save(tmp_path / "vocab")
    other: Any = {"word": 1}
    with pytest.raises(TypeError, match="must be a CategoricalVocabulary"):
        processing.VocabularyProcessor(3, vocabulary=other).save(tmp_path / "vocab")
    assert not (tmp_path / "vocab").exists()
