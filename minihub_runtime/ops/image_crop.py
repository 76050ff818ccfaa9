"""Boxes cut out of images and resized."""

from __future__ import annotations

from typing import Literal

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import OutOfRangeError
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, sizes_of
from minihub_runtime.ops.image_shapes import (
    exact_rank,
    output_size,
    require_output,
    same_as,
    two_sizes,
)
from minihub_runtime.ops.image_taps import image_blocks, image_float32
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, dims

_CROP = "core/kernels/image/crop_and_resize_op.cc"


def _check_boxes(boxes: Array, box_ind: Array, batch: int) -> None:
    require_rank(boxes, 2, "boxes")
    require_rank(box_ind, 1, "box_ind")
    empty = boxes.size == 0 and box_ind.size == 0
    if boxes.shape[1] != 4 and not empty:
        require(False, f"boxes must have shape [n, 4], not {list(boxes.shape)}")
    if len(boxes) != len(box_ind) and not empty:
        require(False, f"boxes and box_ind must be as long, not {len(boxes)} and {len(box_ind)}")
    if len(box_ind) and (box_ind.min() < 0 or box_ind.max() >= batch):
        raise OutOfRangeError(f"box_ind must lie in [0, {batch}), not {box_ind.tolist()[:10]}")


def _places(first: Array, last: Array, count: int, size: int) -> Array:
    """[boxes, count] places in an axis of `size` pixels, for boxes with normalised ends."""
    span = np.float32(size - 1)
    if count == 1:
        middle = 0.5 * (first + last).astype(np.float64) * (size - 1)
        return middle.astype(np.float32)[:, None]
    step = (last - first) * span / np.float32(count - 1)
    return (first * span)[:, None] + np.arange(count, dtype=np.float32) * step[:, None]


def _round_away(x: Array) -> Array:
    """Places rounded, halves away from zero; they are not negative."""
    return np.floor(x.astype(np.float64) + 0.5).astype(np.int64)


class _Crop:
    """Where the pixels of some boxes' crops come from.

    Attributes:
        inside: [boxes, height, width] whether a place lies in the image.
        top, bottom, left, right: the places around it; for `nearest` the nearest one.
        down, across: the shares of bottom and right.
    """

    def __init__(
        self, boxes: Array, crop: tuple[int, int], image: tuple[int, int], method: str
    ) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            y = _places(boxes[:, 0], boxes[:, 2], crop[0], image[0])
            x = _places(boxes[:, 1], boxes[:, 3], crop[1], image[1])
            good_y = (y >= 0) & (y <= image[0] - 1)
            good_x = (x >= 0) & (x <= image[1] - 1)
        y, x = np.where(good_y, y, 0)[:, :, None], np.where(good_x, x, 0)[:, None, :]
        self.inside = good_y[:, :, None] & good_x[:, None, :]
        if method == "nearest":
            self.top, self.left = _round_away(y), _round_away(x)
            self.bottom, self.right = self.top, self.left
        else:
            self.top, self.left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
            self.bottom, self.right = np.ceil(y).astype(np.int64), np.ceil(x).astype(np.int64)
        self.down = (y - self.top.astype(np.float32))[..., None]
        self.across = (x - self.left.astype(np.float32))[..., None]


CROPPED = types("uint8 uint16 int8 int16 int32 int64 float16 float32 float64")


@op(
    "CropAndResize(image: T, boxes: float32, box_ind: int32, crop_size: int32) -> crops: float32",
    T=CROPPED,
    source=_CROP,
    precision=ROUNDING,
)
def crop_and_resize(
    image: Array,
    boxes: Array,
    box_ind: Array,
    crop_size: Array,
    *,
    method: Literal["bilinear", "nearest"] = "bilinear",
    extrapolation_value: float = 0.0,
) -> Array:
    """Cut boxes `[y1, x1, y2, x2]`, 0 to 1 across the image, and resize each to `crop_size`.

    Shapes: `[batch, height, width, channels]`, `[n, 4]`, `[n]`, `[2]` -> `[n, *crop_size, channels]`.
    Raises: OutOfRangeError for a box index outside the batch; InvalidArgumentError for other bad shapes or sizes,
        and for boxes that are not finite.
    """
    require_rank(image, 4, "image")
    batch, height, width, channels = image.shape
    if height == 0 or width == 0:
        require(False, f"image must not be empty, not of shape {list(image.shape)}")
    crop = two_sizes(crop_size, "crop_size")
    require_rank(boxes, 2, "boxes")
    shape = require_output((len(boxes) if boxes.size else 0, *crop, channels), 4)
    _check_boxes(boxes, box_ind, batch)
    require(np.isfinite(boxes).all(), "boxes must be finite")
    result = np.empty(shape, np.float32)
    for block in image_blocks(shape[0], crop[0] * crop[1] * channels):
        place = _Crop(boxes[block], crop, (height, width), method)
        which = box_ind[block][:, None, None]
        value = image_float32(image[which, place.top, place.left])
        if method == "bilinear":
            with np.errstate(over="ignore", invalid="ignore"):
                right = image_float32(image[which, place.top, place.right])
                value += (right - value) * place.across
                left = image_float32(image[which, place.bottom, place.left])
                right = image_float32(image[which, place.bottom, place.right])
                left += (right - left) * place.across
                value += (left - value) * place.down
        value[~place.inside] = extrapolation_value
        result[block] = value
    return result


@crop_and_resize.shape
def _crop_and_resize_shape(image: Spec, boxes: Spec, box_ind: Spec, crop_size: Spec) -> Shape:
    channels = exact_rank(image, 4, "image")[3]
    count, columns = exact_rank(boxes, 2, "boxes")
    same_as(columns, 4, "boxes' second size and 4")
    count = same_as(count, exact_rank(box_ind, 1, "box_ind")[0], "the lengths of boxes and box_ind")
    return (count, *output_size(crop_size, "crop_size"), channels)


@op(
    "CropAndResizeGradImage(grads: float32, boxes: float32, box_ind: int32, image_size: int32)"
    " -> output: T",
    T=types("float32 float16 float64"),
    source=_CROP,
    precision=ROUNDING,
)
def crop_and_resize_grad_image(
    grads: Array,
    boxes: Array,
    box_ind: Array,
    image_size: Array,
    *,
    method: Literal["bilinear", "nearest"] = "bilinear",
    T: DType,
) -> Array:
    """What each pixel gave to the crops, times `grads`.

    Shapes: `[n, *crop_size, channels]`, `[n, 4]`, `[n]`, `[4]` -> `image_size`.
    Raises: OutOfRangeError for a box index outside the batch; InvalidArgumentError for other bad shapes or sizes.
    """
    require_rank(grads, 4, "grads")
    if grads.shape[1] == 0 or grads.shape[2] == 0:
        require(False, f"grads must not be empty, not of shape {list(grads.shape)}")
    if image_size.shape != (4,):
        require(False, f"image_size must have shape [4], not {list(image_size.shape)}")
    shape = require_output(image_size.tolist(), 4)
    batch, height, width, channels = shape
    require(height > 0 and width > 0, f"image_size must be positive, not {list(shape)}")
    if channels != grads.shape[3]:
        require(False, f"image_size must have {grads.shape[3]} channels as grads, not {channels}")
    _check_boxes(boxes, box_ind, batch)
    if len(boxes) != len(grads):
        require(False, f"boxes and grads must be as long, not {len(boxes)} and {len(grads)}")
    # TensorFlow adds products of float32 in the type of the output.
    total = np.zeros((batch * height * width, channels), T.numpy if np.float16 != T else np.float32)
    place = _Crop(boxes, (grads.shape[1], grads.shape[2]), (height, width), method)
    which = box_ind[:, None, None].astype(np.int64)
    one = np.float32(1)
    corners = [(place.top, place.left, one, one)]
    if method == "bilinear":
        up, back = one - place.down, one - place.across
        corners = [
            (place.top, place.left, up, back),
            (place.top, place.right, up, place.across),
            (place.bottom, place.left, place.down, back),
            (place.bottom, place.right, place.down, place.across),
        ]
    with np.errstate(over="ignore", invalid="ignore"):
        for y, x, vertical, horizontal in corners:
            index = ((which * height + y) * width + x)[place.inside]
            part = (grads * vertical * horizontal)[place.inside]
            np.add.at(total, index, part)
        return total.reshape(shape).astype(T.numpy, copy=False)


@crop_and_resize_grad_image.shape
def _crop_and_resize_grad_image_shape(image_size: Spec) -> Shape:
    length = exact_rank(image_size, 1, "image_size")[0]
    same_as(length, 4, "image_size's length and 4")
    return (None,) * 4 if image_size.value is None else dims(image_size.value)


@op(
    "CropAndResizeGradBoxes(grads: float32, image: T, boxes: float32, box_ind: int32)"
    " -> output: float32",
    T=CROPPED,
    source=_CROP,
    precision=ROUNDING,
    shape=lambda grads, image, boxes, box_ind: boxes.shape,
)
def crop_and_resize_grad_boxes(
    grads: Array,
    image: Array,
    boxes: Array,
    box_ind: Array,
    *,
    method: Literal["bilinear"] = "bilinear",
) -> Array:
    """How the crops change with the boxes' coordinates, times `grads`.

    Shapes: `[n, *crop_size, channels]`, `[batch, height, width, channels]`, `[n, 4]`, `[n]` -> `[n, 4]`.
    Raises: OutOfRangeError for a box index outside the batch; InvalidArgumentError for other bad shapes.
    """
    require_rank(grads, 4, "grads")
    require_rank(image, 4, "image")
    for name, array in (("grads", grads), ("image", image)):
        if array.shape[1] == 0 or array.shape[2] == 0:
            require(False, f"{name} must not be empty, not of shape {list(array.shape)}")
    if grads.shape[3] != image.shape[3]:
        require(
            False,
            f"grads and image must have as many channels, not {grads.shape[3]} and {image.shape[3]}",
        )
    batch, height, width, _ = image.shape
    _check_boxes(boxes, box_ind, batch)
    if len(boxes) != len(grads):
        require(False, f"boxes and grads must be as long, not {len(boxes)} and {len(grads)}")
    _, rows, columns, _ = grads.shape
    place = _Crop(boxes, (rows, columns), (height, width), method)
    which = box_ind[:, None, None]
    with np.errstate(over="ignore", invalid="ignore"):
        a, b, c, d = (
            image_float32(image[which, y, x])
            for y in (place.top, place.bottom)
            for x in (place.left, place.right)
        )
        slope_y = (1 - place.across) * (c - a) + place.across * (d - b)
        slope_x = (1 - place.down) * (b - a) + place.down * (d - c)
        inside = place.inside[..., None]
        by_row = np.where(inside, grads * slope_y, 0).sum(axis=(2, 3), dtype=np.float32)
        by_column = np.where(inside, grads * slope_x, 0).sum(axis=(1, 3), dtype=np.float32)
        first_y, last_y = _end_shares(rows, height)
        first_x, last_x = _end_shares(columns, width)
        ends = [by_row @ first_y, by_column @ first_x, by_row @ last_y, by_column @ last_x]
        return np.stack(ends, axis=1).astype(np.float32)


def _end_shares(count: int, size: int) -> tuple[Array, Array]:
    """How far each place moves when the first, and the last, end of its box moves by one."""
    if count == 1:
        half = np.full(1, 0.5 * (size - 1), np.float32)
        return half, half
    last = np.arange(count, dtype=np.float32) * (np.float32(size - 1) / np.float32(count - 1))
    return np.float32(size - 1) - last, last


@crop_and_resize.gradient
def _crop_and_resize_gradient(
    ops: Ops, grad: Term, image: Term, boxes: Term, box_ind: Term, method: str
) -> tuple[Gradient, Term, None, None]:
    of_image: Gradient = None
    if image.dtype.is_floating and image.dtype.name != "bfloat16":
        of_image = ops.CropAndResizeGradImage(
            grad, boxes, box_ind, sizes_of(ops, image), T=image.dtype, method=method
        )
    # The edges of boxes have no slope where the nearest pixel counts; that of bilinear sampling stands for it.
    return of_image, ops.CropAndResizeGradBoxes(grad, image, boxes, box_ind), None, None
