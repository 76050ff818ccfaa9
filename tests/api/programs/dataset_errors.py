"""What iterators give after an element that fails: at the beginning, in the midst, at the end, two in a row, every other one."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.api.programs import results

#: Numbers, and what is none.
WORDS = (
    "0 1 2 3 4 5 6",
    "x 1 2 3 4 5 6",
    "0 1 2 x 4 5 x",
    "0 1 x x 4 5 6",
    "0 x 2 x 4 x 6",
    "x x x",
)


def number(tf: Any, word: Any) -> Any:
    return tf.strings.to_number(word, tf.int32)


def failing(tf: Any, words: Any) -> Any:
    """A dataset of numbers, with an error for each word that is none."""
    return tf.data.Dataset.from_tensor_slices(words).map(lambda word: number(tf, word))


def apart(dataset: Any) -> Any:
    """The same elements, from a dataset that is not put together with what stands upon it."""
    return dataset.filter(lambda n: n >= 0)


def asked(tf: Any, session: Any, following: Any, limit: int) -> list[Any]:
    """Elements and kinds of errors, up to the end; and whether that comes again."""
    found: list[Any] = []
    ends = 0
    while len(found) < limit and ends < 2:
        try:
            found.append(session.run(following))
        except tf.errors.OutOfRangeError:
            ends += 1
            found.append("end")
        except tf.errors.OpError as error:
            found.append(type(error).__name__)
    return found


def after_errors(tf: Any, *makes: Callable[[Any], Any], limit: int = 24) -> list[Any]:
    """What the iterators of datasets give, each for all words; `makes` make the datasets of a vector of words."""
    words = tf.placeholder(tf.string, [None])
    found = []
    for make in makes:
        iterator = tf.data.make_initializable_iterator(make(words))
        following = iterator.get_next()
        with tf.Session() as session:
            for text in WORDS:
                session.run(iterator.initializer, {words: text.split()})
                found.append(asked(tf, session, following, limit))
    return found


def upon(tf: Any, *changes: Callable[[Any], Any], limit: int = 24) -> list[Any]:
    """What comes of transformations of the dataset of numbers."""

    def maker(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda words: change(failing(tf, words))

    return after_errors(tf, *map(maker, changes), limit=limit)


@results
def errors_and_counts(tf: Any) -> Any:
    """What fails is not taken; what was passed over before an error is passed over anew."""
    return upon(
        tf,
        lambda d: d.take(1),
        lambda d: d.take(3),
        lambda d: d.take(7),
        lambda d: d.skip(1),
        lambda d: d.skip(2),
        lambda d: apart(d).skip(3),
        lambda d: d.skip(5),
        lambda d: d.shard(2, 1),
        lambda d: d.shard(3, 0),
        lambda d: apart(d).shard(3, 2),
        lambda d: d.skip(1).skip(2),
        lambda d: d.skip(1).take(3),
        lambda d: d.take(5).skip(2),
        lambda d: d.take(5).shard(2, 0),
        lambda d: d.repeat(2).skip(3),
        lambda d: d.concatenate(d).skip(5),
        lambda d: d.shuffle(2, seed=3).skip(2),
        lambda d: d.flat_map(lambda n: tf.data.Dataset.range(2)).skip(3),
        lambda d: d.apply(tf.data.experimental.ignore_errors()).skip(2),
    )


@results
def errors_in_batches(tf: Any) -> Any:
    """A batch of results of a function takes all its elements with it; others go on after the element that failed."""
    data, experimental = tf.data.Dataset, tf.data.experimental
    return upon(
        tf,
        lambda d: d.batch(2),
        lambda d: d.batch(3),
        lambda d: d.batch(3, drop_remainder=True),
        lambda d: d.batch(10),
        lambda d: apart(d).batch(2),
        lambda d: apart(d).batch(3, drop_remainder=True),
        lambda d: d.padded_batch(3, []),
        lambda d: d.map(lambda n: n * 2, num_parallel_calls=2).batch(3),
        lambda d: d.map(lambda n: tf.fill([2 + n // 4], n)).batch(2),
        lambda d: apart(d).apply(experimental.map_and_batch(lambda n: n + 1, 2)),
        lambda d: d.apply(experimental.scan(np.int32(0), lambda s, n: (s + n, s + n))).batch(2),
        # What does nothing does not come in between.
        lambda d: d.take(-1).skip(0).repeat(1).shard(1, 0).prefetch(0).batch(3),
        lambda d: d.prefetch(1).batch(3),
        lambda d: d.cache().batch(3),
        lambda d: d.with_options(tf.data.Options()).batch(3),
        lambda d: d.batch(2).take(2),
        lambda d: d.batch(2).skip(1),
        lambda d: d.batch(2).unbatch(),
        lambda d: d.map(lambda n: tf.fill([2], n)).unbatch(),
        lambda d: data.zip((d.batch(2), d)),
    ) + after_errors(
        tf, lambda words: data.range(2).flat_map(lambda n: failing(tf, words).batch(3))
    )


@results
def errors_in_windows(tf: Any) -> Any:
    """An error is that of each window which it lies in."""

    def windows(*sizes: int, drop: bool = False) -> Callable[[Any], Any]:
        return lambda d: d.window(*sizes, drop_remainder=drop).flat_map(lambda w: w.batch(10))

    return upon(
        tf,
        windows(1),
        windows(2),
        windows(3, drop=True),
        windows(2, 1),
        windows(3, 1, drop=True),
        windows(3, 2),
        windows(2, 3),
        windows(1, 3, drop=True),
        windows(2, 1, 2),
        windows(2, 2, 2, drop=True),
        windows(2, 5, 2),
    )


@results
def errors_of_epochs(tf: Any) -> Any:
    """The buffer of a shuffled dataset that is repeated meets the errors of later epochs."""
    experimental = tf.data.experimental
    return upon(
        tf,
        lambda d: d.repeat(2),
        lambda d: d.shuffle(3, seed=1),
        lambda d: d.shuffle(10, seed=1),
        lambda d: d.shuffle(3, seed=1).repeat(2),
        lambda d: d.shuffle(1, seed=1).repeat(2),
        lambda d: d.shuffle(2, seed=1, reshuffle_each_iteration=False).repeat(2),
        lambda d: d.shuffle(2, seed=1).repeat(),
        lambda d: d.shuffle(20, seed=1).repeat(3),
        lambda d: d.shuffle(50, seed=1).repeat(6),
        lambda d: d.shuffle(3, seed=1).repeat(2).repeat(2),
        lambda d: d.shuffle(3, seed=1).prefetch(1).repeat(2),
        lambda d: d.repeat(2).shuffle(4, seed=5),
        lambda d: d.apply(experimental.shuffle_and_repeat(3, 2, seed=5)),
        lambda d: d.apply(experimental.shuffle_and_repeat(3, None, seed=5)),
        lambda d: d.cache().repeat(2),
        lambda d: d.cache().apply(experimental.ignore_errors()).repeat(2),
        limit=45,
    )


@results
def errors_beside_others(tf: Any) -> Any:
    """All datasets that are zipped take a step; errors before and after an end."""
    data = tf.data.Dataset
    return upon(
        tf,
        lambda d: data.zip((d, data.range(10, 15))),
        lambda d: data.zip((data.range(10, 15), d)),
        lambda d: data.zip((d, data.range(2))),
        lambda d: data.zip((data.range(3), d, data.range(4), d.skip(2))),
        lambda d: d.concatenate(d.take(2)),
        lambda d: d.enumerate(),
    )


@results
def errors_in_turns(tf: Any) -> Any:
    """Errors of datasets, and of what they are made of, where datasets take turns."""
    data = tf.data.Dataset

    def tens(n: Any) -> Any:
        """A few numbers; none can be made of 3."""
        return data.range(tf.cast(6 // (n - 3) + 3, tf.int64)).map(
            lambda m: tf.cast(m, tf.int32) * 10 + n
        )

    def both(**more: Any) -> list[Callable[[Any], Any]]:
        return [
            lambda words: failing(tf, words).interleave(tens, **more),
            lambda words: data.range(3).interleave(lambda n: failing(tf, words), **more),
        ]

    return after_errors(
        tf,
        lambda words: failing(tf, words).flat_map(tens),
        lambda words: data.range(2).flat_map(lambda n: failing(tf, words).take(3)),
        *both(cycle_length=2),
        *both(cycle_length=2, block_length=2),
        *both(cycle_length=1, block_length=2, num_parallel_calls=1),
        *both(cycle_length=2, num_parallel_calls=1),
        *both(cycle_length=2, block_length=2, num_parallel_calls=2),
        *both(cycle_length=3, block_length=3, num_parallel_calls=2),
        lambda words: failing(tf, words).apply(
            tf.data.experimental.parallel_interleave(tens, cycle_length=2)
        ),
    )


@results
def errors_in_groups(tf: Any) -> Any:
    """A group of which nothing can be made stays, and its error comes for ever at the end."""
    data, experimental = tf.data.Dataset, tf.data.experimental

    def grouped(key: Any, reduce: Any, size: Any) -> Callable[[Any], Any]:
        more = {"window_size_func" if callable(size) else "window_size": size}
        return lambda d: d.apply(
            experimental.group_by_window(lambda n: tf.cast(key(n), tf.int64), reduce, **more)
        )

    return upon(
        tf,
        grouped(lambda n: n % 2, lambda key, rows: rows.batch(10), 2),
        grouped(lambda n: n % 2, lambda key, rows: rows.map(lambda n: 12 // (n - 2)), 3),
        grouped(lambda n: 12 // (n - 2) % 2, lambda key, rows: rows.batch(10), 2),
        grouped(lambda n: n % 3, lambda key, rows: rows.batch(10), lambda key: 6 // (key - 1) + 4),
        grouped(lambda n: n % 3, lambda key, rows: data.range(6 // (key - 1) + 8), 2),
        lambda d: d.map(lambda n: tf.fill([n], n)).apply(
            experimental.bucket_by_sequence_length(lambda row: tf.shape(row)[0], [3], [2, 2])
        ),
        limit=30,
    )


@results
def errors_of_functions(tf: Any) -> Any:
    experimental = tf.data.experimental
    return upon(
        tf,
        lambda d: d.map(lambda n: 6 // (n - 4)),
        lambda d: d.filter(lambda n: 6 // (n - 4) < 0),
        lambda d: d.apply(experimental.take_while(lambda n: 6 // (n - 2) < 5)),
        lambda d: d.apply(experimental.scan(np.int32(0), lambda s, n: (s + 6 // (n - 2), s + n))),
        lambda d: d.map(lambda n: n + 1, num_parallel_calls=3).prefetch(2),
        lambda d: d.apply(experimental.ignore_errors()),
    )


@results
def errors_passed_over_in_turns(tf: Any) -> Any:
    """What was passed over before an error does not count for the turn of a dataset."""

    def inner(n: Any) -> Any:
        return tf.data.Dataset.range(n % 5 + 2).map(lambda m: 12 // (m - n % 3))

    found = []
    numbers = tf.data.Dataset.range(6)
    for cycle, block in ((1, 2), (2, 1), (2, 3), (3, 2), (3, 4)):
        turns = numbers.interleave(inner, cycle, block)
        for dataset in (*(turns.skip(n) for n in (1, 2, 4, 5, 8, 11)), turns.shard(3, 2)):
            following = tf.data.make_one_shot_iterator(dataset).get_next()
            with tf.Session() as session:
                found.append(asked(tf, session, following, 30))
    return found


def damaged_records(tf: Any, path: Path, count: int, damage: dict[int, str], kind: str) -> str:
    """The path of a file of records of which some are damaged: their data, their length, or all that comes after."""
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        for number in range(count):
            writer.write(f"{path.name}{number}".encode())
    content = bytearray(path.read_bytes())
    size = len(content) // count
    for number, what in damage.items():
        place = number * size
        if what == "cut":
            del content[place + size - 6 :]
        else:
            content[place + {"length": 0, "data": 12, "checksum": size - 1}[what]] ^= 1
    path.write_bytes(gzip.compress(bytes(content)) if kind else bytes(content))
    return str(path)


def of_damaged_records(tf: Any, *makes: Callable[[Any], Any], kind: str = "") -> list[Any]:
    """What the iterators of datasets give; `makes` make them of a vector of names of files with damaged records."""
    damages: list[list[dict[int, str]]] = [
        [{2: "data"}, {}, {0: "checksum"}],
        [{0: "data", 1: "checksum"}, {3: "data"}, {}],
        [{2: "length"}, {1: "data"}, {}],
        [{1: "data", 3: "cut"}, {0: "length"}, {2: "data"}],
    ]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, three in enumerate(damages):
            files = [
                damaged_records(tf, Path(folder, f"{letter}{number}"), 5, damage, kind)
                for letter, damage in zip("abc", three, strict=True)
            ]
            for make in makes:
                iterator = tf.data.make_initializable_iterator(make(tf.constant(files)))
                with tf.Session() as session:
                    session.run(iterator.initializer)
                    found.append(asked(tf, session, iterator.get_next(), 24))
    return found


@results
def damaged_records_passed_over(tf: Any) -> Any:
    """Only their lengths are looked at."""
    read = tf.data.TFRecordDataset
    skips = [lambda files, n=n: read(files).skip(n) for n in (0, 1, 2, 3, 5, 6, 9, 20)]
    shards = [lambda files, n=n: read(files).shard(3, n) for n in range(3)]
    return of_damaged_records(
        tf, *skips, *shards, lambda files: read(files).skip(3).take(2), lambda f: read(f).skip(-1)
    )


@results
def compressed_damaged_records_passed_over(tf: Any) -> Any:
    makes = [lambda files, n=n: tf.data.TFRecordDataset(files, "GZIP").skip(n) for n in (0, 3, 6)]
    return of_damaged_records(tf, *makes, kind="GZIP")


@results
def records_of_one_length_in_files_of_others(tf: Any) -> Any:
    """A file of another length is asked for again; of a compressed one, what is left over is lost."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for pack, kind in ((bytes, ""), (gzip.compress, "GZIP")):
            files = [str(Path(folder, f"{name}{kind}")) for name in ("other", "whole")]
            for path, content in zip(files, (b"HHabcdefg", b"HHabcdef"), strict=True):
                Path(path).write_bytes(pack(content))
            for order in (files, files[::-1]):
                dataset = tf.data.FixedLengthRecordDataset(order, 3, 2, compression_type=kind)
                following = tf.data.make_one_shot_iterator(dataset).get_next()
                with tf.Session() as session:
                    found.append(asked(tf, session, following, 8))
    return found


@results
def damaged_records_passed_over_in_turns(tf: Any) -> Any:
    read = tf.data.TFRecordDataset

    def names(files: Any) -> Any:
        return tf.data.Dataset.from_tensor_slices(files)

    def make(skip: int) -> list[Callable[[Any], Any]]:
        return [
            lambda files: names(files).flat_map(read).skip(skip),
            lambda files: names(files).flat_map(lambda f: read(f).skip(1)).skip(skip),
            lambda files: names(files).interleave(read, 2).skip(skip),
            lambda files: names(files).interleave(read, 3, 2).skip(skip),
            lambda files: names(files).interleave(read, 2, 2, num_parallel_calls=1).skip(skip),
            lambda files: names(files).interleave(read, 3).shard(skip + 1, skip),
        ]

    return of_damaged_records(tf, *(one for skip in (1, 2, 3, 7) for one in make(skip)))


@results
def damaged_records_made_before_they_are_passed_over(tf: Any) -> Any:
    """Datasets in between make all elements."""
    read = tf.data.TFRecordDataset
    return of_damaged_records(
        tf,
        lambda files: read(files).prefetch(2).skip(3),
        lambda files: read(files).with_options(tf.data.Options()).skip(3),
        lambda files: read(files).cache().skip(3),
        lambda files: read(files).take(6).skip(3),
        lambda files: read(files).skip(1).skip(2),
        lambda files: read(files).repeat(2).skip(3),
        lambda files: read(files).concatenate(read(files)).skip(3),
        lambda files: read(files).map(lambda r: tf.strings.join([r, r])).skip(3),
        lambda files: read(files).filter(lambda r: tf.not_equal(r, "")).skip(3),
        lambda files: read(files).batch(2).skip(2),
        lambda files: read(files).shuffle(1).skip(3),
        lambda files: read(files).window(2).skip(1).flat_map(lambda w: w),
    )


@results
def damaged_records_behind_functions_that_pass_them_on(tf: Any) -> Any:
    """A function that returns its argument is not there for TensorFlow."""
    read, files = tf.data.TFRecordDataset, tf.data.Dataset.from_tensor_slices

    def aside(record: Any) -> Any:
        tf.constant(1)
        return tf.identity(record)

    def checked(record: Any) -> Any:
        with tf.control_dependencies([tf.Assert(True, [record])]):
            return tf.identity(record)

    def beside(names: Any) -> Any:
        other = tf.constant(1)

        def both(record: Any) -> Any:
            tf.identity(other)
            return record

        return read(names).map(both).skip(3)

    return of_damaged_records(
        tf,
        lambda names: read(names).map(lambda r: r).skip(3),
        lambda names: read(names).map(lambda r: r, num_parallel_calls=2).skip(3),
        lambda names: read(names).map(tf.identity).map(aside).shard(3, 1),
        lambda names: read(names).map(lambda r: {"a": r}).skip(3).map(lambda r: r["a"]),
        lambda names: read(names).map(checked).skip(3),
        lambda names: read(names).map(lambda r: (r, r)).map(lambda r, _: r).skip(3),
        lambda names: read(names).map(lambda r: r).batch(2).skip(1).map(lambda rows: rows[0]),
        lambda names: read(names).map(lambda r: r).batch(3, True).map(lambda rows: rows[0]),
        lambda names: files(names).flat_map(lambda name: read(name).map(lambda r: r)).skip(3),
        beside,
    )


@results
def batches_of_elements_of_one_size(tf: Any) -> Any:
    """Results of a function that are batched need only be as large as one another; the shape is that of any one of them."""

    def shaped(place: Any, shapes: list[list[int]]) -> Any:
        shape = tf.constant([*shapes[0]])
        for number, other in enumerate(shapes):
            shape = tf.where(tf.equal(place, number), tf.constant(other), shape)
        return tf.fill(shape, place)

    found = []
    for shapes in (
        [[4, 1], [2, 2], [1, 4], [2, 2], [4, 1]],
        [[2, 2], [2, 2], [2, 3], [3, 2], [2, 2]],
        [[0, 1], [0, 2], [1, 0], [1, 1], [1, 1]],
    ):
        made = tf.data.Dataset.range(5).map(lambda place, shapes=shapes: shaped(place, shapes))
        for dataset in (
            made.batch(2).map(lambda batch: tf.reshape(batch, [-1])),
            made.batch(3, drop_remainder=True).map(lambda batch: tf.reshape(batch, [-1])),
            made.filter(lambda value: tf.size(value) >= 0).batch(2),
            made.map(lambda value: (value, value)).batch(2).map(lambda one, _: tf.size(one)),
        ):
            following = tf.data.make_one_shot_iterator(dataset).get_next()
            with tf.Session() as session:
                found.append(asked(tf, session, following, 12))
    return found


@results
def errors_beside_ends(tf: Any) -> Any:
    """Too few elements are an error that comes with the end, which some datasets see, and some do not tell."""
    data, experimental = tf.data.Dataset, tf.data.experimental

    def few(d: Any) -> Any:
        return d.apply(experimental.assert_cardinality(8))

    def grouped(d: Any) -> Any:
        groups = experimental.group_by_window(
            lambda n: tf.cast(n % 3, tf.int64), lambda _, window: window.batch(3), 2
        )
        return d.apply(groups)

    def in_slots(d: Any, make: Callable[[Any], Any], block: int = 1) -> Any:
        return d.apply(experimental.parallel_interleave(make, 2, block))

    def in_turns(d: Any) -> Any:
        return d.interleave(data.from_tensors, 2)

    def windows(d: Any) -> Any:
        return d.window(2).flat_map(lambda window: window.batch(2))

    return upon(
        tf,
        lambda d: grouped(few(d)),
        lambda d: windows(few(d)),
        lambda d: in_turns(few(d)),
        lambda d: in_slots(few(d), data.from_tensors),
        lambda d: in_slots(d.window(2, 1), lambda window: window),
        lambda d: in_slots(d.window(3), lambda window: window, 2),
        lambda d: in_slots(data.range(2), lambda _: few(d)),
        lambda d: data.range(2).flat_map(lambda _: few(d)).batch(2),
        lambda d: windows(d.window(3, 2).flat_map(lambda window: window)),
        lambda d: grouped(d.window(2, 1).flat_map(lambda window: window)),
        lambda d: in_turns(few(d).prefetch(1)),
        lambda d: windows(few(d).shuffle(1)),
        lambda d: in_turns(grouped(few(d)).unbatch()),
        lambda d: windows(in_turns(few(d))),
        lambda d: in_turns(few(apart(d)).batch(2, num_parallel_calls=1).unbatch()),
        lambda d: in_turns(few(d).map(lambda n: n).batch(2)),
        lambda d: in_turns(few(d).take(9).skip(1)),
        lambda d: data.zip((data.range(9), in_turns(few(d)))),
        lambda d: in_turns(data.choose_from_datasets([few(d)], data.range(1).repeat(), False)),
        # Of epochs after the first some say nothing beside their first error: the end of the one before holds.
        lambda d: in_turns(d.interleave(data.from_tensors, 1).repeat(2)),
        lambda d: in_turns(data.range(2, output_type=tf.int32).concatenate(d.shuffle(1))),
        lambda d: windows(grouped(d).unbatch().repeat(2)),
        limit=12,
    )


@results
def what_generators_raise(tf: Any) -> Any:
    """An exception that means the end of a dataset elsewhere is none here."""
    found = []
    for error in (tf.errors.OutOfRangeError(None, None, "x"), KeyError("k"), ValueError("v")):

        def numbers(error: Exception = error) -> Any:
            yield 1
            raise error

        with tf.Graph().as_default():
            dataset = tf.data.Dataset.from_generator(numbers, tf.int32, [])
            following = tf.data.make_one_shot_iterator(dataset).get_next()
            with tf.Session() as session:
                found.append(asked(tf, session, following, 6))
    return found


@results
def handles_of_no_iterator(tf: Any) -> Any:
    handle = tf.placeholder(tf.string, [])
    following = tf.data.Iterator.from_string_handle(handle, tf.int64, []).get_next()
    found = []
    with tf.Session() as session:
        for text in ("", "nonsense"):
            try:
                found.append(session.run(following, {handle: text}))
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
    return found
