"""Differences within images, and between them.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import minihub_runtime as tf
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.image.colors import convert_image_dtype
from minihub_runtime.public import public

__all__ = ["image_gradients", "psnr", "sobel_edges", "ssim", "ssim_multiscale", "total_variation"]

#: How much each scale counts, from the finest to the coarsest.
SCALE_FACTORS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


@public("image.total_variation")
def total_variation(images: Any, name: str | None = None) -> Tensor:
    """The sum of the differences of neighbouring pixels: a scalar for one image, [batch] for a batch.

    Raises:
        ValueError: `images` has neither three nor four dimensions.
    """
    with name_scope(name, "total_variation"):
        tensor = convert_to_tensor(images, name="images")
        if tensor.shape.rank not in (3, 4):
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        down = tensor[..., 1:, :, :] - tensor[..., :-1, :, :]
        across = tensor[..., 1:, :] - tensor[..., :-1, :]
        axes = None if tensor.shape.rank == 3 else [1, 2, 3]
        result: Tensor = tf.reduce_sum(tf.abs(down), axes) + tf.reduce_sum(tf.abs(across), axes)
        return result


@public("image.image_gradients")
def image_gradients(image: Any) -> tuple[Tensor, Tensor]:
    """(dy, dx), what each pixel of [batch, height, width, channels] lacks to the one below and to the right; 0 at the end.

    Raises:
        ValueError: `image` is known not to have four dimensions.
    """
    tensor = convert_to_tensor(image, name="image")
    if tensor.shape.rank != 4:
        raise ValueError(
            f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {tensor.shape}."
        )
    dy = tf.pad(tensor[:, 1:] - tensor[:, :-1], [[0, 0], [0, 1], [0, 0], [0, 0]])
    dx = tf.pad(tensor[:, :, 1:] - tensor[:, :, :-1], [[0, 0], [0, 0], [0, 1], [0, 0]])
    for found in (dy, dx):
        found.set_shape(tensor.shape)
    return dy, dx


@public("image.sobel_edges")
def sobel_edges(image: Any) -> Tensor:
    """Slopes down and to the right by Sobel's filters; [batch, height, width, channels, 2]."""
    tensor = convert_to_tensor(image, name="image")
    down = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    filters = np.stack([down, down.T], axis=-1)[:, :, np.newaxis]
    shape = tf.shape(tensor)
    kernels = tf.tile(tf.constant(filters, tensor.dtype), [1, 1, shape[-1], 1])
    padded = tf.pad(tensor, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    edges = tf.nn.depthwise_conv2d(padded, kernels, [1, 1, 1, 1], "VALID")
    result: Tensor = tf.reshape(edges, tf.concat([shape, [2]], 0))
    result.set_shape(tensor.shape.concatenate([2]))
    return result


@public("image.psnr")
def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Tensor:
    """The peak signal-to-noise ratio of two images [..., height, width, channels] in decibels; float32 [...].

    Args:
        a: the first.
        b: the second, of the same type.
        max_val: the largest value a pixel can have.
        name: of the scope.
    """
    with name_scope(name, "PSNR", [a, b]):
        first, second, largest = _comparable(a, b, max_val)
        error = tf.reduce_mean(tf.squared_difference(first, second), [-3, -2, -1])
        peak = 20 * tf.log(largest) / tf.log(10.0)
        result: Tensor = tf.subtract(
            peak, np.float32(10 / math.log(10)) * tf.log(error), name="psnr"
        )
        return result


def _comparable(a: Any, b: Any, max_val: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Two images and the largest value as float32.

    Raises:
        ValueError: the images are known to be of different sizes.
    """
    first, second = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
    shapes = [tensor.shape.with_rank_at_least(3) for tensor in (first, second)]
    if all(shape.rank is not None for shape in shapes):
        shapes[0][-3:].assert_is_compatible_with(shapes[1][-3:])
        for one, other in zip(shapes[0].as_list()[-4::-1], shapes[1].as_list()[-4::-1]):
            if None not in (one, other) and 1 not in (one, other) and one != other:
                raise ValueError(f"Two images are not compatible: {shapes[0]} and {shapes[1]}")
    largest = convert_image_dtype(tf.cast(max_val, first.dtype), tf.float32)
    floats = [convert_image_dtype(tensor, tf.float32) for tensor in (first, second)]
    return floats[0], floats[1], largest


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
) -> Tensor:
    """The structural similarity of two images [..., height, width, channels]; 1 for the same.

    Args:
        img1: the first.
        img2: the second, of the same type.
        max_val: the largest value a pixel can have.
        filter_size: rows and columns of the Gaussian window.
        filter_sigma: its width.
        k1: keeps the comparison of means stable.
        k2: keeps that of variances stable.
        return_index_map: give the similarity around each pixel instead of the mean.

    Returns:
        float32 [...], or [..., height - filter_size + 1, width - filter_size + 1].
    """
    with name_scope(None, "SSIM", [img1, img2]):
        first, second, largest = _comparable(img1, img2, max_val)
        luminance, contrast = _similarity(first, second, largest, filter_size, filter_sigma, k1, k2)
        found = luminance * contrast
        if not return_index_map:
            found = tf.reduce_mean(found, [-3, -2])
        result: Tensor = tf.reduce_mean(found, [-1])
        return result


def _similarity(
    x: Tensor, y: Tensor, largest: Tensor, size: int, sigma: float, k1: float, k2: float
) -> tuple[Tensor, Tensor]:
    """Around each pixel and in each channel: how alike means are, and contrast and structure."""
    squares = np.square(np.arange(size) - (size - 1) / 2) * -0.5 / sigma**2
    weights = np.exp(squares[:, None] + squares[None, :])
    window = tf.constant((weights / weights.sum())[:, :, None, None], tf.float32)

    def local(image: Any) -> Any:
        shape = tf.shape(image)
        flat = tf.reshape(image, tf.concat([[-1], shape[-3:]], 0))
        kernel = tf.tile(window, [1, 1, shape[-1], 1])
        mean = tf.nn.depthwise_conv2d(flat, kernel, [1, 1, 1, 1], "VALID")
        return tf.reshape(mean, tf.concat([shape[:-3], tf.shape(mean)[1:]], 0))

    c1, c2 = (k1 * largest) ** 2, (k2 * largest) ** 2
    mean_x, mean_y = local(x), local(y)
    product, sums = 2.0 * mean_x * mean_y, tf.square(mean_x) + tf.square(mean_y)
    luminance = (product + c1) / (sums + c1)
    covariance = 2.0 * local(x * y) - product
    variances = local(tf.square(x) + tf.square(y)) - sums
    return luminance, (covariance + c2) / (variances + c2)


@public("image.ssim_multiscale")
def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = SCALE_FACTORS,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """The structural similarity over several scales, each half of the one before; arguments as for `ssim`.

    Args:
        img1: the first, [..., height, width, channels].
        img2: the second, of the same type.
        max_val: the largest value a pixel can have.
        power_factors: the weight of each scale, the finest first.
        filter_size: see there.
        filter_sigma: see there.
        k1: see there.
        k2: see there.

    Returns:
        float32 [...].
    """
    with name_scope(None, "MS-SSIM", [img1, img2]):
        first, second, largest = _comparable(img1, img2, max_val)
        shape = tf.shape(first)
        heads = shape[:-3]
        images = [tf.reshape(i, tf.concat([[-1], shape[-3:]], 0)) for i in (first, second)]
        terms = []
        for scale, power in enumerate(power_factors):
            if scale:
                images = [_halved(image) for image in images]
            luminance, contrast = _similarity(
                images[0], images[1], largest, filter_size, filter_sigma, k1, k2
            )
            last = scale == len(power_factors) - 1
            mean = tf.reduce_mean(luminance * contrast if last else contrast, [-3, -2])
            terms.append(tf.nn.relu(mean) ** power)
        total = terms[0]
        for term in terms[1:]:
            total = total * term
        result: Tensor = tf.reshape(tf.reduce_mean(total, [-1]), heads)
        return result


def _halved(images: Any) -> Any:
    """Means of two by two pixels; an odd row or column at the end is mirrored."""
    odd = tf.mod(tf.shape(images)[1:3], 2)
    paddings = tf.stack([[0, 0], [0, odd[0]], [0, odd[1]], [0, 0]])
    even = tf.pad(images, paddings, mode="SYMMETRIC")
    return tf.nn.avg_pool(even, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
