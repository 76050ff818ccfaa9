"""Boxes in images: drawn at random, cut out, and those that overlap others left out.

Source: tensorflow/python/ops/image_ops_impl.py, array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "combined_non_max_suppression",
    "crop_and_resize",
    "draw_bounding_boxes",
    "extract_image_patches",
    "generate_bounding_box_proposals",
    "non_max_suppression",
    "non_max_suppression_with_overlaps",
    "non_max_suppression_with_scores",
    "sample_distorted_bounding_box",
]

_NONE = float("-inf")


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
    """A box drawn at random that covers enough of one of the given boxes.

    Args:
        image_size: height, width and channels.
        bounding_boxes: `[..., boxes, 4]`: top, left, bottom, right, between 0 and 1.
        seed: a seed of the operation.
        seed2: a second one.
        min_object_covered: how much of a given box it must cover.
        aspect_ratio_range: between which quotients its width is of its height.
        area_range: between which parts of the image it covers.
        max_attempts: after how many attempts the whole image is the box.
        use_image_if_no_bounding_boxes: whether the whole image counts as a box if none is given.
        name: a name of the operations.

    Returns:
        Begin and size of the box, for `tf.slice`, and the box itself, `[1, 1, 4]`.
    """
    with name_scope(name, "sample_distorted_bounding_box"):
        return build(
            "SampleDistortedBoundingBoxV2",
            name=name,
            image_size=image_size,
            bounding_boxes=bounding_boxes,
            min_object_covered=min_object_covered,
            seed=seed,
            seed2=seed2,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=max_attempts,
            use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
        )


@public("image.non_max_suppression")
def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = _NONE,
    name: str | None = None,
) -> Tensor:
    """The places of the boxes of highest score, without those that overlap a better one.

    Args:
        boxes: `[n, 4]`: top, left, bottom, right.
        scores: `[n]`.
        max_output_size: how many at most.
        iou_threshold: how much boxes may overlap: intersection by union.
        score_threshold: scores up to this do not count.
        name: a name of the operations.

    Returns:
        int32 `[m]`.
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
    score_threshold: Any = _NONE,
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """As `non_max_suppression`, and the scores, which overlaps lower.

    Args:
        boxes: `[n, 4]`: top, left, bottom, right.
        scores: `[n]`.
        max_output_size: how many at most.
        iou_threshold: how much boxes may overlap: intersection by union.
        score_threshold: scores up to this do not count.
        soft_nms_sigma: how much overlaps lower scores; 0 for not at all.
        name: a name of the operations.

    Returns:
        int32 `[m]`, and the scores `[m]`.
    """
    with name_scope(name, "non_max_suppression_with_scores"):
        indices, found, _ = build(
            "NonMaxSuppressionV5",
            boxes=boxes,
            scores=scores,
            max_output_size=max_output_size,
            iou_threshold=convert_to_tensor(iou_threshold, name="iou_threshold"),
            score_threshold=convert_to_tensor(score_threshold, name="score_threshold"),
            soft_nms_sigma=convert_to_tensor(soft_nms_sigma, name="soft_nms_sigma"),
            pad_to_max_output_size=False,
        )
        return indices, found


@public("image.non_max_suppression_overlaps")
def non_max_suppression_with_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = _NONE,
    name: str | None = None,
) -> Tensor:
    """As `non_max_suppression`, of boxes whose overlaps are known, `[n, n]`."""
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
    score_threshold: Any = _NONE,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> Any:
    """The best boxes of each class of each image, without those that overlap a better one.

    Args:
        boxes: `[batch, n, classes, 4]`, or 1 in the place of the classes.
        scores: `[batch, n, classes]`.
        max_output_size_per_class: how many of a class at most.
        max_total_size: how many of an image at most.
        iou_threshold: how much boxes may overlap: intersection by union.
        score_threshold: scores up to this do not count.
        pad_per_class: whether the results are filled up to as many as all classes together may have, if that is less.
        clip_boxes: whether boxes are cut to between 0 and 1.
        name: a name of the operations.

    Returns:
        Boxes, scores and classes, filled up with zeros, and how many of each image count.
    """
    with name_scope(name, "combined_non_max_suppression"):
        iou_threshold = convert_to_tensor(iou_threshold, float32, "iou_threshold")
        score_threshold = convert_to_tensor(score_threshold, float32, "score_threshold")
        max_total_size = convert_to_tensor(max_total_size)
        return build(
            "CombinedNonMaxSuppression",
            boxes=boxes,
            scores=scores,
            max_output_size_per_class=max_output_size_per_class,
            max_total_size=max_total_size,
            iou_threshold=iou_threshold,
            score_threshold=score_threshold,
            pad_per_class=pad_per_class,
            clip_boxes=clip_boxes,
        )


@public("image.generate_bounding_box_proposals")
def generate_bounding_box_proposals(
    scores: Any,
    bbox_deltas: Any,
    image_info: Any,
    anchors: Any,
    nms_threshold: Any = 0.7,
    pre_nms_topn: Any = 6000,
    min_size: Any = 16,
    post_nms_topn: int = 300,
    name: str | None = None,
) -> Any:
    """Boxes from what a network says of anchors.

    Args:
        scores: `[batch, height, width, anchors]`.
        bbox_deltas: `[batch, height, width, 4 · anchors]`: how boxes differ from anchors.
        image_info: `[batch, 5]`: height, width and scale of each image.
        anchors: `[anchors, 4]`.
        nms_threshold: how much boxes may overlap.
        pre_nms_topn: how many boxes are looked at.
        min_size: smaller boxes do not count.
        post_nms_topn: how many of an image at most.
        name: a name of the operation.

    Returns:
        Boxes and their scores.
    """
    return build(
        "GenerateBoundingBoxProposals",
        name=name,
        scores=scores,
        bbox_deltas=bbox_deltas,
        image_info=image_info,
        anchors=anchors,
        nms_threshold=nms_threshold,
        pre_nms_topn=pre_nms_topn,
        min_size=min_size,
        post_nms_topn=post_nms_topn,
    )


@public("image.crop_and_resize")
def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> Tensor:
    """Boxes cut out of a batch of images, all of one size.

    Args:
        image: a batch.
        boxes: `[n, 4]`: top, left, bottom, right, between 0 and 1.
        box_ind: int32 `[n]`, of which image each is.
        crop_size: height and width.
        method: `"bilinear"` or `"nearest"`.
        extrapolation_value: what is outside of the image.
        name: a name of the operation.
        box_indices: another name of `box_ind`.

    Returns:
        float32 `[n, height, width, channels]`.

    Raises:
        ValueError: the indices are given under both names.
    """
    box_ind = deprecated_argument_lookup("box_indices", box_indices, "box_ind", box_ind)
    result: Tensor = build(
        "CropAndResize",
        name=name,
        image=image,
        boxes=boxes,
        box_ind=box_ind,
        crop_size=crop_size,
        method=method,
        extrapolation_value=extrapolation_value,
    )
    return result


@public("image.draw_bounding_boxes")
def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Tensor:
    """Images with the outlines of boxes.

    Args:
        images: a floating batch.
        boxes: `[batch, n, 4]`: top, left, bottom, right, between 0 and 1.
        name: a name of the operation.
        colors: `[colors, channels]`, which the boxes take in turn; some by default.
    """
    drawn = {} if colors is None else {"colors": colors}
    result: Tensor = build(
        "DrawBoundingBoxesV2" if drawn else "DrawBoundingBoxes",
        name=name,
        images=images,
        boxes=boxes,
        **drawn,
    )
    return result


@public("image.extract_image_patches", "extract_image_patches")
def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    sizes: Any = None,
) -> Tensor:
    """The windows of images, each as one vector.

    Args:
        images: a batch.
        ksizes: 1, height and width of the windows, 1.
        strides: 1, how far they are apart, 1.
        rates: 1, how far their pixels are apart, 1.
        padding: `"VALID"` or `"SAME"`.
        name: a name of the operation.
        sizes: another name of `ksizes`.

    Raises:
        ValueError: the sizes are given under both names.
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
