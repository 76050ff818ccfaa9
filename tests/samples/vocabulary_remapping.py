"""Samples of `ops/vocabulary_remapping.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import File, Sample, b, f32, i64

OLD, NEW = File("tests/data/tables/old_classes.txt"), File("tests/data/tables/new_classes.txt")
TWICE = File("tests/data/tables/twice.txt")
PARTS = File("tests/checkpoint/data/partitioned")
SHAPES = File("tests/checkpoint/data/shapes")


def remapping(
    label: str,
    offset: int,
    count: int,
    size: int | None = None,
    new: Any = NEW,
    old: Any = OLD,
    error: str | None = None,
) -> Sample:
    attrs: dict[str, Any] = dict(new_vocab_offset=offset, num_new_vocab=count)
    if size is not None:
        attrs["old_vocab_size"] = size
    inputs = dict(new_vocab_file=new, old_vocab_file=old)
    return Sample("GenerateVocabRemapping", label, inputs, attrs, error)


def loaded(
    label: str,
    rows: list[int],
    columns: list[int],
    values: Any,
    num_rows: int,
    num_cols: int,
    name: str = "by_rows",
    path: Any = PARTS,
    error: str | None = None,
) -> Sample:
    inputs = dict(
        ckpt_path=path,
        old_tensor_name=b(name),
        row_remapping=i64(rows),
        col_remapping=i64(columns),
        initializing_values=f32(values),
    )
    attrs = dict(num_rows=num_rows, num_cols=num_cols)
    return Sample("LoadAndRemapMatrix", label, inputs, attrs, error)


SAMPLES = [
    remapping("all", 0, 5),
    remapping("part", 2, 2),
    remapping("none", 5, 0),
    remapping("first_lines", 0, 5, 2),
    remapping("whole_file", 0, 5, -1),
    remapping("too_many", 3, 3, error="lookup table size"),
    remapping("old_too_short", 0, 5, 9, error="Invalid vocab_size"),
    remapping("twice", 0, 5, old=TWICE, error="different value for same key"),
    remapping("twice_in_new", 0, 3, new=TWICE),
    remapping("no_file", 0, 5, new=b("no/such/file"), error="No such file"),
    remapping("no_name", 0, 5, old=b(""), error="cannot be empty"),
    remapping("names", 0, 5, new=b(["a"]), error="single string|rank 0"),
    loaded("rows", [3, 0, 9], [], [], 3, 3),
    loaded("row_twice", [3, 0, 3], [], [], 3, 3, error="both new ID 0 and 2"),
    loaded("column_outside", [1], [0, 5], [], 1, 2),
    loaded("missing_rows", [3, -1, 0], [], [7, 8, 9], 3, 3),
    loaded("columns", [1, 2], [2, 0], [], 2, 2),
    loaded("missing", [1, -1, 0], [2, -1, 1], [1, 2, 3, 4, 5], 3, 3),
    loaded("no_rows", [], [], [], 0, 3),
    loaded("sizes", [1, 2], [], [], 3, 3, error="row_remapping"),
    loaded("column_sizes", [1], [1], [], 1, 2, error="col_remapping"),
    loaded("column_twice", [1], [1, 1], [], 1, 2, error="both new ID 0 and 1"),
    loaded("other_columns", [1], [], [], 1, 2, error="2nd dimension"),
    loaded("row_outside", [99], [], [], 1, 3, error="Extent in dimension 0 out of bounds"),
    loaded("too_many_values", [1], [], [1], 1, 3, error="initializing_values"),
    loaded("too_few_values", [-1], [], [1], 1, 3, error="initializing_values"),
    loaded("other_type", [1], [], [], 1, 400, "by_both", error="invalid type"),
    loaded("rank", [0], [], [], 1, 1, "layer_1/weights", SHAPES, error="invalid rank"),
    loaded("missing_name", [1], [], [], 1, 3, "nothing", error="nothing"),
    loaded("missing_file", [1], [], [], 1, 3, path=b("no/such/prefix"), error="no/such/prefix"),
]
