"""TFRecord files: what is written is read, and what is broken is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.errors import DataLossError, FailedPreconditionError, NotFoundError

RECORDS = [b"", b"ab", b"hello world" * 40_000, bytes(range(256))]

#: The records `ab` and `é` as TensorFlow writes them.
TWO = bytes.fromhex(
    "0200000000000000 78270b34 6162 1cb0f0f4 0200000000000000 78270b34 c3a9 2f223bbe"
)

OPTIONS: dict[str, Any] = {
    "none": None,
    "gzip": "GZIP",
    "zlib": tf.io.TFRecordOptions(tf.io.TFRecordCompressionType.ZLIB),
    "fast": tf.python_io.TFRecordOptions("ZLIB", compression_level=1, window_bits=12, mem_level=3),
}


def write(path: Path, options: Any = None) -> None:
    with tf.io.TFRecordWriter(path, options) as writer:
        for record in RECORDS:
            writer.write(record)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_round_trip(tmp_path: Path, options: Any) -> None:
    path = tmp_path / "records"
    write(path, options)
    assert list(tf.io.tf_record_iterator(path, options)) == RECORDS
    assert (path.stat().st_size < 20_000) is (options is not None)


def test_the_same_bytes_as_tensorflow(tmp_path: Path) -> None:
    path = tmp_path / "records"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"ab")
        writer.write("é")
    assert path.read_bytes() == TWO
    assert list(tf.python_io.tf_record_iterator(str(path))) == [b"ab", "é".encode()]


def test_streams_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "records"
    write(path, "GZIP")
    path.write_bytes(path.read_bytes() * 2)
    assert list(tf.io.tf_record_iterator(path, "GZIP")) == RECORDS * 2


def test_flushed_records_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "records"
    writer = tf.io.TFRecordWriter(path, "ZLIB")
    writer.write(b"first")
    writer.flush()
    assert list(tf.io.tf_record_iterator(path, "ZLIB")) == [b"first"]
    writer.close()
    writer.close()
    with pytest.raises(FailedPreconditionError, match=r"Writer is closed\."):
        writer.write(b"second")


@pytest.mark.parametrize("length", [0, 1, 8, 11])
def test_a_header_cut_short_is_the_end(tmp_path: Path, length: int) -> None:
    path = tmp_path / "records"
    path.write_bytes(TWO[:length])
    assert list(tf.io.tf_record_iterator(path)) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (0, r"corrupted record at 0 \(Is this even"),
        (12, "corrupted record at 12"),
        (18, "record at 18"),
    ],
)
def test_corruption_is_told(tmp_path: Path, place: int, message: str) -> None:
    path = tmp_path / "records"
    data = bytearray(TWO)
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataLossError, match=message):
        list(tf.io.tf_record_iterator(path))


@pytest.mark.parametrize("length", [12, 13, 17, 31])
def test_truncation_is_told(tmp_path: Path, length: int) -> None:
    path = tmp_path / "records"
    path.write_bytes(TWO[:length])
    with pytest.raises(DataLossError, match=f"truncated record at {0 if length < 18 else 18}'"):
        list(tf.io.tf_record_iterator(path))


def test_what_is_not_compressed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(TWO)
    with pytest.raises(DataLossError, match="inflate"):
        list(tf.io.tf_record_iterator(path, "GZIP"))
    with pytest.raises(ValueError, match='Not a valid compression_type: "x"'):
        tf.io.TFRecordOptions("x")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="No such file"):
        tf.io.tf_record_iterator(tmp_path / "none")
    with pytest.raises(NotFoundError, match="No such file"):
        tf.io.TFRecordWriter(tmp_path / "none" / "records")
    with tf.io.TFRecordWriter(tmp_path / "some") as writer, pytest.raises(TypeError, match="bytes"):
        writer.write(1)


def test_examples() -> None:
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))
    example = tf.train.Example(features=tf.train.Features(feature={"x": feature}))
    assert tf.train.Example.FromString(example.SerializeToString()) == example
    lists = tf.train.FeatureLists(feature_list={"y": tf.train.FeatureList(feature=[feature])})
    sequence = tf.train.SequenceExample(context=example.features, feature_lists=lists)
    assert sequence.feature_lists.feature_list["y"].feature[0].int64_list.value == [1, 2]
