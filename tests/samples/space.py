"""Samples of `ops/space.py`."""

from tests.samples import Sample, bf16, i32, i64, normal, u8

PIXELS = i32(range(64)).reshape(1, 4, 4, 4)
ONES4 = [1, 1, 1, 1]

SAMPLES = [
    *(
        Sample(op, label, dict(input=x), dict(block_size=block))
        for op in ("DepthToSpace", "SpaceToDepth")
        for label, x, block in (
            ("pixels", PIXELS, 2),
            ("bytes", u8(range(32)).reshape(2, 2, 2, 4), 2),
            ("empty", normal(0, 2, 2, 4), 2),
            ("bfloat16", bf16(range(16)).reshape(1, 2, 2, 4), 2),
        )
    ),
    Sample("DepthToSpace", "block3", dict(input=normal(2, 1, 2, 9)), dict(block_size=3)),
    Sample("SpaceToDepth", "block3", dict(input=normal(2, 3, 6, 1)), dict(block_size=3)),
    Sample(
        "DepthToSpace", "depth", dict(input=normal(1, 1, 1, 3)), dict(block_size=2), error="div"
    ),
    Sample("SpaceToDepth", "size", dict(input=normal(1, 3, 3, 1)), dict(block_size=2), error="div"),
    *(
        Sample(op, "rank", dict(input=normal(2, 4)), dict(block_size=2), error="rank 4")
        for op in ("DepthToSpace", "SpaceToDepth")
    ),
    *(
        Sample(op, "block", dict(input=PIXELS), dict(block_size=1), error="at least 2")
        for op in ("DepthToSpace", "SpaceToDepth")
    ),
    *(
        Sample("SpaceToBatchND", label, dict(input=x, block_shape=block, paddings=pairs))
        for label, x, block, pairs in (
            ("square", PIXELS, i32([2, 2]), i32([[0, 0], [0, 0]])),
            ("padded", normal(2, 3, 5, 1), i64([2, 3]), i32([[1, 0], [0, 1]])),
            ("one_axis", normal(1, 4, 2), i32([4]), i64([[0, 0]])),
            ("no_axis", normal(2, 3), i32([]), i32([]).reshape(0, 2)),
            ("three", normal(1, 2, 2, 2, 1), i32([2, 1, 2]), i32([[0, 0]] * 3)),
            ("bytes", u8(range(8)).reshape(1, 4, 2), i32([2]), i32([[1, 1]])),
            ("no_images", normal(0, 3, 2), i32([2]), i32([[1, 2]])),
        )
    ),
    Sample(
        "BatchToSpaceND",
        "flat_crops",
        dict(input=normal(2, 2, 1), block_shape=i32([2]), crops=i32([0, 0])),
        error="shape",
    ),
    *(
        Sample("SpaceToBatchND", label, dict(input=x, block_shape=block, paddings=pairs), error=e)
        for label, x, block, pairs, e in (
            ("divisible", normal(1, 3, 1), i32([2]), i32([[0, 0]]), "divisible"),
            ("rank", normal(3), i32([2]), i32([[0, 1]]), "rank"),
            ("zero_block", normal(1, 2, 1), i32([0]), i32([[0, 0]]), ">= 1"),
            ("negative", normal(1, 2, 1), i32([2]), i32([[-1, 1]]), ">= 0"),
            ("pairs", normal(1, 2, 1), i32([2]), i32([[0, 0]] * 2), "shape"),
            ("matrix", normal(1, 2, 1), i32([[2]]), i32([[0, 0]]), "rank 1"),
        )
    ),
    *(
        Sample("BatchToSpaceND", label, dict(input=x, block_shape=block, crops=pairs))
        for label, x, block, pairs in (
            ("square", normal(4, 2, 2, 1), i32([2, 2]), i32([[0, 0], [0, 0]])),
            ("cropped", normal(6, 2, 2, 1), i64([2, 3]), i32([[1, 0], [0, 2]])),
            ("one_axis", normal(4, 1, 2), i32([4]), i64([[1, 2]])),
            ("no_axis", normal(2, 3), i32([]), i32([]).reshape(0, 2)),
            ("bytes", u8(range(8)).reshape(2, 4), i32([2]), i32([[1, 1]])),
        )
    ),
    *(
        Sample("BatchToSpaceND", label, dict(input=x, block_shape=block, crops=pairs), error=e)
        for label, x, block, pairs, e in (
            ("divisible", normal(3, 3, 1), i32([2]), i32([[0, 0]]), "divisible"),
            ("rank", normal(4), i32([2]), i32([[0, 1]]), "rank"),
            ("zero_block", normal(2, 2, 1), i32([0]), i32([[0, 0]]), ">= 1"),
            ("negative", normal(2, 2, 1), i32([2]), i32([[-1, 1]]), ">= 0"),
            ("too_much", normal(4, 1, 1, 1), i32([2, 2]), i32([[2, 1], [0, 0]]), "must fit"),
        )
    ),
    Sample(
        "SpaceToBatch",
        "padded",
        dict(input=normal(1, 3, 3, 2), paddings=i32([[1, 0], [0, 1]])),
        dict(block_size=2),
    ),
    Sample(
        "SpaceToBatch", "plain", dict(input=PIXELS, paddings=i64([[0, 0]] * 2)), dict(block_size=2)
    ),
    Sample(
        "SpaceToBatch",
        "divisible",
        dict(input=PIXELS, paddings=i32([[1, 0], [0, 0]])),
        dict(block_size=2),
        error="divisible",
    ),
    Sample(
        "BatchToSpace",
        "cropped",
        dict(input=normal(4, 2, 2, 1), crops=i32([[1, 0], [0, 1]])),
        dict(block_size=2),
    ),
    Sample(
        "BatchToSpace",
        "plain",
        dict(input=normal(8, 1, 2, 1), crops=i64([[0, 0]] * 2)),
        dict(block_size=2),
    ),
    Sample(
        "BatchToSpace",
        "divisible",
        dict(input=normal(3, 2, 2, 1), crops=i32([[0, 0]] * 2)),
        dict(block_size=2),
        error="divisible",
    ),
]
