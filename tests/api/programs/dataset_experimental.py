"""Ragged batches, groups that are reduced, tables, optionals and features of examples: the rest of `tf.data.experimental`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.api.programs import attempt, message, program, results
from tests.api.programs.csv_datasets import written
from tests.api.programs.dataset_errors import asked
from tests.api.programs.datasets import drained


def kind(tf: Any, function: Callable[[], Any]) -> Any:
    """The kind of the error of a run."""
    try:
        return function()
    except tf.errors.OpError as error:
        return type(error).__name__


def lengths(tf: Any, count: int = 5) -> Any:
    return tf.data.Dataset.range(count).map(tf.range)


def plain(value: Any) -> Any:
    """A value with lists in the place of ragged ones."""
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if type(value) in (tuple, list):
        return [plain(item) for item in value]
    return value.to_list() if hasattr(value, "row_splits") else value


def given(tf: Any, *datasets: Any, limit: int = 20) -> list[Any]:
    """What iterators give, also after errors, with what is known of elements and their number."""
    found = []
    for dataset in datasets:
        following = tf.data.make_initializable_iterator(dataset)
        element = following.get_next()
        count = tf.data.experimental.cardinality(dataset)
        with tf.Session() as session:
            session.run(following.initializer)
            items = [plain(item) for item in asked(tf, session, element, limit)]
            found.append([session.run(count), *items, str(dataset.element_spec)])
    return found


@program
def ragged_batches(tf: Any) -> Any:
    data = tf.data.Dataset
    return [
        plain(drained(tf, lengths(tf).ragged_batch(2))),
        plain(drained(tf, lengths(tf).apply(tf.data.experimental.dense_to_ragged_batch(3, True)))),
        plain(drained(tf, data.range(3).ragged_batch(2, row_splits_dtype=tf.int32))),
    ]


@results
def ragged_batches_of_structures(tf: Any) -> Any:
    def matrices(n: Any) -> Any:
        return tf.fill([n, 2], n), tf.fill([3, n], "x"), n, tf.fill([n, n, 2], 1.0)

    unknown = tf.data.Dataset.from_generator(lambda: [[1], [2]], tf.int32)
    pairs = tf.data.Dataset.range(4).map(matrices)
    named = lengths(tf).map(lambda row: {"row": row, "sum": tf.reduce_sum(row)})
    return [
        given(tf, pairs.ragged_batch(2), named.ragged_batch(3), unknown.ragged_batch(2)),
        given(tf, lengths(tf).ragged_batch(2, row_splits_dtype=tf.int32)),
        given(tf, lengths(tf).ragged_batch(2).map(lambda rows: tf.reduce_sum(rows, 1))),
        given(
            tf, lengths(tf).ragged_batch(2).unbatch(), lengths(tf).ragged_batch(2).ragged_batch(2)
        ),
        given(tf, tf.data.Dataset.range(4).map(lambda n: tf.range(3 // (n - 1))).ragged_batch(2)),
    ]


def mean(tf: Any) -> Any:
    return tf.data.experimental.Reducer(
        lambda key: (tf.cast(key, tf.float32) * 0.0, 0.0),
        lambda state, n: (state[0] + tf.cast(n, tf.float32), state[1] + 1.0),
        lambda total, count: total / count,
    )


@program
def reduced_groups(tf: Any) -> Any:
    group = tf.data.experimental.group_by_reducer
    by_three = tf.data.Dataset.range(10).apply(group(lambda n: -(n % 3), mean(tf)))
    return drained(tf, by_three), drained(tf, by_three.repeat(2).map(lambda x: x + 1))


@results
def reduced_groups_and_errors(tf: Any) -> Any:
    experimental, data = tf.data.experimental, tf.data.Dataset
    group, reducer = experimental.group_by_reducer, experimental.Reducer
    growing = reducer(
        lambda key: tf.fill([1], key),
        lambda state, n: tf.concat([state, [n]], 0),
        lambda state: {"all": state, "count": tf.size(state)},
    )
    failing = reducer(
        lambda key: 6 // (key - 1), lambda s, n: s + 12 // (n - 5), lambda s: 20 // (s - 4)
    )
    numbers = data.range(9)
    wrong = numbers.map(lambda n: 12 // (n - 4))
    few = numbers.apply(experimental.assert_cardinality(10))
    captured = tf.constant(7, tf.int64)
    summed = reducer(lambda key: captured, lambda s, n: s + n, lambda s: s * captured)
    return given(
        tf,
        numbers.apply(group(lambda n: n % 3, growing)),
        numbers.apply(group(lambda n: n % 3, failing)),
        numbers.apply(group(lambda n: n % 4, summed)),
        wrong.apply(group(lambda n: n % 2, summed)),
        few.apply(group(lambda n: n % 2, summed)),
        data.range(0).apply(group(lambda n: n, summed)),
        numbers.map(lambda n: (n, n * 2)).apply(
            group(
                lambda n, m: n % 2, reducer(lambda k: k, lambda s, p: s + p[0] * p[1], lambda s: s)
            )
        ),
    )


@results
def reducers_that_do_not_fit(tf: Any) -> Any:
    group, reducer = tf.data.experimental.group_by_reducer, tf.data.experimental.Reducer
    numbers = tf.data.Dataset.range(3)
    good = mean(tf)
    other = reducer(good.init_func, lambda state, n: (n, n), good.finalize_func)
    return [
        message(lambda: numbers.apply(group(lambda n: tf.cast(n, tf.float32), good)))[:80],
        message(lambda: numbers.apply(group(lambda n: n, other)))[:60],
    ]


@results
def older_functions(tf: Any) -> Any:
    numbers = tf.data.Dataset.range(5)
    return [
        *given(
            tf,
            numbers.map_with_legacy_function(lambda n: (n, n * 2)),
            numbers.map_with_legacy_function(lambda n: n + 1, num_parallel_calls=2),
            numbers.filter_with_legacy_function(lambda n: tf.equal(n % 2, 0)),
        ),
        message(lambda: numbers.filter_with_legacy_function(lambda n: n))[:80],
    ]


@results
def elements_on_devices(tf: Any) -> Any:
    numbers = tf.data.Dataset.range(5).map(lambda n: {"n": n, "all": tf.range(n)})
    copied = numbers.apply(tf.data.experimental.copy_to_device("/cpu:0"))
    ahead = numbers.apply(tf.data.experimental.prefetch_to_device("/cpu:0", 2))
    return [drained(tf, copied), drained(tf, ahead), str(ahead.element_spec)]


def pairs(tf: Any) -> Any:
    words = tf.data.Dataset.from_tensor_slices(["a", "b", "c"])
    return tf.data.Dataset.zip((words, tf.data.Dataset.range(10, 13)))


@program
def tables_of_datasets(tf: Any) -> Any:
    experimental = tf.data.experimental
    words = tf.data.Dataset.from_tensor_slices(["a", "b", "c"])
    tables = [
        experimental.table_from_dataset(pairs(tf)),
        experimental.table_from_dataset(pairs(tf), 3, vocab_size=2, name="some"),
        experimental.index_table_from_dataset(words),
        experimental.index_table_from_dataset(words, num_oov_buckets=2),
        tf.lookup.StaticHashTable(experimental.DatasetInitializer(pairs(tf)), 7),
    ]
    found = [table.lookup(tf.constant(["b", "c", "z"])) for table in tables]
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        session.run(tf.tables_initializer())
        return session.run(found), session.run([table.size() for table in tables])


@results
def tables_of_datasets_that_do_not_fit(tf: Any) -> Any:
    experimental, data = tf.data.experimental, tf.data.Dataset
    table, keys = experimental.table_from_dataset, experimental.index_table_from_dataset
    words = data.from_tensor_slices(["a", "b", "a"])
    numbers = data.range(3)

    def filled(make: Any) -> Any:
        with tf.Graph().as_default(), tf.Session() as session:
            make()
            return kind(tf, lambda: session.run(tf.tables_initializer()))

    flat = data.zip((numbers.batch(2), numbers))
    return [
        message(lambda: table(data.zip((words, words)))),
        message(lambda: table(data.zip((words, numbers, numbers))))[:150],
        message(lambda: table(flat)),
        message(lambda: table(pairs(tf), -1)),
        message(lambda: table(pairs(tf), vocab_size=0)),
        message(lambda: table(pairs(tf), key_dtype=tf.float32)),
        str(attempt(lambda: table(data.zip((numbers, numbers)), 2)))[:60],
        filled(lambda: keys(tf.data.Dataset.from_tensor_slices(["a", "b", "a"]))),
        filled(lambda: keys(tf.data.Dataset.from_tensor_slices(["a", "b"]), vocab_size=3)),
    ]


@program
def optionals(tf: Any) -> Any:
    iterator = tf.data.make_initializable_iterator(tf.data.Dataset.range(2).map(lambda n: {"n": n}))
    following = iterator.get_next_as_optional()
    present, value = following.has_value(), following.get_value()
    other = tf.data.experimental.Optional.from_value((1, tf.constant("x")))
    none = tf.data.experimental.Optional.empty(tf.TensorSpec([], tf.int32))
    with tf.Session() as session:
        session.run(iterator.initializer)
        found = [session.run([present, value]), session.run([present, value]), session.run(present)]
        found.append(session.run([other.has_value(), other.get_value(), none.has_value()]))
    return found


@results
def optionals_without_values(tf: Any) -> Any:
    experimental = tf.data.experimental
    failing = tf.data.Dataset.range(3).map(lambda n: 2 // (n - 1))
    iterator = tf.data.make_initializable_iterator(failing)
    following = experimental.get_next_as_optional(iterator)
    present, value = following.has_value("present"), following.get_value("value")
    sparse = experimental.Optional.from_value(tf.SparseTensor([[1]], [5], [3]))
    with tf.Session() as session:
        early = kind(tf, lambda: session.run(present))
        session.run(iterator.initializer)
        return [
            early,
            asked(tf, session, [present, value], 5),
            session.run(present),
            session.run(sparse.get_value()),
            str(following.element_spec),
            str(sparse.element_spec),
        ]


def example(tf: Any, **features: Any) -> bytes:
    found = {}
    for key, value in features.items():
        if isinstance(value[0], str):
            data = tf.train.Feature(
                bytes_list=tf.train.BytesList(value=[v.encode() for v in value])
            )
        elif isinstance(value[0], int):
            data = tf.train.Feature(int64_list=tf.train.Int64List(value=value))
        else:
            data = tf.train.Feature(float_list=tf.train.FloatList(value=value))
        found[key] = data
    return bytes(
        tf.train.Example(features=tf.train.Features(feature=found)).SerializeToString(
            deterministic=True
        )
    )


def examples(tf: Any, count: int = 5, first: int = 0) -> list[bytes]:
    return [
        example(
            tf,
            age=[n],
            words=["w"] * (n % 3 + 1),
            x=[n / 2, n / 4],
            **({"label": [n % 2]} if n % 4 else {}),
            at=[n % 3, 3],
            value=[1.5, -n / 2],
        )
        for n in range(first, first + count)
    ]


def features(tf: Any) -> dict[str, Any]:
    return {
        "x": tf.FixedLenFeature([2], tf.float32),
        "age": tf.FixedLenFeature([], tf.int64),
        "label": tf.FixedLenFeature([], tf.int64, default_value=-1),
        "words": tf.VarLenFeature(tf.string),
    }


@program
def features_of_examples(tf: Any) -> Any:
    data = tf.data.Dataset.from_tensor_slices(examples(tf)).batch(2)
    parsed = data.apply(tf.data.experimental.parse_example_dataset(features(tf)))
    return drained(tf, parsed), str(parsed.element_spec)


@results
def features_of_every_kind(tf: Any) -> Any:
    wanted = {
        "steps": tf.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
        "sparse": tf.SparseFeature("at", "value", tf.float32, 5),
        "ragged": tf.io.RaggedFeature(tf.string, "words", row_splits_dtype=tf.int64),
        "x": tf.io.RaggedFeature(tf.float32),
        "value": tf.FixedLenSequenceFeature([1], tf.float32, allow_missing=True, default_value=9.0),
    }
    wanted_apart = {key: wanted[key] for key in ("sparse", "ragged")}
    rest = {key: wanted[key] for key in ("steps", "x", "value")}
    parse = tf.data.experimental.parse_example_dataset
    batches = tf.data.Dataset.from_tensor_slices(examples(tf)).batch(2)
    broken = tf.data.Dataset.from_tensor_slices([*examples(tf, 1), b"ab", *examples(tf, 2)]).batch(
        1
    )
    missing = {"no": tf.FixedLenFeature([], tf.int64)}
    return [
        *given(tf, batches.apply(parse(wanted_apart)), batches.apply(parse(rest, 2))),
        *given(tf, broken.apply(parse(features(tf))), batches.apply(parse(missing)), limit=5),
        message(lambda: parse(None)),
        message(lambda: batches.unbatch().apply(parse(features(tf)))),
        message(lambda: batches.apply(parse({"a": 3})))[:40],
    ]


def records(tf: Any, name: str, items: list[bytes]) -> None:
    with tf.io.TFRecordWriter(name) as writer:
        for item in items:
            writer.write(item)


@results
def batches_of_features(tf: Any) -> Any:
    make = tf.data.experimental.make_batched_features_dataset
    with written():
        records(tf, "one.rec", examples(tf, 5))
        records(tf, "two.rec", examples(tf, 3, 10))
        wanted = features(tf)
        tf.set_random_seed(3)
        found = given(
            tf,
            make("one.rec", 2, wanted, num_epochs=1, shuffle=False),
            make("*.rec", 3, wanted, label_key="label", num_epochs=2, shuffle_seed=4),
            make(
                ["one.rec", "two.rec"], 3, wanted, reader_num_threads=2, num_epochs=1, shuffle=False
            ),
            make("*.rec", 3, wanted, None, "age", [""], 1, False, drop_final_batch=True),
            make("two.rec", 2, wanted, shuffle_buffer_size=2, shuffle_seed=1),
            make(
                "two.rec",
                2,
                wanted,
                reader=lambda name: tf.data.TFRecordDataset(name).map(lambda r: (name, r)),
                num_epochs=1,
                reader_num_threads=-1,
                shuffle=False,
                prefetch_buffer_size=1,
            ),
            limit=6,
        )
        return [
            *found,
            message(lambda: make("one.rec", 2, wanted, label_key="no", num_epochs=1))[:60],
        ]
