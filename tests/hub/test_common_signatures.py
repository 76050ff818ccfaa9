"""The signatures that modules of one kind share: built as they should be, and refused otherwise."""

from __future__ import annotations

from typing import Any

import pytest

import minihub as hub
import minihub_runtime as tf
from minihub.common_signatures import (
    add_image_signatures,
    add_text_signature,
    image_problems,
    text_problems,
)
from minihub.spec import ModuleSpec


def spec(function: Any) -> ModuleSpec:
    return hub.create_module_spec(function)


def test_text() -> None:
    made = spec(
        lambda: add_text_signature(
            tf.placeholder(tf.string, [None]), tf.placeholder(tf.float32, [None, 5])
        )
    )
    assert made.get_signature_names() == ["default"]
    assert list(text_problems(made.signature())) == []


@pytest.mark.parametrize(
    ("dtype", "shape", "text"),
    [
        (tf.float32, [None, 5], "the input must be string, not float32"),
        (tf.string, [None, 1], r"the input must be of shape \[\?\], not \[\?,1\]"),
        (tf.string, [3], "batches of any size, not of 3 only"),
    ],
)
def test_text_that_is_none(dtype: Any, shape: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        spec(
            lambda: add_text_signature(
                tf.placeholder(dtype, shape), tf.placeholder(tf.float32, [None, 5])
            )
        )


def add_images(kind: str = "image_feature_vector", **options: Any) -> None:
    images = tf.placeholder(tf.float32, [None, 4, 4, 3])
    add_image_signatures(kind, images, tf.reduce_mean(images, axis=[1, 2]), **options)


@pytest.mark.parametrize("kind", ["image_feature_vector", "image_classification"])
def test_images(kind: str) -> None:
    made = spec(lambda: add_images(kind))
    assert made.get_signature_names() == ["default", kind]
    assert list(image_problems(made.signature(kind))) == []
    assert spec(lambda: add_images(kind, default=False)).get_signature_names() == [kind]


def test_images_with_momentum_and_end_points() -> None:
    def module_fn() -> None:
        add_images(
            batch_norm_momentum=tf.placeholder_with_default(0.9, []),
            end_points={"Net/layer": tf.placeholder(tf.float32, [None, 2])},
        )

    made = spec(module_fn)
    name = "image_feature_vector_with_bn_hparams"
    assert made.get_signature_names() == ["default", "image_feature_vector", name]
    assert sorted(made.get_input_info_dict(name)) == ["batch_norm_momentum", "images"]
    assert sorted(made.get_output_info_dict(name)) == ["Net/layer", "default"]
    assert sorted(made.get_output_info_dict()) == ["default"]
    assert list(image_problems(made.signature(name))) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"kind": "image"}, "kind must be one of"),
        ({"end_points": {"layer": None}}, "names of intermediate layers must have a slash"),
        ({"batch_norm_momentum": [0.5]}, r"'batch_norm_momentum' must be of shape \[\]"),
    ],
)
def test_images_that_are_none(options: Any, text: str) -> None:
    def module_fn() -> None:
        changed = dict(options)
        if "end_points" in changed:
            changed["end_points"] = {"layer": tf.placeholder(tf.float32, [None, 2])}
        if "batch_norm_momentum" in changed:
            changed["batch_norm_momentum"] = tf.placeholder(tf.float32, [1])
        add_images(**changed)

    with pytest.raises(ValueError, match=text):
        spec(module_fn)


def test_images_of_another_kind() -> None:
    def sparse() -> None:
        images = tf.sparse_placeholder(tf.float32, [None, 4, 4, 3])
        add_image_signatures("image_feature_vector", images, tf.placeholder(tf.float32, [None, 2]))

    with pytest.raises(ValueError, match="the images must be a dense tensor, not a SparseTensor"):
        spec(sparse)

    def bytes_of_images() -> None:
        images = tf.placeholder(tf.uint8, [None, 4, 4, 3])
        add_image_signatures("image_feature_vector", images, tf.placeholder(tf.float32, [None]))

    with pytest.raises(
        ValueError, match="must be float32, not uint8; the feature vector must be of"
    ):
        spec(bytes_of_images)
