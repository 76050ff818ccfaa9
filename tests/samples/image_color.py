"""Samples of `ops/image_color.py`."""

from tests.samples import Sample, f32, normal, typed, uniform

CORNERS = f32([[[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)]])
ORDERS = f32(
    [
        [
            [0.1, 0.5, 0.9],
            [0.5, 0.1, 0.9],
            [0.9, 0.1, 0.5],
            [0.9, 0.5, 0.1],
            [0.5, 0.9, 0.1],
            [0.1, 0.9, 0.5],
        ]
    ]
)
TIES = f32([[[0.5, 0.5, 0.2], [0.2, 0.5, 0.5], [0.5, 0.2, 0.5], [0.3, 0.3, 0.3], [0.3, 0.3, 0.8]]])
WILD = f32([[[-1, 2, 5], [300, 20, 1], [0, -3, -1], [float("inf"), 1, 0]]])
COLORS = uniform(2, 3, 4, 3)


def spaces(op):
    for label, images in (
        ("random", COLORS),
        ("corners", CORNERS),
        ("orders", ORDERS),
        ("ties", TIES),
        ("vector", f32([0.2, 0.7, 0.4])),
        ("empty", f32([]).reshape(0, 3)),
        ("wild", WILD),
    ):
        yield Sample(op, label, dict(images=images))
    for dtype in ("float16", "bfloat16", "float64"):
        yield Sample(op, dtype, dict(images=typed(ORDERS, dtype)))
    yield Sample(op, "scalar", dict(images=f32(1)), error="last dimension of 3|rank >= 1")
    yield Sample(op, "four_channels", dict(images=normal(2, 4)), error="last dimension of 3")


NAN = float("nan")
#: Pixels in which one color or all are NaN.
UNKNOWN = f32(
    [
        [
            [NAN, 0.2, 0.3],
            [0.1, NAN, 0.3],
            [0.1, 0.2, NAN],
            [0.3, 0.1, NAN],
            [0.2, 0.2, NAN],
            [NAN] * 3,
        ]
    ]
)


def adjusted(op, name):
    def sample(label, images, amount, error=None):
        return Sample(op, label, {"images": images, name: f32(amount)}, error=error)

    for label, images in (
        ("random", COLORS),
        ("corners", CORNERS),
        ("orders", ORDERS),
        ("ties", TIES),
        ("rank5", uniform(2, 1, 2, 2, 3)),
        ("wild", WILD[:, :3]),
        ("empty", f32([]).reshape(2, 0, 3)),
    ):
        yield sample(label, images, 0.3)
    for amount in (-0.9, -0.25, 0, 0.5, 1, 1.7, 5):
        yield sample(f"by_{amount}", ORDERS, amount)
    yield sample("rank2", normal(2, 3), 0.5, "rank >= 3")
    yield sample("one_channel", normal(2, 2, 1), 0.5, "last dimension of 3")
    yield sample("vector_amount", COLORS, [0.5], f"{name} must be a scalar")


def contrast(label, images, factor, error=None):
    inputs = dict(images=images, contrast_factor=f32(factor))
    return Sample("AdjustContrastv2", label, inputs, error=error)


SAMPLES = [
    *spaces("RGBToHSV"),
    *spaces("HSVToRGB"),
    *adjusted("AdjustHue", "delta"),
    *adjusted("AdjustSaturation", "scale"),
    *(
        Sample("AdjustSaturation", f"unknown_by_{by}", dict(images=UNKNOWN, scale=f32(by)))
        for by in (0.5, 2)
    ),
    contrast("more", COLORS, 2.5),
    contrast("less", COLORS, 0.3),
    contrast("none", COLORS, 0),
    contrast("negative", COLORS, -1),
    contrast("one_channel", normal(4, 5, 1), 1.5),
    contrast("rank5", normal(2, 1, 3, 2, 4), 1.5),
    contrast("empty", f32([]).reshape(0, 2, 2, 3), 1.5),
    contrast("not_finite", f32([[[1], [float("inf")]]]), 1.5),
    contrast("rank2", normal(3, 3), 1.5, "rank >= 3"),
    contrast("vector_factor", COLORS, [1, 2], "contrast_factor must"),
]
