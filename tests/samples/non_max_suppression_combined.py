"""Samples of `ops/non_max_suppression_combined.py`."""

import numpy as np

from tests.samples import Sample, f32, i32

RANDOM = np.random.default_rng(11)
CORNERS = RANDOM.uniform(-0.2, 1, (2, 12, 1, 2))
BOXES = np.concatenate([CORNERS, CORNERS + RANDOM.uniform(0.05, 0.6, (2, 12, 1, 2))], -1)
SCORES = RANDOM.uniform(0, 1, (2, 12, 3))
OWN_CORNERS = RANDOM.uniform(0, 1, (2, 12, 3, 2))
OWN = np.concatenate([OWN_CORNERS, OWN_CORNERS + RANDOM.uniform(0.05, 0.6, (2, 12, 3, 2))], -1)
MANY_CORNERS = RANDOM.uniform(0, 1, (1, 30, 1, 2))
MANY = np.concatenate([MANY_CORNERS, MANY_CORNERS + 0.1], -1)
MANY_SCORES = np.round(RANDOM.uniform(0, 1, (1, 30, 5)), 1)
TIED = np.ones((1, 30, 2)) * 0.5


def combined(label, boxes, scores, each=5, total=8, threshold=0.4, least=0.2, error=None, **attrs):
    inputs = dict(
        boxes=f32(boxes),
        scores=f32(scores),
        max_output_size_per_class=i32(each),
        max_total_size=i32(total),
        iou_threshold=f32(threshold),
        score_threshold=f32(least),
    )
    return Sample("CombinedNonMaxSuppression", label, inputs, attrs, error=error)


SAMPLES = [
    combined("shared_boxes", BOXES, SCORES),
    combined("own_boxes", OWN, SCORES),
    combined("not_clipped", BOXES, SCORES, clip_boxes=False),
    combined("room_for_more", BOXES, SCORES, total=50),
    combined("padded_per_class", BOXES, SCORES, each=2, total=50, pad_per_class=True),
    combined("padded_per_class_short", BOXES, SCORES, each=5, total=4, pad_per_class=True),
    combined("each_above_boxes", BOXES, SCORES, each=40, total=20, pad_per_class=True),
    combined("none_above", BOXES, SCORES, least=2),
    combined("many", MANY, RANDOM.permutation(150).reshape(1, 30, 5) / 150, 20, 60, 0.1, 0.0),
    combined("ties", MANY, MANY_SCORES, 30, 100, 1.0, 0.05),
    combined("ties_few", MANY, MANY_SCORES, 4, 10, 0.3, 0.05),
    combined("all_tied", MANY, TIED, 30, 60, 1.0, 0.05),
    combined("all_tied_few", MANY, TIED, 7, 9, 0.3, 0.05),
    combined("nan_scores", BOXES, np.where(SCORES > 0.8, np.nan, SCORES)),
    combined("no_boxes", np.zeros((2, 0, 1, 4)), np.zeros((2, 0, 3))),
    combined("no_batch", np.zeros((0, 3, 1, 4)), np.zeros((0, 3, 2))),
    combined("rank3", BOXES[0], SCORES, error="boxes must have rank 4"),
    combined("scores_rank2", BOXES, SCORES[0], error="scores must have rank 3"),
    combined("two_groups", OWN[:, :, :2], SCORES, error="1 or classes"),
    combined("columns", BOXES[..., :3], SCORES, error="boxes and scores must have shapes"),
    combined("numbers", BOXES, SCORES[:, :5], error="boxes and scores must have shapes"),
    combined("each_zero", BOXES, SCORES, each=0, error="max_output_size_per_class must be"),
    combined("each_negative", BOXES, SCORES, each=-1, error="max_output_size_per_class must be"),
    combined("total_zero", BOXES, SCORES, total=0, error="max_total_size must be positive"),
    combined("total_negative", BOXES, SCORES, total=-10, error="max_total_size must be positive"),
    combined("threshold", BOXES, SCORES, threshold=1.5, error="iou_threshold must lie"),
    combined("vector", BOXES, SCORES, threshold=[0.5], error="iou_threshold must be a scalar"),
]
