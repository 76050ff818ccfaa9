"""Boxes in images: drawn, sampled, and thinned out where they overlap.

Source: tensorflow/python/ops/image_ops_impl.py, array_ops.py:extract_image_patches.
"""

from __future__ import annotations

from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.public import public

__all__ = [
    "combined_non_max_suppression",
    "draw_bounding_boxes",
    "extract_image_patches",
    "non_max_suppression",
    "non_max_suppression_overlaps",
    "non_max_suppression_padded",
    "non_max_suppression_with_scores",
    "sample_distorted_bounding_box",
]

_LOWEST = float("-inf")


@public("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _LOWEST,
    name: str | None = None,
) -> Tensor:
    """Which boxes are left when those that overlap a better one too much are taken away.

    Args:
        boxes: float [n, 4], two opposite corners of each.
        scores: float [n].
        max_output_size: int32 scalar, how many are left at most.
        iou_threshold: boxes that share more than this part of their union overlap too much.
        score_threshold: boxes below do not count.
        name: of the scope.

    Returns:
        int32 [m], numbers of boxes by falling score.
    """
    with name_scope(name, "non_max_suppression"):
        result: Tensor = build(
            "NonMaxSuppressionV3",
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,
            iou_threshold=convert_to_tensor(iou_threshold, name="iou_threshold"),
            score_threshold=convert_to_tensor(score_threshold, name="score_threshold"),
        )
        return result


@public("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _LOWEST,
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, with the scores of what is left; a sigma above 0 lowers scores instead of taking boxes away."""
    with name_scope(name, "non_max_suppression_with_scores"):
        indices, kept, _ = build(
            "NonMaxSuppressionV5",
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,
            iou_threshold=convert_to_tensor(iou_threshold, name="iou_threshold"),
            score_threshold=convert_to_tensor(score_threshold, name="score_threshold"),
            soft_nms_sigma=convert_to_tensor(soft_nms_sigma, name="soft_nms_sigma"),
            pad_to_max_output_size=False,
        )
        return indices, kept


@public("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _LOWEST,
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, with the number of boxes that are left.

    Args:
        boxes: float [n, 4].
        scores: float [n].
        max_output_size: int32 scalar.
        iou_threshold: see there.
        score_threshold: see there.
        pad_to_max_output_size: whether the numbers are padded with zeros.
        name: of the scope.
        sorted_input: has no effect: boxes are sorted anyway.
        canonicalized_coordinates: has no effect: corners may be given in any order.
        tile_size: has no effect: nothing is tiled.

    Returns:
        int32 [m] and an int32 scalar.

    Raises:
        NotImplementedError: a batch of boxes.
    """
    with name_scope(name, "non_max_suppression_padded"):
        boxes = convert_to_tensor(boxes, name="boxes")
        rank = boxes.shape.rank
        if rank is not None and rank > 2:
            if not pad_to_max_output_size:
                raise ValueError(
                    "'pad_to_max_output_size' (value False) must be True for batched input"
                )
            raise NotImplementedError("non_max_suppression_padded of a batch is not supported")
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


@public("image.non_max_suppression_overlaps")
def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = _LOWEST,
    name: str | None = None,
) -> Tensor:
    """As `non_max_suppression`, by a float [n, n] of overlaps of any kind."""
    with name_scope(name, "non_max_suppression_overlaps"):
        result: Tensor = build(
            "NonMaxSuppressionWithOverlaps",
            overlaps=overlaps,
            scores=scores,
            max_output_size=max_output_size,
            overlap_threshold=convert_to_tensor(overlap_threshold, name="overlap_threshold"),
            score_threshold=score_threshold,
        )
        return result


@public("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _LOWEST,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> Any:
    """Suppression within each class of each image of a batch.

    Args:
        boxes: float32 [batch, n, classes or 1, 4].
        scores: float32 [batch, n, classes].
        max_output_size_per_class: int32 scalar.
        max_total_size: int32 scalar, at most so many for an image.
        iou_threshold: see `non_max_suppression`.
        score_threshold: see there.
        pad_per_class: whether the results have room for all that each class may have.
        clip_boxes: whether boxes are cut at the edges of [0, 1].
        name: of the scope.

    Returns:
        (boxes [batch, m, 4], scores [batch, m], classes [batch, m], counts int32 [batch]), padded with zeros.
    """
    with name_scope(name, "combined_non_max_suppression"):
        return build(
            "CombinedNonMaxSuppression",
            boxes=boxes,
            scores=scores,
            max_output_size_per_class=max_output_size_per_class,
            max_total_size=max_total_size,
            iou_threshold=convert_to_tensor(iou_threshold, tf.float32, "iou_threshold"),
            score_threshold=convert_to_tensor(score_threshold, tf.float32, "score_threshold"),
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )


@public("image.draw_bounding_boxes")
def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Tensor:
    """Images with boxes drawn on them.

    Args:
        images: float32 or float16 [batch, height, width, channels].
        boxes: float32 [batch, n, 4], y1, x1, y2, x2 in [0, 1].
        name: of the operation.
        colors: float32 [k, channels], one for each box in turn; a cycle of ten if left out.
    """
    if colors is None:
        plain: Tensor = build("DrawBoundingBoxes", name=name, images=images, boxes=boxes)
        return plain
    result: Tensor = build(
        "DrawBoundingBoxesV2", name=name, images=images, boxes=boxes, colors=colors
    )
    return result


@public("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int | None = None,
    seed2: int | None = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> Any:
    """A part of an image drawn at random that holds enough of one of its boxes.

    Args:
        image_size: [3], height, width and channels.
        bounding_boxes: float32 [batch, n, 4].
        seed: first part of the seed.
        seed2: second part of it.
        min_object_covered: which part of a box must be in.
        aspect_ratio_range: width by height, least and largest; 0.75 to 1.33 if left out.
        area_range: part of the image, least and largest; 0.05 to 1 if left out.
        max_attempts: how often to try before the whole image is taken; 100 if left out.
        use_image_if_no_bounding_boxes: whether no boxes count as one of the whole image.
        name: of the scope.

    Returns:
        (begin [3], size [3], box float32 [1, 1, 4]): arguments of `tf.slice`, and the part as a box.
    """
    given = {
        "seed": seed,
        "seed2": seed2,
        "aspect_ratio_range": aspect_ratio_range,
        "area_range": area_range,
        "max_attempts": max_attempts,
        "use_image_if_no_bounding_boxes": use_image_if_no_bounding_boxes,
    }
    options: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    with name_scope(name, "sample_distorted_bounding_box"):
        return build(
            "SampleDistortedBoundingBoxV2",
            image_size=image_size,
            bounding_boxes=bounding_boxes,
            min_object_covered=min_object_covered,
            **options,
        )


@public("extract_image_patches", "image.extract_image_patches")
def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: str | None = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """Patches of images, their pixels in the depth dimension.

    Args:
        images: [batch, height, width, channels].
        ksizes: [1, height, width, 1] of a patch.
        strides: [1, height, width, 1] from patch to patch.
        rates: [1, height, width, 1] from pixel to pixel of a patch.
        padding: `VALID` or `SAME`.
        name: of the operation.
        sizes: the newer name of `ksizes`.
    """
    ksizes = deprecated_argument_lookup("sizes", sizes, "ksizes", ksizes)
    result: Tensor = build(
        "ExtractImagePatches",
        name=name,
        images=images,
        ksizes=ksizes,
        strides=strides,
        rates=rates,
        padding=padding,
    )
    return result
