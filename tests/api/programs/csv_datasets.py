"""Datasets of the records of CSV files, with their graphs, and what their first lines tell."""

from __future__ import annotations

import contextlib
import gzip
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program, results
from tests.api.programs.datasets import drained


@contextlib.contextmanager
def written(**files: bytes) -> Iterator[None]:
    """A folder with files as the current one: their names, which graphs hold, are the same everywhere."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def table(first: int, rows: int) -> bytes:
    """A file with a header and columns of several types."""
    lines = [f'{first + n},{n * 10**10},{n / 4},"n, ""{first + n}"""' for n in range(rows)]
    return "\n".join(["id,big,x,name", *lines]).encode() + b"\n"


def kept(tf: Any, dataset: Any, limit: int = 12) -> list[Any]:
    """The elements of a dataset, and the kinds of the errors between them."""
    iterator = tf.data.make_initializable_iterator(dataset)
    following = iterator.get_next()
    found: list[Any] = []
    with tf.Session() as session:
        session.run(iterator.initializer)
        for _ in range(limit):
            try:
                found.append(session.run(following))
            except tf.errors.OutOfRangeError:
                return [*found, "end"]
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
    return found


@program
def csv_records(tf: Any) -> Any:
    text = b'a,b,c,d\r\n"x, ""y""",1,2.5,-7\r\n"two\nlines",,1e3, 8 \r\n,NA,,9'
    defaults = [tf.string, tf.constant([5], tf.int64), [0.5], tf.constant([], tf.float64)]
    with written(plain=text):
        dataset = tf.data.experimental.CsvDataset("plain", defaults, header=True, na_value="NA")
        columns = tf.data.experimental.CsvDataset(
            ["plain", "plain"], ["string", tf.float64], select_cols=[0, 3], buffer_size=7
        )
        return [
            kept(tf, dataset),
            kept(tf, columns),
            dataset.output_types,
            dataset.output_shapes,
        ]


@results
def csv_errors(tf: Any) -> Any:
    csv = tf.data.experimental.CsvDataset
    two = [tf.int32, tf.int32]
    with written(
        wrong=b'1,2\nx,2\n1\n1,2,3\n,2\n1,"2"3\n"1",2"\n\n\r+1,2\n9999999999,1\n 4 , 5 \n6,"7',
        empty=b"",
        quoted=b'"a"b,c\n"d",e\nf,g\nh"i,j\nk,l',
        semicolons=b'1;"2;3"\n4;5',
        gz=gzip.compress(b"1,2\n3,4") + gzip.compress(b"5,6\n"),
        zlib=zlib.compress(b"h,\n1,2\n3,4"),
        cut=gzip.compress(b"1,2\n3,4\n")[:-9],
    ):
        return [
            [kept(tf, dataset, 20), kept(tf, dataset.apply(tf.data.experimental.ignore_errors()))]
            for dataset in (
                csv("wrong", two),
                csv("wrong", [[7], [8]]),
                csv("wrong", [tf.string, tf.string], use_quote_delim=False),
                csv("wrong", [tf.int32], select_cols=[1]),
                csv(["wrong", "empty", "wrong"], two, header=True),
                csv("quoted", [tf.string, tf.string]),
                csv("quoted", [tf.string, tf.string], header=True),
                csv("semicolons", [tf.int32, tf.string], field_delim=";"),
                csv("gz", two, "GZIP"),
                csv("zlib", two, compression_type="ZLIB", header=True),
                csv("cut", two, compression_type="GZIP"),
                csv("gz", [tf.string], field_delim="|").take(0),
            )
        ] + [
            drained(tf, names.flat_map(lambda name, more=more: csv(name, two, **more)), 3)
            for names, more in (
                (tf.data.Dataset.from_tensors(name), more)
                for name, more in (
                    ("missing", {}),
                    (".", {}),
                    ("zlib", {"compression_type": "GZIP"}),
                    ("wrong", {"compression_type": "LZ4"}),
                    ("wrong", {"field_delim": ", "}),
                    ("wrong", {"buffer_size": 0}),
                    ("wrong", {"select_cols": [1, 1]}),
                    ("wrong", {"select_cols": [-1, 1]}),
                    ("wrong", {"select_cols": [1]}),
                )
            )
        ]


@results
def csv_arguments(tf: Any) -> Any:
    csv = tf.data.experimental.CsvDataset
    tried: list[Any] = [
        tf.float16,
        [True],
        [[1]],
        [1, 2],
        None,
        np.float32,
        [b"x"],
        [],
        2.5,
        "string",
        "x",
        tf.zeros([3]),
    ]
    return [
        [attempt(lambda value=value: csv("x", [value]).output_types) for value in tried],
        attempt(lambda: csv([["x"]], [tf.int32])),
        attempt(lambda: csv("x", [tf.int32], header=[True])),
        attempt(lambda: csv("x", [tf.int32], select_cols=0)),
        attempt(lambda: csv("x", [tf.int32], select_cols=["a"])),
        attempt(lambda: csv("x", [tf.int32], "", "many")),
        attempt(lambda: csv(1, [tf.int32])),
        attempt(lambda: csv("x", [])),
    ]


def shapes_of(structure: Any) -> Any:
    """The shapes of a structure as text: how Python shows an OrderedDict differs between its versions."""
    if isinstance(structure, tuple):
        return [shapes_of(item) for item in structure]
    if isinstance(structure, dict):
        return [[key, str(shape)] for key, shape in structure.items()]
    return str(structure)


@program
def csv_batches(tf: Any) -> Any:
    make = tf.data.experimental.make_csv_dataset
    tf.set_random_seed(7)
    with written(p0=table(0, 5), p1=table(100, 8), p2=table(200, 11)):
        return [
            [kept(tf, dataset, 9), dataset.output_types, shapes_of(dataset.output_shapes)]
            for dataset in (
                make("./p*", 4, shuffle=False, num_epochs=1),
                make("./p*", 4, shuffle_seed=3, label_name="x"),
                make("./p*", 6, shuffle_seed=3, num_parallel_reads=2, num_epochs=2),
                make(
                    ["./p2", "./p[01]"],
                    30,
                    shuffle=False,
                    num_parallel_reads=3,
                    sloppy=False,
                    num_epochs=1,
                    select_columns=["name", 0],
                    label_name="id",
                    prefetch_buffer_size=0,
                ),
                make(
                    "./p*",
                    5,
                    header=False,
                    column_names=["a", "b", "c", "d"],
                    column_defaults=[tf.int32, tf.int64, tf.constant([0.5]), tf.string],
                    shuffle=False,
                    num_epochs=1,
                    ignore_errors=True,
                ),
                make("./p1", 3, num_rows_for_inference=2, shuffle_buffer_size=2, shuffle_seed=1),
            )
        ]


@results
def csv_columns(tf: Any) -> Any:
    """What files tell of their columns."""
    make = tf.data.experimental.make_csv_dataset
    values = [
        "1", "3000000000", "99999999999999999999", "1.5", "1e39", "1e400", "nan", "inf", "-inf", "x", "", "NA", " 5 ",
        "1_0", "+5", "0x10", "1e3", "-2147483648", "-2147483649", "٥",
    ]  # fmt: skip
    columns = [[value] for value in values] + [[a, b] for a in values[:12] for b in values[:12]]
    rows = [[column[place % len(column)] for column in columns] for place in range(3)]
    names = [f"c{place}" for place in range(len(columns))]
    text = "\n".join(",".join(row) for row in [names, *rows]) + "\n"
    with written(
        types=text.encode(),
        gz=gzip.compress(b"a;b\r\n1;'x\r\n2.5;y\r\n"),
        latin="\xe4,b\n1,\xf6\n".encode("latin-1"),
        quoted=b'"a ""b""","c\nd"\n"1,5","2\n3"\n',
        late=b"a\n1\n2\n2.5\nx\n",
        long=b"a,b\n1,2\n1,2,3\n",
        blank=b"a,b\n1,2\n\n3,4\n",
        none=b"",
        only=b"a,b\n",
        twice=b"a,b,a\n1,2,3\n",
    ):
        types = make("types", 1, na_value="NA", shuffle=False, num_epochs=1)
        plain = {"shuffle": False, "num_epochs": 1}
        return [
            types.output_types,
            message(lambda: make("types", 1, num_rows_for_inference=0).output_types["c0"]),
            [
                attempt(lambda given=given: kept(tf, make(**{"batch_size": 2, **plain, **given})))
                for given in (
                    {"file_pattern": "gz", "field_delim": ";", "compression_type": "GZIP"},
                    {"file_pattern": "gz", "compression_type": "ZLIB"},
                    {"file_pattern": "gz", "compression_type": "LZ4"},
                    {"file_pattern": "latin"},
                    {"file_pattern": "latin", "encoding": "latin-1"},
                    {"file_pattern": "quoted"},
                    {"file_pattern": "late"},
                    {"file_pattern": "late", "num_rows_for_inference": 3},
                    {"file_pattern": "late", "num_rows_for_inference": None},
                    {"file_pattern": "long"},
                    {"file_pattern": "long", "num_rows_for_inference": 1},
                    {"file_pattern": "blank"},
                    {"file_pattern": "none"},
                    {"file_pattern": "only"},
                    {"file_pattern": "twice"},
                    {"file_pattern": "twice", "column_names": ["a", "b", "c"]},
                    {"file_pattern": ["only", "late"]},
                    {"file_pattern": "late", "use_quote_delim": False},
                    {"file_pattern": "only", "header": False, "column_names": ["x", "y"]},
                    {"file_pattern": "only", "column_names": ["x", "y"], "column_defaults": ["string", [1]]},
                )
            ],
        ]  # fmt: skip


@results
def csv_batches_that_cannot_be(tf: Any) -> Any:
    make = tf.data.experimental.make_csv_dataset
    with written(p=table(0, 3)):
        return [
            message(lambda given=given: make(**{"file_pattern": "p", "batch_size": 2, **given}))
            for given in (
                {"file_pattern": "missing*"},
                {"file_pattern": []},
                {"header": False},
                {"label_name": "y"},
                {"label_name": "big", "select_columns": ["id"]},
                {"column_names": ["a", "a", "b", "c"]},
                {"column_names": ["a", "b"]},
                {"select_columns": [1], "column_defaults": [tf.int32, tf.int32]},
                {"compression_type": "ZLIB"},
            )
        ] + [
            attempt(lambda given=given: make(**{"file_pattern": "p", "batch_size": 2, **given}))
            for given in (
                {"select_columns": ["y"]},
                {"select_columns": [4]},
                {"select_columns": [-1]},
                {"select_columns": [1, "big"]},
                {"compression_type": "LZ4"},
            )
        ]
