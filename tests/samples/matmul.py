"""Samples of `ops/matmul.py`."""

from tests.samples import Sample, bf16, c64, f32, i8, i32, i64, normal, u8

BATCH = normal(2, 3, 4)
OTHER = normal(2, 4, 2, seed=1)


def ab(a, b):
    return dict(a=a, b=b)


def xy(x, y):
    return dict(x=x, y=y)


SAMPLES = [
    Sample("MatMul", "float", ab(normal(3, 4), normal(4, 2))),
    Sample(
        "MatMul",
        "transposed",
        ab(normal(4, 3), normal(2, 4)),
        dict(transpose_a=True, transpose_b=True),
    ),
    Sample("MatMul", "transpose_b", ab(normal(3, 4), normal(2, 4)), dict(transpose_b=True)),
    Sample("MatMul", "double", ab(normal(3, 4, dtype="float64"), normal(4, 2, dtype="float64"))),
    Sample("MatMul", "half", ab(normal(3, 4, dtype="float16"), normal(4, 2, dtype="float16"))),
    Sample(
        "MatMul", "bfloat16", ab(normal(3, 4, dtype="bfloat16"), normal(4, 2, dtype="bfloat16"))
    ),
    Sample(
        "MatMul",
        "complex_is_not_conjugated",
        ab(c64([[1j, 2]]), c64([[1j, 1]])),
        dict(transpose_a=True),
    ),
    Sample("MatMul", "int32_wraps", ab(i32([[2**30, 1]]), i32([[2], [7]]))),
    Sample("MatMul", "int64", ab(i64([[2**40, 1]]), i64([[2], [7]]))),
    Sample("MatMul", "nothing_inside", ab(f32([]).reshape(2, 0), f32([]).reshape(0, 3))),
    Sample("MatMul", "no_rows", ab(f32([]).reshape(0, 2), normal(2, 3))),
    Sample("MatMul", "vector", ab(f32([[1, 2, 3]]), f32([[1], [2], [3]]))),
    Sample("MatMul", "infinite", ab(f32([[float("inf"), 1]]), f32([[1, 0], [2, 3]]))),
    Sample("MatMul", "sizes", ab(normal(2, 3), normal(2, 3)), error="must fit"),
    Sample(
        "MatMul", "rank_3", ab(normal(1, 2, 3), normal(3, 2)), error="must be matrices|compatible"
    ),
    Sample("SparseMatMul", "float", ab(normal(2, 3), normal(3, 2)), dict(a_is_sparse=True)),
    Sample("SparseMatMul", "bfloat16", ab(normal(2, 3), normal(3, 2, dtype="bfloat16"))),
    Sample(
        "SparseMatMul",
        "transposed",
        ab(normal(3, 2), normal(2, 3)),
        dict(transpose_a=True, transpose_b=True),
    ),
    Sample("SparseMatMul", "nothing_inside", ab(f32([]).reshape(2, 0), f32([]).reshape(0, 3))),
    Sample("SparseMatMul", "sizes", ab(normal(2, 3), normal(2, 3)), error="must fit"),
    Sample("BatchMatMul", "batch", xy(BATCH, OTHER)),
    Sample(
        "BatchMatMul", "adjoint", xy(normal(2, 4, 3), normal(2, 2, 4)), dict(adj_x=True, adj_y=True)
    ),
    Sample("BatchMatMul", "matrices", xy(normal(2, 3), normal(3, 2))),
    Sample("BatchMatMul", "empty_batch", xy(f32([]).reshape(0, 2, 3), f32([]).reshape(0, 3, 2))),
    Sample("BatchMatMul", "broadcast", xy(BATCH, OTHER[:1]), error="must be the same|compatible"),
    Sample("BatchMatMul", "vector", xy(normal(3), normal(3, 2)), error="rank >= 2"),
    Sample("BatchMatMulV2", "batch", xy(BATCH, OTHER)),
    Sample("BatchMatMulV2", "broadcast", xy(normal(2, 1, 3, 4), normal(3, 4, 2))),
    Sample("BatchMatMulV2", "broadcast_matrix", xy(BATCH, normal(4, 2))),
    Sample(
        "BatchMatMulV2", "adjoint_conjugates", xy(c64([[1j, 2]]), c64([[1j, 1]])), dict(adj_y=True)
    ),
    Sample("BatchMatMulV2", "int32", xy(i32([[[1, 2]]]), i32([[[3], [4]]]))),
    Sample(
        "BatchMatMulV2",
        "half",
        xy(normal(2, 3, 4, dtype="float16"), normal(2, 4, 2, dtype="float16")),
    ),
    Sample(
        "BatchMatMulV2",
        "bfloat16",
        xy(normal(2, 3, 4, dtype="bfloat16"), normal(2, 4, 2, dtype="bfloat16")),
    ),
    Sample(
        "BatchMatMulV2", "nothing_inside", xy(f32([]).reshape(2, 2, 0), f32([]).reshape(2, 0, 3))
    ),
    Sample("BatchMatMulV2", "batches", xy(BATCH, normal(3, 4, 2)), error="broadcast"),
    Sample("BatchMatMulV2", "sizes", xy(BATCH, BATCH), error="must fit"),
    Sample("BatchMatMulV2", "vector", xy(normal(3), normal(3, 2)), error="rank >= 2"),
    Sample("BatchMatMulV3", "float", xy(BATCH, normal(4, 2)), dict(Tout="float32")),
    Sample("BatchMatMulV3", "int8", xy(i8([[100, 100]]), i8([[100], [27]])), dict(Tout="int32")),
    Sample("BatchMatMulV3", "mixed", xy(u8([[200, 100]]), i8([[-100], [27]])), dict(Tout="int32")),
    Sample(
        "BatchMatMulV3", "bfloat16", xy(bf16([[1, 2]]), bf16([[3], [4]])), dict(Tout="bfloat16")
    ),
    Sample(
        "BatchMatMulV3",
        "complex",
        xy(c64([[1j]]), f32([[1]])),
        dict(Tout="float32"),
        error="must be complex",
    ),
    Sample("BatchMatMulV3", "sizes", xy(BATCH, BATCH), dict(Tout="float32"), error="must fit"),
]
for _ops in (
    ["BiasAdd"],
    ["BiasAdd", "Relu"],
    ["BiasAdd", "Relu6"],
    ["BiasAdd", "Elu"],
    ["BiasAdd", "LeakyRelu"],
):
    SAMPLES.append(
        Sample(
            "_FusedMatMul",
            "_".join(_ops),
            dict(a=normal(3, 4), b=normal(4, 2), args=[f32([0.5, -1])]),
            dict(fused_ops=_ops),
        )
    )
SAMPLES += [
    Sample(
        "_FusedMatMul",
        "transposed",
        dict(a=normal(4, 3), b=normal(2, 4), args=[f32([0.5, -1])]),
        dict(fused_ops=["BiasAdd"], transpose_a=True, transpose_b=True),
    ),
    Sample(
        "_FusedMatMul",
        "unknown",
        dict(a=normal(3, 4), b=normal(4, 2), args=[f32([0.5, -1])]),
        dict(fused_ops=["Cos"]),
        error="fused_ops must",
    ),
    Sample(
        "_FusedMatMul",
        "sizes",
        dict(a=normal(3, 4), b=normal(3, 2), args=[f32([0.5, -1])]),
        dict(fused_ops=["BiasAdd"]),
        error="must fit",
    ),
]
