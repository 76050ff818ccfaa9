"""Samples of `ops/slicing.py`."""

from tests.samples import Sample, b, bf16, f32, i16, i32, i64, normal

COUNT = i32(range(60)).reshape(3, 4, 5)
LINE = i32([10, 20, 30])


def spec(begin, end, strides, make=i32):
    """Begin, end and strides under their names."""
    return dict(begin=make(begin), end=make(end), strides=make(strides))


def masks(begin=0, end=0, ellipsis=0, new=0, shrink=0):
    """The five masks under their names."""
    return dict(
        begin_mask=begin,
        end_mask=end,
        ellipsis_mask=ellipsis,
        new_axis_mask=new,
        shrink_axis_mask=shrink,
    )


CASES = (
    ("plain", COUNT, spec([0, 1], [2, 3], [1, 1]), masks()),
    ("whole", COUNT, spec([0], [0], [1]), masks(begin=1, end=1)),
    ("steps", COUNT, spec([0, 3, 1], [3, 0, 5], [2, -2, 3]), masks()),
    ("backwards", COUNT, spec([0, 0, 0], [0, 0, 0], [-1, -1, -1]), masks(begin=7, end=7)),
    ("negative", COUNT, spec([-2, -3], [-1, 100], [1, 1]), masks()),
    ("clipped", COUNT, spec([-100, 2], [100, 1], [1, 1]), masks()),
    ("index", COUNT, spec([1, -1], [2, 0], [1, 1]), masks(shrink=3)),
    ("all_indices", COUNT, spec([1, 2, 3], [2, 3, 4], [1, 1, 1]), masks(shrink=7)),
    ("index_step2", LINE, spec([1], [3], [2]), masks(shrink=1)),
    ("index_with_begin_mask", LINE, spec([2], [3], [1]), masks(begin=1, shrink=1)),
    ("ellipsis", COUNT, spec([0, 0, 1], [1, 0, 3], [1, 1, 1]), masks(ellipsis=2)),
    ("ellipsis_of_nothing", LINE, spec([0, 1], [0, 2], [1, 1]), masks(ellipsis=1)),
    ("ellipsis_then_index", COUNT, spec([0, 2], [0, 3], [1, 1]), masks(ellipsis=1, shrink=2)),
    ("new_axis", COUNT, spec([0, 1], [0, 2], [1, 1]), masks(new=1)),
    ("new_axis_last", LINE, spec([0, 0], [0, 0], [1, 1]), masks(ellipsis=1, new=2)),
    ("new_axis_wins", LINE, spec([0, 1], [0, 2], [1, 1]), masks(new=1, shrink=1)),
    ("new_after_ellipsis", COUNT, spec([0, 0, 1], [0, 0, 2], [1] * 3), masks(ellipsis=1, new=2)),
    ("ellipsis_wins", LINE, spec([0], [1], [1]), masks(ellipsis=1, shrink=1)),
    ("zero_stride_of_new_axis", LINE, spec([0], [1], [0]), masks(new=1)),
    ("no_places", LINE, spec([], [], []), masks()),
    ("bits_beyond", LINE, spec([1], [3], [1]), masks(ellipsis=2, new=4)),
    ("empty_range", LINE, spec([2], [1], [1]), masks()),
    ("long", LINE, spec([0], [1 << 40], [1], i64), masks()),
    ("huge_step", LINE, spec([1], [3], [1 << 40], i64), masks()),
    ("extreme_begin", LINE, spec([-(1 << 63)], [(1 << 63) - 1], [1], i64), masks()),
)
ONLY_SLICE = (
    ("short", LINE, spec([0], [2], [1], i16), masks()),
    ("string", b(["a", "b", "c"]), spec([0], [0], [2]), masks(begin=1, end=1)),
    ("one_string", b(["a", "b"]), spec([1], [2], [1]), masks(shrink=1)),
    ("bfloat16", bf16([1, 2, 3]), spec([1], [3], [1]), masks()),
    ("scalar", f32(3), spec([], [], []), masks()),
    ("scalar_new_axis", f32(3), spec([0], [0], [1]), masks(new=1)),
    ("empty", normal(0, 3), spec([0], [5], [1]), masks()),
)
WRONG = (
    ("index_range", LINE, spec([3], [4], [1]), masks(shrink=1), "must lie in"),
    ("index_below", LINE, spec([-4], [4], [1]), masks(shrink=1), "must lie in"),
    ("zero_stride", LINE, spec([0], [1], [0]), masks(), "must not be 0"),
    ("index_backwards", LINE, spec([1], [0], [-1]), masks(shrink=1), "must be > 0"),
    ("too_many", LINE, spec([0, 0], [1, 1], [1, 1]), masks(), "slice of 2 axes"),
    ("two_ellipses", LINE, spec([0, 0], [1, 1], [1, 1]), masks(ellipsis=3), "one ellipsis"),
    (
        "lengths",
        LINE,
        dict(begin=i32([0]), end=i32([1, 2]), strides=i32([1])),
        masks(),
        "one length",
    ),
    ("matrix", LINE, spec([[0]], [[1]], [[1]]), masks(), "vectors"),
)


def update(place, x, value):
    """One TensorStridedSliceUpdate of a middle range."""
    return Sample(
        "TensorStridedSliceUpdate", place, dict(input=x, **spec([0], [2], [1]), value=value)
    )


SAMPLES = [
    *(
        Sample("Slice", label, dict(input=x, begin=begin, size=size))
        for label, x, begin, size in (
            ("inner", COUNT, i32([1, 0, 2]), i32([1, 3, 2])),
            ("rest", COUNT, i64([1, 0, 2]), i64([-1, 2, -1])),
            ("nothing", COUNT, i32([3, 0, 0]), i32([0, 4, 5])),
            ("scalar", f32(3), i32([]), i32([])),
            ("string", b(["a", "b", "c"]), i32([1]), i32([2])),
            ("empty", normal(0, 2), i32([0, 1]), i32([0, 1])),
            ("bfloat16", bf16([1, 2]), i32([0]), i32([1])),
        )
    ),
    *(
        Sample("Slice", label, dict(input=LINE, begin=begin, size=size), error=error)
        for label, begin, size, error in (
            ("too_long", i32([1]), i32([3]), "must lie within"),
            ("negative", i32([-1]), i32([1]), "must lie within"),
            ("negative_size", i32([1]), i32([-2]), "must lie within"),
            ("begin_beyond", i32([4]), i32([-1]), "must lie within"),
            ("length", i32([0, 0]), i32([1, 1]), "must have shape"),
        )
    ),
    *(
        Sample("StridedSlice", label, dict(input=x, **where), flags)
        for label, x, where, flags in (*CASES, *ONLY_SLICE)
    ),
    *(
        Sample("StridedSlice", label, dict(input=x, **where), flags, error=error)
        for label, x, where, flags, error in WRONG
    ),
    *(
        Sample(
            "StridedSliceGrad",
            label,
            dict(shape=i32(shape), **where, dy=dy),
            flags,
        )
        for label, shape, where, flags, dy in (
            ("plain", [3, 4], spec([0, 1], [2, 3], [1, 1]), masks(), normal(2, 2)),
            ("backwards", [3], spec([2], [0], [-1]), masks(), f32([1, 2])),
            ("index", [3, 2], spec([1], [2], [1]), masks(shrink=1), f32([1, 2])),
            ("new_axis", [2], spec([0], [0], [1]), masks(new=1), f32([[1, 2]])),
            ("nothing", [3], spec([2], [1], [1]), masks(), f32([])),
            ("ellipsis", [2, 3], spec([0, 1], [0, 2], [1, 1]), masks(ellipsis=1), normal(2, 1)),
            ("element", [2, 3], spec([0, 1], [1, 2], [1, 1]), masks(shrink=3), f32(5)),
        )
    ),
    *(
        Sample(
            "StridedSliceGrad", label, dict(shape=i32(shape), **where, dy=dy), masks(), error=error
        )
        for label, shape, where, dy, error in (
            ("dy", [3], spec([0], [2], [1]), f32([5]), "dy must have the shape"),
            ("zero_stride", [3], spec([0], [2], [0]), f32([5, 6]), "must not be 0"),
            ("rank", [3], spec([0, 0], [1, 1], [1, 1]), f32([[5]]), "slice of 2 axes"),
        )
    ),
    update("plain", f32([1, 2, 3]), f32([5, 6])),
    update("scalar", f32([1, 2, 3]), f32(5)),
    update("one", f32([1, 2, 3]), f32([5])),
    update("rows", normal(3, 2), normal(2, 2)),
    update("string", b(["a", "b", "c"]), b(["x", "y"])),
    Sample(
        "TensorStridedSliceUpdate",
        "backwards",
        dict(input=f32([1, 2, 3]), **spec([2], [0], [-1]), value=f32([5, 6])),
    ),
    Sample(
        "TensorStridedSliceUpdate",
        "index",
        dict(input=normal(3, 2), **spec([1], [2], [1]), value=f32([5, 6])),
        masks(shrink=1),
    ),
    Sample(
        "TensorStridedSliceUpdate",
        "size",
        dict(input=f32([1, 2, 3]), **spec([0], [2], [1]), value=f32([5, 6, 7])),
        error="must broadcast",
    ),
    Sample(
        "TensorStridedSliceUpdate",
        "index_range",
        dict(input=f32([1, 2, 3]), **spec([3], [4], [1]), value=f32(5)),
        masks(shrink=1),
        error="must lie in",
    ),
]
