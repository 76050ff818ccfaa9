"""Readers of records, alone and in whole input pipelines: the same graphs, records, counts and errors."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.api.programs import program
from tests.api.programs.files import in_folder
from tests.api.programs.input_pipelines import filling, until_the_end

RECORDS = (b"one", b"two", b"three")
BODY = b"HHabcdefghiF"


def written(tf: Any, folder: str) -> Callable[..., list[str]]:
    """Writes the files of a folder; what gives paths of them."""

    def path(name: str) -> str:
        return os.path.join(folder, name)

    contents = {
        "lines": b"h1\nh2\nx\r\ny",
        "empty": b"",
        "more": b"k1\n\nz\n",
        "fixed": BODY,
        "short": b"HH",
        "gzip": gzip.compress(BODY),
        "zlib": zlib.compress(BODY),
    }
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.ZLIB)
    for name, more in (("records", ()), ("packed", (options,))):
        with tf.python_io.TFRecordWriter(path(name), *more) as writer:
            for record in RECORDS:
                writer.write(record)
    with open(path("records"), "rb") as file:
        damaged = bytearray(file.read())
    damaged[32] ^= 1
    contents["damaged"] = bytes(damaged)
    for name, content in contents.items():
        with open(path(name), "wb") as file:
            file.write(content)
    return lambda *names: [path(name) for name in names]


def told(tf: Any, reader: Any, names: list[str], runs: int, up_to: int | None = None) -> list[Any]:
    """What a reader gives in some runs, and its counts."""
    queue = tf.FIFOQueue(20, tf.string, shapes=[[]])
    record = reader.read(queue) if up_to is None else reader.read_up_to(queue, up_to)
    counts = [reader.num_records_produced(), reader.num_work_units_completed()]
    found: list[Any] = []
    with tf.Session() as session:
        session.run(queue.enqueue_many([names]))
        session.run(queue.close())
        for _ in range(runs):
            try:
                keys, values = session.run(record)
                found.append(
                    [[os.path.basename(key) for key in np.ravel(x)] for x in (keys, values)]
                )
            except tf.errors.OpError as error:
                found.append(type(error).__name__)
            found.append([int(count) for count in session.run(counts)])
    return found


@program
def graphs_of_readers(tf: Any) -> Any:
    queue = tf.FIFOQueue(3, tf.string, shapes=[[]])
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.GZIP)
    with tf.name_scope("scope"):
        readers = [
            tf.IdentityReader(),
            tf.WholeFileReader(name="files"),
            tf.TextLineReader(),
            tf.TextLineReader(skip_header_lines=1, name="lines"),
            tf.FixedLengthRecordReader(3),
            tf.FixedLengthRecordReader(3, 2, 1, 4, "fixed", "ZLIB"),
            tf.TFRecordReader(),
            tf.TFRecordReader("records", options),
        ]
    reader = readers[0]
    return [
        [reader.reader_ref for reader in readers],
        [reader.supports_serialize for reader in readers],
        reader.read(queue),
        reader.read(queue.queue_ref, name="read"),
        reader.read_up_to(queue, 3),
        reader.read_up_to(queue, tf.constant(4, tf.int64), name="some"),
        reader.num_records_produced(),
        reader.num_work_units_completed(name="completed"),
        reader.serialize_state(),
        reader.restore_state("", name="restore"),
        reader.reset(),
    ]


@in_folder
def lines(tf: Any, folder: str) -> Any:
    paths = written(tf, folder)
    names = paths("lines", "empty", "more")
    return [
        told(tf, tf.TextLineReader(), names, 9),
        told(tf, tf.TextLineReader(2), names, 5),
        told(tf, tf.TextLineReader(), names, 4, up_to=4),
        told(tf, tf.TextLineReader(), names, 5, up_to=2),
        told(tf, tf.TextLineReader(), names, 2, up_to=0),
        told(tf, tf.TextLineReader(), paths("none", "more"), 4),
    ]


@in_folder
def whole_files(tf: Any, folder: str) -> Any:
    names = written(tf, folder)("lines", "empty", "none")
    return [
        told(tf, tf.WholeFileReader(), names, 4),
        told(tf, tf.WholeFileReader(), names, 3, up_to=2),
        told(tf, tf.IdentityReader(), names, 4),
    ]


@in_folder
def records_of_one_length(tf: Any, folder: str) -> Any:
    paths = written(tf, folder)
    found = []
    for sizes, name, encoding in (
        ((3, 2, 1), "fixed", None),
        ((4, 2, 1), "fixed", None),
        ((3, 2, 1, 1), "fixed", None),
        ((3, 2, 1, 4), "fixed", None),
        ((3,), "fixed", "x"),
        ((3, 2, 1), "gzip", "GZIP"),
        ((3, 2, 1, 1), "zlib", "ZLIB"),
        ((4, 2, 1), "zlib", "ZLIB"),
        ((3, 2, 1), "lines", "ZLIB"),
    ):
        reader = tf.FixedLengthRecordReader(*sizes, encoding=encoding)
        found.append(told(tf, reader, paths(name), 4))
    reader = tf.FixedLengthRecordReader(3, 2, 1)
    return [*found, told(tf, reader, paths("short", "empty", "fixed"), 3)]


@in_folder
def records(tf: Any, folder: str) -> Any:
    paths = written(tf, folder)
    options = tf.python_io.TFRecordOptions(tf.python_io.TFRecordCompressionType.ZLIB)
    return [
        told(tf, tf.TFRecordReader(), paths("records", "empty"), 4),
        told(tf, tf.TFRecordReader(options=options), paths("packed"), 4),
        told(tf, tf.TFRecordReader(), paths("damaged", "records"), 4),
        told(tf, tf.TFRecordReader(), paths("lines", "records"), 2),
        told(tf, tf.TFRecordReader(), paths("records", "records"), 3, up_to=2),
    ]


@in_folder
def readers_begin_anew(tf: Any, folder: str) -> Any:
    names = written(tf, folder)("lines", "more")
    queue = tf.FIFOQueue(20, tf.string, shapes=[[]])
    reader = tf.TextLineReader()
    record, reset = reader.read(queue).value, reader.reset()
    with tf.Session() as session:
        session.run(queue.enqueue_many([names]))
        found = [session.run(record), session.run(record)]
        session.run(reset)
        return [*found, session.run(record), session.run(reader.num_records_produced())]


@in_folder
def a_table_in_batches(tf: Any, folder: str) -> Any:
    for part in range(3):
        with open(os.path.join(folder, f"table-{part}.csv"), "w") as file:
            file.write("name,size,price\n")
            file.writelines(f"p{part}{row},{row},{row * 0.5}\n" for row in range(part + 2))
    names = tf.train.match_filenames_once(os.path.join(folder, "table-*.csv"))
    # With resource variables TensorFlow takes no variable here.
    queue = tf.train.string_input_producer(tf.identity(names), num_epochs=2, shuffle=False)
    _, line = tf.TextLineReader(skip_header_lines=1).read(queue)
    name, size, price = tf.decode_csv(line, [[""], [0], [0.0]])
    batch = tf.train.batch([name, tf.stack([tf.to_float(size), price])], 5)
    return until_the_end(tf, batch)


@in_folder
def a_mixed_table(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "table.csv")
    with open(path, "w") as file:
        file.writelines(f"{row},{row % 3}\n" for row in range(20))
    queue = tf.train.string_input_producer([path], num_epochs=1)
    columns = [tf.decode_csv(tf.TextLineReader().read(queue)[1], [[0], [0]]) for _ in range(2)]
    batch = tf.train.shuffle_batch_join(
        columns, 6, capacity=30, min_after_dequeue=10, allow_smaller_final_batch=True
    )
    found = until_the_end(tf, batch)
    assert found.pop() == "out of range"
    rows = sorted((int(a), int(b)) for many in found for a, b in zip(*many))
    return [[len(many[0]) for many in found], rows]


@in_folder
def examples_in_batches(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "examples")
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(7):
            example = tf.train.Example()
            example.features.feature["n"].int64_list.value.append(number)
            example.features.feature["words"].bytes_list.value.extend(
                [b"w%d" % number] * (number % 3)
            )
            writer.write(example.SerializeToString())
    queue = tf.train.string_input_producer([path], num_epochs=1)
    _, serialized = tf.TFRecordReader().read(queue)
    features = {"n": tf.FixedLenFeature([], tf.int64), "words": tf.VarLenFeature(tf.string)}
    batch = tf.train.batch(
        tf.parse_single_example(serialized, features), 3, allow_smaller_final_batch=True
    )
    return until_the_end(tf, [batch["n"], tf.sparse_tensor_to_dense(batch["words"], "")])


@in_folder
def many_records_at_once(tf: Any, folder: str) -> Any:
    names = written(tf, folder)("records", "records")
    queue = tf.train.string_input_producer(names, num_epochs=2, shuffle=False)
    _, values = tf.TFRecordReader().read_up_to(queue, 2)
    batch = tf.train.batch([values], 5, enqueue_many=True, allow_smaller_final_batch=True)
    return until_the_end(tf, batch)


@in_folder
def images_in_batches(tf: Any, folder: str) -> Any:
    for number in range(4):
        pixels = np.full([2 + number, 3, 3], number * 50, np.uint8)
        with tf.Session() as session, open(os.path.join(folder, f"{number}.png"), "wb") as file:
            file.write(session.run(tf.image.encode_png(pixels)))
    names = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    queue = tf.train.string_input_producer(names, num_epochs=1, shuffle=False)
    key, content = tf.WholeFileReader().read(queue)
    image = tf.image.decode_png(content, channels=3)
    sized = tf.image.resize_image_with_crop_or_pad(image, 4, 4)
    read = tf.image.decode_png(
        tf.read_file(tf.train.slice_input_producer([names], shuffle=False, num_epochs=1)[0])
    )
    batch = tf.train.batch(
        [tf.to_float(sized), tf.strings.substr(key, -5, 1), tf.shape(image), tf.shape(read)], 2
    )
    return until_the_end(tf, batch)


@in_folder
def training_on_a_table(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "table.csv")
    with open(path, "w") as file:
        file.writelines(f"{x},{2 * x + 1}\n" for x in np.linspace(-1, 1, 16))
    queue = tf.train.string_input_producer([path], num_epochs=20, shuffle=False)
    _, line = tf.TextLineReader().read(queue)
    x, y = tf.train.batch(tf.decode_csv(line, [[0.0], [0.0]]), 8)
    slope, offset = tf.get_variable("slope", []), tf.get_variable("offset", [])
    loss = tf.reduce_mean(tf.square(x * slope + offset - y))
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    steps = 0
    with filling(tf) as session:
        try:
            while True:
                session.run(step)
                steps += 1
        except tf.errors.OutOfRangeError:
            pass
        return [steps, [round(float(value), 3) for value in session.run([slope, offset])]]


@in_folder
def a_damaged_file_in_a_pipeline(tf: Any, folder: str) -> Any:
    queue = tf.train.string_input_producer(written(tf, folder)("damaged"), num_epochs=1)
    _, value = tf.TFRecordReader().read(queue)
    batch = tf.train.batch([value], 2)
    try:
        return until_the_end(tf, batch)
    except tf.errors.DataLossError:
        return "damaged"


@in_folder
def a_missing_file_in_a_pipeline(tf: Any, folder: str) -> Any:
    queue = tf.train.string_input_producer([os.path.join(folder, "none")], num_epochs=1)
    _, value = tf.TextLineReader().read(queue)
    batch = tf.train.batch([value], 2)
    try:
        with tf.train.MonitoredSession() as session:
            return session.run(batch)
    except tf.errors.NotFoundError:
        return "not found"
