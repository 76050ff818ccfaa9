"""Samples of `ops/sparse_serialization.py`."""

from minihub_runtime.ops.sparse_serialization import serialize_many_sparse, serialize_sparse
from tests.samples import Call, Sample, Step, b, f32, i64

INDICES, SHAPE = i64([[0, 1], [2, 0], [2, 2]]), i64([4, 3])
VALUES = f32([1, 2, 3])
WORDS = b(["a", "", "é"])
SERIALIZE = ("SerializeSparse", "SerializeManySparse")


def parts(indices=INDICES, values=VALUES, shape=SHAPE) -> dict:
    """The parts of a sparse tensor."""
    return dict(sparse_indices=indices, sparse_values=values, sparse_shape=shape)


def made(**changed):
    """One sparse tensor as strings, by the kernel that other samples compare."""
    return serialize_sparse(**parts(**changed))


WIDE = made(indices=i64([[1, 0]]), values=f32([5]), shape=i64([2, 7]))
NONE = made(indices=INDICES[:0], values=VALUES[:0])
PAIR = b([made().tolist(), WIDE.tolist()])
MANY = serialize_many_sparse(**parts())
BROKEN = [
    ("no_protos", b(["a", "b", "c"]), "float32", "TensorProto"),
    ("other_type", made(), "int32", "int32"),
    ("two", made()[:2], "float32", "last size of 3"),
    ("no_tensors", PAIR[:0], "float32", "must hold"),
    (
        "ranks",
        b([made().tolist(), made(indices=i64([[1]]), values=f32([5]), shape=i64([2])).tolist()]),
        "float32",
        "rank",
    ),
]

SAMPLES = [
    *(
        sample
        for op in SERIALIZE
        for sample in (
            Sample(op, "floats", parts()),
            Sample(op, "words", parts(values=WORDS)),
            Sample(op, "none", parts(INDICES[:0], VALUES[:0])),
            Sample(
                op,
                "rank3",
                parts(i64([[0, 1, 1], [1, 0, 0], [1, 0, 1]]), i64([1, 2, 3]), i64([2, 2, 2])),
            ),
            Sample(op, "indices_vector", parts(indices=i64([0, 1, 2])), error="rank 2"),
        )
    ),
    Sample("SerializeSparse", "unordered", parts(i64([[0, 1], [2, 2], [2, 0]]))),
    Sample("SerializeSparse", "misfits", parts(values=VALUES[:2], shape=i64([4, 3, 2]))),
    Sample("SerializeManySparse", "values_length", parts(values=VALUES[:2]), error="must have"),
    Sample("SerializeManySparse", "rank", parts(shape=i64([4, 3, 2])), error="must have"),
    Sample(
        "SerializeManySparse",
        "unordered_within_rows",
        parts(i64([[0, 1], [2, 2], [2, 0]])),
        error="order",
    ),
    Sample("SerializeManySparse", "repeated", parts(i64([[0, 1], [2, 2], [2, 2]])), error="once"),
    Sample("SerializeManySparse", "outside_columns", parts(shape=i64([4, 2])), error=r"\[0, 2\)"),
    Sample("SerializeManySparse", "no_rows", parts(INDICES[:0], VALUES[:0], i64([0, 3]))),
    Sample("SerializeManySparse", "unordered", parts(INDICES[::-1]), error="order"),
    Sample("SerializeManySparse", "outside", parts(shape=i64([2, 3])), error=r"\[0, 2\)"),
    Sample(
        "SerializeManySparse",
        "vector",
        parts(i64([[0]]), f32([1]), i64([2])),
        error=">= 2 sizes",
    ),
    *(
        Sample("DeserializeSparse", label, dict(serialized_sparse=x), dict(dtype=dtype))
        for label, x, dtype in (
            ("one", made(), "float32"),
            ("words", made(values=WORDS), "string"),
            ("long_words", made(values=b(["a" * 300, "", "b" * 20000])), "string"),
            ("none", NONE, "float32"),
            ("pair", PAIR, "float32"),
            ("matrix_of_one", made()[None], "float32"),
            ("square", b([[made().tolist(), NONE.tolist()], PAIR.tolist()]), "float32"),
        )
    ),
    *(
        Sample("DeserializeSparse", label, dict(serialized_sparse=x), dict(dtype=dtype), error)
        for label, x, dtype, error in BROKEN
    ),
    Sample(
        "DeserializeSparse",
        "variant",
        dict(serialized_sparse=Step("made")),
        dict(dtype="float32"),
        before=dict(made=Call("SerializeSparse", parts(), dict(out_type="variant"))),
    ),
    Sample(
        "DeserializeSparse",
        "many_variants",
        dict(serialized_sparse=Step("made")),
        dict(dtype="float32"),
        before=dict(made=Call("SerializeManySparse", parts(), dict(out_type="variant"))),
    ),
    Sample("DeserializeManySparse", "rows", dict(serialized_sparse=MANY), dict(dtype="float32")),
    Sample("DeserializeManySparse", "pair", dict(serialized_sparse=PAIR), dict(dtype="float32")),
    Sample(
        "DeserializeManySparse",
        "vector",
        dict(serialized_sparse=made()),
        dict(dtype="float32"),
        error="rank 2",
    ),
    *(
        Sample("DeserializeManySparse", label, dict(serialized_sparse=x), dict(dtype=dtype), error)
        for label, x, dtype, error in BROKEN[3:]
    ),
]
