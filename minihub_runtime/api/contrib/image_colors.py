"""`tf.contrib.image`: hue, saturation and value, changed where colours are brightness and two differences.

Source: tensorflow_core/contrib/image/python/ops/distort_image_ops.py (release 1.15); tensorflow_addons/image/distort_image_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.image.adjusting import convert_image_dtype
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["adjust_hsv_in_yiq", "random_hsv_in_yiq"]

#: What a row of red, green and blue is multiplied by for brightness and the two differences; and back.
_YIQ = [[0.299, 0.596, 0.211], [0.587, -0.274, -0.523], [0.114, -0.322, 0.312]]
_RGB = [[1.0, 1.0, 1.0], [0.95617069, -0.2726886, -1.103744], [0.62143257, -0.64681324, 1.70062309]]


@public("contrib.image.adjust_hsv_in_yiq")
def adjust_hsv_in_yiq(
    image: Any,
    delta_hue: Any = 0,
    scale_saturation: Any = 1,
    scale_value: Any = 1,
    name: str | None = None,
) -> Any:
    """Images whose hue is turned, and whose saturation and value are multiplied; of the same type.

    Args:
        image: red, green and blue in the last of three dimensions or more.
        delta_hue: in radians.
        scale_saturation: what the distance from grey is multiplied by.
        scale_value: what everything is multiplied by.
        name: wanted name of the scope.

    Raises:
        ValueError: the image has less than three dimensions, or not three channels.
    """
    with name_scope(name, "adjust_hsv_in_yiq", [image]):
        image = convert_to_tensor(image, name="image")
        known = image.shape
        if known.ndims is not None and known.ndims < 3:
            raise ValueError("input must be at least 3-D.")
        if known.ndims is not None and known[-1].value not in (None, 3):
            raise ValueError(f"input must have 3 channels but instead has {known[-1].value}.")
        rgb = convert_image_dtype(image, float32)
        hue, saturation, value = (
            cast(item, float32) for item in (delta_hue, scale_saturation, scale_value)
        )
        along = value * saturation * build("Cos", x=hue)
        across = value * saturation * build("Sin", x=hue)
        rows = [[value, 0.0, 0.0], [0.0, along, across], [0.0, -across, along]]
        turned = matmul(constant(_YIQ), matmul(stack([stack(row) for row in rows]), constant(_RGB)))
        adjusted = reshape(matmul(reshape(rgb, [-1, 3]), turned), shape_of(rgb))
        adjusted.set_shape(known)
        return convert_image_dtype(adjusted, image.dtype)


@public("contrib.image.random_hsv_in_yiq")
def random_hsv_in_yiq(
    image: Any,
    max_delta_hue: float = 0,
    lower_saturation: float = 1,
    upper_saturation: float = 1,
    lower_value: float = 1,
    upper_value: float = 1,
    seed: Any = None,
) -> Any:
    """Images whose hue, saturation and value are changed by chance, all alike; see `adjust_hsv_in_yiq`.

    Args:
        image: see `adjust_hsv_in_yiq`.
        max_delta_hue: how far the hue is turned at most, in radians, to either side.
        lower_saturation: what the saturation is multiplied by at least.
        upper_saturation: and at most.
        lower_value: what the value is multiplied by at least.
        upper_value: and at most.
        seed: see `tf.set_random_seed`.

    Raises:
        ValueError: a bound is negative, or a lower one above the upper one.
    """
    for name, least in (
        ("max_delta", max_delta_hue),
        ("lower_saturation", lower_saturation),
        ("lower_value", lower_value),
    ):
        if least < 0:
            raise ValueError(f"{name} must be non-negative.")
    for name, lower, upper in (
        ("saturation", lower_saturation, upper_saturation),
        ("value", lower_value, upper_value),
    ):
        if lower > upper:
            raise ValueError(f"lower_{name} must be < upper_{name}.")

    def drawn(lower: float, upper: float) -> Any:
        return lower if lower == upper else random_uniform([], lower, upper, seed=seed)

    return adjust_hsv_in_yiq(
        image,
        drawn(-max_delta_hue, max_delta_hue),
        drawn(lower_saturation, upper_saturation),
        drawn(lower_value, upper_value),
    )
