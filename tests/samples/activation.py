"""Samples of `ops/activation.py`."""

from tests.samples import Sample, f16, f32, f64, normal

SAMPLES = [
    Sample("Softmax", "matrix", dict(logits=normal(2, 3))),
    Sample("Softmax", "rank3_last_axis_only", dict(logits=normal(2, 3, 4))),
    Sample("Softmax", "no_overflow", dict(logits=f32([[1e4, -1e4]]))),
    Sample("Softmax", "empty_batch", dict(logits=f32([]).reshape(0, 3))),
    Sample("Softmax", "half", dict(logits=f16([[1, 2, 3]]))),
    Sample("Softmax", "double", dict(logits=f64([[1, 2, 3]]))),
    Sample("Softmax", "scalar", dict(logits=f32(1)), error="rank >= 1"),
]
