"""`tf.contrib.resampler`: images sampled between their pixels.

Source: tensorflow/contrib/resampler/python/ops/resampler_ops.py (release 1.15); tensorflow_addons/image/resampler_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.public import public

__all__ = ["resampler"]


@public("contrib.resampler.resampler")
def resampler(data: Any, warp: Any, name: str | None = "resampler") -> Any:
    """Images at places between their pixels, from the four pixels around each; outside of an image there are zeros.

    Both the images and the places have gradients.

    Args:
        data: `[batch, height, width, channels]`, float16, float32 or float64.
        warp: the places in pixels, `x` along the width before `y`, `[batch, ..., 2]`, of the same type.
        name: wanted name of the scope.

    Returns:
        `[batch, ..., channels]`, of the same type.

    Raises:
        TypeError: the types differ, or are others.
    """
    with name_scope(name, "resampler", [data, warp]):
        data = convert_to_tensor(data, name="data")
        warp = convert_to_tensor(warp, name="warp")
        return build("Resampler", data=data, warp=warp)
