"""Boxes that are left when those that overlap a better one are taken away, padded to one number.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.public import public

__all__ = ["non_max_suppression_padded"]


@public("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, with the number of boxes that are left.

    Args:
        boxes: float32 `[n, 4]`, two opposite corners of each.
        scores: float32 `[n]`.
        max_output_size: int32 scalar.
        iou_threshold: boxes that share more than this part of their union overlap too much.
        score_threshold: boxes below do not count.
        pad_to_max_output_size: whether the numbers are padded with zeros.
        name: a name of the operations.
        sorted_input: has no effect: boxes are sorted anyway.
        canonicalized_coordinates: has no effect: corners may be given in any order.
        tile_size: has no effect: nothing is tiled.

    Returns:
        (numbers of boxes int32 `[m]`, their number int32).

    Raises:
        ValueError: a batch of boxes without padding.
        NotImplementedError: a batch of boxes.
    """
    with name_scope(name, "non_max_suppression_padded"):
        boxes = convert_to_tensor(boxes, name="boxes")
        if boxes.shape.ndims is not None and boxes.shape.ndims > 2:
            if not pad_to_max_output_size:
                raise ValueError(
                    "'pad_to_max_output_size' (value False) must be True for batched input"
                )
            raise NotImplementedError("non_max_suppression_padded: batches are not supported")
        indices, count = build(
            "NonMaxSuppressionV4",
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,
            iou_threshold=iou_threshold,
            score_threshold=score_threshold,
            pad_to_max_output_size=pad_to_max_output_size,
        )
        return indices, count
