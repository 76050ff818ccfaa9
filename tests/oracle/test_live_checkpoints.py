"""Checkpoints that savers of minihub_runtime write are those of TensorFlow, byte for byte, and each restores the other's."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.train.object_checkpoints import read_object_graph
from tests.api.programs.object_checkpoints import BUILDERS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]


def plain(tf: Any) -> Any:
    """Variables of many types and shapes."""
    values = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
        "empty": np.zeros((0, 3), np.float64),
        "scalar": np.int64(-5),
        "flags": np.array([True, False]),
        "halves": np.array([0.5, -2.0], np.float16),
        "bytes": np.array([1, 255], np.uint8),
        "complex": np.array([1 + 2j], np.complex64),
        "words": np.array([b"", b"a", "é".encode()], object),
    }
    for name, value in values.items():
        tf.Variable(tf.constant(value, dtype=tf.as_dtype(value.dtype)), name=name)
    return tf.train.Saver()


def by_reference(tf: Any) -> Any:
    """Variables by reference, under other names."""
    a = tf.get_variable("a", initializer=[1.0, 2.0], use_resource=False)
    b = tf.get_variable("b/c", initializer=3, use_resource=False)
    return tf.train.Saver({"z/a": a, "y": b})


def partitioned(tf: Any) -> Any:
    """Variables in parts, along different axes."""
    for use_resource in (False, True):
        with tf.variable_scope(f"of_{use_resource}", use_resource=use_resource):
            for axis, shape in enumerate(([5, 3], [2, 4])):
                tf.get_variable(
                    f"axis_{axis}",
                    initializer=lambda shape, dtype, partition_info: tf.reshape(
                        tf.constant(np.arange(float(np.prod(shape))), dtype),
                        shape,
                    ),
                    shape=shape,
                    partitioner=tf.fixed_size_partitioner(2, axis),
                )
            tf.get_variable(
                "one", initializer=tf.ones_initializer(), shape=[2, 2],
                partitioner=tf.fixed_size_partitioner(1),
            )  # fmt: skip
    return tf.train.Saver()


def on_devices(tf: Any) -> Any:
    """A shard for each device."""
    with tf.device("/cpu:0"):
        tf.get_variable("a", initializer=[1.0, 2.0])
    with tf.device("/device:CPU:1"):
        tf.get_variable("b", initializer=[3])
    tf.get_variable("c", initializer=[[4.0]])
    return tf.train.Saver(sharded=True)


def in_one_shard(tf: Any) -> Any:
    """Sharded, but there are no devices."""
    tf.get_variable("a", initializer=[1.0, 2.0])
    tf.get_variable("b", initializer=["x"])
    return tf.train.Saver(sharded=True)


def old(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same with a saver of the V1 format."""

    def made(tf: Any) -> Any:
        sharded = bool(program(tf).as_saver_def().sharded)
        return tf.train.Saver(sharded=sharded, write_version=tf.train.SaverDef.V1)

    made.__name__ = f"old_{program.__name__}"
    return made


PROGRAMS = [plain, by_reference, partitioned, on_devices, in_one_shard]
PROGRAMS += [old(program) for program in (plain, partitioned, on_devices)]


def saved(tf: Any, program: Callable[[Any], Any], folder: Path) -> dict[str, bytes]:
    """The files of the checkpoint that a program's saver writes."""
    folder.mkdir()
    with tf.Graph().as_default():
        saver = program(tf)
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as session:
            session.run(tf.global_variables_initializer())
            saver.save(session, str(folder / "model"), write_meta_graph=False)
    return {
        name: (folder / name).read_bytes() for name in os.listdir(folder) if name != "checkpoint"
    }


def restored(tf: Any, program: Callable[[Any], Any], folder: Path) -> list[Any]:
    """The values of a program's variables after restoring."""
    with tf.Graph().as_default():
        saver = program(tf)
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as session:
            saver.restore(session, tf.train.latest_checkpoint(str(folder)))
            return [
                (variable.name, np.asarray(value).tolist(), np.asarray(value).dtype.str)
                for variable, value in zip(
                    tf.global_variables(), session.run(tf.global_variables()), strict=True
                )
            ]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_both_write_the_same_bytes(program: Any, tmp_path: Path) -> None:
    ours = saved(minihub_runtime, program, tmp_path / "here")
    theirs = saved(tensorflow, program, tmp_path / "there")
    assert sorted(ours) == sorted(theirs)
    for name, data in theirs.items():
        assert ours[name] == data, name


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_each_restores_what_the_other_wrote(program: Any, tmp_path: Path) -> None:
    saved(minihub_runtime, program, tmp_path / "here")
    saved(tensorflow, program, tmp_path / "there")
    found = [
        restored(tf, program, tmp_path / place)
        for tf in (tensorflow, minihub_runtime)
        for place in ("here", "there")
    ]
    assert found[0]
    assert all(item == found[0] for item in found)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_meta_graph_carries_its_saver(program: Any, tmp_path: Path) -> None:
    """TensorFlow saves and restores with the operations that were added here, and the reverse."""
    for name, (one, other) in {
        "to": (minihub_runtime, tensorflow),
        "fro": (tensorflow, minihub_runtime),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        with one.Graph().as_default():
            saver = program(one)
            with one.Session(config=one.ConfigProto(allow_soft_placement=True)) as session:
                session.run(one.global_variables_initializer())
                saver.save(session, str(folder / "model"))
        with other.Graph().as_default():
            saver = other.train.import_meta_graph(str(folder / "model.meta"))
            with other.Session(config=other.ConfigProto(allow_soft_placement=True)) as session:
                saver.restore(session, one.train.latest_checkpoint(str(folder)))
                saver.save(session, str(folder / "again"), write_meta_graph=False)
        for path in folder.glob("model*"):
            if path.suffix != ".meta":
                again = path.with_name(path.name.replace("model", "again"))
                assert again.read_bytes() == path.read_bytes(), path.name


def test_parts_of_a_variable_on_several_devices(tmp_path: Path) -> None:
    """A device for each part is asked for by a function of the device, as parameter servers have it."""

    def program(tf: Any) -> Any:
        parts = []
        for index in range(2):
            with tf.device(f"/device:CPU:{index}"):
                part = tf.Variable([[1.0 + index, 2.0]], name=f"p/part_{index}", use_resource=False)
            info = tf.Variable.SaveSliceInfo("p", [2, 2], [index, 0], [1, 2])
            part._set_save_slice_info(info)
            parts.append(part)
        with tf.device("/device:CPU:1"):
            tf.Variable(7, name="step")
        return tf.train.Saver(sharded=True)

    ours = saved(minihub_runtime, program, tmp_path / "here")
    theirs = saved(tensorflow, program, tmp_path / "there")
    assert sorted(ours) == sorted(theirs)
    assert ours == theirs


def objects_saved(tf: Any, build: Callable[[Any], Any], folder: Path) -> dict[str, bytes]:
    """The files of the checkpoint that a program's Checkpoint writes."""
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        checkpoint, train = build(tf)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(train)
            checkpoint.save(str(folder / "model"))
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "checkpoint"}


def objects_restored(tf: Any, build: Callable[[Any], Any], folder: Path) -> list[Any]:
    """The values of a program's variables after its Checkpoint was restored."""
    with tf.Graph().as_default():
        checkpoint, _ = build(tf)
        checkpoint.restore(str(folder / "model-1")).assert_consumed()
        status = checkpoint.restore(str(folder / "model-1"))
        variables = sorted(tf.global_variables(), key=lambda variable: str(variable.name))
        with tf.Session() as session:
            status.initialize_or_restore()
            values = session.run(variables)
    return [
        (v.name, np.asarray(value).tolist()) for v, value in zip(variables, values, strict=True)
    ]


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_each_restores_the_objects_of_the_other(build: Any, tmp_path: Path) -> None:
    ours = objects_saved(minihub_runtime, build, tmp_path / "here")
    theirs = objects_saved(tensorflow, build, tmp_path / "there")
    assert sorted(ours) == sorted(theirs)
    for place in ("here", "there"):
        found = [
            objects_restored(tf, build, tmp_path / place) for tf in (tensorflow, minihub_runtime)
        ]
        assert found[0]
        assert found[1] == found[0]
    graphs = [
        read_object_graph(CheckpointReader(str(tmp_path / place / "model-1")), place)
        for place in ("here", "there")
    ]
    assert graphs[0] == graphs[1]
