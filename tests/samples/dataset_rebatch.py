"""Samples of `ops/dataset_rebatch.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Func, Sample, Step, b, boolean, f32, i64
from tests.samples.dataset_source import SOURCE, L, elements, numbers, rows, typed

#: Elements of two rows each.
TWO = {"source": rows(i64([[1, 2], [3, 4], [5, 6]]), types=L, shapes=[[2]])}
MATRICES = {
    "source": rows(
        f32([[[1, 2]], [[3, 4]], [[5, 6]]]),
        b([["a"], ["b"], ["c"]]),
        types=[],
        shapes=[[1, 2], [1]],
    )
}
PAIR = ["float32", "string"]
#: Vectors of growing lengths, each of which holds its length.
GROWING = {
    "plain": numbers(4),
    "source": Call(
        "MapDataset",
        dict(input_dataset=Step("plain"), other_arguments=[]),
        dict(f=Func("repeated"), **typed(L, [[None]])),
    ),
}


def rebatched(
    label: str,
    count: int,
    sizes: Any,
    drop: bool = False,
    before: Any = None,
    types: list[str] = L,
    error: str | None = None,
) -> Sample:
    inputs = dict(input_dataset=SOURCE, batch_sizes=i64(sizes), drop_remainder=boolean(drop))
    attrs = typed(types, [[None], [None]][: len(types)] if types == L else [[None, 2], [None]])
    return elements("RebatchDatasetV2", label, inputs, attrs, count, types, before or TWO, error)


def sparse(
    op: str,
    label: str,
    count: int,
    size: int,
    row: Any,
    before: Any = None,
    error: str | None = None,
) -> Sample:
    """The parts of the sparse tensors."""
    inputs = dict(input_dataset=SOURCE, batch_size=i64(size), row_shape=i64(row))
    made = elements(op, label, inputs, typed(["variant"], [None]), count, ["variant"], None, error)
    parts = {
        f"parts_{n}": Call(
            "DeserializeSparse", dict(serialized_sparse=Step(f"next_{n}")), dict(dtype="int64")
        )
        for n in range(count)
    }
    earlier = {**(before or GROWING), **made.before}
    # Variants themselves have no answers.
    later = {} if error else {**made.after, **parts}
    return Sample(op, label, made.inputs, made.attrs, error, earlier, later or made.after)


NEW, OLD = "DenseToSparseBatchDataset", "ExperimentalDenseToSparseBatchDataset"

SAMPLES = [
    rebatched("threes", 2, 3),
    rebatched("ones", 6, 1),
    rebatched("in turn", 4, [1, 2]),
    rebatched("nothing in turn", 4, [0, 4]),
    rebatched("larger than all", 1, 9),
    rebatched("remainder dropped", 1, 4, drop=True),
    rebatched("end", 2, 4, drop=True, error="End of sequence"),
    rebatched("two components", 2, 2, before=MATRICES, types=PAIR),
    rebatched("several shapes", 2, [2, 0], before=MATRICES, types=PAIR),
    rebatched("matrix of sizes", 1, [[2]], error="scalar or a vector"),
    rebatched("scalars", 1, 2, before={"source": numbers(3)}, error="non-scalar"),
    *(
        sample
        for op in (NEW, OLD)
        for sample in [
            sparse(op, "known", 2, 2, [4]),
            sparse(op, "largest", 2, 3, [-1]),
            sparse(op, "scalars", 2, 2, [], {"source": numbers(3)}),
            sparse(op, "end", 3, 2, [4], error="End of sequence"),
            sparse(op, "too large", 2, 2, [2], error="larger"),
            sparse(op, "another rank", 1, 2, [2, 2], error="incompatible"),
            sparse(op, "size of zero", 1, 0, [4], error="greater than zero"),
            sparse(op, "matrix of sizes", 1, 2, [[4]], error="vector"),
            sparse(op, "size below -1", 1, 2, [-2], error="-2|-1"),
        ]
    ),
]
