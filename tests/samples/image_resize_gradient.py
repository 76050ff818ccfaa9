"""Samples of `ops/image_resize_gradient.py`."""

from tests.samples import Sample, bf16, f16, f32, f64, i32, normal, typed, u8, uniform

BOTH = dict(align_corners=True, half_pixel_centers=True)


def grad(op, label, grads, original, error=None, **attrs):
    inputs = dict(grads=grads, original_image=original)
    loose = 100 if original.dtype == "float64" else 1
    return Sample(op, label, inputs, attrs, error=error, loose=loose)


def grads_of(op):
    original = normal(2, 4, 5, 2)
    for label, grads in (
        ("larger", normal(2, 6, 7, 2)),
        ("smaller", normal(2, 3, 2, 2)),
        ("same", normal(2, 4, 5, 2)),
        ("one_pixel", normal(2, 1, 1, 2)),
    ):
        yield grad(op, label, grads, original)
        yield grad(op, f"{label}_align_corners", grads, original, align_corners=True)
        yield grad(op, f"{label}_half_pixel", grads, original, half_pixel_centers=True)
    yield grad(op, "double", normal(1, 5, 3, 2), f64(normal(1, 3, 4, 2)))
    yield grad(op, "empty_batch", f32([]).reshape(0, 2, 2, 1), f32([]).reshape(0, 3, 3, 1))
    yield grad(op, "both", normal(1, 2, 2, 1), normal(1, 3, 3, 1), "align_corners", **BOTH)
    yield grad(op, "rank3", normal(2, 2, 1), normal(1, 3, 3, 1), "grads must have rank 4")
    yield grad(op, "rank2", normal(1, 2, 2, 1), normal(3, 3), "original_image must have rank 4")
    empty = f32([]).reshape(1, 0, 2, 1)
    yield grad(op, "no_pixels", empty, normal(1, 3, 3, 1), "grads must not be empty")


def nearest_grad(label, grads, size, error=None, **attrs):
    inputs = dict(grads=grads, size=i32(size))
    return Sample("ResizeNearestNeighborGrad", label, inputs, attrs, error=error)


SAMPLES = [
    *grads_of("ResizeBilinearGrad"),
    *grads_of("ResizeBicubicGrad"),
    grad("ResizeBilinearGrad", "half", normal(1, 5, 3, 2), f16(normal(1, 3, 4, 2))),
    grad("ResizeBilinearGrad", "bfloat16", normal(1, 5, 3, 2), bf16(normal(1, 3, 4, 2))),
    *(
        nearest_grad(f"{label}_{name}", grads, [4, 5], **attrs)
        for label, grads in (("larger", normal(2, 7, 8, 2)), ("smaller", normal(2, 3, 2, 2)))
        for name, attrs in (
            ("plain", {}),
            ("align_corners", dict(align_corners=True)),
            ("half_pixel", dict(half_pixel_centers=True)),
            ("both", BOTH),
        )
    ),
    *(
        nearest_grad(dtype, typed(uniform(1, 5, 4, 1, high=120), dtype), [2, 2])
        for dtype in ["uint8", "int8", "int32", "float16", "float64", "bfloat16"]
    ),
    nearest_grad("wraps", u8([200] * 9).reshape(1, 3, 3, 1), [1, 1]),
    nearest_grad("empty", f32([]).reshape(0, 3, 3, 1), [2, 2]),
    nearest_grad("no_pixels", f32([]).reshape(1, 0, 3, 1), [2, 2]),
    nearest_grad("rank3", normal(3, 3, 1), [2, 2], "grads must have rank 4"),
    nearest_grad("size_zero", normal(1, 3, 3, 1), [0, 2], "size must be positive"),
    nearest_grad("one_size", normal(1, 3, 3, 1), [2], "size must have shape"),
]
