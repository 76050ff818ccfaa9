"""How `tf.contrib.slim` brings examples from files to training: decoders, readers, providers, queues."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program, results
from tests.api.programs.contrib import slim
from tests.api.programs.files import in_folder
from tests.api.programs.input_pipelines import runners, until_the_end
from tests.api.programs.parsing import example, listed, sequence


def values(tf: Any, tensors: Any) -> list[Any]:
    """What tensors of any kind come to once tables have their content."""
    with tf.Session() as session:
        session.run(tf.tables_initializer())
        return [[str(item.shape), listed(session.run(item))] for item in tensors]


@program
def items_of_examples(tf: Any) -> Any:
    d = slim(tf).tfexample_decoder
    serialized = tf.constant(
        example(
            tf,
            ymin=[0.0, 0.5],
            xmin=[0.25, 0.5],
            ymax=[1.0, 0.75],
            xmax=[0.5, 1.0],
            n=[1, 2, 3, 4, 5, 6],
            size=[3, 2],
            high=[2],
            wide=[3],
            some=[7, 8],
            indices=[0, 2],
            values=[1.5, 2.5],
            length=[4],
        )
    )
    sides = ("ymin", "xmin", "ymax", "xmax")
    features = {key: tf.VarLenFeature(tf.float32) for key in (*sides, "values")}
    features |= {
        key: tf.VarLenFeature(tf.int64) for key in ("some", "indices", "high", "wide", "none")
    }
    features |= {
        "n": tf.FixedLenFeature([6], tf.int64),
        "absent": tf.FixedLenFeature([], tf.int64, default_value=-1),
        "size": tf.FixedLenFeature((2,), tf.int64),
        "length": tf.FixedLenFeature([1], tf.int64),
    }
    decoder = d.TFExampleDecoder(
        features,
        {
            "boxes": d.BoundingBox(),
            "sides": d.BoundingBox(["min", "min", "max", "max"], prefix="x"),
            "plain": d.Tensor("n"),
            "absent": d.Tensor("absent"),
            "shaped": d.Tensor("n", shape=[2, 3]),
            "by_key": d.Tensor("n", shape_keys="size"),
            "by_keys": d.Tensor("n", shape_keys=["high", "wide"]),
            "dense": d.Tensor("some", default_value=-1),
            "dense_shaped": d.Tensor("some", shape=[2, 1]),
            "none": d.Tensor("none"),
            "sparse": d.SparseTensor(),
            "sparse_shaped": d.SparseTensor("indices", "values", shape=[5]),
            "sparse_by_key": d.SparseTensor(shape_key="length", densify=True, default_value=-0.5),
            "called": d.ItemHandlerCallback(["n", "size"], lambda got: got["n"][0] + got["size"]),
            "one": d.ItemHandlerCallback("n", lambda got: sorted(got) and got["n"]),
        },
    )
    order = ["shaped", "boxes"]
    return [
        list(decoder.list_items()),
        values(tf, decoder.decode(serialized, order)),
        values(tf, decoder.decode(serialized)),
    ]


@program
def items_looked_up(tf: Any) -> Any:
    d = slim(tf).tfexample_decoder
    initializer = tf.lookup.KeyValueTensorInitializer(["a", "b"], np.array([3, 4]))
    table = tf.lookup.StaticHashTable(initializer, -1)
    features = {"w": tf.VarLenFeature(tf.string), "v": tf.FixedLenFeature([2], tf.string)}
    items = {
        "w": d.LookupTensor("w", table),
        "v": d.LookupTensor("v", table, shape=[2, 1]),
    }
    serialized = tf.constant(example(tf, w=[b"b", b"c", b"a"], v=[b"a", b"a"]))
    return values(tf, d.TFExampleDecoder(features, items).decode(serialized))


@results
def items_with_backup(tf: Any) -> Any:
    d = slim(tf).tfexample_decoder
    features = {key: tf.VarLenFeature(tf.int64) for key in ("a", "b")}
    handler = d.BackupHandler(d.Tensor("a"), d.Tensor("b"))
    decoder = d.TFExampleDecoder(features, {"item": handler})
    return [
        handler.keys,
        [
            values(tf, decoder.decode(tf.constant(example(tf, **given))))
            for given in ({"a": [1], "b": [2]}, {"a": [], "b": [2, 3]}, {"a": [], "b": []})
        ],
        message(lambda: d.BackupHandler(1, d.Tensor("b")))[:30],
        message(lambda: d.BackupHandler(d.Tensor("b"), 1))[:30],
    ]


@results
def images(tf: Any) -> Any:
    d = slim(tf).tfexample_decoder
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    with tf.Session() as session:
        png, jpeg = session.run([tf.image.encode_png(pixels), tf.image.encode_jpeg(pixels)])
    features = {
        "image/encoded": tf.FixedLenFeature([], tf.string),
        "image/format": tf.FixedLenFeature([], tf.string, "png"),
    }
    many = {**features, "image/encoded": tf.FixedLenFeature([2], tf.string)}

    def decoded(features: Any, contents: Any, kind: bytes, **arguments: Any) -> Any:
        serialized = example(tf, **{"image/encoded": contents, "image/format": [kind]})
        decoder = d.TFExampleDecoder(features, {"image": d.Image(**arguments)})
        [[shape, found]] = values(tf, decoder.decode(tf.constant(serialized), ["image"]))
        return [shape, found.dtype.name, np.shape(found), int(found.sum())]

    raw = pixels.tobytes()
    return [
        decoded(features, [png], b"png"),
        decoded(features, [png], b"", shape=[2, 3, 1], channels=1),
        decoded(features, [png], b"PNG", dtype=tf.float32),
        decoded(features, [jpeg], b"jpeg"),
        decoded(features, [jpeg], b"png", dct_method="INTEGER_ACCURATE", shape=(2, 3, 3)),
        decoded(features, [raw], b"raw", shape=[2, 3, 3]),
        decoded(features, [pixels.astype(np.float32).tobytes()], b"RAW", shape=[3, 2, 3], dtype=tf.float32),
        decoded(many, [png, png], b"png", repeated=True),
    ]  # fmt: skip


@program
def items_of_sequences(tf: Any) -> Any:
    d = slim(tf).tfexample_decoder
    steps = [[0.1, 0.2], [], [0.3]]
    names = ("ymin", "xmin", "ymax", "xmax", "y", "x")
    serialized = tf.constant(
        sequence(tf, {"n": [5], "w": [b"a"]}, dict.fromkeys(names, steps) | {"ymax": [[0.5]]})
    )
    whole = [name for name in names if name != "ymax"]
    decoder = d.TFSequenceExampleDecoder(
        {"n": tf.FixedLenFeature([], tf.int64), "w": tf.VarLenFeature(tf.string)},
        {name: tf.VarLenFeature(tf.float32) for name in names},
        {
            "n": d.Tensor("n"),
            "boxes": d.BoundingBoxSequence(["ymin", "xmin", "ymin", "xmax"], ""),
            "sparse": d.BoundingBoxSequence(
                ["min", "min", "min", "min"], "x", False, default_value=0.0
            ),
            "points": d.KeypointsSequence(prefix="", default_value=-2.0),
            "count": d.NumBoxesSequence(whole),
            "unchecked": d.NumBoxesSequence(["ymax", "x"], check_consistency=False),
        },
    )
    wrong = d.TFSequenceExampleDecoder(
        {},
        {name: tf.VarLenFeature(tf.float32) for name in names},
        {"count": d.NumBoxesSequence(["x", "ymax"])},
    )
    [failing] = wrong.decode(serialized)
    found = values(tf, decoder.decode(serialized))
    with tf.Session() as session:
        try:
            found.append(session.run(failing))
        except tf.errors.InvalidArgumentError:
            found.append("refused")
    return [list(decoder.list_items()), found]


@results
def refused_items(tf: Any) -> Any:
    s = slim(tf)
    d = s.tfexample_decoder
    feature = tf.VarLenFeature(tf.float32)
    provider = s.data_provider.DataProvider({"a": 1, "b": 2}, 7)
    queue = tf.FIFOQueue(3, [tf.string, tf.int64])
    return [
        message(lambda: d.BoundingBox(["a"])),
        message(lambda: d.BoundingBoxSequence(["a"])),
        message(lambda: d.KeypointsSequence(["a"])),
        message(lambda: d.NumBoxesSequence([])),
        message(lambda: d.Tensor("a", "b", [2])),
        message(lambda: d.TFSequenceExampleDecoder({"a": feature}, {"a": feature}, {})),
        attempt(d.ItemHandler),
        attempt(s.data_decoder.DataDecoder),
        [provider.get(["b", "a"]), sorted(provider.list_items()), provider.num_samples()],
        message(lambda: provider.get("a")),
        message(lambda: provider.get(["c"])),
        message(lambda: s.parallel_reader.ParallelReader(tf.TextLineReader, queue)),
        message(lambda: s.parallel_reader.get_data_files([])),
        attempt(lambda: d.TFExampleDecoder({}, {}).decode("", ["a"])),
        vars(s.dataset.Dataset(["f"], 1, 2, 3, {"a": "A"}, num_classes=4)),
    ]


@program
def graphs_of_readers_in_turn(tf: Any) -> Any:
    s = slim(tf)
    tf.set_random_seed(7)
    read = s.parallel_reader.parallel_read
    found = [
        read(["a", "b"], tf.TFRecordReader, num_epochs=2, num_readers=2, shuffle=False),
        read("a", tf.TextLineReader, None, 1, {"skip_header_lines": 1}, capacity=9, min_after_dequeue=3, seed=4, scope="mixed"),
        s.parallel_reader.single_pass_read(("a", "b"), tf.TextLineReader, {"name": "lines"}),
    ]  # fmt: skip
    queue = tf.FIFOQueue(5, [tf.string, tf.string], shapes=[[], []])
    reader = s.parallel_reader.ParallelReader(tf.WholeFileReader, queue, num_readers=3)
    names = tf.train.string_input_producer(["a"])
    found += [
        reader.num_readers,
        reader.common_queue is queue,
        reader.read(names, name="one"),
        reader.read_up_to(names, 4, name="some"),
        reader.num_records_produced("produced"),
        reader.num_work_units_completed(),
    ]
    return [found, runners(tf)]


@program
def graphs_of_prefetching(tf: Any) -> Any:
    prefetch_queue = slim(tf).prefetch_queue.prefetch_queue
    x = tf.constant([1.0, 2.0])
    n = tf.placeholder(tf.int32, [None])
    queues = [
        prefetch_queue([x, x[0]]),
        prefetch_queue({"n": n, "a": x}, 3, 2, dynamic_pad=True, name="padded"),
        prefetch_queue((x,), shared_name="shared"),
    ]
    return [
        [queue.name, queue.names, queue.dtypes, [str(shape) for shape in queue.shapes]]
        for queue in queues
    ] + [[queue.dequeue() for queue in queues], runners(tf), message(lambda: prefetch_queue([n]))[:30]]  # fmt: skip


def dataset_of(tf: Any, folder: str, **arguments: Any) -> Any:
    """A dataset of five numbered examples in two files."""
    s = slim(tf)
    for part in range(2):
        path = os.path.join(folder, f"part-{part}")
        with tf.python_io.TFRecordWriter(path) as writer:
            for row in range(part + 2):
                writer.write(example(tf, label=[10 * part + row], x=[0.5 * row, 1.0]))
    d = s.tfexample_decoder
    decoder = d.TFExampleDecoder(
        {"label": tf.FixedLenFeature([], tf.int64), "x": tf.FixedLenFeature([2], tf.float32)},
        {"label": d.Tensor("label"), "x": d.Tensor("x", shape=[1, 2])},
    )
    files = [os.path.join(folder, f"part-{part}") for part in range(2)]
    return s.dataset.Dataset(files, tf.TFRecordReader, decoder, 5, {"label": "a number"})


@in_folder
def provided_in_order(tf: Any, folder: str) -> Any:
    s = slim(tf)
    dataset = dataset_of(tf, folder)
    provider = s.dataset_data_provider.DatasetDataProvider(dataset, shuffle=False, num_epochs=2)
    label, x, key = provider.get(["label", "x", "record_key"])
    batches = tf.train.batch({"label": label, "x": x}, 4, allow_smaller_final_batch=True)
    queue = s.prefetch_queue.prefetch_queue(batches, dynamic_pad=True)
    found = until_the_end(tf, queue.dequeue())
    clash = message(
        lambda: s.dataset_data_provider.DatasetDataProvider(dataset, record_key="label")
    )
    pattern = os.path.join(folder, "part-*")
    files = s.parallel_reader.get_data_files([pattern, "other"])
    return [
        sorted(provider.list_items()),
        provider.num_samples(),
        key.dtype.name,
        found,
        clash,
        sorted(os.path.basename(file) for file in files),
        message(lambda: s.parallel_reader.get_data_files(os.path.join(folder, "[x]*")))[:19],
    ]


@in_folder
def provided_in_any_order(tf: Any, folder: str) -> Any:
    s = slim(tf)
    provider = s.dataset_data_provider.DatasetDataProvider(
        dataset_of(tf, folder),
        num_readers=2,
        num_epochs=1,
        common_queue_capacity=8,
        common_queue_min=2,
        seed=3,
        scope="provider",
    )
    *found, end = until_the_end(tf, provider.get(["label"])[0])
    return [sorted(int(label) for label in found), end]


@in_folder
def queues_are_filled_in_a_context(tf: Any, folder: str) -> Any:
    s = slim(tf)
    provider = s.dataset_data_provider.DatasetDataProvider(dataset_of(tf, folder), shuffle=False)
    [label] = provider.get(["label"])
    nested = s.queues.NestedQueueRunnerError
    with tf.Session() as session, s.queues.QueueRunners(session):
        found = [int(session.run(label)) for _ in range(7)]
        try:
            with s.queues.QueueRunners(session):
                found.append("nested")
        except nested as error:
            found.append(str(error))
    with tf.Session() as session, s.queues.QueueRunners(session):
        found.append(int(session.run(label)))
    return found
