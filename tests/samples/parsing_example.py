"""Samples of `ops/parsing_example.py`."""

from typing import Any

from minihub_runtime.protos import Example
from tests.samples import Sample, b, f32, i64


def example(**features: Any) -> bytes:
    """A serialised Example; None stands for a feature of no kind."""
    proto = Example()
    for name, values in features.items():
        feature = proto.features.feature[name]
        if values is None:
            continue
        if values and isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif values and isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.float_list.value.extend(values)
            feature.float_list.SetInParent()
    return proto.SerializeToString(deterministic=True)


def v1(
    serialized: Any, sparse: Any = (), dense: Any = (), defaults: Any = (), names: Any = ()
) -> dict[str, Any]:
    """The inputs of ParseExample."""
    return dict(
        serialized=b(serialized),
        names=b(list(names)),
        sparse_keys=[b(key) for key in sparse],
        dense_keys=[b(key) for key in dense],
        dense_defaults=list(defaults),
    )


def v2(
    serialized: Any,
    sparse: Any = (),
    dense: Any = (),
    ragged: Any = (),
    defaults: Any = (),
    names: Any = (),
) -> dict[str, Any]:
    """The inputs of ParseExampleV2."""
    return dict(
        serialized=b(serialized),
        names=b(list(names)),
        sparse_keys=b(list(sparse)),
        dense_keys=b(list(dense)),
        ragged_keys=b(list(ragged)),
        dense_defaults=list(defaults),
    )


def kinds(sparse: Any = (), shapes: Any = (), ragged: Any = (), splits: Any = ()) -> dict[str, Any]:
    """The attributes of ParseExampleV2."""
    return dict(
        num_sparse=len(sparse),
        sparse_types=list(sparse),
        dense_shapes=list(shapes),
        ragged_value_types=list(ragged),
        ragged_split_types=list(splits),
    )


def single(
    text: bytes,
    sparse: Any = (),
    types: Any = (),
    dense: Any = (),
    defaults: Any = (),
    shapes: Any = (),
) -> dict[str, Any]:
    """Inputs and attributes of ParseSingleExample."""
    return dict(
        inputs=dict(serialized=b(text), dense_defaults=list(defaults)),
        attrs=dict(
            num_sparse=len(sparse),
            sparse_keys=list(sparse),
            sparse_types=list(types),
            dense_keys=list(dense),
            dense_shapes=list(shapes),
        ),
    )


A, B = example(a=[1.0, 2.0], s=[b"x"], n=[3]), example(a=[4.0, 5.0], s=[b"y", b"z", b""])
NONE = example()
F, N, S = "float32", "int64", "string"
ZERO, NO_DEFAULT = f32([0]), f32([])

SAMPLES = [
    Sample(
        "ParseExample",
        "dense_and_sparse",
        v1([A, B, NONE], ["s", "n"], ["a"], [f32([7, 8])]),
        dict(sparse_types=[S, N], dense_shapes=[[2]]),
    ),
    Sample(
        "ParseExample",
        "names",
        v1([A, B], ["s"], names=["p", "q"]),
        dict(sparse_types=[S], dense_shapes=[]),
    ),
    Sample(
        "ParseExample",
        "no_examples",
        v1([], ["s"], ["a"], [f32([7, 8])]),
        dict(sparse_types=[S], dense_shapes=[[2]]),
    ),
    Sample(
        "ParseExample",
        "required",
        v1([A], [], ["a"], [NO_DEFAULT]),
        dict(sparse_types=[], dense_shapes=[[2, 1]]),
    ),
    Sample(
        "ParseExample",
        "varying",
        v1([A, B, NONE], [], ["s"], [b("?")]),
        dict(sparse_types=[], dense_shapes=[[None]]),
    ),
    Sample(
        "ParseExample",
        "missing",
        v1([NONE], [], ["a"], [NO_DEFAULT]),
        dict(sparse_types=[], dense_shapes=[[2]]),
        error="not missing",
    ),
    Sample(
        "ParseExample",
        "type",
        v1([A], ["a"]),
        dict(sparse_types=[N], dense_shapes=[]),
        error="must have type",
    ),
    Sample(
        "ParseExample",
        "garbage",
        v1(["abc"], ["a"]),
        dict(sparse_types=[N], dense_shapes=[]),
        error="must be a tf.Example",
    ),
    Sample(
        "ParseExample",
        "scalar",
        v1(A, ["a"]),
        dict(sparse_types=[F], dense_shapes=[]),
        error="rank 1",
    ),
    Sample(
        "ParseExample",
        "names_shape",
        v1([A], ["a"], names=["p", "q"]),
        dict(sparse_types=[F], dense_shapes=[]),
        error="names",
    ),
    Sample(
        "ParseExample",
        "shapes",
        v1([A], ["a"]),
        dict(sparse_types=[F], dense_shapes=[[1]]),
        error="dense_shapes",
    ),
    *(
        Sample("ParseExampleV2", label, inputs, attrs, error=error)
        for label, inputs, attrs, error in [
            (
                "ragged",
                v2([A, NONE, B], ragged=["s", "a"]),
                kinds(ragged=[S, F], splits=["int32", "int64"]),
                None,
            ),
            (
                "all",
                v2([A, B], ["n"], ["a"], ["s"], [f32([7, 8])]),
                kinds([N], [[2]], [S], ["int64"]),
                None,
            ),
            (
                "varying",
                v2([A, NONE, example(a=[1.0, 2.0, 3.0, 4.0])], dense=["a"], defaults=[f32([9])]),
                kinds(shapes=[[None, 2]]),
                None,
            ),
            (
                "scalar_shape",
                v2([example(a=[1.0]), NONE], dense=["a"], defaults=[f32(3)]),
                kinds(shapes=[[]]),
                None,
            ),
            (
                "empty_shape",
                v2([example(a=[])], dense=["a"], defaults=[NO_DEFAULT]),
                kinds(shapes=[[0]]),
                None,
            ),
            (
                "no_kind",
                v2([example(a=None)], ["a"], ["a2"], [], [f32([5])]),
                kinds([F], [[1]]),
                None,
            ),
            (
                "dense_no_kind",
                v2([example(a=None)], dense=["a"], defaults=[f32([5])]),
                kinds(shapes=[[1]]),
                None,
            ),
            (
                "no_examples",
                v2([], ["s"], ["a", "c"], ["r"], [f32([9]), NO_DEFAULT]),
                kinds([S], [[None, 2], [3]], [F], ["int32"]),
                None,
            ),
            ("repeated_feature", v2([A + example(a=[9.0])], ["a"]), kinds([F]), None),
            ("unknown_field", v2([A + b"\x50\x01"], ["a"]), kinds([F]), None),
            (
                "one",
                v2(A, ["a"], ["n"], ["s"], [i64([0])]),
                kinds([F], [[1]], [S], ["int64"]),
                None,
            ),
            (
                "one_missing",
                v2(NONE, ["a"], ["n"], ["s"], [i64([0])]),
                kinds([F], [[None, 1]], [S], ["int64"]),
                None,
            ),
            (
                "negative_integers",
                v2([example(n=[-1, 2**63 - 1, -(2**63)])], ["n"]),
                kinds([N]),
                None,
            ),
            ("key_not_utf8", v2([A], [b"\xff"]), kinds([F]), None),
            (
                "stride",
                v2([example(a=[1.0, 2.0, 3.0])], dense=["a"], defaults=[ZERO]),
                kinds(shapes=[[None, 2]]),
                "multiple of 2",
            ),
            (
                "varying_default",
                v2([A], dense=["a"], defaults=[f32([9, 9])]),
                kinds(shapes=[[None, 2]]),
                "one value",
            ),
            (
                "default_shape",
                v2([A], dense=["a"], defaults=[f32([9])]),
                kinds(shapes=[[2]]),
                "of shape",
            ),
            ("count", v2([A], dense=["a"], defaults=[NO_DEFAULT]), kinds(shapes=[[3]]), "3 values"),
            (
                "dense_type",
                v2([A], dense=["n"], defaults=[NO_DEFAULT]),
                kinds(shapes=[[1]]),
                "must have type",
            ),
            (
                "ragged_type",
                v2([A], ragged=["n"]),
                kinds(ragged=[F], splits=["int32"]),
                "must have type",
            ),
            (
                "missing_empty_shape",
                v2([NONE], dense=["a"], defaults=[NO_DEFAULT]),
                kinds(shapes=[[0]]),
                "not missing",
            ),
            (
                "inner_unknown",
                v2([A], dense=["a"], defaults=[ZERO]),
                kinds(shapes=[[2, None]]),
                "must be known",
            ),
            (
                "rank_unknown",
                v2([A], dense=["a"], defaults=[ZERO]),
                kinds(shapes=[None]),
                "must be known",
            ),
            ("matrix", v2([[A]], ["a"]), kinds([F]), "rank"),
            ("truncated", v2([A[:-1]], ["a"]), kinds([F]), "must be a tf.Example"),
            ("sparse_count", v2([A], ["a", "n"]), kinds([F]), "sparse_keys must"),
            ("ragged_count", v2([A], ragged=["a"]), kinds(), "ragged_keys must"),
        ]
    ),
    Sample("ParseSingleExample", "all", **single(A, ["a", "s"], [F, S], ["n"], [i64([0])], [[1]])),
    Sample(
        "ParseSingleExample", "missing_sparse", **single(NONE, ["a"], [F], ["n"], [i64([5])], [[1]])
    ),
    Sample(
        "ParseSingleExample",
        "dense_scalars",
        **single(example(s=[b"x"], n=[3]), [], [], ["n", "s"], [i64(0), b("")], [[], []]),
    ),
    Sample("ParseSingleExample", "varying", **single(A, [], [], ["a"], [ZERO], [[None, 1]])),
    Sample(
        "ParseSingleExample",
        "missing",
        **single(NONE, [], [], ["a"], [NO_DEFAULT], [[1]]),
        error="not missing",
    ),
    Sample("ParseSingleExample", "type", **single(A, ["n"], [F]), error="must have type"),
    Sample(
        "ParseSingleExample", "garbage", **single(b"abc", ["n"], [F]), error="must be a tf.Example"
    ),
]
