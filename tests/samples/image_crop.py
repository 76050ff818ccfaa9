"""Samples of `ops/image_crop.py`."""

from tests.samples import Sample, f32, f64, i32, normal, uniform

IMAGE = normal(2, 4, 5, 3)
BOXES = f32([[0, 0, 1, 1], [0.1, 0.2, 0.8, 0.7], [0.9, 0.8, 0.2, 0.1], [-0.5, 0.25, 0.5, 1.5]])
WHICH = i32([0, 1, 1, 0])
NEAREST = dict(method="nearest")


def crop(label, image, boxes, box_ind, size, error=None, **attrs):
    inputs = dict(image=image, boxes=boxes, box_ind=box_ind, crop_size=i32(size))
    return Sample("CropAndResize", label, inputs, attrs, error=error)


def grad_image(label, grads, boxes, box_ind, size, error=None, T="float32", **attrs):
    inputs = dict(grads=grads, boxes=boxes, box_ind=box_ind, image_size=i32(size))
    return Sample("CropAndResizeGradImage", label, inputs, dict(T=T, **attrs), error=error)


def grad_boxes(label, grads, image, boxes, box_ind, error=None):
    inputs = dict(grads=grads, image=image, boxes=boxes, box_ind=box_ind)
    return Sample("CropAndResizeGradBoxes", label, inputs, error=error, loose=5)


SAMPLES = [
    crop("bilinear", IMAGE, BOXES, WHICH, [3, 4]),
    crop("nearest", IMAGE, BOXES, WHICH, [3, 4], **NEAREST),
    crop("nearest_halves", IMAGE, f32([[0, 0, 1, 1]]), i32([0]), [7, 9], **NEAREST),
    crop("one_pixel", IMAGE, BOXES, WHICH, [1, 1]),
    crop("one_row", IMAGE, BOXES, WHICH, [1, 3], **NEAREST),
    crop("extrapolated", IMAGE, BOXES, WHICH, [3, 3], extrapolation_value=-2.5),
    crop("outside", IMAGE, f32([[2, 2, 3, 3]]), i32([1]), [2, 2], extrapolation_value=7.0),
    crop("no_boxes", IMAGE, f32([]).reshape(0, 4), i32([]), [2, 2]),
    crop("one_pixel_image", normal(1, 1, 1, 2), f32([[0, 0, 1, 1]]), i32([0]), [2, 2]),
    *(
        crop(dtype, uniform(1, 3, 3, 2, high=100, dtype=dtype), BOXES[1:2], i32([0]), [3, 4])
        for dtype in ["uint8", "uint16", "int8", "int16", "int32", "int64", "float16", "float64"]
    ),
    crop("index_too_large", IMAGE, BOXES, i32([0, 1, 2, 0]), [2, 2], "box_ind must lie in"),
    crop("index_negative", IMAGE, BOXES, i32([0, 1, -1, 0]), [2, 2], "box_ind must lie in"),
    crop("size_zero", IMAGE, BOXES, WHICH, [0, 2], "crop_size must be positive"),
    crop("one_size", IMAGE, BOXES, WHICH, [2], "crop_size must have shape"),
    crop("rank3", IMAGE[0], BOXES, WHICH, [2, 2], "image must have rank 4"),
    crop("three_columns", IMAGE, BOXES[:, :3], WHICH, [2, 2], "boxes must have shape"),
    crop("too_few", IMAGE, BOXES, WHICH[:2], [2, 2], "boxes and box_ind must be as long"),
    crop("not_finite", IMAGE, f32([[0, 0, float("nan"), 1]]), i32([0]), [2, 2], "be finite"),
    crop("no_pixels", f32([]).reshape(1, 0, 2, 1), BOXES[:1], i32([0]), [2, 2], "not be empty"),
    crop("overflow", normal(2, 2, 2, 9), BOXES, WHICH, [2**31 - 1] * 2, "less than 2\\^63"),
    grad_image("bilinear", normal(4, 3, 4, 3), BOXES, WHICH, [2, 4, 5, 3]),
    grad_image("nearest", normal(4, 3, 4, 3), BOXES, WHICH, [2, 4, 5, 3], **NEAREST),
    grad_image("one_pixel", normal(4, 1, 1, 3), BOXES, WHICH, [2, 4, 5, 3]),
    grad_image("half", normal(4, 3, 4, 3), BOXES, WHICH, [2, 4, 5, 3], T="float16"),
    grad_image("double", normal(4, 3, 4, 3), BOXES, WHICH, [2, 4, 5, 3], T="float64"),
    grad_image("index", normal(4, 3, 4, 3), BOXES, WHICH + 1, [2, 4, 5, 3], "box_ind must lie"),
    grad_image("depth", normal(4, 3, 4, 3), BOXES, WHICH, [2, 4, 5, 2], "3 channels"),
    grad_image("size", normal(4, 3, 4, 3), BOXES, WHICH, [2, 0, 5, 3], "must be positive"),
    grad_image("three_sizes", normal(4, 3, 4, 3), BOXES, WHICH, [2, 5, 3], "must have shape"),
    grad_boxes("bilinear", normal(4, 3, 4, 3), IMAGE, BOXES, WHICH),
    grad_boxes("one_pixel", normal(4, 1, 1, 3), IMAGE, BOXES, WHICH),
    grad_boxes("one_row", normal(4, 1, 3, 3), IMAGE, BOXES, WHICH),
    grad_boxes("double", normal(4, 3, 4, 3), f64(IMAGE), BOXES, WHICH),
    grad_boxes(
        "bytes", normal(4, 3, 4, 1), uniform(2, 3, 3, 1, high=99, dtype="uint8"), BOXES, WHICH
    ),
    grad_boxes("index", normal(4, 3, 4, 3), IMAGE, BOXES, WHICH + 1, "box_ind must lie"),
    grad_boxes("depth", normal(4, 3, 4, 2), IMAGE, BOXES, WHICH, "as many channels"),
    grad_boxes("rank3", normal(3, 4, 3), IMAGE, BOXES, WHICH, "grads must have rank 4"),
]
