"""Inputs that are made up suit what the graph does with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub.example_inputs import example_inputs
from minihub.example_runs import example_run
from minihub.input_uses import uses_of
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.graph.ir import Ref
from minihub_runtime.values import SparseTensorValue
from tests.pages.test_contents import exported
from tests.shared import SHARED, needs_shared

Outputs = Callable[[Any], Any]


def made(folder: Path, dtype: Any, shape: Any, outputs: Outputs, batch: int = 2) -> tuple[Any, Any]:
    """The input that is made up for a module of one input, and what the module gives for it."""

    def module_fn() -> None:
        x = tf.placeholder(dtype, shape)
        minihub.add_signature(inputs=x, outputs=outputs(x))

    run = example_run(
        exported(module_fn, folder), None, signature=None, tags=None, batch=batch, runs=1
    )
    assert run.made_up
    (value,) = run.inputs.values()
    return value, run.module(run.inputs)


def mapped(decode: Outputs) -> Outputs:
    return lambda x: tf.map_fn(decode, x, dtype=tf.uint8)


def in_branches(x: Any) -> Any:
    def decoded(text: Any) -> Any:
        return tf.image.decode_png(text, channels=3)

    return tf.cond(tf.size(x) > 0, lambda: decoded(x[0]), lambda: decoded(x[1]))


@pytest.mark.parametrize(
    ("outputs", "shape"),
    [
        (mapped(lambda text: tf.image.decode_image(text, 3)), (2, 224, 224, 3)),
        (mapped(lambda text: tf.image.decode_jpeg(text, channels=1)), (2, 224, 224, 1)),
        (mapped(lambda text: tf.image.decode_bmp(tf.identity(text))), (2, 224, 224, 3)),
        (in_branches, (224, 224, 3)),
        (tf.function(lambda x: tf.image.decode_png(x[0])), (224, 224, 3)),
        (lambda x: tf.audio.decode_wav(tf.reshape(x, [2])[0])[0], (16000, 1)),
    ],
    ids=["image", "jpeg", "bmp", "branches", "function", "wav"],
)
def test_strings_are_what_the_graph_decodes(
    tmp_path: Path, outputs: Outputs, shape: tuple[int, ...]
) -> None:
    value, result = made(tmp_path, tf.string, [None], outputs)
    assert (value.shape, result.shape) == ((2,), shape)
    assert result.std() > 0


@pytest.mark.parametrize("dtype", [tf.float32, tf.int64])
def test_strings_that_become_numbers(tmp_path: Path, dtype: Any) -> None:
    value, result = made(tmp_path, tf.string, [None, 2], lambda x: tf.strings.to_number(x, dtype))
    assert value.tolist() == [[b"1", b"2"], [b"3", b"4"]]
    assert result.tolist() == [[1, 2], [3, 4]]


def test_strings_that_nothing_decodes_are_sentences(tmp_path: Path) -> None:
    value, _ = made(tmp_path, tf.string, [None], tf.strings.length)
    assert b" " in value[0]
    # What is computed from a string is another one.
    value, _ = made(
        tmp_path / "other",
        tf.string,
        [None],
        lambda x: tf.strings.to_number(tf.strings.as_string(tf.strings.length(x))),
    )
    assert b" " in value[0]


def test_the_size_of_pictures(tmp_path: Path) -> None:
    def resized(size: Any) -> Any:
        return tf.image.resize_bilinear(tf.ones([1, 4, 4, 1]), tf.identity(size))

    value, result = made(tmp_path, tf.int32, [2], resized)
    assert (value.tolist(), result.shape) == ([224, 224], (1, 224, 224, 1))
    value, _ = made(tmp_path / "other", tf.int32, [2], lambda x: x + 1)
    assert {*value.tolist()} <= {0, 1}


def dense(dtype: str, shape: Any) -> ParsedTensorInfo:
    return ParsedTensorInfo("dense", as_dtype(dtype), shape, (Ref("x"),))


@pytest.mark.parametrize("prefix", ["", "words_"])
@pytest.mark.parametrize(("rank", "batch"), [(1, 1), (2, 1), (2, 3), (3, 2)])
def test_parts_of_a_sparse_tensor_fit_together(prefix: str, rank: int, batch: int) -> None:
    infos = {
        f"{prefix}dense_shape": dense("int64", (rank,)),
        f"{prefix}indices": dense("int64", (None, rank)),
        f"{prefix}values": dense("float32", (None,)),
        "other": dense("float32", (None,)),
    }
    found = example_inputs(infos, batch)
    indices, values, shape = (found[prefix + part] for part in ("indices", "values", "dense_shape"))
    assert len(indices) == len(values) > 0
    assert (indices >= 0).all()
    assert (indices < shape).all()
    assert len(np.unique(indices, axis=0)) == len(indices)
    if rank > 1:
        assert shape[0] == batch
    assert (indices.dtype, shape.dtype, values.dtype) == (np.int64, np.int64, np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        sparse = tf.SparseTensor(indices, values, shape)
        assert session.run(tf.sparse.to_dense(sparse)).sum() == pytest.approx(values.sum())
        assert isinstance(session.run(tf.sparse.reorder(sparse)), SparseTensorValue)


def test_other_inputs_of_these_names_stay_as_their_types_say() -> None:
    infos = {
        "indices": dense("float32", (None, 2)),
        "values": dense("float32", (None,)),
        "dense_shape": dense("int64", (2,)),
    }
    found = example_inputs(infos, 3)
    assert found["indices"].shape == (3, 2)
    assert 0 < found["indices"].mean() < 1
    alone = example_inputs({"indices": dense("int64", (None, 2))}, 3)
    assert alone["indices"].shape == (3, 2)


@needs_shared
@pytest.mark.parametrize(
    ("name", "signature", "batch"),
    [
        ("image_augmentation", "default", 1),
        ("image_augmentation", "from_decoded_images", 1),
        ("image_augmentation", "decode", 1),
        ("image_augmentation", "center_crops", 2),
        ("string_hashing", "default", 1),
        ("string_hashing", "numbers", 1),
        ("string_hashing", "split", 1),
        ("use_lite", "default", 1),
        ("use_lite", "default", 3),
    ],
)
def test_recorded_modules_take_what_is_made_up(name: str, signature: str, batch: int) -> None:
    module = minihub.load(SHARED / "modules" / name / "module")
    told = minihub.page(module, signature=signature, batch=batch, runs=1).contents
    assert told["made_up"]
    assert all(node["outputs"] for node in told["graph"] if node["fetches"])
    uses = uses_of(module.runner, module.signatures[signature].inputs)
    if name == "image_augmentation" and signature == "default":
        assert uses == {"encoded_images": "image", "image_size": "size"}
