"""Samples of `ops/image_resize.py`."""

from tests.samples import Sample, f32, i32, normal, uniform

IMAGE = normal(2, 4, 5, 3)
DTYPES = [
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "bfloat16",
]
FORWARD = ["ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea"]
BOTH = dict(align_corners=True, half_pixel_centers=True)


def resize(op, label, images, size, error=None, **attrs):
    return Sample(op, label, dict(images=images, size=i32(size)), attrs, error=error)


def samples_of(op):
    yield resize(op, "larger", IMAGE, [7, 11])
    yield resize(op, "smaller", IMAGE, [3, 2])
    yield resize(op, "twice", IMAGE, [8, 10])
    yield resize(op, "same", IMAGE, [4, 5])
    yield resize(op, "one_pixel", IMAGE, [1, 1])
    yield resize(op, "from_one_pixel", normal(1, 1, 1, 2), [3, 4])
    yield resize(op, "many_channels", normal(1, 2, 3, 20), [3, 2])
    yield resize(op, "far_smaller", normal(1, 20, 9, 1), [2, 2])
    yield resize(op, "empty_batch", f32([]).reshape(0, 4, 5, 3), [2, 2])
    yield resize(op, "not_finite", f32([[[1], [float("inf")], [2], [float("nan")]]])[None], [2, 3])
    for dtype in DTYPES:
        yield resize(op, dtype, uniform(1, 3, 3, 2, high=100, dtype=dtype), [4, 5])
    yield resize(op, "align_corners", IMAGE, [7, 11], align_corners=True)
    yield resize(op, "align_corners_smaller", IMAGE, [3, 2], align_corners=True)
    yield resize(op, "align_corners_one", IMAGE, [1, 5], align_corners=True)
    if op != "ResizeArea":
        yield resize(op, "half_pixel", IMAGE, [7, 11], half_pixel_centers=True)
        yield resize(op, "half_pixel_smaller", IMAGE, [3, 2], half_pixel_centers=True)
        yield resize(
            op, "half_pixel_far_smaller", normal(1, 20, 9, 1), [2, 2], half_pixel_centers=True
        )
        yield resize(op, "both", IMAGE, [7, 11], "align_corners must be False", **BOTH)
    yield resize(op, "rank3", IMAGE[0], [2, 2], "images must have rank 4")
    yield resize(op, "three_sizes", IMAGE, [2, 2, 2], "size must have shape")
    yield resize(op, "size_zero", IMAGE, [0, 2], "size must be positive")
    yield resize(op, "size_negative", IMAGE, [2, -1], "size must be positive")
    yield resize(op, "no_pixels", f32([]).reshape(1, 0, 4, 3), [2, 2], "must not be empty")
    yield resize(op, "no_channels", f32([]).reshape(1, 4, 4, 0), [2, 2], "at least one channel")
    huge = f32([1] * 5).reshape(5, 1, 1, 1)
    yield resize(op, "overflow", huge, [1610637938, 1610637938], "less than 2\\^63 elements")


SAMPLES = [
    *(sample for op in FORWARD for sample in samples_of(op)),
]
