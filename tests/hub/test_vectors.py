"""Files of word vectors: every format, plain and gzipped, and what is wrong with those that are none."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from minihub.text_embedding import export_text_embedding
from minihub.vectors import FORMATS, Format, open_vectors
from minihub_runtime.errors import DataLossError, InvalidArgumentError, NotFoundError

WORDS = ["the", "größe", "😀", "don't", ".", "0.5", "1e9"]
ROWS = np.arange(len(WORDS) * 3, dtype=np.float32).reshape(-1, 3) / 4 - 2


def content(format: Format, words: list[str], rows: NDArray[np.float32]) -> bytes:
    """A file as its tool writes it."""
    header = f"{len(words)} {rows.shape[1]}\n".encode()
    if format == "word2vec-binary":
        pairs = zip(words, rows, strict=True)
        return header + b"".join(w.encode() + b" " + r.astype("<f4").tobytes() for w, r in pairs)
    lines = "".join(
        f"{word} {' '.join(repr(float(x)) for x in row)}\n"
        for word, row in zip(words, rows, strict=True)
    )
    return lines.encode() if format == "glove" else header + lines.encode()


def read(path: Path, format: Format | None = None) -> tuple[list[str], NDArray[np.float32]]:
    file = open_vectors(path, format)
    blocks = list(file.blocks())
    words = [word.decode() for block, _ in blocks for word in block]
    return words, np.concatenate(
        [np.empty((0, file.dimension), np.float32), *(b for _, b in blocks)]
    )


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_recognised_and_read(kind: Format, packed: bool, tmp_path: Path) -> None:
    data = content(kind, WORDS, ROWS)
    path = tmp_path / "vectors"
    path.write_bytes(gzip.compress(data) if packed else data)
    file = open_vectors(path)
    assert file.format == kind
    assert file.dimension == 3
    assert file.count == (None if kind == "glove" else len(WORDS))
    for chosen in (None, kind):
        words, rows = read(path, chosen)
        assert words == WORDS
        assert rows.dtype == np.float32
        assert np.array_equal(rows, ROWS)


@pytest.mark.parametrize("kind", FORMATS)
def test_many_rows_come_in_blocks(kind: Format, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(9000, 2)).astype(np.float32)
    names = [f"w{i}" for i in range(len(rows))]
    path = tmp_path / "vectors"
    path.write_bytes(content(kind, names, rows))
    told: list[int] = []
    blocks = list(open_vectors(path).blocks(told.append))
    assert [len(words) for words, _ in blocks] == [4096, 4096, 808]
    assert np.array_equal(np.concatenate([block for _, block in blocks]), rows)
    assert sum(told) == path.stat().st_size
    assert all(count >= 0 for count in told)


def test_line_breaks_of_other_writers(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(b"2 2\r\na 1 2 \r\n\r\nb 3 4\r\n")
    words, rows = read(path)
    assert words == ["a", "b"]
    assert rows.tolist() == [[1, 2], [3, 4]]
    raw = np.float32([1, 2]).tobytes()
    path.write_bytes(b"2 2\na " + raw + b"\nb " + raw + b"\n")
    assert read(path)[0] == ["a", "b"]


def test_words_with_spaces_in_them(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(b"a 1 2\n. . 3 4\nmail at x@y.z 5 6\n")
    words, rows = read(path)
    assert words == ["a", ". .", "mail at x@y.z"]
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize("header", [b"", b"3 2\n"])
def test_tabs_and_several_spaces_between_numbers(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(header + b"a\t1\t2\nb  3   4\n  5 6\n")
    words, rows = read(path)
    assert words == ["a", "b", ""]
    assert rows.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("data", "kind", "text"),
    [
        (b"", None, "is empty"),
        (b" \n\n", None, "is empty"),
        (b"no numbers here\n", None, "must be a word and numbers"),
        (b"a 1 2\n", "word2vec", "must begin with a line of two numbers"),
        (b"a 1 2\n", "word2vec-binary", "must begin with a line of two numbers"),
        (b"3 0\n", "word2vec", "from 1 to 65536 numbers, not 0"),
        (b"3 99999999\n", "word2vec", "not 99999999"),
    ],
)
def test_what_is_no_such_file(data: bytes, kind: Format, text: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(data)
    with pytest.raises(InvalidArgumentError, match=text):
        open_vectors(path, kind)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a 1 2\nb 3\n", r"line 2 of .* must be a word and 2 numbers, not 'b 3'"),
        (b"a 1 2\nb 3 4 x\n", "line 2"),
        (b"a 1 2\n\nb\n", "line 3"),
        (b"a 1 2\n\nb 3 nan\n", "line 3 .* vector of 'b' must have finite .* number 2 is nan"),
        (b"1 2\na 1e39 2\n", "line 2 .* number 1 is inf"),
        (b"1 1\na \0\0\x80\xff", "word 0 .* vector of 'a' .* number 1 is -inf"),
        (b"3 2\na 1 2\nb 3 4\n", "must hold 3 words as its header says, but holds 2"),
        (b"1 2\na 1 2\nb 3 4\n", "must hold 1 words as its header says, but holds 2"),
        (b"2 2\na \0\0\0\1\0\0\0\1b \0\0", "ends in word 1"),
        (b"2 2\na \0\0\0\1\0\0\0\1b", "ends in word 1"),
        (b"1 2\na \0\0\0\1\0\0\0\1b \0", "must end after 1 words"),
        (gzip.compress(b"a 1 2\n" * 50, mtime=0)[:-6], "must be a whole gzip file"),
    ],
)
def test_what_is_broken_within(data: bytes, text: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(data)
    with pytest.raises(DataLossError, match=text):
        list(open_vectors(path).blocks())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        open_vectors(tmp_path / "vectors")


@settings(max_examples=50)
@given(data=st.data())
def test_what_is_written_is_read(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kind = data.draw(st.sampled_from(FORMATS))
    dimension = data.draw(st.integers(1, 5))
    names = data.draw(
        st.lists(
            st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6),
            min_size=1,
            max_size=8,
        )
    )
    numbers = st.floats(-1e6, 1e6, width=32)
    rows = np.float32(
        data.draw(
            st.lists(
                st.lists(numbers, min_size=dimension, max_size=dimension),
                min_size=len(names),
                max_size=len(names),
            )
        )
    )
    path = tmp_path_factory.mktemp("vectors") / "file"
    path.write_bytes(content(kind, names, rows))
    words, found = read(path, kind)
    assert words == names
    assert np.array_equal(found, rows)


@pytest.mark.parametrize("format", ["glove", "word2vec"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_byte_order_mark_is_no_text(tmp_path: Path, format: Format, packed: bool) -> None:
    path = tmp_path / "vectors"
    data = b"\xef\xbb\xbf" + content(format, WORDS, ROWS)
    path.write_bytes(gzip.compress(data) if packed else data)
    assert open_vectors(path).format == format
    words, rows = read(path)
    assert words == WORDS
    np.testing.assert_array_equal(rows, ROWS)


def test_lines_with_more_numbers_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # Words may have spaces in them and numbers at their end, and so have lines of which something was lost.
    path = tmp_path / "vectors.txt"
    path.write_text("cat 1 2\nsan jose 3 4\nbird 1 5 6\nfish 7 8 9 0\n")
    with caplog.at_level("WARNING", "minihub"):
        summary = export_text_embedding(open_vectors(path), tmp_path / "m")
    assert summary.words == 4
    assert caplog.messages == [
        f"lines of {path} with more than 2 numbers: 2; what stands before the last 2 is taken for the word, as 'bird 1'"
    ]
