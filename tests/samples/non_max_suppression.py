"""Samples of `ops/non_max_suppression.py`."""

import numpy as np

from tests.samples import Sample, f16, f32, i32, normal, typed

STACKED = f32(
    [
        [0, 0, 1, 1],
        [0, 0.1, 1, 1.1],
        [0, -0.1, 1, 0.9],
        [0, 10, 1, 11],
        [0, 10.1, 1, 11.1],
        [0, 100, 1, 101],
    ]
)
FLIPPED = f32(
    [
        [1, 1, 0, 0],
        [0, 0.1, 1, 1.1],
        [0, 0.9, 1, -0.1],
        [0, 10, 1, 11],
        [1, 10.1, 0, 11.1],
        [1, 101, 0, 100],
    ]
)
SCORES = f32([0.9, 0.75, 0.6, 0.95, 0.5, 0.3])
_random = np.random.default_rng(7)
CORNERS = _random.uniform(0, 1, (40, 2))
RANDOM = f32(np.concatenate([CORNERS, CORNERS + _random.uniform(0.05, 0.5, (40, 2))], 1))
RANDOM_SCORES = f32(np.round(_random.uniform(-0.2, 1, 40), 1))  # with ties
NOT_FINITE = f32([[0, 0, 1, 1], [0, 0, float("inf"), 1], [float("nan"), 0, 1, 1], [0, 0, 1, 1.05]])
NOT_FINITE_SCORES = f32([0.4, 0.9, 0.8, 0.7])
EMPTY = f32([]).reshape(0, 4), f32([])


def nms(version, label, boxes=STACKED, scores=SCORES, count=3, error=None, loose=1, **more):
    inputs = dict(boxes=boxes, scores=scores, max_output_size=i32(count))
    attrs = {}
    for name, value in more.items():
        (attrs if version == "" or name.startswith("pad") else inputs)[name] = value
    if version == "V5":
        inputs.setdefault("soft_nms_sigma", np.zeros((), scores.dtype))
    op = "NonMaxSuppression" + version
    return Sample(op, label, inputs, attrs, error=error, loose=loose)


def defaults(version, dtype="float32"):
    """Thresholds as that version takes them."""
    if version == "":
        return {}
    more = dict(iou_threshold=typed(0.5, dtype))
    if version != "V2":
        more["score_threshold"] = typed(0.0, dtype)
    return more


def all_versions(version):
    def sample(label, *args, error=None, dtype="float32", **more):
        return nms(version, label, *args, error=error, **{**defaults(version, dtype), **more})

    low = dict(iou_threshold=0.1 if version == "" else f32(0.1))
    yield sample("stacked")
    yield sample("flipped", FLIPPED)
    yield sample("random_with_ties", RANDOM, RANDOM_SCORES, 40)
    yield sample("few_of_random", RANDOM, RANDOM_SCORES, 5)
    yield sample("low_threshold", RANDOM, RANDOM_SCORES, 40, **low)
    yield sample("all", count=30)
    yield sample("none", count=0)
    yield sample("equal_boxes", f32([[0, 0, 1, 1]] * 10), f32([0.9] * 10))
    yield sample("no_area", f32([[0, 0, 0, 1]] * 3), f32([0.9, 0.8, 0.7]))
    yield sample("empty", *EMPTY)
    yield sample("nan_score", STACKED, f32([float("nan"), 0.5, float("inf"), 0.1, 0.2, 0.3]), 6)
    yield sample("not_finite", NOT_FINITE, NOT_FINITE_SCORES, 4)
    yield sample("three_columns", STACKED[:, :3], error="boxes must have shape")
    yield sample("boxes_rank3", STACKED[None], error="boxes must have rank 2")
    yield sample("scores_rank2", STACKED, SCORES[None], error="scores must have rank 1")
    yield sample("fewer_scores", STACKED, SCORES[:3], error="as long")
    yield sample("negative", count=-1, error="max_output_size must be >= 0")
    yield sample("count_vector", count=[3], error="max_output_size must be a scalar")
    high = dict(iou_threshold=1.5 if version == "" else f32(1.5))
    yield sample("threshold", error="iou_threshold must lie", **high)


def halves(version):
    more = defaults(version, "float16")
    yield nms(version, "half", f16(RANDOM), f16(RANDOM_SCORES), 40, **more)
    if version != "V5":
        mixed = defaults(version, "float32")
        yield nms(version, "half_mixed", f16(RANDOM), f16(RANDOM_SCORES), 40, **mixed)


def above(version):
    low = dict(iou_threshold=f32(0.5), score_threshold=f32(0.55))
    yield nms(version, "above", count=6, **low)
    yield nms(version, "above_random", RANDOM, RANDOM_SCORES, 40, **low)
    vector = dict(iou_threshold=f32(0.5), score_threshold=f32([0.5]))
    yield nms(version, "score_vector", error="score_threshold must be a scalar", **vector)


def padded(version):
    more = dict(defaults(version), pad_to_max_output_size=True)
    yield nms(version, "padded", count=10, **more)
    yield nms(version, "padded_full", count=2, **more)
    yield nms(version, "padded_empty", *EMPTY, **more)
    yield nms(version, "padded_negative", count=-1, error="max_output_size must be >= 0", **more)


def soft(label, sigma, least=0.0, boxes=STACKED, scores=SCORES, count=6, dtype="float32", **more):
    inputs = dict(
        iou_threshold=typed(0.5, dtype),
        score_threshold=typed(least, dtype),
        soft_nms_sigma=typed(sigma, dtype),
    )
    return nms("V5", label, typed(boxes, dtype), typed(scores, dtype), count, **inputs, **more)


def overlapping(label, overlaps, scores, count=3, threshold=0.5, least=0.0, error=None):
    inputs = dict(
        overlaps=f32(overlaps),
        scores=f32(scores),
        max_output_size=i32(count),
        overlap_threshold=f32(threshold),
        score_threshold=f32(least),
    )
    return Sample("NonMaxSuppressionWithOverlaps", label, inputs, error=error)


OVERLAPS = np.asarray(np.random.default_rng(3).uniform(0, 1, (9, 9)), np.float32)
NINE = np.round(np.random.default_rng(4).uniform(0, 1, 9), 1)

SAMPLES = [
    *(s for version in ("", "V2", "V3", "V4", "V5") for s in all_versions(version)),
    *(s for version in ("V2", "V3", "V4", "V5") for s in halves(version)),
    *(s for version in ("V3", "V4", "V5") for s in above(version)),
    *padded("V4"),
    *padded("V5"),
    soft("soft", 0.5),
    soft("soft_narrow", 0.1, 0.3),
    soft("soft_random", 0.5, 0.0, RANDOM, RANDOM_SCORES, 40),
    soft("soft_few", 0.3, -1.0, RANDOM, RANDOM_SCORES, 7),
    soft("soft_half", 0.5, 0.0, RANDOM, RANDOM_SCORES, 40, "float16"),
    soft("soft_not_finite", 0.5, 0.0, NOT_FINITE, NOT_FINITE_SCORES, 4),
    soft("soft_padded", 0.5, 0.5, count=9, pad_to_max_output_size=True),
    soft("soft_negative", -0.5, error="soft_nms_sigma must be >= 0"),
    overlapping("random", OVERLAPS, NINE, 9),
    overlapping("few", OVERLAPS, NINE, 2),
    overlapping("above", OVERLAPS, NINE, 9, 0.9, 0.5),
    overlapping("negative_threshold", OVERLAPS, NINE, 9, -1),
    overlapping("not_finite", [[1, float("nan")], [float("nan"), 1]], [0.5, 0.6]),
    overlapping("nan_kept", [[1, float("nan")], [float("nan"), 1]], [0.5, 0.6], least=-1),
    overlapping("infinite", [[1, float("inf")], [float("inf"), 1]], [0.5, 0.6]),
    overlapping("empty", np.zeros((0, 0)), []),
    overlapping("not_square", normal(2, 3), [1, 2], error="overlaps must have shape"),
    overlapping("scores", OVERLAPS, NINE[:3], error="overlaps must have shape"),
    overlapping("negative", OVERLAPS, NINE, -1, error="max_output_size must be >= 0"),
]
