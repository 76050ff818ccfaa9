"""What writes the elements of datasets to files."""

from __future__ import annotations

import functools
import gzip
import zlib
from pathlib import Path
from typing import Any

from tests.api.programs import message, program, results
from tests.api.programs.csv_datasets import kept, written
from tests.api.programs.dataset_experimental import kind


def words(tf: Any) -> Any:
    return tf.data.Dataset.from_tensor_slices(["one", "", "three"])


@program
def records_of_a_dataset(tf: Any) -> Any:
    with written():
        writer = tf.data.experimental.TFRecordWriter("plain")
        writing = writer.write(words(tf).map(lambda word: word + "!"))
        with tf.Session() as session:
            session.run(writing)
            first = Path("plain").read_bytes().hex()
            session.run(writing)
            return first, Path("plain").read_bytes().hex() == first, len(writing.outputs)


@results
def compressed_records(tf: Any) -> Any:
    writer = tf.data.experimental.TFRecordWriter
    with written():
        writing = [
            writer("zlib", "ZLIB").write(words(tf)),
            writer(tf.constant("gzip"), tf.constant("GZIP")).write(words(tf).repeat(2)),
            writer("none").write(words(tf).take(0)),
        ]
        with tf.Session() as session:
            session.run(writing)
        content = [
            zlib.decompress(Path("zlib").read_bytes()).hex(),
            gzip.decompress(Path("gzip").read_bytes()).hex(),
            Path("none").read_bytes().hex(),
        ]
        read = tf.data.TFRecordDataset("gzip", "GZIP")
        return content, kept(tf, read)


@results
def records_before_an_error(tf: Any) -> Any:
    with written():
        writer = tf.data.experimental.TFRecordWriter("cut")
        failing = tf.data.Dataset.range(4).map(lambda n: tf.as_string(6 // (2 - n)))
        lost = tf.data.experimental.TFRecordWriter("missing/file").write(words(tf))
        with tf.Session() as session:
            running = [functools.partial(session.run, op) for op in (writer.write(failing), lost)]
            found = [kind(tf, run) for run in running]
        return found, kept(tf, tf.data.TFRecordDataset("cut"))


@results
def refused_writing(tf: Any) -> Any:
    writer = tf.data.experimental.TFRecordWriter("unwritten")
    refused = [
        [1, 2],
        tf.data.Dataset.range(3),
        words(tf).batch(2),
    ]
    return [message(functools.partial(writer.write, item))[:20] for item in refused]
