"""What images must be, checked while a graph is built as far as that is known, else when it runs.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.checks.values import assert_equal, assert_greater_equal, assert_positive
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import unstack
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.sizes import rank, shape

__all__ = [
    "as_batch",
    "assert_at_least_3d",
    "assert_grayscale",
    "assert_that",
    "check_at_least_3d",
    "image_dimensions",
    "is_tensor",
    "wrong_rank",
]


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor or a variable, not a number known already."""
    return isinstance(value, Tensor) or hasattr(value, "_dense_value")


def assert_that(condition: Any, message: str) -> list[Any]:
    """The check that a tensor is true; of a bool, none.

    Raises:
        ValueError: the bool is false.
    """
    if is_tensor(condition):
        return [Assert(condition, [message])]
    if not condition:
        raise ValueError(message)
    return []


def wrong_rank(image: Any) -> ValueError:
    """The error that an image has neither 3 nor 4 dimensions."""
    return ValueError(f"'image' (shape {image.shape}) must have either 3 or 4 dimensions.")


def image_dimensions(image: Any, rank: int) -> list[Any]:
    """The sizes of an image of a rank: numbers where they are known, else scalars."""
    if image.shape.is_fully_defined():
        sizes: list[Any] = image.shape.as_list()
        return sizes
    known = image.shape.with_rank(rank).as_list()
    return [
        own if own is not None else size for own, size in zip(known, unstack(shape(image), rank))
    ]


def check_at_least_3d(image: Any) -> list[Any]:
    """The checks that an image has three dimensions or more, and none of the last three is 0.

    Raises:
        ValueError: it is known that it has not.
    """
    known = image.shape
    try:
        known = known.with_rank(3) if known.ndims is None else known.with_rank_at_least(3)
    except ValueError:
        raise ValueError(
            f"'image' (shape {image.shape}) must be at least three-dimensional."
        ) from None
    if 0 in known.as_list()[-3:]:
        raise ValueError(f"inner 3 dims of 'image.shape' must be > 0: {known}")
    if known[-3:].is_fully_defined():
        return []
    return [
        assert_positive(shape(image)[-3:], ["inner 3 dims of 'image.shape' must be > 0."]),
        assert_greater_equal(rank(image), 3, message="'image' must be at least three-dimensional."),
    ]


def assert_at_least_3d(image: Any) -> Any:
    """The image, which waits for the checks of `check_at_least_3d`."""
    return with_dependencies(check_at_least_3d(image), image)


def assert_grayscale(image: Any) -> Any:
    """The image, which waits for the checks that its last dimension is 1.

    Raises:
        ValueError: it is known that it is not.
    """
    known = image.shape
    try:
        known = known.with_rank(2) if known.ndims is None else known.with_rank_at_least(2)
    except ValueError:
        raise ValueError(
            f"A grayscale image (shape {image.shape}) must be at least two-dimensional."
        ) from None
    if known.is_fully_defined():
        if known[-1].value != 1:
            raise ValueError("Last dimension of a grayscale image should be size 1.")
        return with_dependencies([], image)
    checks = [
        assert_equal(
            shape(image)[-1], 1, message="Last dimension of a grayscale image should be size 1."
        ),
        assert_greater_equal(
            rank(image), 3, message="A grayscale image must be at least two-dimensional."
        ),
    ]
    return with_dependencies(checks, image)


def as_batch(image: Any) -> tuple[Any, bool]:
    """An image as a batch of one, a batch as it is; and whether it was a batch.

    Raises:
        ValueError: it has neither 3 nor 4 dimensions.
    """
    ndims = image.shape.ndims
    if ndims == 4:
        return image, True
    if ndims not in (None, 3):
        raise wrong_rank(image)
    batch = expand_dims(image, 0)
    if ndims is None:
        batch.set_shape([None] * 4)
    return batch, False
