"""Non-maximum suppression: keep the best of the boxes that overlap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.ops.box_overlap import (
    BoxCorners,
    Later,
    Similarity,
    hard_suppression,
    soft_suppression,
)
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.image_shapes import exact_rank, require_output, same_as
from minihub_runtime.ops.registry import ROUNDING, Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec

_SOURCE = "core/kernels/image/non_max_suppression_op.cc"
_FLOATS = types("float16 float32", default="float32")


def _suppress(
    similarity: Similarity,
    later: Callable[[Array], Later] | None,
    scores: Array,
    max_output_size: Array,
    threshold: np.floating,
    least: np.floating,
    sigma: np.floating | None = None,
) -> tuple[Array, Array]:
    """Kept places and their scores; `later` makes the fast path's similarity, where that is exact."""
    require_scalar(max_output_size, "max_output_size")
    count = int(max_output_size)
    require(count >= 0, f"max_output_size must be >= 0, not {count}")
    if later is not None and not (sigma is not None and sigma > 0):
        candidates = np.flatnonzero(scores > least)
        order = candidates[np.argsort(-scores[candidates], kind="stable")]
        kept = order[hard_suppression(later(order), count, len(order), threshold)]
        return kept.astype(np.int32), scores[kept]
    zero = scores.dtype.type(0)
    return soft_suppression(
        similarity, scores, count, threshold, least, zero if sigma is None else sigma
    )


def _threshold(value: Array, kind: type[np.floating], name: str) -> np.floating:
    require_scalar(value, name)
    with np.errstate(over="ignore"):
        return kind(value[()])


def _boxes(
    boxes: Array,
    scores: Array,
    max_output_size: Array,
    iou_threshold: Array,
    score_threshold: Array | None = None,
    sigma: Array | None = None,
) -> tuple[Array, Array]:
    """What the five versions share."""
    kind = scores.dtype.type
    least = np.finfo(kind).min
    threshold = _threshold(iou_threshold, kind, "iou_threshold")
    require(0 <= threshold <= 1, f"iou_threshold must lie in [0, 1], not {threshold}")
    if score_threshold is not None:
        least = _threshold(score_threshold, kind, "score_threshold")
    softness = None if sigma is None else _threshold(sigma, kind, "soft_nms_sigma")
    if softness is not None:
        require(softness >= 0, f"soft_nms_sigma must be >= 0, not {softness}")
    require_rank(boxes, 2, "boxes")
    if boxes.shape[1] != 4:
        require(False, f"boxes must have shape [n, 4], not {list(boxes.shape)}")
    require_rank(scores, 1, "scores")
    if len(scores) != len(boxes):
        require(False, f"boxes and scores must be as long, not {len(boxes)} and {len(scores)}")
    corners = BoxCorners(boxes)
    finite = bool(np.isfinite(corners.area).all())
    return _suppress(
        corners.overlap,
        (lambda order: BoxCorners(boxes[order]).later) if finite else None,
        scores,
        max_output_size,
        threshold,
        least,
        softness,
    )


def _padded(values: Array, max_output_size: Array, pad: bool) -> Array:
    if not pad:
        return values
    full = np.zeros(require_output((int(max_output_size),), values.itemsize), values.dtype)
    full[: len(values)] = values
    return full


def _check_static(boxes: Spec, scores: Spec, *scalars: tuple[Spec, str]) -> None:
    count, columns = exact_rank(boxes, 2, "boxes")
    same_as(count, exact_rank(scores, 1, "scores")[0], "the lengths of boxes and scores")
    same_as(columns, 4, "boxes' second size and 4")
    for spec, name in scalars:
        exact_rank(spec, 0, name)


def _static_count(max_output_size: Spec, pad: bool) -> int | None:
    if not pad or max_output_size.value is None:
        return None
    count = int(max_output_size.value)
    require(count >= 0, f"max_output_size must be >= 0, not {count}")
    return count


@op(
    "NonMaxSuppression(boxes: float32, scores: float32, max_output_size: int32)"
    " -> selected_indices: int32",
    source=_SOURCE,
)
def non_max_suppression(
    boxes: Array, scores: Array, max_output_size: Array, *, iou_threshold: float = 0.5
) -> Array:
    """The best boxes, best first, without those that overlap a better one by more than the threshold.

    Shapes: `[n, 4]`, `[n]`, `[]` -> `[<= max_output_size]`. Of equal scores the first box goes first.
    Raises: InvalidArgumentError for other shapes, a negative size, or a threshold outside [0, 1].
    """
    return _boxes(boxes, scores, max_output_size, np.asarray(iou_threshold))[0]


@non_max_suppression.shape
def _non_max_suppression_shape(boxes: Spec, scores: Spec, max_output_size: Spec) -> Shape:
    _check_static(boxes, scores, (max_output_size, "max_output_size"))
    return (None,)


@op(
    "NonMaxSuppressionV2(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold)"
    " -> selected_indices: int32",
    T=_FLOATS,
    T_threshold=_FLOATS,
    source=_SOURCE,
)
def non_max_suppression_v2(
    boxes: Array, scores: Array, max_output_size: Array, iou_threshold: Array
) -> Array:
    """NonMaxSuppression with the threshold as an input.

    Shapes: `[n, 4]`, `[n]`, `[]`, `[]` -> `[<= max_output_size]`.
    Raises: InvalidArgumentError for other shapes, a negative size, or a threshold outside [0, 1].
    """
    return _boxes(boxes, scores, max_output_size, iou_threshold)[0]


@non_max_suppression_v2.shape
def _non_max_suppression_v2_shape(
    boxes: Spec, scores: Spec, max_output_size: Spec, iou_threshold: Spec
) -> Shape:
    scalars = (max_output_size, "max_output_size"), (iou_threshold, "iou_threshold")
    _check_static(boxes, scores, *scalars)
    return (None,)


def _check_static_v3(
    boxes: Spec, scores: Spec, max_output_size: Spec, iou_threshold: Spec, score_threshold: Spec
) -> None:
    _check_static(
        boxes,
        scores,
        (max_output_size, "max_output_size"),
        (iou_threshold, "iou_threshold"),
        (score_threshold, "score_threshold"),
    )


@op(
    "NonMaxSuppressionV3(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold,"
    " score_threshold: T_threshold) -> selected_indices: int32",
    T=_FLOATS,
    T_threshold=_FLOATS,
    source=_SOURCE,
)
def non_max_suppression_v3(
    boxes: Array,
    scores: Array,
    max_output_size: Array,
    iou_threshold: Array,
    score_threshold: Array,
) -> Array:
    """NonMaxSuppression of the boxes whose score is above a threshold.

    Shapes: `[n, 4]`, `[n]`, `[]`, `[]`, `[]` -> `[<= max_output_size]`.
    Raises: InvalidArgumentError for other shapes, a negative size, or an overlap threshold outside [0, 1].
    """
    return _boxes(boxes, scores, max_output_size, iou_threshold, score_threshold)[0]


@non_max_suppression_v3.shape
def _non_max_suppression_v3_shape(
    boxes: Spec, scores: Spec, max_output_size: Spec, iou_threshold: Spec, score_threshold: Spec
) -> Shape:
    _check_static_v3(boxes, scores, max_output_size, iou_threshold, score_threshold)
    return (None,)


@op(
    "NonMaxSuppressionV4(boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold,"
    " score_threshold: T_threshold) -> selected_indices: int32, valid_outputs: int32",
    T=_FLOATS,
    T_threshold=_FLOATS,
    source=_SOURCE,
)
def non_max_suppression_v4(
    boxes: Array,
    scores: Array,
    max_output_size: Array,
    iou_threshold: Array,
    score_threshold: Array,
    *,
    pad_to_max_output_size: bool = False,
) -> tuple[Array, Array]:
    """NonMaxSuppressionV3 with the number of boxes, and zeros up to `max_output_size` on demand.

    Shapes: `[n, 4]`, `[n]`, `[]`, `[]`, `[]` -> `[<= max_output_size]`, `[]`.
    Raises: InvalidArgumentError for other shapes, a negative size, or an overlap threshold outside [0, 1].
    """
    kept, _ = _boxes(boxes, scores, max_output_size, iou_threshold, score_threshold)
    count = np.asarray(len(kept), np.int32)
    return _padded(kept, max_output_size, pad_to_max_output_size), count


@non_max_suppression_v4.shape
def _non_max_suppression_v4_shape(
    boxes: Spec,
    scores: Spec,
    max_output_size: Spec,
    iou_threshold: Spec,
    score_threshold: Spec,
    pad_to_max_output_size: bool,
) -> list[Shape]:
    _check_static_v3(boxes, scores, max_output_size, iou_threshold, score_threshold)
    return [(_static_count(max_output_size, pad_to_max_output_size),), ()]


@op(
    "NonMaxSuppressionV5(boxes: T, scores: T, max_output_size: int32, iou_threshold: T,"
    " score_threshold: T, soft_nms_sigma: T)"
    " -> selected_indices: int32, selected_scores: T, valid_outputs: int32",
    T=_FLOATS,
    source=_SOURCE,
    precision=ROUNDING,
)
def non_max_suppression_v5(
    boxes: Array,
    scores: Array,
    max_output_size: Array,
    iou_threshold: Array,
    score_threshold: Array,
    soft_nms_sigma: Array,
    *,
    pad_to_max_output_size: bool = False,
) -> tuple[Array, Array, Array]:
    """NonMaxSuppressionV4 with scores; with a sigma above 0, overlap lowers scores instead of dropping boxes.

    Shapes: `[n, 4]`, `[n]`, `[]`, `[]`, `[]`, `[]` -> `[<= max_output_size]`, the same, `[]`.
    Raises: InvalidArgumentError for other shapes, a negative size or sigma, or an overlap threshold outside [0, 1].
    """
    kept, kept_scores = _boxes(
        boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma
    )
    pad = pad_to_max_output_size
    return (
        _padded(kept, max_output_size, pad),
        _padded(kept_scores, max_output_size, pad),
        np.asarray(len(kept), np.int32),
    )


@non_max_suppression_v5.shape
def _non_max_suppression_v5_shape(
    boxes: Spec,
    scores: Spec,
    max_output_size: Spec,
    iou_threshold: Spec,
    score_threshold: Spec,
    soft_nms_sigma: Spec,
    pad_to_max_output_size: bool,
) -> list[Shape]:
    _check_static_v3(boxes, scores, max_output_size, iou_threshold, score_threshold)
    exact_rank(soft_nms_sigma, 0, "soft_nms_sigma")
    count = _static_count(max_output_size, pad_to_max_output_size)
    return [(count,), (count,), ()]


@op(
    "NonMaxSuppressionWithOverlaps(overlaps: float32, scores: float32, max_output_size: int32,"
    " overlap_threshold: float32, score_threshold: float32) -> selected_indices: int32",
    source=_SOURCE,
)
def non_max_suppression_with_overlaps(
    overlaps: Array,
    scores: Array,
    max_output_size: Array,
    overlap_threshold: Array,
    score_threshold: Array,
) -> Array:
    """NonMaxSuppressionV3 with any measure of overlap: row = candidate, column = box kept before.

    Shapes: `[n, n]`, `[n]`, `[]`, `[]`, `[]` -> `[<= max_output_size]`.
    Raises: InvalidArgumentError for other shapes or a negative size.
    """
    threshold = _threshold(overlap_threshold, np.float32, "overlap_threshold")
    least = _threshold(score_threshold, np.float32, "score_threshold")
    require_rank(overlaps, 2, "overlaps")
    require_rank(scores, 1, "scores")
    if overlaps.shape != (len(scores), len(scores)):
        require(False, f"overlaps must have shape {[len(scores)] * 2}, not {list(overlaps.shape)}")
    later = (
        (lambda order: lambda place: overlaps[order[place + 1 :], order[place]])
        if np.isfinite(overlaps).all()
        else None
    )
    return _suppress(
        lambda number, kept: overlaps[number, kept],
        later,
        scores,
        max_output_size,
        threshold,
        least,
    )[0]


@non_max_suppression_with_overlaps.shape
def _non_max_suppression_with_overlaps_shape(
    overlaps: Spec,
    scores: Spec,
    max_output_size: Spec,
    overlap_threshold: Spec,
    score_threshold: Spec,
) -> Shape:
    count, columns = exact_rank(overlaps, 2, "overlaps")
    same_as(count, exact_rank(scores, 1, "scores")[0], "the lengths of overlaps and scores")
    same_as(count, columns, "the sizes of overlaps")
    for spec, name in (
        (max_output_size, "max_output_size"),
        (overlap_threshold, "overlap_threshold"),
        (score_threshold, "score_threshold"),
    ):
        exact_rank(spec, 0, name)
    return (None,)


without_gradient("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionWithOverlaps")
