"""What modules say of the images they take."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import minihub as hub
import minihub_runtime as tf
from minihub.image_util import get_image_module_info
from minihub_runtime.protos import SavedModel

MODULES = Path(__file__).parents[1] / "data" / "modules"
IMAGE = MODULES / "image"


@pytest.fixture(params=["spec", "module", "loaded"])
def image(request: pytest.FixtureRequest) -> Any:
    if request.param == "loaded":
        return hub.load(IMAGE)
    spec = hub.load_module_spec(IMAGE)
    if request.param == "spec":
        return spec
    with tf.Graph().as_default():
        return hub.Module(spec)


def with_shape(folder: Path, sizes: list[int] | None, message: bool) -> Any:
    """The spec of a module whose input `images` has this shape."""
    path = shutil.copytree(IMAGE, folder / "module")
    model = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    for graph in model.meta_graphs:
        shape = graph.signature_def["default"].inputs["images"].tensor_shape
        shape.Clear()
        shape.unknown_rank = sizes is None
        for size in sizes or []:
            shape.dim.add(size=size)
        if not message:
            del graph.collection_def["hub_module_attachments"]
    (path / "saved_model.pb").write_bytes(model.SerializeToString())
    return hub.load_module_spec(path)


def test_size_and_channels(image: Any) -> None:
    assert hub.get_expected_image_size(image) == [8, 8]
    assert hub.get_num_image_channels(image) == 3
    assert hub.get_num_image_channels(image, signature="classes:top", input_name="images") == 3


def test_the_attached_message_counts_more_than_the_shape(tmp_path: Path) -> None:
    spec = with_shape(tmp_path, [-1, -1, -1, 1], message=True)
    assert hub.get_expected_image_size(spec) == [8, 8]
    assert hub.get_num_image_channels(spec) == 1


def test_the_shape_counts_without_a_message(tmp_path: Path) -> None:
    spec = with_shape(tmp_path, [-1, 7, 9, -1], message=False)
    assert hub.get_expected_image_size(spec) == [7, 9]
    with pytest.raises(
        ValueError,
        match=r"Shape of module input is \(\?, 7, 9, \?\), expected \[batch_size, height, width, "
        r"num_channels\] with known num_channels",
    ):
        hub.get_num_image_channels(spec)


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [([-1, -1, 9, 3], r"\(\?, \?, 9, 3\)"), ([8, 8, 3], r"\(8, 8, 3\)"), (None, "<unknown>")],
)
def test_a_size_nothing_tells(tmp_path: Path, sizes: list[int] | None, shown: str) -> None:
    spec = with_shape(tmp_path, sizes, message=False)
    with pytest.raises(
        ValueError,
        match=rf"Shape of module input is {shown}, expected \[batch_size, height, width, "
        r"num_channels\] with known height and width\.",
    ):
        hub.get_expected_image_size(spec)


def test_an_input_that_is_not_there(image: Any) -> None:
    message = r"Module is missing input 'pictures' in signature 'default'\."
    with pytest.raises(ValueError, match=message):
        hub.get_num_image_channels(image, input_name="pictures")
    half = hub.load_module_spec(MODULES / "half_plus_two")
    with pytest.raises(ValueError, match=r"missing input 'images' in signature 'default'"):
        hub.get_expected_image_size(half)
    with pytest.raises(ValueError, match="Signature 'other' is missing from meta graph"):
        hub.get_num_image_channels(image, signature="other")


def test_the_message_itself(image: Any) -> None:
    info = get_image_module_info(image, required=True)
    assert info == hub.image_util.get_image_module_info(image)
    half = hub.load_module_spec(MODULES / "half_plus_two")
    assert get_image_module_info(half) is None
    with pytest.raises(KeyError, match="No attached message for key 'image_module_info'"):
        get_image_module_info(half, required=True)
