"""Cutting, padding, flipping and turning images.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.image.batches import as_batch, is_known, require
from minihub_runtime.public import public

__all__ = [
    "central_crop",
    "crop_to_bounding_box",
    "flip_left_right",
    "flip_up_down",
    "pad_to_bounding_box",
    "random_flip_left_right",
    "random_flip_up_down",
    "resize_image_with_crop_or_pad",
    "rot90",
    "transpose",
]

HEIGHT, WIDTH = 1, 2


@public("image.pad_to_bounding_box")
def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """An image, or a batch, with zeros around it.

    Args:
        image: [height, width, channels] or [batch, height, width, channels].
        offset_height: rows of zeros above it.
        offset_width: columns of zeros to the left.
        target_height: rows in all.
        target_width: columns in all.

    Raises:
        ValueError: the image does not fit in there.
    """
    with name_scope(None, "pad_to_bounding_box", [image]):
        batch = as_batch(image)
        count, height, width, channels = batch.sizes
        below = target_height - offset_height - height
        right = target_width - offset_width - width
        require(_at_least(offset_height, 0), "offset_height must be >= 0")
        require(_at_least(offset_width, 0), "offset_width must be >= 0")
        require(_at_least(right, 0), "width must be <= target - offset")
        require(_at_least(below, 0), "height must be <= target - offset")
        paddings = [[0, 0], [offset_height, below], [offset_width, right], [0, 0]]
        padded = tf.pad(batch.images, paddings)
        padded.set_shape(_static(count, target_height, target_width, channels))
        return batch.give_back(padded)


@public("image.crop_to_bounding_box")
def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """A part of an image, or of the images of a batch.

    Args:
        image: [height, width, channels] or [batch, height, width, channels].
        offset_height: the first row.
        offset_width: the first column.
        target_height: how many rows.
        target_width: how many columns.

    Raises:
        ValueError: the part is empty, or not all of it is in the image.
    """
    with name_scope(None, "crop_to_bounding_box", [image]):
        batch = as_batch(image)
        count, height, width, channels = batch.sizes
        require(_at_least(offset_width, 0), "offset_width must be >= 0.")
        require(_at_least(offset_height, 0), "offset_height must be >= 0.")
        require(_at_least(target_width, 1), "target_width must be > 0.")
        require(_at_least(target_height, 1), "target_height must be > 0.")
        require(
            _at_least(width - target_width - offset_width, 0), "width must be >= target + offset."
        )
        require(
            _at_least(height - target_height - offset_height, 0),
            "height must be >= target + offset.",
        )
        begin = tf.stack([0, offset_height, offset_width, 0])
        size = tf.stack([-1, target_height, target_width, -1])
        cropped = tf.slice(batch.images, begin, size)
        cropped.set_shape(_static(count, target_height, target_width, channels))
        return batch.give_back(cropped)


def _at_least(value: Any, limit: int) -> Any:
    """Whether a number is at least `limit`; nothing is asked of tensors."""
    return not is_known(value) or value >= limit


def _static(*sizes: Any) -> list[int | None]:
    return [int(size) if is_known(size) else None for size in sizes]


@public("image.resize_image_with_crop_or_pad", "image.resize_with_crop_or_pad")
def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Tensor:
    """The middle of an image, or the image in the middle of zeros, as the target wants it.

    Args:
        image: [height, width, channels] or [batch, height, width, channels].
        target_height: rows.
        target_width: columns.

    Raises:
        ValueError: a target is not positive.
    """
    with name_scope(None, "resize_image_with_crop_or_pad", [image]):
        batch = as_batch(image)
        _, height, width, _ = batch.sizes
        require(_at_least(target_width, 1), "target_width must be > 0.")
        require(_at_least(target_height, 1), "target_height must be > 0.")
        parts = []
        for have, want in ((height, target_height), (width, target_width)):
            parts.append(
                (
                    _larger((have - want) // 2, 0),
                    _larger((want - have) // 2, 0),
                    _smaller(have, want),
                )
            )
        (cut_y, pad_y, rows), (cut_x, pad_x, columns) = parts
        cropped = crop_to_bounding_box(batch.images, cut_y, cut_x, rows, columns)
        padded = pad_to_bounding_box(cropped, pad_y, pad_x, target_height, target_width)
        return batch.give_back(padded)


def _larger(a: Any, b: Any) -> Any:
    return max(a, b) if is_known(a, b) else tf.maximum(a, b)


def _smaller(a: Any, b: Any) -> Any:
    return min(a, b) if is_known(a, b) else tf.minimum(a, b)


@public("image.central_crop")
def central_crop(image: Any, central_fraction: Any) -> Tensor:
    """The middle of an image, or of the images of a batch.

    Args:
        image: [height, width, channels] or [batch, height, width, channels].
        central_fraction: which part of height and width, in (0, 1].

    Raises:
        ValueError: the fraction is out of range, or the rank is neither three nor four.
    """
    with name_scope(None, "central_crop", [image]):
        tensor = convert_to_tensor(image, name="image")
        known = constant_value(central_fraction)
        fraction = central_fraction if known is None else float(known)
        require(
            not is_known(fraction) or 0.0 < fraction <= 1.0,
            "central_fraction must be within (0, 1]",
        )
        if is_known(fraction) and fraction == 1.0:
            return tensor
        batch = as_batch(tensor)
        _, height, width, _ = batch.sizes
        starts = [_margin(size, fraction) for size in (height, width)]
        sizes = [size - 2 * start for size, start in zip((height, width), starts, strict=True)]
        return batch.give_back(crop_to_bounding_box(batch.images, *starts, *sizes))


def _margin(size: Any, fraction: Any) -> Any:
    """How much is cut away on each side."""
    if is_known(size, fraction):
        return int((size - float(size) * fraction) / 2)
    whole = tf.cast(size, tf.float64)
    return tf.cast((whole - whole * tf.cast(fraction, tf.float64)) / 2, tf.int32)


@public("image.flip_left_right")
def flip_left_right(image: Any) -> Tensor:
    """An image, or a batch of images, mirrored left to right."""
    return _flipped(image, WIDTH, "flip_left_right")


@public("image.flip_up_down")
def flip_up_down(image: Any) -> Tensor:
    """An image, or a batch of images, turned upside down."""
    return _flipped(image, HEIGHT, "flip_up_down")


def _flipped(image: Any, axis: int, name: str) -> Tensor:
    with name_scope(None, name, [image]):
        batch = as_batch(image)
        return batch.give_back(tf.reverse(batch.images, [axis]))


@public("image.random_flip_left_right")
def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """Each image mirrored left to right, or not, with equal chances."""
    return _randomly_flipped(image, WIDTH, seed, "random_flip_left_right")


@public("image.random_flip_up_down")
def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """Each image turned upside down, or not, with equal chances."""
    return _randomly_flipped(image, HEIGHT, seed, "random_flip_up_down")


def _randomly_flipped(image: Any, axis: int, seed: int | None, name: str) -> Tensor:
    """One number is drawn for one image, one for each of a batch, as TensorFlow draws them."""
    with name_scope(None, name, [image]):
        batch = as_batch(image)
        if batch.single:
            drawn = tf.random_uniform([], 0, 1.0, seed=seed)
            flipped = tf.cond(
                drawn < 0.5,
                lambda: tf.reverse(batch.images, [axis]),
                lambda: tf.identity(batch.images),
            )
            flipped.set_shape(batch.images.shape)
            return batch.give_back(flipped)
        drawn = tf.random_uniform([batch.sizes[0]], seed=seed)
        share = tf.cast(tf.round(tf.reshape(drawn, [-1, 1, 1, 1])), batch.images.dtype)
        turned = tf.reverse(batch.images, [axis])
        result: Tensor = share * turned + (1 - share) * batch.images
        return result


@public("image.transpose", "image.transpose_image")
def transpose(image: Any, name: str | None = None) -> Tensor:
    """Rows and columns exchanged."""
    with name_scope(name, "transpose", [image]):
        batch = as_batch(image)
        return batch.give_back(tf.transpose(batch.images, [0, WIDTH, HEIGHT, 3]))


@public("image.rot90")
def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """An image, or a batch, turned counter-clockwise `k` times by 90 degrees.

    Args:
        image: [height, width, channels] or [batch, height, width, channels].
        k: an integer, or a scalar.
        name: of the scope.
    """
    with name_scope(name, "rot90", [image, k]):
        batch = as_batch(image)
        images = batch.images
        order = [0, WIDTH, HEIGHT, 3]
        turns: tuple[Callable[[], Any], ...] = (
            lambda: tf.identity(images),
            lambda: tf.reverse(tf.transpose(images, order), [HEIGHT]),
            lambda: tf.reverse(images, [HEIGHT, WIDTH]),
            lambda: tf.transpose(tf.reverse(images, [HEIGHT]), order),
        )
        times = convert_to_tensor(k, tf.int32, "k")
        times.shape.assert_has_rank(0)
        known = constant_value(times)
        if known is not None:
            return batch.give_back(turns[int(known) % 4]())
        chosen = tf.switch_case(tf.mod(times, 4), list(turns))
        sizes = images.shape.as_list()
        chosen.set_shape([sizes[0], None, None, sizes[3]])
        return batch.give_back(chosen)
