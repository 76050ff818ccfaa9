"""Edges: how images change from pixel to pixel.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.joining import concat, stack, unstack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.depthwise import depthwise_conv2d
from minihub_runtime.api.padding import pad
from minihub_runtime.api.sizes import shape
from minihub_runtime.public import public

__all__ = ["image_gradients", "sobel_edges"]

_SOBEL = [[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]


@public("image.image_gradients")
def image_gradients(image: Any) -> tuple[Any, Any]:
    """The differences from row to row and from column to column; the last are 0.

    Args:
        image: a batch.

    Returns:
        Two batches of the same shape.

    Raises:
        ValueError: it is none.
    """
    if image.shape.ndims != 4:
        raise ValueError(
            f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.shape}."
        )
    sizes = shape(image)
    batch, height, width, depth = unstack(sizes)
    dy = image[:, 1:, :, :] - image[:, :-1, :, :]
    dx = image[:, :, 1:, :] - image[:, :, :-1, :]
    last = stack([batch, 1, width, depth])
    dy = reshape(concat([dy, zeros(last, image.dtype)], 1), sizes)
    last = stack([batch, height, 1, depth])
    dx = reshape(concat([dx, zeros(last, image.dtype)], 2), sizes)
    return dy, dx


@public("image.sobel_edges")
def sobel_edges(image: Any) -> Any:
    """Sobel's differences of a floating batch, along rows and along columns: `[..., channels, 2]`."""
    known = image.shape
    sizes = shape(image)
    filters = np.expand_dims(np.transpose(np.asarray(_SOBEL), (1, 2, 0)), -2)
    kernel = constant(filters, image.dtype)
    kernel = build("Tile", name="sobel_filters", input=kernel, multiples=[1, 1, sizes[-1], 1])
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    output = depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID")
    output = reshape(output, concat([sizes, [len(_SOBEL)]], 0))
    output.set_shape(known.concatenate([len(_SOBEL)]))
    return output
