"""Datasets of what queries of databases give."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.api.programs import program, results
from tests.api.programs.csv_datasets import kept, written

ROWS = [
    (1, 1.5, "a", b"\x00z"),
    (300, -2.75, "12abc", None),
    (None, None, None, b"7"),
    (-1, 1e300, "3.9 x", b""),
    (2**40, 0.1, "\u00e9", b"\xff"),
]


@contextlib.contextmanager
def database() -> Iterator[None]:
    """A database with a table of four columns, and a file that is none, in the current folder."""
    with written(other=b"this is no database" * 99):
        with contextlib.closing(sqlite3.connect("db")) as made, made:
            made.execute("CREATE TABLE t (i INTEGER, x REAL, s TEXT, b BLOB)")
            made.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", ROWS)
        yield


def queried(tf: Any, query: str, types: Any, name: str = "db") -> Any:
    dataset = tf.data.experimental.SqlDataset("sqlite", name, query, types)
    return kept(tf, dataset, 7)


@program
def rows_of_a_query(tf: Any) -> Any:
    with database():
        types = (tf.int64, tf.float64, tf.string, tf.string)
        dataset = tf.data.experimental.SqlDataset("sqlite", "db", "SELECT * FROM t", types)
        return kept(tf, dataset.batch(2)), str(dataset.element_spec)


@results
def types_of_columns(tf: Any) -> Any:
    every = "SELECT i, x, s, b FROM t"
    with database():
        return [
            queried(tf, every, (tf.int32,) * 4),
            queried(tf, every, (tf.int8, tf.int16, tf.uint8, tf.uint16)),
            queried(tf, every, (tf.bool,) * 4),
            queried(tf, every, (tf.float64,) * 4),
            queried(tf, "SELECT i, x, s, i + x FROM t", (tf.string,) * 4),
            queried(tf, "SELECT i FROM t", tf.int64),
            queried(
                tf,
                "SELECT i, s FROM t WHERE i > 0 ORDER BY i DESC",
                {"n": tf.int32, "s": tf.string},
            ),
            queried(tf, "SELECT s FROM t WHERE i = 77", (tf.string,)),
            queried(tf, "SELECT 100.0, 1e15, 0.1 + 0.2, 1e-5", (tf.string,) * 4),
        ]


@results
def epochs_of_a_query(tf: Any) -> Any:
    with database():
        dataset = tf.data.experimental.SqlDataset("sqlite", "db", "SELECT i FROM t", (tf.int64,))
        return [kept(tf, dataset.repeat(2)), kept(tf, dataset.skip(3)), kept(tf, dataset.take(1))]


@results
def queries_that_fail(tf: Any) -> Any:
    with database():
        return [
            queried(tf, "SELECT i FROM t", (tf.int32, tf.int32)),
            queried(tf, "SELECT s FROM missing", (tf.string,)),
            queried(tf, "SELEC s FROM t", (tf.string,)),
            queried(tf, "SELECT s FROM t", (tf.string,), "other"),
            Path("db").exists(),
        ]
