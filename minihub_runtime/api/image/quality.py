"""How much two images differ, and how much one varies.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import abs, pow
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.image.adjusting import convert_image_dtype
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.nn.activation import softmax
from minihub_runtime.api.nn.depthwise import depthwise_conv2d
from minihub_runtime.api.nn.pooling import avg_pool
from minihub_runtime.api.padding import pad
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import (
    reduce_all,
    reduce_any,
    reduce_mean,
    reduce_prod,
    reduce_sum,
)
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = ["psnr", "ssim", "ssim_multiscale", "total_variation"]

_MSSSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


@public("image.total_variation")
def total_variation(images: Any, name: str | None = None) -> Any:
    """The sum of the absolute differences of neighbouring pixels of each image.

    Args:
        images: an image or a batch.
        name: a name of the operations.

    Returns:
        A scalar, or `[batch]`.

    Raises:
        ValueError: they have neither 3 nor 4 dimensions.
    """
    with name_scope(name, "total_variation"):
        ndims = images.shape.ndims
        if ndims == 3:
            dy = images[1:, :, :] - images[:-1, :, :]
            dx = images[:, 1:, :] - images[:, :-1, :]
            axes = None
        elif ndims == 4:
            dy = images[:, 1:, :, :] - images[:, :-1, :, :]
            dx = images[:, :, 1:, :] - images[:, :, :-1, :]
            axes = [1, 2, 3]
        else:
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        return reduce_sum(abs(dy), axis=axes) + reduce_sum(abs(dx), axis=axes)


def _same_shapes(img1: Any, img2: Any) -> tuple[Any, Any, list[Any]]:
    """The shapes of two images or batches, and the checks that they can be compared.

    Raises:
        ValueError: it is known that they cannot.
    """
    known1, known2 = (image.shape.with_rank_at_least(3) for image in (img1, img2))
    known1[-3:].assert_is_compatible_with(known2[-3:])
    if known1.ndims is not None and known2.ndims is not None:
        outer = zip(reversed(known1.as_list()[:-3]), reversed(known2.as_list()[:-3]))
        for size1, size2 in outer:
            if 1 not in (size1, size2) and None not in (size1, size2) and size1 != size2:
                raise ValueError(f"Two images are not compatible: {known1} and {known2}")
    shape1, shape2 = build("ShapeN", input=[img1, img2])
    enough = build("GreaterEqual", x=size(shape1), y=3)
    checks = [Assert(enough, [shape1, shape2], summarize=10)]
    same = reduce_all(build("Equal", x=shape1[-3:], y=shape2[-3:]))
    checks.append(Assert(same, [shape1, shape2], summarize=10))
    return shape1, shape2, checks


@public("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Any:
    """The peak signal-to-noise ratio of two images, in dB.

    Args:
        a: an image or a batch.
        b: another of the same shape.
        max_val: the largest number that a pixel may be.
        name: a name of the operations.

    Returns:
        float32, a scalar or `[batch]`.

    Raises:
        ValueError: the shapes are known to differ.
    """
    with name_scope(name, "PSNR", [a, b]):
        max_val = convert_image_dtype(cast(max_val, a.dtype), float32)
        a = convert_image_dtype(a, float32)
        b = convert_image_dtype(b, float32)
        error = reduce_mean(build("SquaredDifference", x=a, y=b), [-3, -2, -1])
        peak = 20 * build("Log", x=max_val) / build("Log", x=10.0)
        noise = np.float32(10 / np.log(10)) * build("Log", x=error)
        ratio = build("Sub", name="psnr", x=peak, y=noise)
        with control_dependencies(_same_shapes(a, b)[2]):
            return build("Identity", input=ratio)


def _similarity(
    x: Any, y: Any, mean: Callable[[Any], Any], max_val: Any, k1: float, k2: float
) -> tuple[Any, Any]:
    """Luminance, and contrast times structure, of two images; `mean` weighs neighbourhoods."""
    c1 = (k1 * max_val) ** 2
    c2 = (k2 * max_val) ** 2
    mean0, mean1 = mean(x), mean(y)
    num0 = mean0 * mean1 * 2.0
    den0 = build("Square", x=mean0) + build("Square", x=mean1)
    luminance = (num0 + c1) / (den0 + c1)
    num1 = mean(x * y) * 2.0
    den1 = mean(build("Square", x=x) + build("Square", x=y))
    c2 = c2 * 1.0
    return luminance, (num1 - num0 + c2) / (den1 - den0 + c2)


def _gaussian(count: Any, sigma: Any) -> Any:
    """A filter `[count, count, 1, 1]` that weighs by a normal distribution."""
    count = convert_to_tensor(count, int32)
    sigma = convert_to_tensor(sigma)
    places = cast(range(count), sigma.dtype)
    places -= cast(count - 1, sigma.dtype) / 2.0
    weights = build("Square", x=places)
    weights *= -0.5 / build("Square", x=sigma)
    weights = reshape(weights, [1, -1]) + reshape(weights, [-1, 1])
    weights = softmax(reshape(weights, [1, -1]))
    return reshape(weights, [count, count, 1, 1])


def _ssim_per_channel(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: Any,
    filter_sigma: Any,
    k1: float,
    k2: float,
    return_index_map: bool = False,
) -> tuple[Any, Any]:
    """SSIM of each channel, and its contrast part."""
    filter_size = constant(filter_size, int32)
    filter_sigma = constant(filter_sigma, img1.dtype)
    shape1, shape2 = build("ShapeN", input=[img1, img2])
    checks = [
        Assert(
            reduce_all(build("GreaterEqual", x=sizes[-3:-1], y=filter_size)),
            [sizes, filter_size],
            summarize=8,
        )
        for sizes in (shape1, shape2)
    ]
    with control_dependencies(checks):
        img1 = build("Identity", input=img1)
    kernel = _gaussian(filter_size, filter_sigma)
    kernel = build("Tile", input=kernel, multiples=[1, 1, shape1[-1], 1])

    def mean(x: Any) -> Any:
        sizes = shape(x)
        flat = reshape(x, concat([[-1], sizes[-3:]], 0))
        y = depthwise_conv2d(flat, kernel, strides=[1, 1, 1, 1], padding="VALID")
        return reshape(y, concat([sizes[:-3], shape(y)[1:]], 0))

    luminance, contrast = _similarity(img1, img2, mean, max_val, k1, k2)
    if return_index_map:
        return luminance * contrast, contrast
    axes = constant([-3, -2], int32)
    return reduce_mean(luminance * contrast, axes), reduce_mean(contrast, axes)


def _comparable(img1: Any, img2: Any, max_val: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Two images and the largest number as float32, and the shapes."""
    img1 = convert_to_tensor(img1, name="img1")
    img2 = convert_to_tensor(img2, name="img2")
    shape1, shape2, checks = _same_shapes(img1, img2)
    with control_dependencies(checks):
        img1 = build("Identity", input=img1)
    max_val = convert_image_dtype(cast(max_val, img1.dtype), float32)
    return (
        convert_image_dtype(img1, float32),
        convert_image_dtype(img2, float32),
        max_val,
        shape1,
        shape2,
    )


@public("image.ssim")
def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Any:
    """The structural similarity of two images.

    Args:
        img1: an image or a batch.
        img2: another of the same shape.
        max_val: the largest number that a pixel may be.
        filter_size: height and width of the neighbourhoods that are compared.
        filter_sigma: how fast weights fall off in them.
        k1: keeps the quotient of luminances finite.
        k2: keeps that of contrasts finite.
        return_index_map: whether the similarity of each neighbourhood is returned.

    Returns:
        float32, a scalar or `[batch]`; for neighbourhoods `[..., height, width]`.

    Raises:
        ValueError: the shapes are known to differ.
    """
    with name_scope(None, "SSIM", [img1, img2]):
        img1, img2, max_val, _, _ = _comparable(img1, img2, max_val)
        per_channel, _ = _ssim_per_channel(
            img1, img2, max_val, filter_size, filter_sigma, k1, k2, return_index_map
        )
        return reduce_mean(per_channel, [-1])


@public("image.ssim_multiscale")
def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Sequence[float] = _MSSSIM_WEIGHTS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """The structural similarity of two images, of halves of their size, of quarters, and so on.

    Args:
        img1: an image or a batch.
        img2: another of the same shape.
        max_val: the largest number that a pixel may be.
        power_factors: how much each size counts.
        filter_size: as for `ssim`.
        filter_sigma: as for `ssim`.
        k1: as for `ssim`.
        k2: as for `ssim`.

    Returns:
        float32, a scalar or `[batch]`.

    Raises:
        ValueError: the shapes are known to differ.
    """
    with name_scope(None, "MS-SSIM", [img1, img2]):
        img1, img2, max_val, shape1, shape2 = _comparable(img1, img2, max_val)
        images = [img1, img2]
        heads = [sizes[:-3] for sizes in (shape1, shape2)]
        tails = [sizes[-3:] for sizes in (shape1, shape2)]
        halving = [1, 2, 2, 1]
        halving_tensor = constant(halving[1:], int32)
        contrasts = []
        for level in np.arange(len(power_factors)):
            with name_scope(None, f"Scale{level}", images):
                if level > 0:
                    smaller = _halved(images, tails, halving, halving_tensor)
                    tails = [sizes[1:] for sizes in build("ShapeN", input=smaller)]
                    images = [
                        reshape(image, concat([head, tail], 0))
                        for image, head, tail in zip(smaller, heads, tails)
                    ]
                first, second = images
                similarity, contrast = _ssim_per_channel(
                    first, second, max_val, filter_size, filter_sigma, k1, k2
                )
                contrasts.append(build("Relu", features=contrast))
        # Of the smallest size all counts, of the others the contrast.
        contrasts.pop()
        parts = stack([*contrasts, build("Relu", features=similarity)], axis=-1)
        products = reduce_prod(pow(parts, power_factors), [-1])
        return reduce_mean(products, [-1])


def _halved(
    images: list[Any], tails: list[Any], halving: list[int], halving_tensor: Tensor
) -> list[Any]:
    """Images of half the size; odd ones are mirrored at the border first."""
    flat = [reshape(image, concat([[-1], tail], 0)) for image, tail in zip(images, tails)]
    rest = tails[0] % halving_tensor
    odd = reduce_any(build("NotEqual", x=rest, y=0))
    padded = cond(odd, lambda: _mirrored(flat, rest), lambda: flat)
    return [avg_pool(image, ksize=halving, strides=halving, padding="VALID") for image in padded]


def _mirrored(images: list[Any], rest: Any) -> list[Any]:
    padding = pad(expand_dims(rest, -1), [[1, 0], [1, 0]])
    return [pad(image, padding, mode="SYMMETRIC") for image in images]
