"""Samples of `ops/lookup.py`; `tests/ops/test_vocabulary.py` has more of the files."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.samples import Call, File, Sample, Step, b, boolean, f32, f64, i32, i64

T = Step("t")
WORDS = b(["a", "b", ""])
NUMBERS = i64([1, -2, 3])
S, N = "string", "int64"


def table(
    kind: str = "HashTable", version: str = "V2", key: str = S, value: str = N, **attrs: Any
) -> Call:
    return Call(f"{kind}{version}", {}, dict(key_dtype=key, value_dtype=value, **attrs))


def filled(
    keys: Any = WORDS, values: Any = NUMBERS, key: str = S, value: str = N, version: str = "V2"
) -> dict[str, Call]:
    """A static table with entries."""
    fill = Call(f"InitializeTable{version}", dict(table_handle=T, keys=keys, values=values))
    return dict(t=table("HashTable", version, key, value), fill=fill)


def mutable(
    keys: Any = WORDS, values: Any = NUMBERS, key: str = S, value: str = N, version: str = "V2"
) -> dict[str, Call]:
    """A mutable table with entries."""
    fill = Call(f"LookupTableInsert{version}", dict(table_handle=T, keys=keys, values=values))
    return dict(t=table("MutableHashTable", version, key, value), fill=fill)


def vectors(version: str = "V2", shape: Any = (2,)) -> dict[str, Call]:
    """A table from strings to vectors."""
    values = f32([[1, 2], [3, 4], [5, 6]])
    return dict(
        t=table("MutableHashTableOfTensors", version, S, "float32", value_shape=list(shape)),
        fill=Call(f"LookupTableInsert{version}", dict(table_handle=T, keys=WORDS, values=values)),
    )


def dense_table(
    empty: Any, deleted: Any, key: str = N, value: str = N, version: str = "V2", **attrs: Any
) -> Call:
    inputs = dict(empty_key=empty, deleted_key=deleted) if version else dict(empty_key=empty)
    return Call(f"MutableDenseHashTable{version}", inputs, dict(value_dtype=value, **attrs))


def dense(version: str = "V2") -> dict[str, Call]:
    """A dense table with entries."""
    fill = Call(
        f"LookupTableInsert{version}", dict(table_handle=T, keys=i64([1, 2]), values=i64([10, 20]))
    )
    return dict(t=dense_table(i64(0), i64(-1), version=version), fill=fill)


def dense_vectors() -> dict[str, Call]:
    """A dense table from vectors to vectors."""
    made = dense_table(i64([0, 0]), i64([-1, -1]), value_shape=[1])
    fill = Call(
        "LookupTableInsertV2",
        dict(table_handle=T, keys=i64([[1, 2], [3, 4]]), values=i64([[10], [20]])),
    )
    return dict(t=made, fill=fill)


def find(keys: Any, default: Any, version: str = "V2") -> Call:
    return Call(f"LookupTableFind{version}", dict(table_handle=T, keys=keys, default_value=default))


def found(
    label: str,
    before: dict[str, Call],
    keys: Any,
    default: Any,
    error: str | None = None,
    version: str = "V2",
) -> Sample:
    """A question to a table."""
    inputs = dict(table_handle=T, keys=keys, default_value=default)
    return Sample(f"LookupTableFind{version}", label, inputs, error=error, before=before)


def size(version: str = "V2", handle: Step = T) -> dict[str, Call]:
    return dict(size=Call(f"LookupTableSize{version}", dict(table_handle=handle)))


def from_file(
    label: str,
    file: Any,
    key: tuple[int, str],
    value: tuple[int, str],
    asked: Any,
    default: Any,
    error: str | None = None,
    version: str = "V2",
    **attrs: Any,
) -> Sample:
    """A table filled from a file, and a question to it."""
    return Sample(
        f"InitializeTableFromTextFile{version}",
        label,
        dict(table_handle=T, filename=file),
        dict(key_index=key[0], value_index=value[0], **attrs),
        error,
        before=dict(t=table("HashTable", version, key[1], value[1])),
        after={} if error else dict(find=find(asked, default, version), **size(version)),
    )


def made(label: str, call: Call, error: str | None = None, **after: Call) -> Sample:
    """A table that is made, and what it says then."""
    return Sample(call.op, label, call.inputs, call.attrs, error, after=after)


def both_versions(version: str) -> list[Sample]:
    """What the ops on references and those on resources have in common."""
    handle = Step("sampled")
    dense_before = dict(t=dense_table(i64(0), i64(-1), version=version))
    return [
        made("plain", table("HashTable", version), **size(version, handle)),
        made("plain", table("MutableHashTable", version), **size(version, handle)),
        made(
            "plain",
            table("MutableHashTableOfTensors", version, value_shape=[3]),
            **size(version, handle),
        ),
        made(
            "plain",
            dense_table(i64(0), i64(-1), version=version),
            None if version else "deleted_key",
            **size(version, handle),
        ),
        made(
            "unknown_value_shape",
            table("MutableHashTableOfTensors", version, value_shape=[None]),
            "known size",
            **size(version, handle),
        ),
        made(
            "matrix_values",
            table("MutableHashTableOfTensors", version, value_shape=[2, 2]),
            "vector",
            **size(version, handle),
        ),
        made(
            "load_factor",
            dense_table(i64(0), i64(-1), version=version, max_load_factor=1.5),
            "max_load_factor",
            **size(version, handle),
        ),
        made(
            "buckets",
            dense_table(i64(0), i64(-1), version=version, initial_num_buckets=100),
            "power of 2",
            **size(version, handle),
        ),
        found("static", filled(version=version), b([["b", "x"]]), i64(-1), version=version),
        found("scalar", filled(version=version), b("a"), i64(-1), version=version),
        found("none", filled(version=version), b([]), i64(-1), version=version),
        found(
            "not_filled",
            dict(t=table("HashTable", version)),
            b("a"),
            i64(-1),
            "Table not initialized",
            version,
        ),
        found(
            "vector_default", filled(version=version), b("a"), i64([-1]), "default_value", version
        ),
        found(
            "default_for_each",
            mutable(version=version),
            b(["a", "x"]),
            i64([-1, -2]),
            version=version,
        ),
        found(
            "other_key_type",
            filled(version=version),
            i64(1),
            i64(-1),
            "maps string to int64",
            version,
        ),
        found(
            "other_value_type",
            filled(version=version),
            b("a"),
            f32(-1),
            "maps string to int64",
            version,
        ),
        found(
            "mutable_empty",
            dict(t=table("MutableHashTable", version)),
            b("a"),
            i64(-1),
            version=version,
        ),
        found("dense", dense(version), i64([2, 5, 1]), i64(-1), version=version),
        found("empty_key", dense(version), i64([0]), i64(-1), "empty_key", version),
        Sample(
            f"LookupTableSize{version}",
            "static",
            dict(table_handle=T),
            before=filled(version=version),
        ),
        Sample(
            f"LookupTableSize{version}",
            "not_filled",
            dict(table_handle=T),
            before=dict(t=table("HashTable", version)),
        ),
        Sample(
            f"LookupTableSize{version}",
            "mutable",
            dict(table_handle=T),
            before=mutable(version=version),
        ),
        Sample(f"LookupTableSize{version}", "dense", dict(table_handle=T), before=dense(version)),
        Sample(
            f"LookupTableInsert{version}",
            "replaces",
            dict(table_handle=T, keys=b(["a", "n", "n"]), values=i64([7, 8, 9])),
            before=mutable(version=version),
            after=dict(find=find(b(["a", "b", "n"]), i64(-1), version), **size(version)),
        ),
        Sample(
            f"LookupTableInsert{version}",
            "static",
            dict(table_handle=T, keys=b(["a"]), values=i64([7])),
            before=filled(version=version),
            error="Insert is not supported",
        ),
        Sample(
            f"LookupTableInsert{version}",
            "other_shape",
            dict(table_handle=T, keys=b(["a", "b"]), values=i64([7])),
            before=mutable(version=version),
            error="values must have shape",
        ),
        Sample(
            f"LookupTableInsert{version}",
            "other_type",
            dict(table_handle=T, keys=b(["a"]), values=f32([7])),
            before=mutable(version=version),
            error="maps string to int64",
        ),
        Sample(
            f"LookupTableInsert{version}",
            "dense_empty_key",
            dict(table_handle=T, keys=i64([0]), values=i64([7])),
            before=dense_before,
            error="empty_key",
        ),
        Sample(
            f"LookupTableImport{version}",
            "replaces_all",
            dict(table_handle=T, keys=b(["n"]), values=i64([8])),
            before=mutable(version=version),
            after=dict(find=find(b(["a", "n"]), i64(-1), version), **size(version)),
        ),
        Sample(
            f"LookupTableImport{version}",
            "static",
            dict(table_handle=T, keys=b(["n"]), values=i64([8])),
            before=dict(t=table("HashTable", version)),
            after=dict(find=find(b(["n"]), i64(-1), version)),
        ),
        Sample(
            f"LookupTableImport{version}",
            "other_shape",
            dict(table_handle=T, keys=b(["n"]), values=i64([8, 9])),
            before=mutable(version=version),
            error="values must have shape",
        ),
        Sample(
            f"LookupTableExport{version}",
            "one",
            dict(table_handle=T),
            dict(Tkeys=S, Tvalues=N),
            before=filled(b(["a"]), i64([5]), version=version),
        ),
        Sample(
            f"LookupTableExport{version}",
            "empty_mutable",
            dict(table_handle=T),
            dict(Tkeys=S, Tvalues=N),
            before=dict(t=table("MutableHashTable", version)),
        ),
        Sample(
            f"InitializeTable{version}",
            "matrix",
            dict(table_handle=T, keys=b(["a", "b"]), values=i64([1, 2])),
            before=dict(t=table("HashTable", version)),
            after=dict(find=find(b(["a", "b", "c"]), i64(-1), version), **size(version)),
        ),
        Sample(
            f"InitializeTable{version}",
            "again",
            dict(table_handle=T, keys=WORDS, values=NUMBERS),
            before=filled(version=version),
            after=size(version),
        ),
        Sample(
            f"InitializeTable{version}",
            "again_with_other_values",
            dict(table_handle=T, keys=WORDS, values=i64([7, 8, 9])),
            before=filled(version=version),
            after=dict(find=find(WORDS, i64(-1), version)),
        ),
        Sample(
            f"InitializeTable{version}",
            "again_with_more",
            dict(table_handle=T, keys=b(["a"]), values=i64([1])),
            before=filled(version=version),
            error="already initialized",
        ),
        Sample(
            f"InitializeTable{version}",
            "same_key_same_value",
            dict(table_handle=T, keys=b(["a", "a"]), values=i64([1, 1])),
            before=dict(t=table("HashTable", version)),
            after=size(version),
        ),
        Sample(
            f"InitializeTable{version}",
            "same_key_other_value",
            dict(table_handle=T, keys=b(["a", "a"]), values=i64([1, 2])),
            before=dict(t=table("HashTable", version)),
            error="different value for same key",
        ),
        Sample(
            f"InitializeTable{version}",
            "other_shape",
            dict(table_handle=T, keys=b(["a", "b"]), values=i64([1])),
            before=dict(t=table("HashTable", version)),
            error="same shape",
        ),
        Sample(
            f"InitializeTable{version}",
            "other_type",
            dict(table_handle=T, keys=b(["a"]), values=f32([1])),
            before=dict(t=table("HashTable", version)),
            error="maps string to int64",
        ),
        Sample(
            f"InitializeTable{version}",
            "mutable",
            dict(table_handle=T, keys=b(["a"]), values=i64([1])),
            before=dict(t=table("MutableHashTable", version)),
            error="filled once",
        ),
        from_file(
            "columns",
            File("tests/data/tables/words.txt"),
            (0, S),
            (1, N),
            b(["one", "x"]),
            i64(-1),
            version=version,
        ),
        from_file(
            "missing", b("no/such/file"), (-2, S), (-1, N), b("a"), i64(-1), "No such file", version
        ),
    ]


FILE = File("tests/data/tables/words.txt")
LINES = File("tests/data/tables/lines.txt")

# LookupTableSize and LookupTableExport refuse nothing but handles of something else (and TensorFlow dies of types that
# are not the table's); the tables of scalars refuse only names that other tables have.
SAMPLES = [
    # The handle of a table of the first version is a string that names it, so only its use is sampled; TensorFlow's own
    # kernel refuses every MutableDenseHashTable of the first version.
    *(
        dataclasses.replace(sample, error="deleted_key", after={})
        if sample.op == "MutableDenseHashTable"
        else sample
        for sample in both_versions("")
        if not any("Dense" in call.op for call in sample.before.values())
        and sample.label != "plain"
    ),
    *both_versions("V2"),
    from_file("lines", LINES, (-2, S), (-1, N), b(["b", "x"]), i64(-1)),
    from_file("reversed", LINES, (-1, N), (-2, S), i64([1, 7]), b("?")),
    from_file("floats", FILE, (0, S), (2, "float32"), b(["two", "x"]), f32(0)),
    from_file("doubles", FILE, (0, S), (2, "float64"), b(["two", "x"]), f64(0)),
    from_file("int_keys", FILE, (1, N), (0, S), i64([2, 7]), b("?")),
    from_file("some_lines", FILE, (0, S), (1, N), b(["one", "two"]), i64(-1), vocab_size=2),
    from_file("offset", LINES, (-2, S), (-1, N), b(["b", "x"]), i64(-1), offset=10),
    from_file("too_few_lines", FILE, (0, S), (1, N), b("a"), i64(-1), "vocab_size", vocab_size=4),
    from_file("too_few_columns", FILE, (0, S), (3, N), b("a"), i64(-1), "number of columns"),
    from_file("no_number", FILE, (1, S), (0, N), b("a"), i64(-1), "valid int64"),
    from_file("vector_of_names", b(["a", "b"]), (0, S), (1, N), b("a"), i64(-1), "single string"),
    from_file("delimiter", FILE, (0, S), (1, N), b("a"), i64(-1), "delimiter", delimiter="ab"),
    *(
        found(
            f"static_{key}_{value}",
            filled(keys, values, key, value),
            keys[:2],
            values[:1].reshape(()),
        )
        for key, value, keys, values in [
            (N, S, i64([1, 2]), b(["x", "y"])),
            (S, S, b(["1", "2"]), b(["x", "y"])),
            (N, N, i64([1, 2]), i64([3, 4])),
            (S, "float32", b(["1", "2"]), f32([3, 4])),
            (S, "bool", b(["1", "2"]), boolean([True, False])),
            ("int32", "int32", i32([1, 2]), i32([3, 4])),
            ("int32", S, i32([1, 2]), b(["x", "y"])),
            (N, "float64", i64([1, 2]), f64([3, 4])),
        ]
    ),
    found("matrix_keys", filled(), b([["a", "x"], ["", "b"]]), i64(9)),
    found("vectors", vectors(), b(["b", "x"]), f32([-1, -2])),
    found("vectors_matrix_of_keys", vectors(), b([["b", "x"], ["a", "a"]]), f32([-1, -2])),
    found("vectors_scalar_default", vectors(), b(["b", "x"]), f32(-1), "default_value"),
    found("dense_vectors", dense_vectors(), i64([[3, 4], [9, 9]]), i64([-1])),
    found("dense_vectors_other_width", dense_vectors(), i64([[3, 4, 5]]), i64([-1]), "keys must"),
    found("dense_empty_vector", dense_vectors(), i64([[0, 0]]), i64([-1]), "empty_key"),
    Sample(
        "LookupTableExportV2",
        "vectors",
        dict(table_handle=T),
        dict(Tkeys=S, Tvalues="float32"),
        before=dict(
            t=table("MutableHashTableOfTensors", "V2", S, "float32", value_shape=[2]),
            fill=Call(
                "LookupTableInsertV2", dict(table_handle=T, keys=b(["a"]), values=f32([[1, 2]]))
            ),
        ),
    ),
    Sample(
        "LookupTableInsertV2",
        "vectors_other_width",
        dict(table_handle=T, keys=b(["a"]), values=f32([[1, 2, 3]])),
        before=vectors(),
        error="values must have shape",
    ),
    Sample(
        "LookupTableRemoveV2",
        "some",
        dict(table_handle=T, keys=b(["a", "x"])),
        before=mutable(),
        after=dict(find=find(WORDS, i64(-1)), **size()),
    ),
    Sample(
        "LookupTableRemoveV2",
        "dense",
        dict(table_handle=T, keys=i64([1, 5])),
        before=dense(),
        after=dict(find=find(i64([1, 2]), i64(-1)), **size()),
    ),
    Sample(
        "LookupTableRemoveV2",
        "static",
        dict(table_handle=T, keys=b(["a"])),
        before=filled(),
        error="Remove is not supported",
    ),
    Sample(
        "LookupTableRemoveV2",
        "other_type",
        dict(table_handle=T, keys=i64([1])),
        before=mutable(),
        error="must be string",
    ),
    Sample(
        "LookupTableRemoveV2",
        "dense_empty_key",
        dict(table_handle=T, keys=i64([0])),
        before=dense(),
        error="empty_key",
    ),
    made("same_keys", dense_table(i64(0), i64(0)), "different", **size("V2", Step("sampled"))),
    made(
        "other_shapes",
        dense_table(i64([0, 1]), i64(0)),
        "same shape",
        **size("V2", Step("sampled")),
    ),
    Sample(
        "HashTableV2",
        "shared",
        {},
        dict(key_dtype=S, value_dtype=N, shared_name="x"),
        before=dict(t=table(shared_name="x"), fill=filled()["fill"]),
        after=size("V2", Step("sampled")),
    ),
    Sample(
        "HashTableV2",
        "shared_with_other_types",
        {},
        dict(key_dtype=N, value_dtype=N, shared_name="x"),
        before=dict(t=table(shared_name="x"), fill=filled()["fill"]),
        error="maps string to int64",
    ),
    *(
        Sample(
            f"{kind}{version}",
            "shared_with_other_types",
            {},
            dict(key_dtype=N, value_dtype=N, shared_name="x"),
            before=dict(t=table(kind, version, shared_name="x")),
            error="maps string to int64",
        )
        for kind, version in [
            ("HashTable", ""),
            ("MutableHashTable", ""),
            ("MutableHashTable", "V2"),
        ]
    ),
]
