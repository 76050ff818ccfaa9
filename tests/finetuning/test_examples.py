"""Batches and splits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minihub.finetuning.examples import Examples, split
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError
from minihub_runtime.graph.ir import Ref


def dense(dtype: str, *shape: int | None) -> ParsedTensorInfo:
    return ParsedTensorInfo("dense", as_dtype(dtype), shape, (Ref("x"),))


def test_batches_of_several_inputs() -> None:
    infos = {
        "ids": dense("int32", None, 2),
        "rate": dense("float32"),
        "text": dense("string", None),
    }
    examples = Examples(
        {"ids": [[1, 2], [3, 4], [5, 6]], "rate": 0.5, "text": ["a", "ä", "c"]}, infos
    )
    assert examples.count == 3
    batch = examples.batch(np.array([2, 0]))
    assert batch["ids"].tolist() == [[5, 6], [1, 2]]
    # An input without a dimension is the same for every batch.
    assert batch["rate"] == np.float32(0.5)
    assert batch["text"].tolist() == [b"c", b"a"]


def test_the_only_input_needs_no_name() -> None:
    assert Examples(["a", "b"], {"default": dense("string", None)}).count == 2
    assert Examples(np.zeros((5, 2)), {"x": dense("float32", None, 2)}).count == 5
    assert Examples(np.zeros((0, 2)), {"x": dense("float32", None, 2)}).count == 0


@pytest.mark.parametrize(
    ("features", "infos", "error", "message"),
    [
        ([[1.0]], {"x": dense("float32", None, 2)}, InvalidArgumentError, r"shape \[\?,2\], not \[1,1\]"),
        ({"a": [1], "b": [1, 2]}, {"a": dense("int32", None), "b": dense("int32", None)}, InvalidArgumentError,
         "one value per example; their lengths are"),
        ({"a": [1]}, {"b": dense("int32", None)}, TypeError, r"missing \['b'\], extra given \['a'\]"),
        ([1], {"x": ParsedTensorInfo("sparse", as_dtype("int32"), None, ())}, InvalidArgumentError, "must be a dense tensor"),
    ],
)  # fmt: skip
def test_features_that_do_not_fit(
    features: Any, infos: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Examples(features, infos)


def test_images_are_read_when_they_are_wanted(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for number in (0, 255):
        pixels = np.full((4, 6, 3), number, np.uint8)
        image.fromarray(pixels).save(tmp_path / f"{number}.png")
    info = {"images": dense("float32", None, None, None, 3)}
    paths = [tmp_path / "0.png", str(tmp_path / "255.png")]
    examples = Examples(paths, info, (2, 3))
    assert examples.batch(np.array([1, 0])).pop("images").tolist() == [
        [[[value] * 3] * 3] * 2 for value in (1.0, 0.0)
    ]
    image.fromarray(np.zeros((3, 3, 3), np.uint8)).save(tmp_path / "255.png")
    with pytest.raises(InvalidArgumentError, match="of one batch must be alike"):
        Examples(paths, info).batch(np.array([0, 1]))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_images_that_are_no_files_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "absent")
    info = {"images": dense("float32", None, 4, 6, 3)}
    with pytest.raises(FailedPreconditionError, match=r"pipe\.png must be a regular file"):
        Examples([tmp_path / "pipe.png"], info)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png"):
        Examples([tmp_path / "nowhere.png"], info)


def test_a_split_gives_each_class_its_share() -> None:
    strata = np.array([0] * 50 + [1] * 30 + [2] * 1)
    training, held = split(strata, 0.2, np.random.default_rng(1))
    assert len(training) + len(held) == 81
    assert not set(training) & set(held)
    assert np.bincount(strata[held], minlength=3).tolist() == [10, 6, 0]
    again = split(strata, 0.2, np.random.default_rng(1))
    assert held.tolist() == again[1].tolist()


def test_shares_of_small_classes_add_up() -> None:
    # Each class alone would round to nothing.
    strata = np.arange(20) // 2
    _, held = split(strata, 0.2, np.random.default_rng(0))
    assert len(held) == 4
    assert np.bincount(strata[held]).max() == 1


def test_a_split_of_nothing() -> None:
    training, held = split(np.zeros(4, np.int64), 0.0, np.random.default_rng(0))
    assert (training.tolist(), held.tolist()) == ([0, 1, 2, 3], [])
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(InvalidArgumentError, match=r"a share in \[0, 1\)"):
            split(np.zeros(4, np.int64), share, np.random.default_rng(0))
