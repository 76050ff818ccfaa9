"""Images mirrored, turned and transposed.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_case import case
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elementwise import round
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.image.checking import assert_at_least_3d, wrong_rank
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.layout import transpose as transpose_tensor
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = [
    "flip_left_right",
    "flip_up_down",
    "random_flip_left_right",
    "random_flip_up_down",
    "rot90",
    "transpose",
]


def _reversed(image: Any, axes: list[int]) -> Any:
    return build("ReverseV2", tensor=image, axis=axes)


def _by_rank(image: Any, of_image: Callable[[], Any], of_batch: Callable[[], Any]) -> Any:
    """What an image or a batch becomes; a run decides if the rank is not known."""
    ndims = image.shape.ndims
    if ndims is None:
        return cond(build("Equal", x=rank(image), y=3), of_image, of_batch)
    if ndims == 3:
        return of_image()
    if ndims == 4:
        return of_batch()
    raise wrong_rank(image)


def _keep_shape(image: Any, result: Any) -> Any:
    result.set_shape([None] * 3 if image.shape.ndims is None else image.shape)
    return result


@public("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Any:
    """Each image, with its rows in reverse order with a chance of one half.

    Raises:
        ValueError: it has neither 3 nor 4 dimensions.
    """
    return _random_flip(image, 0, seed, "random_flip_up_down")


@public("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Any:
    """Each image, with its columns in reverse order with a chance of one half.

    Raises:
        ValueError: it has neither 3 nor 4 dimensions.
    """
    return _random_flip(image, 1, seed, "random_flip_left_right")


def _random_flip(image: Any, axis: int, seed: int | None, scope_name: str) -> Any:
    with name_scope(None, scope_name, [image]) as scope:
        image = assert_at_least_3d(convert_to_tensor(image, name="image"))

        def of_image() -> Any:
            drawn = random_uniform([], 0, 1.0, seed=seed)
            mirror = build("Less", x=drawn, y=0.5)
            result = cond(mirror, lambda: _reversed(image, [axis]), lambda: image, name=scope)
            return _keep_shape(image, result)

        def of_batch() -> Any:
            count = shape(image)[0]
            drawn = random_uniform([count], 0, 1.0, seed=seed)
            flips = cast(round(reshape(drawn, [count, 1, 1, 1])), image.dtype)
            flipped = _reversed(image, [axis + 1])
            return flips * flipped + (1 - flips) * image

        return _by_rank(image, of_image, of_batch)


@public("image.flip_left_right")
def flip_left_right(image: Any) -> Any:
    """Images with their columns in reverse order.

    Raises:
        ValueError: they have neither 3 nor 4 dimensions.
    """
    return _flip(image, 1, "flip_left_right")


@public("image.flip_up_down")
def flip_up_down(image: Any) -> Any:
    """Images with their rows in reverse order.

    Raises:
        ValueError: they have neither 3 nor 4 dimensions.
    """
    return _flip(image, 0, "flip_up_down")


def _flip(image: Any, axis: int, scope_name: str) -> Any:
    with name_scope(None, scope_name, [image]):
        image = assert_at_least_3d(convert_to_tensor(image, name="image"))
        return _by_rank(
            image,
            lambda: _keep_shape(image, _reversed(image, [axis])),
            lambda: _reversed(image, [axis + 1]),
        )


@public("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Any:
    """Images turned counter-clockwise by right angles.

    Args:
        image: an image or a batch.
        k: how many right angles, an integer or a scalar.
        name: a name of the operations.

    Raises:
        ValueError: it has neither 3 nor 4 dimensions.
    """
    with name_scope(name, "rot90", [image, k]) as scope:
        image = assert_at_least_3d(convert_to_tensor(image, name="image"))
        k = convert_to_tensor(k, int32, "k")
        k.shape.assert_has_rank(0)
        k = build("FloorMod", name="mod", x=k, y=4)
        return _by_rank(
            image, lambda: _turned(image, k, scope, 0), lambda: _turned(image, k, scope, 1)
        )


def _turned(image: Any, k: Any, scope: str, row: int) -> Any:
    """An image, or a batch if its rows are dimension 1, turned `k` times."""
    column = row + 1
    order = [1, 0, 2] if row == 0 else [0, 2, 1, 3]
    branches = [
        lambda: transpose_tensor(_reversed(image, [column]), order),
        lambda: _reversed(image, [row, column]),
        lambda: _reversed(transpose_tensor(image, order), [column]),
    ]
    cases = [(build("Equal", x=k, y=turns), make) for turns, make in enumerate(branches, 1)]
    result = case(cases, default=lambda: image, exclusive=True, name=scope)
    if row == 0:
        result.set_shape([None, None, image.shape[2]])
    else:
        result.set_shape([result.shape[0], None, None, result.shape[3]])
    return result


@public("image.transpose", "image.transpose_image")
def transpose(image: Any, name: str | None = None) -> Any:
    """Images with rows and columns exchanged.

    Raises:
        ValueError: they have neither 3 nor 4 dimensions.
    """
    with name_scope(name, "transpose", [image]):
        image = assert_at_least_3d(convert_to_tensor(image, name="image"))
        return _by_rank(
            image,
            lambda: transpose_tensor(image, [1, 0, 2], name=name),
            lambda: transpose_tensor(image, [0, 2, 1, 3], name=name),
        )
