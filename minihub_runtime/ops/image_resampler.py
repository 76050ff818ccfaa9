"""Images sampled between their pixels, at places that are themselves values with a gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.image_shapes import at_least_rank, require_output
from minihub_runtime.ops.image_taps import image_blocks
from minihub_runtime.ops.registry import ROUNDING, Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

_SOURCE = "contrib/resampler/kernels/resampler_ops.cc"
_FLOATS = types("bfloat16 float16 float32 float64")


class _Corner(NamedTuple):
    """One of the four pixels around each place.

    Attributes:
        pixel: [batch, places] pixels, counted through the batch; 0 where there is none.
        there: [batch, places] whether there is one, and the place is less than a pixel off the image.
        x, y: [batch, places] its shares along both axes; the product is what it counts.
    """

    pixel: Array
    there: Array
    x: Array
    y: Array


def _check(data: Array, warp: Array) -> None:
    # The schema of TensorFlow Addons has bfloat16, and its kernels do not.
    require(data.dtype.names is None, "data must be float16, float32 or float64, not bfloat16")
    if data.ndim != 4:
        raise UnimplementedError(
            f"data must have shape [batch, height, width, channels], not {list(data.shape)}"
        )
    require(warp.ndim >= 2, f"warp must have rank >= 2, not shape {list(warp.shape)}")
    if warp.shape[-1] != 2:
        raise UnimplementedError(
            f"warp must have x and y in its last dimension, not shape {list(warp.shape)}"
        )
    if len(data) != len(warp):
        require(False, f"data and warp must have as many items, not {len(data)} and {len(warp)}")


def _corners(data: Array, places: Array) -> list[_Corner]:
    """The pixels left above, right below, left below and right above places [batch, places, 2]."""
    batch, height, width, _ = data.shape
    x, y = places[..., 0], places[..., 1]
    near = (x > -1) & (y > -1) & (x < width) & (y < height)
    x, y = np.where(near, x, x.dtype.type(0)), np.where(near, y, y.dtype.type(0))
    left, above = (np.floor(p.astype(np.float32)).astype(np.int64) for p in (x, y))
    # How near the left and the upper pixel are, in the type of the places as all that follows.
    from_right = (left + 1).astype(x.dtype) - x
    from_below = (above + 1).astype(y.dtype) - y
    one = x.dtype.type(1)
    start = (np.arange(batch) * (height * width))[:, None]
    found = []
    for right, below in ((0, 0), (1, 1), (0, 1), (1, 0)):
        column, row = left + right, above + below
        there = near & (column >= 0) & (row >= 0) & (column < width) & (row < height)
        index = np.where(there, start + row * width + column, 0)
        share_x = one - from_right if right else from_right
        share_y = one - from_below if below else from_below
        found.append(_Corner(index, there, share_x, share_y))
    return found


def _pixels(rows: Array, corner: _Corner) -> Array:
    """[batch, places, channels] values of a corner; 0 where there is no pixel."""
    if not len(rows):
        return np.zeros((*corner.pixel.shape, rows.shape[1]), rows.dtype)
    return np.where(corner.there[..., None], rows[corner.pixel], rows.dtype.type(0))


@op(
    "Resampler|Addons>Resampler(data: T, warp: T) -> output: T",
    T=_FLOATS,
    source=_SOURCE,
    precision=ROUNDING,
)
def resampler(data: Array, warp: Array) -> Array:
    """Images at places `(x, y)` in pixels, from the four pixels around each; outside of an image there are zeros.

    Shapes: `[batch, height, width, channels]`, `[batch, ..., 2]` -> `[batch, ..., channels]`.
    Raises: UnimplementedError for data of another rank and places of other than two numbers; InvalidArgumentError for a
        batch of another size, a `warp` of rank less than 2, and bfloat16.
    """
    _check(data, warp)
    batch, channels = len(data), data.shape[3]
    result = np.empty(require_output((*warp.shape[:-1], channels), data.itemsize), data.dtype)
    flat = result.reshape(batch, -1, channels) if result.size else result
    for block in image_blocks(batch, result[:1].size) if result.size else ():
        images = data[block]
        rows = images.reshape(-1, channels)
        with np.errstate(over="ignore", invalid="ignore"):
            total = None
            for corner in _corners(images, warp[block].reshape(len(images), -1, 2)):
                part = (corner.x * corner.y)[..., None] * _pixels(rows, corner)
                total = part if total is None else total + part
        flat[block] = total
    return result


@resampler.shape
def _resampler_shape(data: Spec, warp: Spec) -> Shape:
    images, places = at_least_rank(data, 1, "data"), at_least_rank(warp, 1, "warp")
    return None if places is None else (*places[:-1], None if images is None else images[-1])


@op(
    "ResamplerGrad|Addons>ResamplerGrad(data: T, warp: T, grad_output: T) -> grad_data: T, grad_warp: T",
    T=_FLOATS,
    source=_SOURCE,
    precision=ROUNDING,
    shape=lambda data, warp, grad_output: [data.shape, warp.shape],
)
def resampler_grad(data: Array, warp: Array, grad_output: Array) -> tuple[Array, Array]:
    """What pixels and places gave to the samples, times `grad_output`; see Resampler.

    Shapes: `[batch, height, width, channels]`, `[batch, ..., 2]`, `[batch, ..., channels]` -> those of `data` and `warp`.
    Raises: as Resampler; InvalidArgumentError for a gradient of another shape.
    """
    _check(data, warp)
    batch, channels = len(data), data.shape[3]
    if grad_output.shape != (*warp.shape[:-1], channels):
        require(
            False,
            f"grad_output must have shape {[*warp.shape[:-1], channels]}, not {list(grad_output.shape)}",
        )
    # In the usual order whatever that of the inputs is, so that parts reshaped are views.
    of_data, of_warp = np.zeros(data.shape, data.dtype), np.zeros(warp.shape, warp.dtype)
    if grad_output.size == 0:
        return of_data, of_warp
    for block in image_blocks(batch, grad_output[:1].size):
        images = data[block]
        rows, of_rows = images.reshape(-1, channels), of_data[block].reshape(-1, channels)
        grads = grad_output[block].reshape(len(images), -1, channels)
        corners = _corners(images, warp[block].reshape(len(images), -1, 2))
        with np.errstate(over="ignore", invalid="ignore"):
            a, d, c, b = (_pixels(rows, corner) for corner in corners)
            shares = corners[0]
            near_x, near_y = shares.x[..., None], shares.y[..., None]
            one = near_x.dtype.type(1)
            slopes = [
                (one - near_y) * (d - c) + near_y * (b - a),
                (one - near_x) * (d - b) + near_x * (c - a),
            ]
            for axis, slope in enumerate(slopes):
                found = (grads * slope).sum(axis=-1, dtype=warp.dtype)
                of_warp[block][..., axis] = found.reshape(of_warp[block].shape[:-1])
            for corner in corners:
                part = grads * corner.x[..., None] * corner.y[..., None]
                np.add.at(of_rows, corner.pixel[corner.there], part[corner.there])
    return of_data, of_warp


@resampler.gradient
def _resampler_gradient(ops: Ops, grad: Term, data: Term, warp: Term) -> tuple[Term, Term]:
    of_data, of_warp = ops.ResamplerGrad(data, warp, grad)
    return of_data, of_warp


without_gradient("ResamplerGrad")
