"""Samples of `ops/image_transform.py`."""

from tests.samples import Sample, f32, i32, normal, uniform

IMAGE = normal(2, 5, 4, 2)
TURN = [0.8, -0.6, 1.3, 0.6, 0.8, -0.7, 0, 0]
FLAT = [1.1, 0.2, -0.5, 0.1, 0.9, 0.3, 0.05, -0.02]
VANISHES = [1, 0, 0, 0, 1, 0, -0.5, 0]
FAR = [3, 0, -7.3, 0, 3, -6.1, 0, 0]
MODES = ["CONSTANT", "REFLECT", "WRAP", "NEAREST"]


def transform(label, images, transforms, size, error=None, fill=None, **attrs):
    inputs = dict(images=images, transforms=f32(transforms), output_shape=i32(size))
    if fill is not None:
        inputs["fill_value"] = f32(fill)
    op = "ImageProjectiveTransformV2" if fill is None else "ImageProjectiveTransformV3"
    return Sample(op, label, inputs, dict(dict(interpolation="BILINEAR"), **attrs), error=error)


def samples_of(fill):
    for kind in ("BILINEAR", "NEAREST"):
        for mode in MODES:
            for name, matrix in (("turn", TURN), ("far", FAR)):
                attrs = dict(interpolation=kind, fill_mode=mode)
                label = f"{name}_{kind}_{mode}".lower()
                yield transform(label, IMAGE, [matrix], [5, 6], fill=fill, **attrs)
        yield transform(
            f"flat_{kind.lower()}", IMAGE, [FLAT], [4, 5], fill=fill, interpolation=kind
        )
        yield transform(
            f"vanishes_{kind.lower()}", IMAGE, [VANISHES], [3, 4], fill=fill, interpolation=kind
        )
    yield transform("one_each", IMAGE, [TURN, FLAT], [3, 3], fill=fill)
    yield transform("one_pixel", normal(1, 1, 1, 1), [TURN], [3, 3], fill=fill, fill_mode="REFLECT")
    yield transform("empty", f32([]).reshape(0, 2, 2, 1), [TURN], [3, 3], fill=fill)
    for dtype in ["uint8", "int32", "int64", "float16", "float64"]:
        images = uniform(1, 3, 3, 1, high=100, dtype=dtype)
        yield transform(dtype, images, [TURN], [3, 4], fill=fill)
    yield transform("seven", IMAGE, [TURN[:7]], [3, 3], "transforms must have shape", fill)
    yield transform("three", IMAGE, [TURN] * 3, [3, 3], "transforms must have shape", fill)
    yield transform("rank3", IMAGE[0], [TURN], [3, 3], "images must have rank 4", fill)
    yield transform("size_zero", IMAGE, [TURN], [0, 3], "output_shape must be positive", fill)


SAMPLES = [
    *samples_of(None),
    *samples_of(2.75),
    transform("fill_vector", IMAGE, [TURN], [2, 2], "fill_value must be a scalar", [1.0]),
]
