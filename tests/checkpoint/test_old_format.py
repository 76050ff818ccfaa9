"""Files of the V1 format: those that TensorFlow wrote are read and written byte for byte, damaged ones refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.checkpoint import (
    CheckpointReader,
    OldCheckpointReader,
    Part,
    write_checkpoint,
    write_old_file,
)
from minihub_runtime.checkpoint.table import read_table
from minihub_runtime.errors import (
    DataLossError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    UnimplementedError,
)
from minihub_runtime.ops.checkpoint_files import open_checkpoint
from minihub_runtime.protos import SavedTensorSlices
from tests.checkpoint import tensors
from tests.checkpoint.corruptions import table

DATA = Path(__file__).parent / "data"
GRID = np.arange(12, dtype=np.float32).reshape(4, 3)


def same(a: Any, b: Any) -> bool:
    return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())


def parts(names: list[str]) -> list[Part]:
    stored = {**tensors.old_dtypes(), **tensors.old_slices()}
    return [Part(key.split("#")[0], stored[key][1], stored[key][0]) for key in names]


def test_all_types_are_read() -> None:
    wanted = tensors.old_dtypes()
    with open_checkpoint(str(DATA / "old_dtypes")) as reader:
        assert reader.names() == sorted(wanted)
        for name, (_, array) in wanted.items():
            found = reader.read(name)
            if array.dtype == object:
                assert found.tolist() == array.tolist()
            else:
                assert same(found, array), name
            assert not found.flags.writeable


def test_files_are_those_of_tensorflow(tmp_path: Path) -> None:
    named = {f"old-{i:05d}-of-00002": names for i, names in enumerate(tensors.OLD_SHARDS)}
    for name, names in {**named, "old_dtypes": list(tensors.old_dtypes())}.items():
        write_old_file(str(tmp_path / name), parts(names))
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_shards_are_one_checkpoint() -> None:
    prefix = str(DATA / "old-?????-of-00002")
    assert tf.train.list_variables(prefix) == [("grid", [4, 3]), ("one", []), ("whole", [2])]
    reader = tf.train.load_checkpoint(prefix)
    assert same(reader.get_tensor("grid"), GRID)
    assert reader.get_tensor("one") == 7
    assert isinstance(reader.get_tensor("one"), np.int64)
    with open_checkpoint(prefix) as old:
        assert same(old.read("grid", "4 3 1,2:0,2"), GRID[1:3, :2])
        assert same(old.read("grid", "4 3 2,2:-"), GRID[2:])
        with pytest.raises(InvalidArgumentError, match="must have the shape"):
            old.read("grid", "4 4 1,2:0,2")
        with pytest.raises(NotFoundError, match='Tensor name "none" not found'):
            old.read("none")


def test_one_shard_of_two_lacks_rows() -> None:
    with (
        open_checkpoint(str(DATA / "old-00000-of-00002")) as reader,
        pytest.raises(DataLossError, match="must have all 12 elements"),
    ):
        reader.read("grid")


def test_whatever_byte_is_wrong_is_noticed(tmp_path: Path) -> None:
    good = (DATA / "old-00000-of-00002").read_bytes()
    path = tmp_path / "bad"
    with open_checkpoint(str(DATA / "old-00000-of-00002")) as reader:
        wanted = {"grid": GRID[:2], "whole": reader.read("whole")}
    for position in range(len(good)):
        data = bytearray(good)
        data[position] ^= 0x81
        path.write_bytes(data)
        for name, part in (("grid", "4 3 0,2:-"), ("whole", None)):
            try:
                with open_checkpoint(str(path)) as reader:
                    found = reader.read(name, part)
            except DataLossError:
                continue
            # The padding of the footer says nothing.
            assert same(found, wanted[name]), position
    for size in range(len(good)):
        path.write_bytes(good[:size])
        with pytest.raises(DataLossError, match="Unable to open table file"):
            open_checkpoint(str(path))


def changed(path: Path, key: bytes, change: Any) -> Path:
    """A file with right checksums in which one message is another."""
    entries = dict(read_table((DATA / "old-00000-of-00002").read_bytes(), "old"))
    message = SavedTensorSlices.FromString(entries[key])
    change(message)
    entries[key] = message.SerializeToString()
    path.write_bytes(table(sorted(entries.items())))
    return path


def test_messages_that_contradict_each_other(tmp_path: Path) -> None:
    first = next(
        key for key, _ in read_table((DATA / "old-00000-of-00002").read_bytes(), "old") if key
    )

    def fewer(message: Any) -> None:
        del message.data.data.float_val[0]

    def renamed(message: Any) -> None:
        message.data.name = "other"

    def larger(message: Any) -> None:
        message.meta.tensor[0].shape.dim[0].size = 1 << 40

    def outside(message: Any) -> None:
        message.meta.tensor[0].slice[0].extent[0].start = 3

    def negative(message: Any) -> None:
        message.meta.tensor[0].shape.dim[0].size = -4

    def unknown(message: Any) -> None:
        message.meta.tensor[0].type = 999

    def newer(message: Any) -> None:
        message.meta.versions.min_consumer = 2

    for key, change in (
        (first, fewer), (first, renamed), (b"", larger), (b"", outside), (b"", negative), (b"", unknown),
        (b"", newer),
    ):  # fmt: skip
        path = changed(tmp_path / "bad", key, change)
        with pytest.raises(OpError), open_checkpoint(str(path)) as reader:
            reader.read("grid", "4 3 0,2:-")


def test_what_cannot_be_written(tmp_path: Path) -> None:
    path = str(tmp_path / "old")
    for error, bad in (
        (UnimplementedError, [Part("x", np.zeros(1, np.uint64))]),
        (InvalidArgumentError, [Part("x", np.zeros(2), "4 0,3")]),
        (InternalError, [Part("x", np.zeros(2), "4 0,2"), Part("x", np.zeros(2), "5 2,2")]),
    ):
        with pytest.raises(error):
            write_old_file(path, bad)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("x" * 100)
    with pytest.raises(DataLossError, match="perhaps your file is in a different file format"):
        tf.train.load_checkpoint(path)
    with pytest.raises(NotFoundError, match="Failed to find any matching files"):
        tf.train.load_checkpoint(tmp_path / "none")


def model() -> tuple[Any, Any]:
    with tf.device("/cpu:0"):
        a = tf.get_variable("a", initializer=[1.0, 2.0])
    with tf.device("/device:CPU:1"):
        b = tf.get_variable("b", initializer=[3])
    return a, b


@pytest.mark.parametrize("sharded", [False, True])
def test_a_saver_writes_and_restores(sharded: bool, tmp_path: Path) -> None:
    with tf.Graph().as_default():
        a, b = model()
        saver = tf.train.Saver(sharded=sharded, max_to_keep=1, write_version=tf.train.SaverDef.V1)
        assert saver.as_saver_def().version == tf.train.SaverDef.V1
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            saver.save(session, str(tmp_path / "model"), global_step=1)
            session.run(a.assign([5.0, 6.0]))
            saved = saver.save(session, str(tmp_path / "model"), global_step=2)
    ends = [f"-{i:05d}-of-00002" for i in range(2)] if sharded else [""]
    assert saved == str(tmp_path / ("model-2-?????-of-00002" if sharded else "model-2"))
    assert {path.name for path in tmp_path.iterdir()} == {
        "checkpoint", "model-2.meta", *(f"model-2{end}" for end in ends),
    }  # fmt: skip
    assert tf.train.latest_checkpoint(tmp_path) == saved
    with tf.Graph().as_default():
        a, b = model()
        with tf.Session() as session:
            tf.train.Saver().restore(session, saved)
            assert session.run(a).tolist() == [5.0, 6.0]
            assert session.run(b).tolist() == [3]
            tf.train.Saver({"a": a, "none": b}, name="other")
            with pytest.raises(NotFoundError, match='"none" not found'):
                tf.train.Saver({"a": a, "none": b}).restore(session, saved)
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(str(tmp_path / "model-2.meta"))
        saver.restore(session, saved)
        again = saver.save(session, str(tmp_path / "again"), write_meta_graph=False)
    for end in ends:
        assert (tmp_path / f"again{end}").read_bytes() == (tmp_path / f"model-2{end}").read_bytes()
    assert isinstance(open_checkpoint(again), OldCheckpointReader)
    with tf.Graph().as_default():
        a, b = model()
        tf.train.init_from_checkpoint(saved, {"a": a, "b": b})
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            assert session.run(a).tolist() == [5.0, 6.0]


def test_a_graph_reads_no_file_behind_a_link(tmp_path: Path) -> None:
    """A pattern is inside what may be read; what it finds is not."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    outside.mkdir()
    inside.mkdir()
    write_old_file(str(outside / "secret"), [Part("x", np.zeros(1, np.float32))])
    (inside / "link").symlink_to(outside)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        graph.allow_reading(str(inside))
        for pattern in ("li?k/secret", "link/secret", "../outside/secret"):
            value = tf.raw_ops.Restore(
                file_pattern=str(inside / pattern), tensor_name="x", dt=tf.float32
            )
            with pytest.raises(PermissionDeniedError):
                session.run(value)


def test_the_new_format_comes_first(tmp_path: Path) -> None:
    """As in TensorFlow, where both are there."""
    prefix = str(tmp_path / "both")
    write_checkpoint(prefix, {"x": np.zeros(1)})
    write_old_file(prefix, [Part("x", np.ones(1))])
    with open_checkpoint(prefix) as reader:
        assert isinstance(reader, CheckpointReader)
        assert reader.read("x").tolist() == [0]
