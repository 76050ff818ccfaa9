"""Samples of `ops/image_resampler.py`."""

import numpy as np

from tests.samples import Sample, bf16, f32, normal, uniform

DATA = normal(2, 4, 5, 3)
# Inside, on pixels, on edges, less than a pixel off, and outside.
PLACES = f32(
    [
        [[0, 0], [1.25, 2.5], [4, 3], [3.75, 0.125], [-0.5, 1.5], [4.5, 3.75], [-1, 0], [2, 4]],
        [[2, 1], [2, 1], [0.5, 0.5], [-0.25, -0.75], [5, 1], [1, -7], [4.875, 2], [3.5, 3.5]],
    ]
)


def sample(label, data, warp, error=None):
    return Sample("Addons>Resampler", label, dict(data=data, warp=warp), error=error)


def grad(label, data, warp, grad_output, error=None):
    inputs = dict(data=data, warp=warp, grad_output=grad_output)
    return Sample("Addons>ResamplerGrad", label, inputs, error=error)


BETWEEN = uniform(2, 6, 2, low=-0.8, high=4.2)
GRID = PLACES.reshape(2, 2, 4, 2)
TYPES = ("float16", "float64")

SAMPLES = [
    sample("between", DATA, BETWEEN),
    sample("places", DATA, PLACES),
    sample("grid", DATA, GRID),
    sample("one_place_each", DATA, PLACES[:, 1]),
    sample("one_pixel", normal(2, 1, 1, 1), PLACES),
    *(sample(dtype, DATA.astype(dtype), PLACES.astype(dtype)) for dtype in TYPES),
    sample("between_doubles", DATA.astype(np.float64), PLACES.astype(np.float64) - 1e-12),
    sample("not_finite", DATA, f32([[[np.nan, 1]], [[np.inf, 1]]])),
    sample("bfloat16", bf16(DATA), bf16(PLACES), "not bfloat16"),
    sample("no_places", DATA, PLACES[:, :0]),
    sample("rank3", DATA[0], PLACES, "data must have shape"),
    sample("vector", DATA, f32([0, 1]), "warp must have rank >= 2"),
    sample("three_numbers", DATA, normal(2, 3, 3), "x and y in its last dimension"),
    sample("batch", DATA, PLACES[:1], "as many items, not 2 and 1"),
    grad("bfloat16", bf16(DATA), bf16(PLACES), bf16(normal(2, 8, 3)), "not bfloat16"),
    grad("between", DATA, BETWEEN, normal(2, 6, 3)),
    grad("places", DATA, PLACES, normal(2, 8, 3)),
    grad("grid", DATA, GRID, normal(2, 2, 4, 3)),
    grad("one_pixel", normal(2, 1, 1, 1), PLACES, normal(2, 8, 1)),
    *(
        grad(dtype, DATA.astype(dtype), PLACES.astype(dtype), normal(2, 8, 3).astype(dtype))
        for dtype in TYPES
    ),
    grad("no_places", DATA, PLACES[:, :0], normal(2, 0, 3)),
    grad("rank3", DATA[0], PLACES, normal(2, 8, 3), "data must have shape"),
    grad("vector", DATA, f32([0, 1]), normal(3), "warp must have rank >= 2"),
    grad("three_numbers", DATA, normal(2, 3, 3), normal(2, 3, 3), "x and y in its last"),
    grad("shape", DATA, PLACES, normal(2, 8, 2), "grad_output must have shape"),
]
