"""What is said of a partitioned variable that a checkpoint does not fit: which one, which part of it, what was expected and found."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import minihub as hub
import minihub_runtime as tf
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.errors import DataLossError, InvalidArgumentError


def variable(shape: list[int], parts: int, dtype: Any = tf.float32) -> Any:
    return tf.get_variable(
        "emb",
        shape,
        dtype,
        initializer=tf.zeros_initializer(),
        partitioner=tf.fixed_size_partitioner(parts),
    )


def checkpoint(folder: Path, shape: list[int], parts: int, dtype: Any = tf.float32) -> str:
    with tf.Graph().as_default(), tf.Session() as session:
        variable(shape, parts, dtype)
        session.run(tf.global_variables_initializer())
        path: str = tf.train.Saver().save(session, str(folder / "c"))
    return path


def spec() -> hub.ModuleSpec:
    def module_fn() -> None:
        x = tf.placeholder(tf.int64, [None])
        hub.add_signature(None, x, tf.nn.embedding_lookup(variable([6, 2], 3), x))

    return hub.create_module_spec(module_fn)


@pytest.mark.parametrize(
    ("shape", "parts", "found"), [([8, 2], 4, "[8,2]"), ([6, 3], 3, "[6,3]"), ([6], 2, "[6]")]
)
def test_another_shape(tmp_path: Path, shape: list[int], parts: int, found: str) -> None:
    path = checkpoint(tmp_path, shape, parts)
    said = re.escape(
        "variable 'emb', of which the part [0:2, 0:2] is wanted, must have the shape [6,2] in the checkpoint "
        f"{path}, not {found}"
    )
    with tf.Graph().as_default(), tf.Session() as session:
        variable([6, 2], 3)
        with pytest.raises(InvalidArgumentError, match=said):
            tf.train.Saver().restore(session, path)
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("a"):
            variable([6, 2], 3)
        tf.train.init_from_checkpoint(path, {"emb": "a/emb"})
        with pytest.raises(InvalidArgumentError, match=said):
            session.run(tf.global_variables_initializer())
    said = re.escape(
        "variable emb, of which emb/part_0 is the part [0:2, 0:2], ([6,2]) doesn't match with shape of tensor emb "
        f"({found}) from checkpoint reader ({path})"
    )
    with pytest.raises(InvalidArgumentError, match=said):
        spec().export(tmp_path / "m", checkpoint_path=path)


def test_another_type(tmp_path: Path) -> None:
    path = checkpoint(tmp_path, [6, 2], 3, tf.int32)
    said = r"variable emb, of which emb/part_0 is the part \[0:2, 0:2\], must be of type float32 .*, not int32"
    with pytest.raises(InvalidArgumentError, match=said):
        spec().export(tmp_path / "m", checkpoint_path=path)


def test_a_module_whose_checkpoint_was_replaced(tmp_path: Path) -> None:
    for name, shape in (("a", [6, 2]), ("b", [8, 2])):
        (tmp_path / name).mkdir()
        checkpoint(tmp_path / name, shape, 2)
    module = tmp_path / "m"
    spec().export(module, checkpoint_path=tmp_path / "a" / "c")
    for file in (tmp_path / "b").glob("c.*"):
        shutil.copy(file, module / "variables" / file.name.replace("c.", "variables.", 1))
    said = r"variable emb, of which emb/part_0 is the part \[0:2, 0:2\], \(\[6,2\]\) doesn't match .* \(\[8,2\]\)"
    with tf.Graph().as_default(), pytest.raises(InvalidArgumentError, match=said):
        hub.Module(str(module))
    with pytest.raises(InvalidArgumentError, match=said):
        hub.load(module)([1])


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("6 2 5,2:-", "the part '6 2 5,2:-' of variable 'emb': a slice must start at 0 or later"),
        ("6 2 0,2", "the part '6 2 0,2' of variable 'emb': a slice of a tensor of shape [6,2]"),
        ("nonsense", "the part 'nonsense' of variable 'emb': a shape and slice must look like"),
        ("6 3 1,2:-", "variable 'emb', of which the part [1:3, 0:3] is wanted, must have the shape [6,3]"),
    ],
)  # fmt: skip
def test_parts_that_are_none(tmp_path: Path, part: str, message: str) -> None:
    with (
        CheckpointReader(checkpoint(tmp_path, [6, 2], 3)) as reader,
        pytest.raises(InvalidArgumentError, match=re.escape(message)),
    ):
        reader.read("emb", part)


def test_a_part_that_was_not_stored(tmp_path: Path) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        parts = list(variable([6, 2], 3))
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver(parts[:2]).save(session, str(tmp_path / "c"))
    said = "the stored slices of 'emb' must have all 2 elements of the part [3:5, 1:2] that is wanted, but have 1"
    with CheckpointReader(path) as reader:
        with pytest.raises(DataLossError, match=re.escape(said)):
            reader.read("emb", "6 2 3,2:1,1")
        assert reader.read("emb", "6 2 0,4:-").shape == (4, 2)
