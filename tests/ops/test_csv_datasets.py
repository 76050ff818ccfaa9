"""Records of CSV files: read in pieces as at once, by whom they may be read, and what strange files and graphs cannot do."""

from __future__ import annotations

import csv
import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import minihub_runtime as tf
from minihub_runtime.errors import (
    DataLossError,
    DeadlineExceededError,
    InternalError,
    InvalidArgumentError,
    PermissionDeniedError,
    ResourceExhaustedError,
)
from minihub_runtime.ops import checking, csv_records
from minihub_runtime.ops.csv_records import Layout, Records
from minihub_runtime.ops.parsing import parsed_number
from minihub_runtime.ops.schema import build_schema


def in_pieces(text: bytes, size: int) -> Callable[[], bytes]:
    """What reads a text piece by piece."""
    file = io.BytesIO(text)
    return lambda: file.read(size or -1)


def records(text: bytes, layout: Layout, size: int = 0) -> list[list[bytes | str]]:
    """The records of a text that comes in pieces."""
    return list(Records(in_pieces(text, size), layout, lambda: None))


def plain(layout: Layout, text: bytes) -> list[list[bytes | str]]:
    """The records by the grammar alone, byte by byte, as TensorFlow's kernel goes through them."""
    found: list[list[bytes | str]] = []
    place = 0
    while place < len(text):
        fields: list[bytes | str] = []
        column, ended, wrong = 0, False, ""
        while not ended:
            field, quoted, fault = b"", False, ""
            if layout.quotes and text[place : place + 1] == b'"':
                quoted = True
                place += 1
            while True:
                byte = text[place : place + 1]
                if not byte:
                    ended = True
                    fault = "Reached end" if quoted else fault
                    break
                place += 1
                if quoted:
                    if byte != b'"':
                        field += byte
                        continue
                    after = text[place : place + 1]
                    place += 1
                    if after == layout.delimiter:
                        break
                    if after in (b"", b"\r", b"\n"):
                        ended = True
                        if after == b"\r" and text[place : place + 1] == b"\n":
                            place += 1
                        break
                    field += b'"'
                    fault = fault if after == b'"' else "Quote inside"
                    continue
                if byte == layout.delimiter:
                    break
                if byte in b"\r\n":
                    ended = True
                    if byte == b"\r" and text[place : place + 1] == b"\n":
                        place += 1
                    break
                if layout.quotes and byte == b'"':
                    fault = "Unquoted fields"
                field += byte
            if not wrong:
                if fault:
                    wrong = fault
                    fields.append(fault)
                elif layout.counts(column) and len(fields) <= layout.count:
                    fields.append(field)
            column += 1
        found.append(fields)
    return found


def short(found: list[list[bytes | str]], count: int) -> list[Any]:
    """Records without what nobody looks at: fields after one too many, and ends of messages."""
    return [
        [field if isinstance(field, bytes) else field[:10] for field in record[: count + 1]]
        for record in found
    ]


def known(record: list[Any], count: int) -> list[Any]:
    """A record of too many fields is that, whatever the one too many holds."""
    if len(record) > count and isinstance(record[count], bytes):
        return [*record[:count], b"more"]
    return record


LAYOUTS = st.one_of(
    st.builds(
        Layout, st.sampled_from([b",", b";", b'"', b"\n", b"\r"]), st.booleans(), st.integers(1, 3)
    ),
    st.sets(st.integers(0, 4), min_size=1).map(
        lambda chosen: Layout(b",", True, len(chosen), sorted(chosen))
    ),
    st.sets(st.integers(0, 4), min_size=1).map(
        lambda excluded: Layout(b",", True, 2, (), sorted(excluded))
    ),
)


@given(
    st.lists(st.sampled_from([b",", b'"', b"\r", b"\n", b"\r\n", b"a", b";", b'""'])).map(b"".join),
    LAYOUTS,
    st.integers(1, 5),
)
@example(b'"a"b""c"\r\nd"e,f', Layout(b",", True, 1), 1)
@example(b'"a\nb",""""\r"",c\r\n', Layout(b",", True, 2), 2)
def test_pieces_of_any_size_give_the_records_of_the_grammar(
    text: bytes, layout: Layout, size: int
) -> None:
    whole = records(text, layout)
    assert records(text, layout, size) == whole
    expected = short(plain(layout, text), layout.count)
    found = short(whole, layout.count)
    count = layout.count
    assert [known(r, count) for r in found] == [known(r, count) for r in expected]


@given(st.lists(st.lists(st.binary(max_size=6), min_size=3, max_size=3)), st.booleans())
def test_what_python_writes_is_read(rows: list[list[bytes]], quoted: bool) -> None:
    # Before Python 3.11 it writes no zeros.
    assume(sys.version_info >= (3, 11) or not any(b"\0" in field for row in rows for field in row))
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([[field.decode("latin-1") for field in row] for row in rows])
    text = file.getvalue().encode("latin-1")
    assert records(text, Layout(b",", True, 3), 4) == rows


def test_long_lines_are_read_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"a,bb,ccc\n,,\nx,y,z,more\n"
    for layout in (
        Layout(b",", True, 3),
        Layout(b",", True, 1, [2]),
        Layout(b",", True, 2, (), [0]),
    ):
        at_once = records(text, layout)
        monkeypatch.setattr(csv_records, "_LONG", 1)
        assert short(records(text, layout, 2), layout.count) == short(at_once, layout.count)
        monkeypatch.undo()


def test_a_record_takes_no_more_memory_than_a_result_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MEMORY_LIMIT", 1000)
    with pytest.raises(ResourceExhaustedError, match="a record"):
        records(b'"' + b"x" * 2000, Layout(b",", True, 1), 10)


def test_a_run_that_ends_in_a_record_loses_nothing() -> None:
    calls = iter([None, DeadlineExceededError("late"), None, None, None])

    def check() -> None:
        error = next(calls)
        if error is not None:
            raise error

    found = Records(in_pieces(b"a,bcd\ne,f\n", 3), Layout(b",", True, 2), check)
    with pytest.raises(DeadlineExceededError):
        next(found)
    assert list(found) == [[b"a", b"bcd"], [b"e", b"f"]]


@given(st.floats(width=64) | st.decimals(-1000, 1000, places=4).map(float), st.booleans())
def test_numbers_alone_are_those_of_a_column(value: float, single: bool) -> None:
    text = repr(value).encode()
    dtype = tf.float32 if single else tf.float64
    with tf.Graph().as_default(), tf.Session() as session:
        expected = session.run(tf.string_to_number([text], dtype))
    found = parsed_number(text, dtype)
    assert found is not None
    assert (found.shape, found.dtype) == ((), expected.dtype)
    np.testing.assert_array_equal(found, expected[0])


def test_halves_between_singles_are_rounded_by_their_texts() -> None:
    for text, value in ((b"16777217", 16777216), (b"16777217.0000000001", 16777218)):
        assert parsed_number(text, tf.float32) == np.float32(value)
    assert parsed_number(b"1e39", tf.float32) == np.inf
    assert parsed_number(b"3.4028236e38", tf.float32) == np.inf
    assert parsed_number(b"x", tf.float32) is None
    assert parsed_number(b"2147483648", tf.int32) is None


def reading(path: Path, op: str = "CSVDatasetV2", token: Any = None, **more: Any) -> Any:
    """A GraphDef that a stranger could have written."""
    with tf.Graph().as_default() as graph:
        arguments: dict[str, Any] = dict(
            filenames=str(path),
            compression_type="",
            buffer_size=1,
            header=False,
            field_delim=",",
            use_quote_delim=True,
            na_value="",
            select_cols=np.empty(0, np.int64),
            record_defaults=[["none"]],
            output_shapes=[[]],
        )
        if op == "CSVDatasetV2":
            arguments["exclude_cols"] = np.empty(0, np.int64)
        dataset = getattr(tf.raw_ops, op)(**{**arguments, **more})
        if token is not None:
            graph.set_attrs(dataset.op.name, _program_token=token)
        types = {"output_types": [tf.string], "output_shapes": [[]]}
        tf.raw_ops.DatasetToSingleElement(dataset=dataset, **types, name="read")
        return graph.as_graph_def()


def run(graph_def: Any, folder: Path | None = None) -> Any:
    """What a session of an imported graph reads."""
    with tf.Graph().as_default() as graph:
        # The program has a token, too.
        tf.data.experimental.CsvDataset("own", [tf.string])
        tf.import_graph_def(graph_def, name="")
        if folder is not None:
            graph.allow_reading(str(folder))
        with tf.Session() as session:
            return session.run("read:0")


@pytest.mark.parametrize("op", ["CSVDataset", "CSVDatasetV2", "ExperimentalCSVDataset"])
def test_a_file_of_the_machine_is_refused_and_one_of_the_module_read(
    op: str, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"line")
    for token in (None, "", "0" * 32):
        with pytest.raises(PermissionDeniedError, match="files of its module only"):
            run(reading(path, op, token))
    assert run(reading(path, op), tmp_path) == b"line"


def test_a_token_is_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="'_program_token' must be str, not int"):
        run(reading(tmp_path, token=3))


def test_private_attributes_are_no_part_of_a_schema() -> None:
    def kernel(x: Any, *, kind: str = "", _secret: str = "") -> Any:
        return x

    assert list(build_schema("Op(x: float32) -> y: float32", {}, kernel).attrs) == ["kind"]

    def without(x: Any, *, _secret: str) -> Any:
        return x

    with pytest.raises(InternalError, match="'_secret' must have a default"):
        build_schema("Op(x: float32) -> y: float32", {}, without)


def test_a_graph_of_the_program_reads_here_what_its_copy_may_not(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b"n,word\n1,a\n2,b\n")
    with tf.Graph().as_default() as graph:
        dataset = tf.data.experimental.make_csv_dataset(
            str(path), 2, shuffle=False, num_epochs=1, label_name="word"
        )
        features, label = tf.data.experimental.get_single_element(dataset)
        tf.identity(label, name="read")
        with tf.Session() as session:
            found = session.run([features["n"], label])
        np.testing.assert_array_equal(found[0], np.array([1, 2], np.int32))
        assert found[1].tolist() == [b"a", b"b"]
        written = graph.as_graph_def()
    with pytest.raises(PermissionDeniedError, match="files of its module only"):
        run(written)
    assert run(written, tmp_path).tolist() == [b"a", b"b"]


def test_a_damaged_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"no zlib")
    (tmp_path / "good").write_bytes(zlib.compress(b"h\nx\n"))
    names = [str(tmp_path / name) for name in ("bad", "good", "bad")]
    for header, expected, error in (
        (False, b"h", DataLossError),
        (True, b"x", InvalidArgumentError),
    ):
        with tf.Graph().as_default(), tf.Session() as session:
            dataset = tf.data.experimental.CsvDataset(names, [tf.string], "ZLIB", header=header)
            (following,) = dataset.make_one_shot_iterator().get_next()
            with pytest.raises(error, match="inflate"):
                session.run(following)
            assert session.run(following) == expected


def test_columns_that_are_not_wanted_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1,2,3\n4,5,6\n")
    with tf.Graph().as_default(), tf.Session() as session:
        dataset = tf.data.experimental.CsvDataset(str(path), [tf.int32] * 2, exclude_cols=[1])
        following = dataset.make_one_shot_iterator().get_next()
        assert session.run(following) == (1, 3)
        assert session.run(following) == (4, 6)
