"""Datasets: the graphs they are, and the elements that iterators give."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results


def drained(tf: Any, dataset: Any, limit: int = 100) -> list[Any]:
    """The elements of a dataset, and the kind of error that ended it."""
    iterator = tf.data.make_initializable_iterator(dataset)
    following = iterator.get_next()
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        session.run(iterator.initializer)
        return taken(tf, session, following, limit)


def taken(tf: Any, session: Any, following: Any, limit: int = 100) -> list[Any]:
    """What running a tensor gives, again and again."""
    found: list[Any] = []
    for _ in range(limit):
        try:
            found.append(session.run(following))
        except tf.errors.OpError as error:
            found.append(type(error).__name__)
            break
    return found


@program
def dataset_of_slices(tf: Any) -> Any:
    features = {"a": np.arange(4, dtype=np.float32), "b": [[1, 2], [3, 4], [5, 6], [7, 8]]}
    dataset = tf.data.Dataset.from_tensor_slices((features, ["w", "x", "y", "z"]))
    dataset = dataset.shuffle(3, seed=7).repeat(2).batch(3)
    iterator = dataset.make_initializable_iterator()
    following = iterator.get_next()
    with tf.Session() as session:
        session.run(iterator.initializer)
        values = taken(tf, session, following)
    classes = [cls.__name__ for cls in tf.nest.flatten(dataset.output_classes)]
    return values, dataset.output_types, dataset.output_shapes, classes


@program
def dataset_of_numbers(tf: Any) -> Any:
    tf.set_random_seed(11)
    dataset = tf.data.Dataset.range(1, 9, 2).skip(1).take(9).shard(1, 0).cache().prefetch(2)
    dataset = tf.data.Dataset.zip((dataset, {"x": dataset})).concatenate(
        tf.data.Dataset.from_tensors((np.int64(5), {"x": np.int64(6)}))
    )
    return drained(tf, dataset.shuffle(9).repeat(3).enumerate(start=4))


@results
def map_and_filter(tf: Any) -> Any:
    weight = tf.get_variable("w", [], initializer=tf.constant_initializer(3.0))
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.KeyValueTensorInitializer(["a", "b"], np.array([0, 1], np.int64)), 1
    )
    dataset = tf.data.Dataset.from_tensor_slices(([1.0, 2.0, 3.0], ["a", "b", "c"]))
    dataset = dataset.map(lambda x, word: {"x": x * weight, "id": table.lookup(word)})
    dataset = dataset.filter(lambda item: item["x"] > 4.0)
    return drained(tf, dataset.map(lambda item: (item["id"], item["x"]), num_parallel_calls=2))


@results
def one_shot(tf: Any) -> Any:
    tf.set_random_seed(5)
    dataset = tf.data.Dataset.range(6).map(lambda n: n * n).shuffle(4).repeat(2).batch(4)
    following = dataset.make_one_shot_iterator().get_next()
    weight = tf.get_variable("w", [], tf.int64)
    captured = message(lambda: dataset.map(lambda n: n + weight).make_one_shot_iterator())
    placeholder = tf.placeholder(tf.int64, [])
    fed = message(lambda: tf.data.Dataset.range(placeholder).make_one_shot_iterator())
    found = []
    for _ in range(2):
        with tf.Session() as session:
            found.append(taken(tf, session, following))
    return found, following.shape.as_list(), captured[:31], fed


@results
def random_numbers_of_a_function(tf: Any) -> Any:
    """A stream goes on from epoch to epoch, and begins anew with each iterator that is started."""
    tf.set_random_seed(7)
    dataset = tf.data.Dataset.range(3)
    dataset = dataset.map(lambda n: tf.random.uniform([], 0, 1000, tf.int32, seed=5))
    iterators = [
        tf.data.make_initializable_iterator(dataset.repeat(2)),
        tf.data.make_initializable_iterator(dataset),
    ]
    following = [iterator.get_next() for iterator in iterators]
    found = []
    with tf.Session() as session:
        for place in (0, 0, 1, 0):
            session.run(iterators[place].initializer)
            found.append(taken(tf, session, following[place]))
    return found


@results
def orders_of_epochs(tf: Any) -> Any:
    """A shuffled dataset that stands at several places, or in several epochs."""
    data = tf.data.Dataset

    def shuffled(**more: Any) -> Any:
        return data.range(5).shuffle(5, seed=1, **more)

    both = shuffled()
    return [
        drained(tf, dataset)
        for dataset in (
            shuffled().repeat(3),
            shuffled(reshuffle_each_iteration=False).repeat(2),
            data.range(5).shuffle(3, seed=1).repeat(3),
            shuffled().batch(5).repeat(2).batch(1).repeat(2),
            data.zip((both, both)),
            both.concatenate(both),
            data.range(2).flat_map(lambda n: data.range(4).shuffle(4, seed=1)),
            data.range(2).flat_map(lambda n: both),
            data.range(30).repeat(2).shuffle(7, seed=3),
        )
    ]


@results
def batches(tf: Any) -> Any:
    data = tf.data.Dataset
    growing = data.range(5).map(lambda n: (tf.fill([n], n), tf.as_string(n)))
    return [
        [drained(tf, dataset), str(dataset.output_shapes)]
        for dataset in (
            data.range(5).batch(2),
            data.range(5).batch(2, drop_remainder=True),
            growing.padded_batch(2, ([None], [])),
            growing.padded_batch(2, ([6], []), padding_values=(np.int64(-1), "x")),
            growing.padded_batch(3, drop_remainder=True),
            growing.padded_batch(2, ([2], [])),
            growing.batch(2),
        )
    ]


@results
def errors_of_elements(tf: Any) -> Any:
    """An element that fails is left out: what comes after it is given."""
    data = tf.data.Dataset.from_tensor_slices([1, 0, 2, 3, 4]).map(lambda n: 6 // n)
    found = []
    for dataset in (data, data.batch(2), data.shuffle(3, seed=1), data.filter(lambda n: n > 0)):
        iterator = tf.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
        with tf.Session() as session:
            session.run(iterator.initializer)
            found.append([taken(tf, session, following, 1) for _ in range(7)])
    return found


@results
def sparse_and_ragged_elements(tf: Any) -> Any:
    sparse = tf.SparseTensor([[0, 0], [1, 1], [2, 2]], [1.0, 2.0, 3.0], [3, 3])
    ragged = tf.ragged.constant([[1], [2, 3], []])
    dataset = tf.data.Dataset.from_tensor_slices({"s": sparse, "r": ragged})
    dense = dataset.map(lambda item: (tf.sparse.to_dense(item["s"]), item["r"]))
    batched = dataset.batch(2).map(
        lambda item: (tf.sparse.to_dense(item["s"]), item["r"].to_tensor())
    )
    whole = tf.data.Dataset.from_tensors(sparse).map(lambda item: tf.sparse.reduce_sum(item, 0))
    rows = tf.data.Dataset.from_sparse_tensor_slices(sparse)
    return [drained(tf, item) for item in (dense, batched, whole, rows)] + [
        str(dataset.output_types),
        str(dataset.output_shapes),
    ]


@results
def iterators(tf: Any) -> Any:
    data = tf.data.Dataset
    first, second = data.range(3), data.range(10, 13)
    iterator = tf.data.Iterator.from_structure(tf.int64, [])
    starts = [iterator.make_initializer(first), iterator.make_initializer(second, name="second")]
    handle = tf.placeholder(tf.string, [])
    chosen = tf.data.Iterator.from_string_handle(handle, first.output_types, first.output_shapes)
    choice = chosen.get_next()
    one = first.make_one_shot_iterator()
    other = tf.data.make_initializable_iterator(second)
    following = iterator.get_next(name="following")
    unset = tf.data.make_initializable_iterator(first).get_next()
    with tf.Session() as session:
        found = []
        for start in starts:
            session.run(start)
            found.append(taken(tf, session, following))
        session.run(other.initializer)
        handles = session.run([one.string_handle(), other.string_handle()])
        for place in (0, 1, 0, 1, 1, 1):
            try:
                found.append(session.run(choice, {handle: handles[place]}))
            except tf.errors.OutOfRangeError:
                found.append("end")
        found.append(taken(tf, session, unset))
    refused = [
        message(lambda: one.initializer),
        message(lambda: iterator.make_initializer(first.map(lambda n: (n, n)))),
        message(lambda: iterator.make_initializer(data.from_tensors([1.0, 2.0]))),
    ]
    return found, [text[:50] for text in refused], starts[1].name, following.name


@results
def what_cannot_be_built(tf: Any) -> Any:
    data = tf.data.Dataset
    numbers = data.range(3)
    vectors = numbers.map(lambda n: tf.fill([n], n))
    return [
        message(make)
        for make in (
            lambda: data.from_tensor_slices(1),
            data.range,
            lambda: data.zip([numbers, numbers]),
            lambda: numbers.filter(lambda n: n),
            lambda: numbers.apply(lambda d: 1),
            lambda: vectors.padded_batch(2, ["x"]),
        )
    ]


@results
def more_transformations(tf: Any) -> Any:
    data = tf.data.Dataset
    experimental = tf.data.experimental
    growing = data.range(5).map(lambda n: tf.fill([n], n))
    pairs = data.from_tensor_slices(
        (np.arange(6).reshape(3, 2), [[b"a", b"b"], [b"c", b"d"], [b"e", b"f"]])
    )
    state = tf.constant([0], tf.int64)
    return [
        [drained(tf, dataset), str(dataset.output_shapes), str(dataset.output_types)]
        for dataset in (
            data.range(4).interleave(lambda n: data.from_tensors(n).repeat(3), 2, 2),
            data.range(4).interleave(data.range, cycle_length=3, num_parallel_calls=2),
            data.range(5).apply(
                experimental.parallel_interleave(data.range, cycle_length=2, block_length=2)
            ),
            data.range(7).window(3, shift=2).flat_map(lambda w: w.batch(3)),
            data.range(7).window(2, stride=2, drop_remainder=True).flat_map(lambda w: w.batch(2)),
            pairs.unbatch(),
            pairs.window(2).flat_map(lambda n, word: data.zip((n.batch(2), word.batch(2)))),
            data.range(5).apply(experimental.scan(np.int64(1), lambda s, n: (s + n, s * n))),
            data.range(3).apply(experimental.scan(state, lambda s, n: (tf.concat([s, [n]], 0), s))),
            data.range(9).apply(experimental.take_while(lambda n: n < 4)),
            data.range(5).apply(experimental.map_and_batch(lambda n: n * 2, 2)),
            data.range(5).apply(
                experimental.map_and_batch(lambda n: n * 2, 2, drop_remainder=True)
            ),
            data.range(5).apply(experimental.shuffle_and_repeat(3, 2, seed=5)),
            data.range(9).apply(
                experimental.group_by_window(
                    lambda n: n % 2, lambda key, d: d.batch(3), window_size=3
                )
            ),
            growing.repeat(2).apply(
                experimental.bucket_by_sequence_length(
                    lambda row: tf.shape(row)[0], [2, 4], [2, 3, 2]
                )
            ),
            growing.take(3).apply(
                experimental.bucket_by_sequence_length(
                    lambda row: tf.shape(row)[0], [2, 4], [2, 2, 2], pad_to_bucket_boundary=True
                )
            ),
            data.from_tensor_slices([1, 0, 2])
            .map(lambda n: 6 // n)
            .apply(experimental.ignore_errors()),
            data.from_tensors(data.range(4).reduce(np.int64(0), lambda a, n: a + n)),
            data.from_tensors(experimental.get_single_element(data.range(1))),
            data.range(3).with_options(tf.data.Options()),
            experimental.Counter(2, 3).take(3),
        )
    ]


@results
def cardinalities(tf: Any) -> Any:
    data = tf.data.Dataset
    numbers = data.range(7)
    datasets = (
        numbers,
        numbers.repeat(2),
        numbers.repeat(),
        numbers.batch(2),
        numbers.batch(2, drop_remainder=True),
        numbers.filter(lambda n: n > 1),
        numbers.take(3),
        numbers.repeat().take(3),
        numbers.skip(9),
        numbers.shard(3, 1),
        data.zip((numbers, numbers.take(2))),
        numbers.concatenate(numbers),
        numbers.flat_map(data.range),
        numbers.shuffle(3).cache().prefetch(1),
        numbers.window(2),
        data.from_tensors(1),
    )
    with tf.Session() as session:
        return session.run([tf.data.experimental.cardinality(item) for item in datasets])


@results
def generators(tf: Any) -> Any:
    data = tf.data.Dataset
    calls = []

    def counting(stop: Any = 3) -> Any:
        calls.append(int(stop))
        yield from ((n, [n] * n) for n in range(int(stop)))

    types = (tf.int64, tf.float32)
    dataset = data.from_generator(counting, types, ([], [None]))
    named = data.from_generator(lambda: ({"a": n} for n in range(2)), {"a": tf.int32})
    found = [
        drained(tf, dataset),
        drained(tf, dataset.repeat(2).map(lambda n, row: n + tf.size(row, out_type=tf.int64))),
        drained(tf, data.from_generator(counting, types, args=(2,))),
        drained(tf, named),
        drained(tf, data.from_generator(lambda: ["a", b"b"], tf.string, [])),
        drained(
            tf, data.from_generator(lambda: [[1, 2]], output_signature=tf.TensorSpec([2], tf.int32))
        ),
        drained(tf, data.from_generator(lambda: [1, "x"], tf.int64)),
        drained(tf, data.from_generator(lambda: [[1, 2]], tf.int64, [])),
        drained(tf, data.from_generator(lambda: [(1, 2)], (tf.int64,))),
        drained(tf, dataset.flat_map(lambda n, row: data.from_tensor_slices(row))),
    ]
    return found, calls, str(dataset.output_shapes)


@results
def files(tf: Any) -> Any:
    import gzip
    import pathlib
    import tempfile

    data = tf.data
    text = b"a\rb\r\nc\r\r\n\n\x0bd\n\re"
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        (at / "text").write_bytes(text)
        (at / "text.gz").write_bytes(gzip.compress(text) + gzip.compress(b"z\n"))
        (at / "empty").write_bytes(b"")
        (at / "fixed").write_bytes(b"HH" + bytes(range(9)) + b"F")
        for kind in ("", "ZLIB"):
            with tf.python_io.TFRecordWriter(str(at / f"records{kind}"), kind) as writer:
                for n in range(3):
                    writer.write(b"r%d" % n)
        whole = (at / "records").read_bytes()
        (at / "cut").write_bytes(whole[:-3])
        names = [str(at / name) for name in ("text", "empty", "text")]
        listed = drained(tf, data.Dataset.list_files(str(at / "*e*t*"), seed=3).repeat(2))
        found = [[pathlib.Path(str(name)).name[:4] for name in listed]] + [
            drained(tf, dataset, 12)
            for dataset in (
                data.TextLineDataset(names),
                data.TextLineDataset(at / "text.gz", compression_type="GZIP").skip(1),
                data.TextLineDataset(data.Dataset.from_tensor_slices(names)),
                data.TextLineDataset(names, num_parallel_reads=2),
                data.TextLineDataset(str(at / "missing")),
                data.TextLineDataset(names, compression_type="LZ4"),
                data.TFRecordDataset(str(at / "records")),
                data.TFRecordDataset(str(at / "recordsZLIB"), "ZLIB"),
                data.TFRecordDataset(str(at / "cut")),
                data.FixedLengthRecordDataset(str(at / "fixed"), 3, 2, 1),
                data.FixedLengthRecordDataset(str(at / "fixed"), 4, 2, 1),
                data.FixedLengthRecordDataset(str(at / "text.gz"), 3, compression_type="GZIP").take(
                    2
                ),
                data.Dataset.from_tensor_slices(names).interleave(
                    lambda name: data.TextLineDataset(name).take(2), cycle_length=2
                ),
            )
        ]
    return found, message(lambda: data.TextLineDataset([1]))


@results
def numbers_of_results(tf: Any) -> Any:
    """`map` tells that there are as many results as elements after methods of TensorFlow's newer class, and in functions."""
    experimental, inside = tf.data.experimental, []

    def one(*element: Any) -> Any:
        return tf.constant(1)

    def counted(dataset: Any) -> Any:
        found = dataset.map(one)
        inside.append(found.cardinality())
        return found

    def by_parity(n: Any) -> Any:
        return n % 2

    numbers = tf.data.Dataset.range(5)
    rows = numbers.map(tf.range)
    datasets = [
        numbers,
        numbers.enumerate(),
        numbers.enumerate(2).shuffle(2).batch(2).padded_batch(2, ([None], [None])).take(9),
        numbers.enumerate().repeat(3).concatenate(numbers.enumerate()).map(one),
        numbers.enumerate().map(one, num_parallel_calls=2).skip(1).prefetch(1).cache(),
        numbers.apply(experimental.enumerate_dataset()),
        numbers.enumerate().apply(experimental.enumerate_dataset()),
        numbers.enumerate().apply(lambda dataset: dataset.map(one)),
        tf.data.Dataset.zip((numbers.enumerate(), numbers.enumerate())),
        numbers.scan(0, lambda state, n: (state + 1, n)),
        numbers.apply(experimental.scan(0, lambda state, n: (state + 1, n))),
        numbers.take_while(lambda n: n < 3),
        numbers.ignore_errors(),
        numbers.group_by_window(by_parity, lambda key, window: counted(window), 2),
        rows.apply(experimental.bucket_by_sequence_length(tf.size, [2], [1, 1])),
        numbers.window(2).flat_map(counted),
        numbers.apply(experimental.map_and_batch(one, 2)),
        numbers.enumerate().apply(experimental.map_and_batch(one, 2)).padded_batch(2, [2]),
        numbers.enumerate().apply(experimental.shuffle_and_repeat(2, 2, 1)),
        experimental.Counter(),
        experimental.from_variant(
            experimental.to_variant(numbers), tf.data.experimental.get_structure(numbers)
        ),
    ]
    with tf.Session() as session:
        found = [session.run([d.cardinality(), d.map(one).cardinality()]) for d in datasets]
    kept = [
        bool(node.attr["preserve_cardinality"].b)
        for definition in [tf.get_default_graph().as_graph_def()]
        for node in definition.node
        if "MapDataset" in node.op and node.op != "FlatMapDataset"
    ]
    return [found, kept, len(inside)]
