"""Local response normalisation and its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.registry import HALF_FLOATS, ROUNDING, Array, op
from minihub_runtime.ops.windows import narrow, overlap, ranked, widen
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []


def _window_sum(x: Array, radius: int) -> Array:
    """The sum over channels at most `radius` away."""
    channels = x.shape[-1]
    total = np.zeros_like(x)
    reach = min(radius, channels - 1)
    for offset in range(-reach, reach + 1):
        places, seen = overlap(offset, 1, channels, channels)
        total[..., places] += x[..., seen]
    return total


def _to_power(norm: Array, beta: float) -> Array:
    """`norm ** -beta`; roots are much faster than powers."""
    if beta == 0.5:
        return 1 / np.sqrt(norm)
    if beta == 0.75:
        root = np.sqrt(norm)
        return 1 / (root * np.sqrt(root))
    if beta == 1:
        return 1 / norm
    return np.power(norm, norm.dtype.type(-beta))


def _check_response(images: Sequence[Array], names: Sequence[str], depth_radius: int) -> None:
    for image, name in zip(images, names, strict=True):
        require_rank(image, 4, name)
        if image.shape != images[0].shape:
            require(
                False,
                f"{name} must have the shape {list(images[0].shape)}, not {list(image.shape)}",
            )
    require(0 <= depth_radius < 1 << 31, f"depth_radius must lie in [0, 2**31), not {depth_radius}")


def _image(input: Spec) -> Shape:
    return ranked(input, 4, "input")


@op(
    "LRN(input: T) -> output: T",
    T=HALF_FLOATS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/lrn_op.cc",
    shape=_image,
)
def lrn(
    input: Array,
    *,
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
) -> Array:
    """Each element divided by `(bias + alpha · s) ** beta`, s the squares of the channels at most `depth_radius` away.

    Shapes: `[n, h, w, c] -> [n, h, w, c]`.
    Raises: InvalidArgumentError for another rank or a negative radius.
    """
    _check_response([input], ["input"], depth_radius)
    x = widen(input)
    with np.errstate(all="ignore"):
        norm = _window_sum(np.square(x), depth_radius) * np.float32(alpha) + np.float32(bias)
        return narrow(x * _to_power(norm, beta), input.dtype)


def _merged_images(input_grads: Spec, input_image: Spec, output_image: Spec) -> Shape:
    shapes = (ranked(spec, 4, "input_image") for spec in (input_grads, input_image, output_image))
    found: Shape = (None,) * 4
    for shape in shapes:
        found = merge(found, shape)
    return found


@op(
    "LRNGrad(input_grads: T, input_image: T, output_image: T) -> output: T",
    T=HALF_FLOATS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/lrn_op.cc:LRNGradOp",
    shape=_merged_images,
)
def lrn_grad(
    input_grads: Array,
    input_image: Array,
    output_image: Array,
    *,
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
) -> Array:
    """The gradient of LRN.

    Shapes: three times `[n, h, w, c] -> [n, h, w, c]`.
    Raises: InvalidArgumentError for another rank, different shapes or a negative radius.
    """
    images = [input_grads, input_image, output_image]
    _check_response(images, ["input_grads", "input_image", "output_image"], depth_radius)
    grads, x, y = (widen(image) for image in images)
    with np.errstate(all="ignore"):
        norm = _window_sum(np.square(x), depth_radius) * np.float32(alpha) + np.float32(bias)
        shared = _window_sum(grads * y / norm, depth_radius)
        found = grads * _to_power(norm, beta) - np.float32(2 * alpha * beta) * x * shared
    return narrow(found, input_image.dtype)


@lrn.gradient
def lrn_gradient(ops: Ops, grad: Term, input: Term, output: Term, attrs: Attrs) -> Term:
    return ops.LRNGrad(grad, input, output, **attrs)
