"""Samples of `ops/file.py`; `tests/checkpoint` has more of checkpoints."""

from __future__ import annotations

from typing import Any

from tests.samples import File, Sample, b, f32, i32

OLD, OLD_PARTS = (
    File(f"tests/checkpoint/data/{name}") for name in ("old_dtypes", "old-?????-of-00002")
)
OLD_KINDS = [
    "bool",
    "complex128",
    "complex64",
    "float16",
    "float32",
    "float64",
    "int16",
    "int32",
    "int64",
    "int8",
    "string",
    "uint16",
    "uint8",
]
DTYPES, PARTS = File("tests/checkpoint/data/dtypes"), File("tests/checkpoint/data/partitioned")
KINDS = [
    "bool",
    "complex128",
    "complex64",
    "float16",
    "float32",
    "float64",
    "int16",
    "int32",
    "int64",
    "int8",
    "string",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "bfloat16",
]


def restored(
    label: str, prefix: Any, names: Any, slices: Any, dtypes: Any, error: str | None = None
) -> Sample:
    inputs = dict(prefix=prefix, tensor_names=b(names), shape_and_slices=b(slices))
    return Sample("RestoreV2", label, inputs, dict(dtypes=dtypes), error)


def old(
    label: str, file: Any, name: Any, dt: str, part: Any = None, error: str | None = None
) -> Sample:
    inputs = dict(file_pattern=file, tensor_name=b(name))
    if part is not None:
        inputs["shape_and_slice"] = b(part)
    return Sample("Restore" if part is None else "RestoreSlice", label, inputs, dict(dt=dt), error)


# ShardedFilename and ShardedFilespec refuse nothing but arrays.  SaveV2 and MergeV2Checkpoints are always refused; what
# is sampled is what TensorFlow refuses as well.
SAMPLES = [
    Sample("MatchingFiles", "matrix", dict(pattern=b([["a"]])), error="rank <= 1"),
    Sample("ReadFile", "words", dict(filename=File("tests/data/tables/words.txt"))),
    Sample("ReadFile", "missing", dict(filename=b("no/such/file")), error="No such file"),
    Sample("ReadFile", "vector", dict(filename=b(["a"])), error="scalar"),
    restored("dtypes", DTYPES, [f"t/{kind}" for kind in KINDS], [""] * len(KINDS), KINDS),
    restored("one", PARTS, ["by_rows"], [""], ["float32"]),
    restored(
        "slices",
        PARTS,
        ["by_both", "by_rows"],
        ["4 400 0,2:100,50", "10 3 7,3:-"],
        ["int64", "float32"],
    ),
    restored("missing_name", PARTS, ["nothing"], [""], ["float32"], "nothing"),
    restored("missing_file", b("no/such/prefix"), ["by_rows"], [""], ["float32"], "no/such/prefix"),
    restored("other_type", PARTS, ["by_rows"], [""], ["int32"], "expected dtype int32"),
    restored("other_full_shape", PARTS, ["by_rows"], ["10 4 7,3:-"], ["float32"], "shape"),
    restored("slice_outside", PARTS, ["by_rows"], ["10 3 7,4:-"], ["float32"], "."),
    restored("bad_slice", PARTS, ["by_rows"], ["10 3 x"], ["float32"], "."),
    restored("count", PARTS, ["by_rows", "by_both"], [""], ["float32", "int64"], "must have shape"),
    restored("prefix_vector", b(["a"]), ["by_rows"], [""], ["float32"], "scalar"),
    *(old(kind, OLD, f"t/{kind}", kind) for kind in OLD_KINDS),
    old("scalar", OLD, "scalar", "float32"),
    old("empty", OLD, "empty", "int32"),
    old("sharded", OLD_PARTS, "grid", "float32"),
    old("missing_name", OLD, "none", "float32", error="not found in checkpoint files"),
    old("missing_file", b("no/such/prefix"), "x", "float32", error="no/such/prefix"),
    old("new_format", PARTS, "by_rows", "float32", error="Failed to find any matching files"),
    old("no_checkpoint", File("tests/data/tables/words.txt"), "x", "float32", error="table"),
    old("other_type", OLD, "t/int8", "float32", error="Expected to restore a tensor of type"),
    old("names", OLD, ["scalar", "empty"], "float32", error="tensor_name"),
    old("all", OLD_PARTS, "grid", "float32", ""),
    old("across", OLD_PARTS, "grid", "float32", "4 3 1,2:0,2"),
    old("rows", OLD_PARTS, "grid", "float32", "4 3 2,2:-"),
    old("slice_outside", OLD_PARTS, "grid", "float32", "4 3 2,3:-", "."),
    old("slice_of_other", OLD_PARTS, "grid", "float32", "4 4 2,2:-", "."),
    old("slices", OLD_PARTS, "grid", "float32", ["", ""], "shape_and_slice"),
    Sample(
        "Save",
        "vector",
        dict(filename=b(["a", "b"]), tensor_names=b(["x"]), data=[f32(1)]),
        error="must not write files",
    ),
    Sample(
        "SaveSlices",
        "vector",
        dict(
            filename=b(["a", "b"]),
            tensor_names=b(["x"]),
            shapes_and_slices=b([""]),
            data=[f32(1)],
        ),
        error="must not write files",
    ),
    Sample(
        "SaveV2",
        "vector",
        dict(prefix=b(["a"]), tensor_names=b(["x"]), shape_and_slices=b([""]), tensors=[f32(1)]),
        error="must not write files",
    ),
    Sample(
        "MergeV2Checkpoints",
        "missing",
        dict(checkpoint_prefixes=b(["no/such/prefix"]), destination_prefix=b("no/other")),
        error="must not write files",
    ),
    Sample(
        "WriteFile", "vector", dict(filename=b(["a"]), contents=b("x")), error="must be a scalar"
    ),
    Sample(
        "WriteFile",
        "no_folder",
        dict(filename=b("/dev/null/a"), contents=b("x")),
        error="must not write files",
    ),
    Sample("ShardedFilename", "plain", dict(basename=b("a/b"), shard=i32(3), num_shards=i32(12))),
    Sample(
        "ShardedFilename", "large", dict(basename=b(""), shard=i32(-3), num_shards=i32(1234567))
    ),
    Sample(
        "ShardedFilename",
        "vector",
        dict(basename=b(["a"]), shard=i32(3), num_shards=i32(12)),
        error="scalar",
    ),
    Sample("ShardedFilespec", "plain", dict(basename=b("a/b"), num_shards=i32(12))),
    Sample(
        "ShardedFilespec", "vector", dict(basename=b(["a"]), num_shards=i32(12)), error="scalar"
    ),
]
