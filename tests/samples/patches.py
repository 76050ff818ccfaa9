"""Samples of `ops/patches.py`."""

from tests.samples import Sample, i32, normal, u8

PIXELS = i32(range(64)).reshape(1, 4, 4, 4)
ONES4 = [1, 1, 1, 1]

SAMPLES = [
    *(
        Sample(
            "ExtractImagePatches",
            label,
            dict(images=x),
            dict(ksizes=[1, *k, 1], strides=[1, *s, 1], rates=[1, *r, 1], padding=padding),
        )
        for label, x, k, s, r, padding in (
            ("valid", normal(1, 4, 5, 2), (2, 3), (1, 2), (1, 1), "VALID"),
            ("same", normal(2, 4, 5, 1), (3, 2), (2, 2), (1, 1), "SAME"),
            ("rates", normal(1, 6, 6, 1), (2, 2), (1, 1), (2, 3), "VALID"),
            ("same_rates", normal(1, 5, 5, 2), (2, 3), (1, 1), (2, 2), "SAME"),
            ("none_fits", normal(1, 2, 2, 1), (3, 3), (1, 1), (1, 1), "VALID"),
            ("bytes", u8(range(16)).reshape(1, 4, 4, 1), (3, 3), (2, 2), (1, 1), "SAME"),
            ("empty", normal(0, 4, 4, 1), (2, 2), (1, 1), (1, 1), "SAME"),
        )
    ),
    *(
        Sample(
            "ExtractImagePatches",
            label,
            dict(images=x),
            dict(ksizes=k, strides=s, rates=ONES4, padding="VALID"),
            error=error,
        )
        for label, x, k, s, error in (
            ("batch", PIXELS, [2, 2, 2, 1], ONES4, "1 for batch"),
            ("zero", PIXELS, [1, 0, 2, 1], ONES4, ">= 1"),
            ("too_large", PIXELS, [1, 9, 9, 1], ONES4, "must fit"),
            ("strides", PIXELS, ONES4, [1, 0, 1, 1], ">= 1"),
            ("rank", normal(2, 2), ONES4, ONES4, "rank"),
            ("length", PIXELS, [1, 1, 1], ONES4, "at least 4"),
        )
    ),
    *(
        Sample(
            "ExtractVolumePatches",
            label,
            dict(input=x),
            dict(ksizes=[1, *k, 1], strides=[1, *s, 1], padding=padding),
        )
        for label, x, k, s, padding in (
            ("valid", normal(1, 3, 4, 3, 2), (2, 2, 1), (1, 2, 1), "VALID"),
            ("same", normal(1, 3, 3, 2, 1), (2, 3, 2), (2, 1, 1), "SAME"),
        )
    ),
    Sample(
        "ExtractVolumePatches",
        "batch",
        dict(input=normal(1, 2, 2, 2, 1)),
        dict(ksizes=[2, 1, 1, 1, 1], strides=[1] * 5, padding="SAME"),
        error="1 for batch",
    ),
]
