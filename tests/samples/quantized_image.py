"""Samples of `ops/quantized_image.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples import Sample, f32, i32, normal, quantized


def drawn(*shape: int, dtype: str = "quint8", seed: int = 0) -> Any:
    """Reproducible levels."""
    low, high = (0, 256) if dtype == "quint8" else (-(1 << 31), 1 << 31)
    return quantized(np.random.default_rng([seed, *shape]).integers(low, high, shape), dtype)


def resized(label: str, images: Any, size: Any, error: str | None = None, **changed: Any) -> Sample:
    inputs = dict(images=images, size=i32(size), min=f32(-1), max=f32(3))
    attrs = {name: changed.pop(name) for name in list(changed) if isinstance(changed[name], bool)}
    return Sample("QuantizedResizeBilinear", label, inputs | changed, attrs, error)


PATTERN = [[[[1], [200]], [[255], [0]]]]

SAMPLES = [
    *(
        resized(f"{label}{name}", images, size, **attrs)
        for name, attrs in (
            ("", {}),
            ("_aligned", dict(align_corners=True)),
            ("_by_centres", dict(half_pixel_centers=True)),
            ("_both", dict(align_corners=True, half_pixel_centers=True)),
        )
        for label, images, size in (
            ("up", quantized(PATTERN, "quint8"), [5, 7]),
            ("down", drawn(2, 9, 8, 3), [4, 3]),
            ("mixed", drawn(1, 3, 20, 1), [7, 11]),
            ("wide", drawn(2, 3, 4, 2, dtype="qint32"), [5, 9]),
            ("narrow", drawn(1, 8, 9, 1, dtype="qint32"), [3, 2]),
            ("floats", normal(2, 3, 4, 3), [5, 3]),
        )
    ),
    resized("same_size", drawn(1, 3, 4, 2), [3, 4]),
    resized("one_pixel", drawn(1, 1, 1, 2), [3, 4]),
    resized("to_one_pixel", drawn(1, 5, 4, 2), [1, 1], align_corners=True),
    resized("rank", drawn(3, 4, 2), [3, 4], "rank 4"),
    resized("size", drawn(1, 3, 4, 2), [0, 4], "size|positive"),
    resized("sizes", drawn(1, 3, 4, 2), [3], "size"),
    resized("empty", drawn(1, 0, 4, 2), [3, 4], "not be empty|positive"),
    resized("range", drawn(1, 3, 4, 2), [3, 4], "scalar|rank 0", min=f32([1, 2])),
]


def normalized(label: str, error: str | None = None, scaled: bool = True, **changed: Any) -> Sample:
    """A normalisation of three channels."""
    inputs: dict[str, Any] = dict(t=drawn(2, 3, 2, 3), t_min=f32(-1), t_max=f32(4))
    for place, (name, low, high) in enumerate(
        (("m", -1, 1), ("v", 0, 2), ("beta", -1, 3), ("gamma", -3, 1))
    ):
        inputs[name] = drawn(3, seed=place)
        inputs |= {f"{name}_min": f32(low), f"{name}_max": f32(high)}
    attrs = dict(out_type="qint32", variance_epsilon=0.001, scale_after_normalization=scaled)
    op = "QuantizedBatchNormWithGlobalNormalization"
    return Sample(op, label, inputs | changed, attrs, error)


SAMPLES += [
    normalized("scaled"),
    normalized("unscaled", scaled=False),
    normalized("small_variance", v=quantized([0, 1, 2], "quint8"), scaled=False),
    normalized("wrapped", t_max=f32(1e6), v=quantized([0, 0, 0], "quint8")),
    normalized("clamped", t_max=f32(1e8)),
    normalized("no_range", t_min=f32(2), t_max=f32(2)),
    normalized("none", t=drawn(0, 3, 2, 3)),
    normalized("rank", t=drawn(3, 2, 3), error="rank 4"),
    normalized("vector", m=drawn(1, 3), error="rank 1|shape"),
    normalized("lengths", gamma=drawn(4), error="shape|compatible|equal"),
    normalized("range", v_min=f32([0, 1]), error="scalar|rank 0"),
]


def instances(label: str, x: Any, error: str | None = None, **changed: Any) -> Sample:
    """Images normalised one by one."""
    inputs = dict(x=x, x_min=f32(-1), x_max=f32(4))
    attrs = {name: changed.pop(name) for name in list(changed) if name not in inputs}
    return Sample("QuantizedInstanceNorm", label, inputs | changed, attrs, error)


GIVEN = dict(output_range_given=True, given_y_min=-0.5, given_y_max=2.0)
SAMPLES += [
    instances("plain", drawn(2, 5, 4, 3)),
    instances("one_image", drawn(1, 7, 9, 16)),
    instances("range", drawn(2, 5, 4, 3), **GIVEN),
    instances("epsilon", drawn(1, 5, 4, 2), variance_epsilon=0.5, min_separation=10.0),
    instances("flat", quantized(np.full((1, 2, 2, 3), 9), "quint8")),
    instances("one_pixel", drawn(2, 1, 1, 3)),
    instances("none", drawn(0, 2, 2, 3)),
    instances("no_range", drawn(1, 2, 2, 3), "less than", x_max=f32(-1)),
    instances("reversed", drawn(1, 2, 2, 3), "less than", **GIVEN | dict(given_y_max=-1.0)),
    instances("vector", drawn(1, 2, 2, 3), "scalar|rank 0", x_min=f32([0])),
    instances("rank", drawn(2, 2, 3), "rank 4"),
]
