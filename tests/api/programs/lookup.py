"""Lookup tables."""

from __future__ import annotations

import itertools
import os
import pathlib
import tempfile
from collections.abc import Callable
from typing import Any
from unittest import mock

from tests.api.programs import attempt, message, program

#: A path that is the same wherever the tests run: relative to the folder of the tests' data.
WORDS = "words.txt"


def named() -> Any:
    """A context in which names that are drawn at random are numbers."""
    return mock.patch("uuid.uuid4", side_effect=map(str, itertools.count()))


def write_words(folder: str) -> None:
    pathlib.Path(folder, WORDS).write_text("emerson\tx\nlake\ty\npalmer\tz\n", encoding="utf-8")


def in_folder(function: Callable[[], Any]) -> Any:
    """The result of a function that runs where the file of words is."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        write_words(folder)
        os.chdir(folder)
        try:
            return function()
        finally:
            os.chdir(before)


def collected(tf: Any) -> Any:
    graph = tf.get_default_graph()
    return [
        [op.name for op in graph.get_collection(tf.GraphKeys.TABLE_INITIALIZERS)],
        [t.name for t in graph.get_collection(tf.GraphKeys.ASSET_FILEPATHS)],
        [item.name for item in graph.get_collection(tf.GraphKeys.SAVEABLE_OBJECTS)],
    ]


def run(tf: Any, *fetches: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        return session.run(list(fetches))


def in_order(keys: Any, values: Any) -> Any:
    """The entries of a table, which come in any order."""
    return sorted(zip(keys.tolist(), values.tolist(), strict=True))


@program
def static_hash_tables(tf: Any) -> Any:
    with named():
        init = tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2], value_dtype=tf.int64)
        table = tf.lookup.StaticHashTable(init, -1)
        other = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer([1, 2], ["x", "y"], name="init"), "?", name="table"
        )
    keys = tf.constant(["a", "c"])
    sparse = tf.SparseTensor([[0, 0], [1, 1]], ["b", "z"], [2, 2])
    exported = table.export()
    found = [
        table.lookup(keys), table[keys], table.lookup(keys, name="named"), table.size(), table.size(name="n"),
        other.lookup(tf.constant([[2], [3]])), table.lookup(sparse).values,
    ]  # fmt: skip
    return [
        collected(tf),
        table.name, other.name, table.key_dtype, table.value_dtype, table.default_value, table.initializer,
        table.resource_handle,
        found[0].shape.as_list(), str(exported[1].shape),
        attempt(lambda: table.lookup(tf.constant([1]))),
        message(lambda: table.lookup(tf.constant([1]))),
        attempt(lambda: tf.lookup.StaticHashTable(init, [1, 2])),
        attempt(lambda: tf.lookup.StaticHashTable(init, "x")),
        run(tf, *found),
        in_order(*run(tf, *exported)),
    ]  # fmt: skip


@program
def text_files(tf: Any) -> Any:
    index = tf.lookup.TextFileIndex

    def make() -> Any:
        init = tf.lookup.TextFileInitializer(
            WORDS, tf.string, 0, tf.int64, index.LINE_NUMBER, vocab_size=3, delimiter="\t"
        )
        lines = tf.lookup.TextFileInitializer(
            tf.constant(WORDS),
            tf.int64,
            index.LINE_NUMBER,
            tf.string,
            index.WHOLE_LINE,
            name="lines",
        )
        moved = tf.lookup.TextFileInitializer(
            pathlib.PurePath(WORDS), tf.string, 1, tf.int64, index.LINE_NUMBER, value_index_offset=7
        )
        both = tf.lookup.TextFileInitializer(
            WORDS, tf.string, 0, tf.int64, index.LINE_NUMBER, vocab_size=3, value_index_offset=2
        )
        with named():
            tables = [
                tf.lookup.StaticHashTable(one, default)
                for one, default in ((init, -1), (lines, "?"), (moved, -1), (both, -1))
            ]
        return [
            run(
                tf,
                tables[0].lookup(tf.constant(["lake", "no"])),
                tables[1].lookup(tf.constant([2, 5], tf.int64)),
                tables[2].lookup(tf.constant(["x", "z"])),
                tables[3].lookup(tf.constant(["emerson", "z"])),
            ),
            collected(tf),
        ]

    return in_folder(make)


@program
def text_files_that_are_wrong(tf: Any) -> Any:
    make = tf.lookup.TextFileInitializer
    return [
        message(lambda: make("", tf.string, 0, tf.int64, -1)),
        message(lambda: make("f", tf.string, -1, tf.int64, 0))[:40],
        attempt(lambda: make("f", tf.float32, -2, tf.int64, -1)),
        attempt(lambda: make("f", tf.string, -3, tf.int64, -1)),
        attempt(lambda: make("f", tf.string, 0, tf.int64, -3)),
        attempt(lambda: make("f", tf.string, 0, tf.string, -1)),
        attempt(lambda: make("f", tf.string, 0, tf.float32, -2)),
        message(lambda: make("f", tf.string, 0, tf.int64, -1, vocab_size=0)),
    ]


@program
def vocabulary_tables(tf: Any) -> Any:
    with named():
        init = tf.lookup.KeyValueTensorInitializer(["a", "b"], [0, 1], value_dtype=tf.int64)
        table = tf.lookup.StaticVocabularyTable(init, 3)
        numbers = tf.lookup.StaticVocabularyTable(
            tf.lookup.KeyValueTensorInitializer([5, 6], [0, 1], tf.int64, tf.int64),
            2,
            tf.int32,
            name="n/m/",
        )
    buckets = tf.lookup.StaticVocabularyTable(None, 4)
    sparse = tf.SparseTensor([[0, 0], [1, 1]], ["b", "z"], [2, 2])
    found = [
        table.lookup(tf.constant(["a", "b", "c", "d"])), table.size(), table.lookup(sparse).values,
        numbers.lookup(tf.constant([6, 7, 8])), numbers.size("size"),
        buckets.lookup(tf.constant(["x"]), name="named"), buckets.size(),
    ]  # fmt: skip
    one = tf.lookup.StaticVocabularyTable
    values = tf.lookup.KeyValueTensorInitializer(["a"], ["b"])
    floats = tf.lookup.KeyValueTensorInitializer([1.0], [1], value_dtype=tf.int64)
    return [
        [t.name for t in (table, numbers, buckets)],
        [table.initializer, table.resource_handle, buckets.resource_handle, buckets.initializer.name],
        collected(tf),
        message(lambda: one(init, 0)),
        attempt(lambda: one(values, 1)),
        attempt(lambda: one(floats, 1)),
        attempt(lambda: one(init, 1, tf.int64)),
        attempt(lambda: table.lookup(tf.constant([1]))),
        run(tf, *found),
    ]  # fmt: skip


@program
def mutable_tables(tf: Any) -> Any:
    experimental = tf.lookup.experimental
    table = experimental.MutableHashTable(tf.string, tf.int64, -1)
    vectors = experimental.MutableHashTable(
        tf.int64, tf.float32, [0.0, 1.0], name="v", checkpoint=False
    )
    dense = experimental.DenseHashTable(tf.int64, tf.int64, -1, 0, -1, initial_num_buckets=8)
    keys = tf.constant(["a", "b"])
    insert = table.insert(keys, tf.constant([1, 2], tf.int64))
    remove = table.remove(tf.constant(["a"]))
    fill = [
        vectors.insert(tf.constant([3], tf.int64), [[2.0, 3.0]]),
        dense.insert(tf.constant([3, 4], tf.int64), tf.constant([30, 40], tf.int64)),
        dense.insert_or_assign(
            tf.constant([3], tf.int64), tf.constant([31], tf.int64), name="again"
        ),
        dense.erase(tf.constant([4], tf.int64)),
    ]
    found = [
        table.lookup(tf.constant(["a", "b", "c"])), table.lookup(keys, tf.constant([7, 8], tf.int64)), table.size(),
        vectors.lookup(tf.constant([3, 4], tf.int64)), dense.lookup(tf.constant([3, 4, 5], tf.int64)), dense.size("s"),
        table[keys],
    ]  # fmt: skip
    exported = table.export()
    results = []
    with tf.Session() as session:
        session.run(insert)
        for op in fill:
            session.run(op)
        results += session.run(found)
        session.run(remove)
        results += session.run([table.size(), *exported])
    return [
        [t.name for t in (table, vectors, dense)],
        collected(tf),
        [
            [spec.name for spec in item.specs]
            for item in tf.get_collection(tf.GraphKeys.SAVEABLE_OBJECTS)
        ],
        attempt(lambda: table.remove(tf.constant([1]))),
        attempt(lambda: table.insert([1], [2])),
        results,
    ]


def contrib(tf: Any) -> Any:
    """What was tf.contrib.lookup: of TensorFlow 2, its module."""
    if hasattr(tf, "contrib"):
        return tf.contrib.lookup
    from tensorflow.python.ops import lookup_ops

    return lookup_ops


@program
def vocabulary_files(tf: Any) -> Any:
    lookup = contrib(tf)

    def make() -> Any:
        table = lookup.index_table_from_file(WORDS, 2, 3, key_column_index=0, delimiter="\t")
        plain = lookup.index_table_from_file(WORDS, default_value=9, name="plain")
        strong = lookup.index_table_from_file(
            WORDS, 5, hasher_spec=lookup.StrongHashSpec([1, 2]), key_column_index=1
        )
        words = lookup.index_to_string_table_from_file(WORDS, vocab_size=2, default_value="?")
        return [
            run(
                tf,
                table.lookup(tf.constant(["lake", "no", "nobody"])),
                table.size(),
                plain.lookup(tf.constant(["lake\ty", "no"])),
                strong.lookup(tf.constant(["z", "no"]), name="found"),
                words.lookup(tf.constant([0, 1, 2], tf.int64)),
            ),
            [table.name, plain.name, strong.name, words.name],
            collected(tf),
        ]

    return in_folder(make)


@program
def vocabulary_tensors(tf: Any) -> Any:
    lookup = contrib(tf)
    with named():
        table = lookup.index_table_from_tensor(tf.constant(["a", "b"]), 1)
        plain = lookup.index_table_from_tensor(["a", "b"], name="plain")
        numbers = lookup.index_table_from_tensor(
            tf.constant([4, 5]), num_oov_buckets=2, dtype=tf.int32
        )
        words = lookup.index_to_string_table_from_tensor(tf.constant(["a", "b"]))
    return [
        run(
            tf,
            table.lookup(tf.constant(["b", "z"])),
            plain.lookup(tf.constant(["b", "z"])),
            numbers.lookup(tf.constant([5, 6])),
            words.lookup(tf.constant([1, 2], tf.int64)),
        ),
        [table.name, plain.name, numbers.name, words.name],
        collected(tf),
    ]


@program
def vocabularies_that_are_wrong(tf: Any) -> Any:
    lookup = contrib(tf)
    return [
        attempt(lambda: lookup.index_table_from_file(None)),
        attempt(lambda: lookup.index_table_from_file("")),
        attempt(lambda: lookup.index_table_from_file("f", -1)),
        message(lambda: lookup.index_table_from_file("f", vocab_size=0)),
        attempt(lambda: lookup.index_table_from_file("f", key_dtype=tf.float32)),
        attempt(lambda: lookup.index_table_from_tensor(None)),
        attempt(lambda: lookup.index_table_from_tensor(["a"], -1)),
        attempt(lambda: lookup.index_table_from_tensor(["a"], dtype=tf.float32)),
        attempt(lambda: lookup.index_table_from_tensor(["a"], dtype=tf.int64)),
        attempt(lambda: lookup.index_table_from_tensor([1.0], dtype=tf.string)),
        attempt(lambda: lookup.index_to_string_table_from_file("")),
        attempt(lambda: lookup.index_to_string_table_from_file("f", 0)),
        attempt(lambda: lookup.index_to_string_table_from_tensor(None)),
        attempt(lambda: lookup.StrongHashSpec([1])),
        attempt(lambda: lookup.StrongHashSpec([1, "x"])),
        attempt(lambda: lookup.IdTableWithHashBuckets(None, 0)),
        attempt(lambda: lookup.IdTableWithHashBuckets(None, 1, hasher_spec="x")),
        attempt(lambda: lookup.IdTableWithHashBuckets(None, 1, key_dtype=tf.float32)),
    ]


@program
def lines_of_numbers(tf: Any) -> Any:
    """Whole lines may be integers, as in the vocabulary files of columns of integers."""
    index = tf.lookup.TextFileIndex

    def looked_up(text: str, key: Any, value: Any, of: list[Any]) -> Any:
        # A file for each: TensorFlow has one table for all of a file's name.
        path = f"numbers_{next(numbers)}.txt"
        pathlib.Path(path).write_text(text, encoding="utf-8")
        init = tf.lookup.TextFileInitializer(path, *key, *value)
        table = tf.lookup.StaticHashTable(init, -3)
        found = table.lookup(tf.constant(of, key[0]))
        return run(tf, found)[0].tolist()

    numbers = itertools.count()
    number, line = (tf.int64, index.LINE_NUMBER), index.WHOLE_LINE

    def make() -> Any:
        with named():
            return [
                looked_up("5\n 7 \n-1\n", (tf.int64, line), number, [7, -1, 6]),
                looked_up("5\n7\n", number, (tf.int64, line), [1, 2]),
                looked_up("5\n7\n", number, (tf.int32, line), [1, 0]),
                attempt(lambda: looked_up("5\n", number, (tf.float32, line), [0])),
            ]

    return in_folder(make)
