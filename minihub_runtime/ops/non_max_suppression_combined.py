"""Non-maximum suppression over classes and batches at once."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.box_overlap import BoxCorners, hard_suppression
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.image_shapes import exact_rank, require_output, same_as
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.tie_order import heap_order, sort_order
from minihub_runtime.shapes import Shape, Spec


def _one_class(
    boxes: Array, scores: Array, count: int, threshold: np.float32, least: float
) -> Array:
    """The boxes of one class that are kept, in the order they are taken."""
    candidates = np.flatnonzero(scores > least)
    order = candidates[heap_order(scores[candidates])]
    later = BoxCorners(boxes[order]).later
    return order[hard_suppression(later, count, len(order), threshold)]


@op(
    "CombinedNonMaxSuppression(boxes: float32, scores: float32, max_output_size_per_class: int32,"
    " max_total_size: int32, iou_threshold: float32, score_threshold: float32)"
    " -> nmsed_boxes: float32, nmsed_scores: float32, nmsed_classes: float32,"
    " valid_detections: int32",
    source="core/kernels/image/non_max_suppression_op.cc:CombinedNonMaxSuppressionOp",
)
def combined_non_max_suppression(
    boxes: Array,
    scores: Array,
    max_output_size_per_class: Array,
    max_total_size: Array,
    iou_threshold: Array,
    score_threshold: Array,
    *,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
) -> tuple[Array, Array, Array, Array]:
    """Suppress within each class, then keep the best boxes of all classes; zeros fill up.

    The outputs have room for `max_total_size` boxes; with `pad_per_class` for `max_output_size_per_class` times
    classes if that is less.  Boxes are clipped to [0, 1] on demand.  Of equal scores that one goes first which goes
    first in TensorFlow's heap and sort.

    Shapes: `[batch, n, 1 or classes, 4]`, `[batch, n, classes]`, `[]`, `[]`, `[]`, `[]`
        -> `[batch, room, 4]`, `[batch, room]`, `[batch, room]`, `[batch]`.
    Raises: InvalidArgumentError for other shapes, sizes that are not positive, or a threshold outside [0, 1].
    """
    require_rank(boxes, 4, "boxes")
    require_rank(scores, 3, "scores")
    batch, number, groups, columns = boxes.shape
    classes = scores.shape[2]
    if columns != 4 or groups not in (1, classes) or scores.shape[:2] != (batch, number):
        require(
            False,
            f"boxes and scores must have shapes [batch, n, 1 or classes, 4] and [batch, n, classes], "
            f"not {list(boxes.shape)} and {list(scores.shape)}",
        )
    for name, value in (
        ("max_output_size_per_class", max_output_size_per_class),
        ("max_total_size", max_total_size),
        ("iou_threshold", iou_threshold),
        ("score_threshold", score_threshold),
    ):
        require_scalar(value, name)
    each, total = int(max_output_size_per_class), int(max_total_size)
    require(each > 0, f"max_output_size_per_class must be positive, not {each}")
    require(total > 0, f"max_total_size must be positive, not {total}")
    threshold, least = np.float32(iou_threshold), np.float32(score_threshold)
    require(0 <= threshold <= 1, f"iou_threshold must lie in [0, 1], not {threshold}")
    room = min(total, each * classes) if pad_per_class else total
    each = min(each, number)
    require(each * classes < 1 << 31, f"{each} boxes of {classes} classes must be < 2^31")
    out_boxes = np.zeros(require_output((batch, room, 4), 4), np.float32)
    out_scores = np.zeros((batch, room), np.float32)
    out_classes = np.zeros((batch, room), np.float32)
    valid = np.zeros(batch, np.int32)
    for n in range(batch):
        # A place for each box of each class, as TensorFlow lays them out before it sorts.
        best = np.full((classes, each), -np.inf, np.float32)
        which = np.zeros((classes, each), np.int64)
        for c in range(classes):
            own = boxes[n, :, c if groups > 1 else 0]
            kept = _one_class(own, scores[n, :, c], each, threshold, least)
            best[c, : len(kept)] = scores[n, kept, c]
            which[c, : len(kept)] = kept
        filled = best > -np.inf
        count = min(room, int(filled.sum()))
        order = sort_order(best.reshape(-1), count)[:count]
        kind, place = order // max(each, 1), which.reshape(-1)[order]
        chosen = boxes[n, place, kind if groups > 1 else 0]
        out_boxes[n, :count] = np.clip(chosen, 0, 1) if clip_boxes else chosen
        out_scores[n, :count] = best.reshape(-1)[order]
        out_classes[n, :count] = kind
        valid[n] = count
    return out_boxes, out_scores, out_classes, valid


@combined_non_max_suppression.shape
def _combined_non_max_suppression_shape(
    boxes: Spec,
    scores: Spec,
    max_output_size_per_class: Spec,
    max_total_size: Spec,
    iou_threshold: Spec,
    score_threshold: Spec,
    pad_per_class: bool,
) -> list[Shape]:
    batch, number, groups, columns = exact_rank(boxes, 4, "boxes")
    other_batch, other_number, classes = exact_rank(scores, 3, "scores")
    batch = same_as(batch, other_batch, "the batch sizes of boxes and scores")
    same_as(number, other_number, "the numbers of boxes and scores")
    same_as(columns, 4, "boxes' last size and 4")
    if groups is not None and classes is not None and groups not in (1, classes):
        require(False, f"boxes' third size must be 1 or {classes}, not {groups}")
    for spec, name in (
        (max_output_size_per_class, "max_output_size_per_class"),
        (max_total_size, "max_total_size"),
        (iou_threshold, "iou_threshold"),
        (score_threshold, "score_threshold"),
    ):
        exact_rank(spec, 0, name)
    room = None if max_total_size.value is None else int(max_total_size.value)
    require(room is None or room > 0, f"max_total_size must be positive, not {room}")
    each = max_output_size_per_class.value
    if pad_per_class:
        known = room is not None and each is not None and classes is not None
        if each is not None:
            require(each > 0, f"max_output_size_per_class must be positive, not {each}")
        room = min(room or 0, int(each) * (classes or 0)) if known and each is not None else None
    return [(batch, room, 4), (batch, room), (batch, room), (batch,)]
