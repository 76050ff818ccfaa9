"""Samples of `ops/bounding_box.py`."""

from tests.samples import Sample, f32, i32, i64, normal, typed

IMAGES = normal(2, 5, 4, 3)
BOXES = f32(
    [
        [[0, 0, 1, 1], [0.2, 0.3, 0.7, 0.9], [0.9, 0.1, 0.1, 0.9]],
        [[-0.5, -0.5, 0.5, 0.5], [0.5, 0.5, 2, 2], [3, 3, 4, 4]],
    ]
)


def draw(label, images, boxes, error=None):
    return Sample("DrawBoundingBoxes", label, dict(images=images, boxes=boxes), error=error)


def colored(label, images, boxes, colors, error=None):
    inputs = dict(images=images, boxes=boxes, colors=f32(colors))
    return Sample("DrawBoundingBoxesV2", label, inputs, error=error)


ONE = f32([[[0, 0, 1, 1]]])
TWO_COLORS = [[1, 2, 3, 4], [5, 6, 7, 8]]


def sampled(label, size, boxes, error=None, runs=1, T="int32", least=0.1, **attrs):
    inputs = dict(
        image_size=typed(size, T), bounding_boxes=f32(boxes), min_object_covered=f32(least)
    )
    attrs = dict(dict(seed=1, seed2=2), **attrs)
    return Sample("SampleDistortedBoundingBoxV2", label, inputs, attrs, error=error, runs=runs)


def sampled_first(label, size, boxes, error=None, runs=1, **attrs):
    inputs = dict(image_size=typed(size, "int32"), bounding_boxes=f32(boxes))
    attrs = dict(dict(seed=3, seed2=4), **attrs)
    return Sample("SampleDistortedBoundingBox", label, inputs, attrs, error=error, runs=runs)


NONE = f32([]).reshape(1, 0, 4)
OBJECTS = [[[0.1, 0.2, 0.6, 0.5], [0.5, 0.5, 0.9, 1]]]
WHOLE = dict(use_image_if_no_bounding_boxes=True)

SAMPLES = [
    draw("three_channels", IMAGES, BOXES),
    draw("one_channel", normal(2, 5, 4, 1), BOXES),
    draw("four_channels", normal(2, 3, 3, 4), BOXES),
    draw("half", typed(IMAGES, "float16"), BOXES),
    draw("many", normal(1, 6, 6, 3), f32([[[i / 24, i / 24, 1, 1] for i in range(12)]])),
    draw("no_boxes", IMAGES, f32([]).reshape(2, 0, 4)),
    draw("no_images", f32([]).reshape(0, 5, 4, 3), f32([]).reshape(0, 1, 4)),
    draw("rank3", IMAGES[0], BOXES, "images must have rank 4"),
    draw("boxes_rank2", IMAGES, BOXES[0], "boxes must have rank 3"),
    draw("two_channels", normal(2, 5, 4, 2), BOXES, "1, 3 or 4 channels"),
    draw("five_columns", IMAGES, normal(2, 1, 5), "boxes"),
    draw("batches", IMAGES, BOXES[:1], "one batch size"),
    colored("two_colors", IMAGES, BOXES, TWO_COLORS),
    colored("one_channel", normal(1, 4, 4, 1), ONE, TWO_COLORS),
    colored("no_colors", IMAGES, BOXES, f32([]).reshape(0, 3)),
    colored("half", typed(IMAGES, "float16"), BOXES, [[0.1, 0.2, 0.3]]),
    colored("color_vector", IMAGES, BOXES, [1, 2, 3], "colors must have rank 2"),
    colored("short_colors", IMAGES, BOXES, [[1, 2]], "colors must have 3 channels"),
    colored(
        "advisory",
        f32([]).reshape(10, 96, 0, 1),
        f32([]).reshape(10, 53, 0),
        f32([]).reshape(0, 1),
        "boxes must have shape",
    ),
    sampled("whole_image", [224, 300, 3], NONE, runs=4, **WHOLE),
    sampled("objects", [224, 300, 3], OBJECTS, runs=4, least=0.5),
    sampled("all_of_an_object", [100, 80, 1], OBJECTS, runs=4, least=1.0),
    sampled("rarely_fits", [30, 400, 3], OBJECTS, runs=3, aspect_ratio_range=[0.9, 1.1]),
    sampled("never_fits", [10, 400, 3], OBJECTS, runs=2, area_range=[0.9, 1.0], max_attempts=7),
    sampled("inception", [299, 299, 3], NONE, runs=3, area_range=[0.08, 1.0], **WHOLE),
    sampled("seed2_only", [64, 64, 3], NONE, runs=3, seed=0, seed2=87654321, **WHOLE),
    sampled("large_seeds", [64, 64, 3], NONE, runs=2, seed=-5, seed2=2**40 + 7, **WHOLE),
    sampled("tiny", [1, 1, 3], NONE, runs=2, **WHOLE),
    sampled("no_pixels", [0, 5, 3], NONE, **WHOLE),
    sampled("bytes", [200, 180, 3], NONE, runs=2, T="uint8", **WHOLE),
    sampled("short", [200, 180, 3], NONE, T="int16", **WHOLE),
    sampled("long", [2000, 1800, 3], NONE, T="int64", **WHOLE),
    sampled("no_boxes", [20, 18, 3], NONE, "must not be empty"),
    sampled("two_sizes", [20, 18], OBJECTS, "image_size must have shape"),
    sampled("negative_size", [-20, 18, 3], OBJECTS, "image_size must lie"),
    sampled("boxes_rank2", [20, 18, 3], OBJECTS[0], "bounding_boxes must have rank 3"),
    sampled("boxes_outside", [20, 18, 3], [[[0, 0, 1, 1.5]]], "must lie in"),
    sampled("negative_least", [20, 18, 3], OBJECTS, "min_object_covered", least=-1),
    sampled("area_above_one", [9, 9, 3], OBJECTS, "area_range must be", area_range=[0.1, 1.5]),
    sampled("aspect_zero", [9, 9, 3], OBJECTS, "must be positive", aspect_ratio_range=[0.0, 1.0]),
    sampled("one_aspect", [9, 9, 3], OBJECTS, "must have 2 values", aspect_ratio_range=[1.0]),
    sampled("no_attempts", [9, 9, 3], OBJECTS, "max_attempts", max_attempts=0),
    sampled_first("objects", [224, 300, 3], OBJECTS, runs=3),
    sampled_first("covered", [224, 300, 3], OBJECTS, runs=3, min_object_covered=0.9),
    sampled_first("negative", [9, 9, 3], OBJECTS, "min_object", min_object_covered=-0.5),
    sampled_first("no_boxes", [20, 18, 3], NONE, "must not be empty"),
]


def by_seed(label, size, boxes, error=None, T="int32", least=0.1, seed=None, **attrs):
    """A crop that a seed decides."""
    inputs = dict(
        image_size=typed(size, T),
        bounding_boxes=f32(boxes),
        min_object_covered=f32(least),
        seed=i32([3, -4]) if seed is None else seed,
    )
    return Sample("StatelessSampleDistortedBoundingBox", label, inputs, attrs, error, runs=2)


SAMPLES += [
    *(
        by_seed(f"objects_{n}", [224, 300, 3], OBJECTS, least=0.5, seed=i64([n, 1 << 40]))
        for n in range(4)
    ),
    by_seed("whole_image", [299, 299, 3], NONE, area_range=[0.08, 1.0], **WHOLE),
    by_seed("rarely_fits", [30, 400, 3], OBJECTS, aspect_ratio_range=[0.9, 1.1]),
    by_seed("never_fits", [10, 400, 3], OBJECTS, area_range=[0.9, 1.0], max_attempts=7),
    by_seed("bytes", [200, 180, 3], NONE, T="uint8", **WHOLE),
    by_seed("long", [2000, 1800, 3], NONE, T="int64", **WHOLE),
    by_seed("no_pixels", [0, 5, 3], NONE, **WHOLE),
    by_seed("no_boxes", [20, 18, 3], NONE, "must not be empty"),
    by_seed("one_seed", [20, 18, 3], OBJECTS, "seed must", seed=i32([1])),
    by_seed("boxes_outside", [20, 18, 3], [[[0, 0, 1, 1.5]]], "must lie in"),
    by_seed("no_attempts", [9, 9, 3], OBJECTS, "max_attempts", max_attempts=0),
]
