"""`tf.contrib.image.connected_components`: the areas of one colour in images.

Source: tensorflow_core/contrib/image/python/ops/image_ops.py (release 1.15); tensorflow_addons/image/connected_components.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import zeros_like
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ranges import range as number_range
from minihub_runtime.api.reduction import cumsum, reduce_any
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.sizes import size
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["connected_components"]


@public("contrib.image.connected_components")
def connected_components(images: Any) -> Any:
    """For each pixel the number of its area, int32 of the same shape: from 1 in the order of their first pixels, 0 where it is 0.

    Pixels of one value that touch above, below, left or right are of one area.

    Args:
        images: `[height, width]` or `[batch, height, width]`; the numbers go on from image to image.

    Raises:
        TypeError: they have another rank.
    """
    with name_scope("connected_components"):
        given = convert_to_tensor(images, name="images")
        rank = given.shape.ndims
        if rank not in (2, 3):
            raise TypeError(
                f"images should have rank 2 (HW) or 3 (NHW). Static shape is {given.shape}"
            )
        pixels = given if rank == 3 else given[None]
        count = size(pixels)
        own = reshape(number_range(count), shape_of(pixels))
        below = build("Equal", x=pixels[:, 1:], y=pixels[:, :-1])
        right = build("Equal", x=pixels[:, :, 1:], y=pixels[:, :, :-1])

        def padded(same: Any, labels: Any, paddings: Any) -> Any:
            told = build("SelectV2", condition=same, t=labels, e=count)
            return build("PadV2", input=told, paddings=paddings, constant_values=count)

        def turn(labels: Any, changes: Any) -> list[Any]:
            """Pixels of one number take the least that one of them or of their neighbours has."""
            least = labels
            for told in (
                padded(below, labels[:, :-1], [[0, 0], [1, 0], [0, 0]]),
                padded(below, labels[:, 1:], [[0, 0], [0, 1], [0, 0]]),
                padded(right, labels[:, :, :-1], [[0, 0], [0, 0], [1, 0]]),
                padded(right, labels[:, :, 1:], [[0, 0], [0, 0], [0, 1]]),
            ):
                least = build("Minimum", x=least, y=told)
            least_of_each = build(
                "UnsortedSegmentMin", data=least, segment_ids=labels, num_segments=count
            )
            heard = gather(least_of_each, labels)
            # A number is that of a pixel of the same area, which may have heard of a lesser one meanwhile.
            new = gather(reshape(heard, [-1]), heard)
            return [new, reduce_any(build("NotEqual", x=new, y=labels))]

        labels, _ = while_loop(lambda labels, changes: changes, turn, [own, count > 0])
        filled = build("NotEqual", x=pixels, y=zeros_like(pixels))
        first = build("LogicalAnd", x=build("Equal", x=labels, y=own), y=filled)
        numbers = gather(cumsum(reshape(cast(first, int32), [-1])), labels)
        found = numbers * cast(filled, int32)
        found.set_shape(pixels.shape)
        return found if rank == 3 else found[0]
