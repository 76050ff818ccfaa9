"""Samples of `ops/parsing_sequence.py`."""

from __future__ import annotations

from typing import Any

from minihub_runtime.protos import SequenceExample
from tests.samples import Sample, b, boolean, f32, i64

F, N, S = "float32", "int64", "string"


def put(feature: Any, values: Any) -> None:
    """Fill a Feature: None stands for no kind, a type's name for no values of that type."""
    if values is None:
        return
    kinds = {bytes: "bytes_list", int: "int64_list", float: "float_list"}
    names = {S: "bytes_list", N: "int64_list", F: "float_list"}
    target = getattr(feature, names[values] if isinstance(values, str) else kinds[type(values[0])])
    target.SetInParent()
    if not isinstance(values, str):
        target.value.extend(values)


def example(context: Any = None, **lists: Any) -> bytes:
    """A serialised SequenceExample from features of the context and lists of features."""
    proto = SequenceExample()
    for name, values in (context or {}).items():
        put(proto.context.feature[name], values)
    for name, rows in lists.items():
        feature_list = proto.feature_lists.feature_list[name]
        for values in rows:
            put(feature_list.feature.add(), values)
    return proto.SerializeToString(deterministic=True)


A = example(
    dict(f=[1.0, 2.0], n=[3], s=[b"x", b""]),
    p=[[1.0, 2.0], [3.0, 4.0]],
    q=[[b"a"], [b"b", b"c"], None],
    r=[[5], N, [6, 7]],
)
B = example(dict(f=[7.0, 8.0], s=[b"y"]), p=[[5.0, 6.0]], q=[[b"d"]], r=[[8]])
EMPTY = example()
DEFAULT, REQUIRED = f32([9, 10]), f32([])

#: name → (keys, types, shapes or splits) of what is asked for.
ALL: dict[str, Any] = dict(
    sparse=[("s", S), ("n", N)],
    dense=[("f", F, [2], DEFAULT)],
    list_sparse=[("q", S), ("r", N)],
    list_dense=[("p", F, [2], True)],
)
RAGGED: dict[str, Any] = dict(
    ragged=[("s", S, "int32"), ("n", N, "int64")],
    list_ragged=[("q", S, "int64"), ("r", N, "int32"), ("p", F, "int64")],
)


def column(rows: Any, place: int) -> list[Any]:
    return [row[place] for row in rows]


def kinds(
    sparse: Any = (), dense: Any = (), list_sparse: Any = (), list_dense: Any = ()
) -> dict[str, Any]:
    """The attributes that all three ops have."""
    return dict(
        context_sparse_types=column(sparse, 1),
        context_dense_shapes=column(dense, 2),
        feature_list_sparse_types=column(list_sparse, 1),
        feature_list_dense_types=column(list_dense, 1),
        feature_list_dense_shapes=column(list_dense, 2),
    )


def v1(label: str, texts: Any, error: str | None = None, names: Any = (), **wanted: Any) -> Sample:
    """ParseSequenceExample."""
    more = wanted.pop("attrs", {})
    attrs = kinds(**wanted) | dict(
        feature_list_dense_missing_assumed_empty=[
            key for key, _, _, may_miss in wanted.get("list_dense", ()) if may_miss
        ],
        context_sparse_keys=column(wanted.get("sparse", ()), 0),
        context_dense_keys=column(wanted.get("dense", ()), 0),
        feature_list_sparse_keys=column(wanted.get("list_sparse", ()), 0),
        feature_list_dense_keys=column(wanted.get("list_dense", ()), 0),
        Ncontext_sparse=len(wanted.get("sparse", ())),
        Ncontext_dense=len(wanted.get("dense", ())),
        Nfeature_list_sparse=len(wanted.get("list_sparse", ())),
        Nfeature_list_dense=len(wanted.get("list_dense", ())),
    )
    inputs = dict(
        serialized=b(texts),
        debug_name=b(list(names)),
        context_dense_defaults=column(wanted.get("dense", ()), 3),
    )
    return Sample("ParseSequenceExample", label, inputs, attrs | more, error)


def v2(label: str, texts: Any, error: str | None = None, names: Any = (), **wanted: Any) -> Sample:
    """ParseSequenceExampleV2."""
    more = wanted.pop("attrs", {})
    ragged, list_ragged = wanted.pop("ragged", ()), wanted.pop("list_ragged", ())
    attrs = kinds(**wanted) | dict(
        Ncontext_sparse=len(wanted.get("sparse", ())),
        Nfeature_list_sparse=len(wanted.get("list_sparse", ())),
        Nfeature_list_dense=len(wanted.get("list_dense", ())),
        context_ragged_value_types=column(ragged, 1),
        context_ragged_split_types=column(ragged, 2),
        feature_list_ragged_value_types=column(list_ragged, 1),
        feature_list_ragged_split_types=column(list_ragged, 2),
    )
    inputs = dict(
        serialized=b(texts),
        debug_name=b(list(names)) if isinstance(names, tuple) else b(names),
        context_sparse_keys=b(column(wanted.get("sparse", ()), 0)),
        context_dense_keys=b(column(wanted.get("dense", ()), 0)),
        context_ragged_keys=b(column(ragged, 0)),
        feature_list_sparse_keys=b(column(wanted.get("list_sparse", ()), 0)),
        feature_list_dense_keys=b(column(wanted.get("list_dense", ()), 0)),
        feature_list_ragged_keys=b(column(list_ragged, 0)),
        feature_list_dense_missing_assumed_empty=boolean(column(wanted.get("list_dense", ()), 3)),
        context_dense_defaults=column(wanted.get("dense", ()), 3),
    )
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    return Sample("ParseSequenceExampleV2", label, inputs, attrs | more, error)


def single(label: str, text: Any, error: str | None = None, **wanted: Any) -> Sample:
    """ParseSingleSequenceExample."""
    more = wanted.pop("attrs", {})
    inputs = dict(
        serialized=b(text),
        feature_list_dense_missing_assumed_empty=b(
            [key for key, _, _, may_miss in wanted.get("list_dense", ()) if may_miss]
        ),
        context_sparse_keys=[b(key) for key in column(wanted.get("sparse", ()), 0)],
        context_dense_keys=[b(key) for key in column(wanted.get("dense", ()), 0)],
        feature_list_sparse_keys=[b(key) for key in column(wanted.get("list_sparse", ()), 0)],
        feature_list_dense_keys=[b(key) for key in column(wanted.get("list_dense", ()), 0)],
        context_dense_defaults=column(wanted.get("dense", ()), 3),
        debug_name=b("name"),
    )
    inputs.update({name: more.pop(name) for name in list(more) if name in inputs})
    attrs = kinds(**wanted) | more
    return Sample("ParseSingleSequenceExample", label, inputs, attrs, error)


def common(make: Any, texts: Any) -> list[Sample]:
    """What all three ops make of one proto, which `texts` wraps for those of several."""
    return [
        make("all_kinds", texts(A), **ALL),
        make("nothing_there", texts(EMPTY), **ALL),
        make("nothing_wanted", texts(A)),
        make("scalar_shape", texts(example(dict(n=[4]))), dense=[("n", N, [], i64(0))]),
        make(
            "matrix_shape", texts(example(l=[[1, 2, 3, 4]])), list_dense=[("l", N, [2, 2], False)]
        ),
        make("strings", texts(A), dense=[("s", S, [2], b(["p", "q"]))]),
        make("unset_kind", texts(example(dict(x=None))), sparse=[("x", N)]),
        make("empty_list", texts(example(x=[])), list_dense=[("x", N, [1], False)]),
        make(
            "no_values_of_the_type",
            texts(example(dict(x=N), y=[N, None, [1], N])),
            sparse=[("x", N)],
            list_sparse=[("y", N)],
        ),
        make("required", texts(EMPTY), "must be there", dense=[("f", F, [2], REQUIRED)]),
        make("required_list", texts(EMPTY), "must be there", list_dense=[("p", F, [2], False)]),
        make("not_a_proto", texts(b"\xff\xff"), "must be a tf.SequenceExample", sparse=[("s", S)]),
        make("sparse_type", texts(A), "must have type int64", sparse=[("s", N)]),
        make("dense_type", texts(A), "must have type int64", dense=[("f", N, [2], i64([]))]),
        make("list_type", texts(A), "must have type int64", list_sparse=[("q", N)]),
        make("list_dense_type", texts(A), "must have type int64", list_dense=[("p", N, [2], True)]),
        make("dense_count", texts(A), "must have 3 values", dense=[("f", F, [3], f32([1, 2, 3]))]),
        make(
            "dense_empty",
            texts(example(dict(f=None))),
            "values|a type",
            dense=[("f", F, [2], DEFAULT)],
        ),
        make("step_count", texts(A), "must have 1 values", list_dense=[("r", N, [1], False)]),
        make(
            "step_of_other_count", texts(A), "must have 1 values", list_dense=[("p", F, [1], True)]
        ),
        make("default_shape", texts(A), "default of", dense=[("f", F, [2], f32([1]))]),
        make("default_rank", texts(A), "default of", dense=[("f", F, [2], f32([[1, 2]]))]),
    ]


SAMPLES = [
    *common(v1, lambda text: [text]),
    *common(v2, lambda text: [text]),
    *common(single, lambda text: text),
    *(
        sample
        for make in (v1, v2)
        for sample in (
            make("batch", [A, EMPTY, B], **ALL),
            make("names", [A, B], names=("p", "q"), **ALL),
            make("no_examples", [], **ALL),
            make(
                "no_examples_and_required",
                [],
                "must have a default",
                dense=[("f", F, [2], REQUIRED)],
            ),
            make("required_and_there", [A, B], dense=[("f", F, [2], REQUIRED)]),
            make(
                "required_and_missing_in_one",
                [A, EMPTY],
                "must be there",
                dense=[("f", F, [2], REQUIRED)],
            ),
            make(
                "list_missing_in_one",
                [A, EMPTY],
                "must be there",
                list_dense=[("p", F, [2], False)],
            ),
            make(
                "padded_strings", [example(l=[[b"a"]] * 3), EMPTY], list_dense=[("l", S, [1], True)]
            ),
            make("two_names", [A], "debug_name", names=("p", "q"), **ALL),
            make("matrix", [[A]], "rank", sparse=[("s", S)]),
            make("one_key_twice", [A, B], sparse=[("s", S), ("s", S)]),
            make(
                "as_two_kinds",
                [A],
                "as one kind",
                sparse=[("f", F)],
                dense=[("f", F, [2], DEFAULT)],
            ),
            make(
                "list_as_two_kinds",
                [A],
                "as one kind",
                list_sparse=[("p", F)],
                list_dense=[("p", F, [2], True)],
            ),
        )
    ),
    v1("scalar", A, "rank 1", sparse=[("s", S)]),
    v1("fewer_keys", [A], "must have", sparse=[("s", S)], attrs=dict(Ncontext_sparse=2)),
    v1(
        "fewer_shapes",
        [A],
        "must have",
        dense=[("f", F, [2], DEFAULT)],
        attrs=dict(context_dense_shapes=[]),
    ),
    v2("scalar", A, **ALL),
    v2("named_scalar", A, names="name", **ALL),
    v2("ragged", [A, EMPTY, B], **RAGGED),
    v2("ragged_no_examples", [], **RAGGED),
    v2(
        "all",
        [A, B],
        sparse=[("n", N)],
        dense=ALL["dense"],
        ragged=[("s", S, "int64")],
        list_sparse=[("r", N)],
        list_dense=ALL["list_dense"],
        list_ragged=[("q", S, "int32")],
    ),
    v2("ragged_type", [A], "must have type int64", ragged=[("s", N, "int64")]),
    v2("list_ragged_type", [A], "must have type int64", list_ragged=[("q", N, "int64")]),
    v2("ragged_and_sparse", [A], "as one kind", sparse=[("s", S)], ragged=[("s", S, "int64")]),
    v2(
        "ragged_and_dense",
        [A],
        "as one kind",
        dense=[("f", F, [2], DEFAULT)],
        ragged=[("f", F, "int64")],
    ),
    v2("fewer_keys", [A], "must have", sparse=[("s", S)], attrs=dict(context_sparse_keys=b([]))),
    v2(
        "fewer_flags",
        [A],
        "must have",
        list_dense=ALL["list_dense"],
        attrs=dict(feature_list_dense_missing_assumed_empty=boolean([])),
    ),
    single("vector", [A], "scalar|rank", sparse=[("s", S)]),
    single("key_vector", A, "scalar", sparse=[(["s"], S)]),
    single("unset_kind_in_a_list", example(x=[None]), "a type", list_dense=[("x", N, [0], True)]),
    single("as_two_kinds", A, sparse=[("f", F)], dense=[("f", F, [2], DEFAULT)]),
    single("flags", A, "rank 1", attrs=dict(feature_list_dense_missing_assumed_empty=b("p"))),
]
