"""Samples of `ops/image_sampling.py`."""

from tests.samples import Sample, f32, i32, normal, uniform

IMAGE = normal(2, 6, 5, 2)
KERNELS = [
    "lanczos1",
    "lanczos3",
    "lanczos5",
    "gaussian",
    "box",
    "triangle",
    "keyscubic",
    "mitchellcubic",
]


def scaled(label, images, size, scale, translation=(0, 0), error=None, **attrs):
    inputs = dict(images=images, size=i32(size), scale=f32(scale), translation=f32(translation))
    # Lanczos is a product of two sines, whose rounding differs between libraries.
    return Sample("ScaleAndTranslate", label, inputs, attrs, error=error, loose=10)


def grad(label, grads, original, scale, translation=(0, 0), error=None, **attrs):
    inputs = dict(
        grads=grads, original_image=original, scale=f32(scale), translation=f32(translation)
    )
    return Sample("ScaleAndTranslateGrad", label, inputs, attrs, error=error, loose=10)


SAMPLES = [
    *(scaled(f"{k}_larger", IMAGE, [9, 11], [1.5, 2.2], kernel_type=k) for k in KERNELS),
    *(scaled(f"{k}_smaller", IMAGE, [3, 2], [0.5, 0.4], kernel_type=k) for k in KERNELS),
    *(
        scaled(f"{k}_plain", IMAGE, [3, 2], [0.5, 0.4], kernel_type=k, antialias=False)
        for k in KERNELS
    ),
    scaled("moved", IMAGE, [6, 5], [1, 1], [1.5, -0.75], kernel_type="triangle"),
    scaled("moved_out", IMAGE, [6, 5], [1, 1], [20, -20]),
    scaled("box_on_edges", IMAGE, [12, 10], [2, 2], [0.5, 0.5], kernel_type="box"),
    *(
        scaled(dtype, uniform(1, 3, 3, 2, high=100, dtype=dtype), [4, 5], [1.3, 1.6])
        for dtype in [
            "int8",
            "uint8",
            "int16",
            "uint16",
            "int32",
            "int64",
            "bfloat16",
            "float16",
            "float32",
            "float64",
        ]
    ),
    scaled("empty_batch", f32([]).reshape(0, 3, 3, 1), [2, 2], [1, 1]),
    scaled("unknown_kernel", IMAGE, [2, 2], [1, 1], error="kernel_type", kernel_type="sinc"),
    scaled("scale_zero", IMAGE, [2, 2], [0, 1], error="scale must be greater"),
    scaled("one_scale", IMAGE, [2, 2], [1], error="scale must have shape"),
    scaled("size_zero", IMAGE, [0, 2], [1, 1], error="size must be positive"),
    scaled("rank3", IMAGE[0], [2, 2], [1, 1], error="rank 4"),
    scaled("no_pixels", f32([]).reshape(1, 0, 3, 1), [2, 2], [1, 1], error="not be empty"),
    *(grad(k, normal(2, 9, 11, 2), IMAGE, [1.5, 2.2], kernel_type=k) for k in KERNELS),
    grad("smaller", normal(2, 3, 2, 2), IMAGE, [0.5, 0.4]),
    grad("plain", normal(2, 3, 2, 2), IMAGE, [0.5, 0.4], antialias=False),
    grad("moved", normal(2, 6, 5, 2), IMAGE, [1, 1], [1.5, -0.75]),
    grad("unknown_kernel", IMAGE, IMAGE, [1, 1], error="kernel_type", kernel_type="sinc"),
    grad("scale_negative", IMAGE, IMAGE, [1, -1], error="scale must be greater"),
]
