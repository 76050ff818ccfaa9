"""Crosses of features: every combination of one value of each column, joined or hashed.

Source: tensorflow/core/kernels/sparse_cross_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.ops.checking import allocatable, require, require_rank, require_scalar
from minihub_runtime.ops.registry import Array, at_least, op, types, types_list
from minihub_runtime.shapes import Shape, Spec, size
from minihub_runtime.text.arrays import string_array
from minihub_runtime.text.hashing import fingerprint64, fingerprint64_flat, strong_hash

__all__: list[str] = []

SOURCE = "core/kernels/sparse_cross_op.cc"
_KINDS = types_list("int64 string")

#: The multiplier of FingerprintCat64.
_CAT = np.uint64(0xC6A4A7935BD1E995)

Words = NDArray[np.uint64]


class _Columns:
    """The features of each row, column by column.

    Attributes:
        values: of each column, its features one row after the other.
        firsts: of each column, where the features of each row begin.
        counts: of each column, how many each row has.
        dense: of each column, whether it was a dense input.
    """

    def __init__(
        self,
        indices: Sequence[Array],
        values: Sequence[Array],
        shapes: Sequence[Array],
        dense_inputs: Sequence[Array],
    ) -> None:
        require(
            len(values) == len(indices),
            f"values must be {len(indices)} tensors, as indices, not {len(values)}",
        )
        for place, (index, value, shape) in enumerate(zip(indices, values, shapes, strict=True)):
            require(
                index.ndim == 2 and index.shape[1] == 2,
                f"indices[{place}] must have shape [n, 2], not {list(index.shape)}",
            )
            require_rank(value, 1, f"values[{place}]")
            require(
                len(value) == len(index),
                f"values[{place}] must have {len(index)} elements, not {len(value)}",
            )
            require(
                shape.shape == (2,), f"shapes[{place}] must have shape [2], not {list(shape.shape)}"
            )
        for place, dense in enumerate(dense_inputs):
            require_rank(dense, 2, f"dense_inputs[{place}]")
        sizes = [int(shape[0]) for shape in shapes] + [len(dense) for dense in dense_inputs]
        self.rows = sizes[0] if sizes else 0
        for found in sizes:
            require(found == self.rows, f"the number of rows must be {self.rows}, not {found}")
        allocatable((self.rows, max(1, len(sizes))), np.int64, "the rows")
        self.values = [*values, *(dense.reshape(-1) for dense in dense_inputs)]
        self.dense = [False] * len(values) + [True] * len(dense_inputs)
        self.counts, self.firsts = [], []
        for index in indices:
            counts, firsts = self._runs(index[:, 0])
            self.counts.append(counts)
            self.firsts.append(firsts)
        for dense in dense_inputs:
            self.counts.append(np.full(self.rows, dense.shape[1], np.int64))
            self.firsts.append(np.arange(self.rows, dtype=np.int64) * dense.shape[1])

    def _runs(self, rows: Array) -> tuple[Array, Array]:
        """How many elements each row has and where they begin, as one pass from the first row on finds them."""
        wrong = np.flatnonzero(np.diff(rows) < 0)
        end = int(wrong[0]) + 1 if wrong.size else len(rows)
        # A row outside the tensor, or out of order, ends the pass.
        outside = np.flatnonzero((rows[:end] < 0) | (rows[:end] >= self.rows))
        if outside.size:
            end = int(outside[0])
        counts = np.bincount(rows[:end], minlength=self.rows).astype(np.int64)
        return counts, np.cumsum(counts) - counts

    def crosses(self) -> tuple[Array, Array, list[Array]]:
        """Indices and shape of the result, and of each column the place of the value in each cross."""
        totals = [1] * self.rows
        for counts in self.counts:
            totals = [a * b for a, b in zip(totals, counts.tolist(), strict=True)]
        if not self.counts:
            totals = [0] * self.rows
        total = sum(totals)
        allocatable((total, 2), np.int64, "the crosses")
        each = np.array(totals, np.int64)
        row = np.repeat(np.arange(self.rows, dtype=np.int64), each)
        number = np.arange(total, dtype=np.int64) - np.repeat(np.cumsum(each) - each, each)
        places: list[Array] = []
        rest = number
        # The last column runs fastest.
        for counts, firsts in zip(reversed(self.counts), reversed(self.firsts), strict=True):
            count = counts[row]
            places.append(firsts[row] + rest % count)
            rest = rest // count
        shape = np.array([self.rows, max(totals, default=0)], np.int64)
        return np.stack([row, number], axis=1), shape, places[::-1]


def _texts(column: Array) -> list[bytes]:
    return column.tolist() if column.dtype == object else [b"%d" % n for n in column.tolist()]


def _joined(columns: _Columns, separator: bytes) -> tuple[Array, Array, Array]:
    indices, shape, places = columns.crosses()
    parts = [
        [texts[place] for place in chosen.tolist()]
        for texts, chosen in zip(map(_texts, columns.values), places, strict=True)
    ]
    values = [separator.join(cross) for cross in zip(*parts, strict=True)]
    return indices, string_array(values, [len(values)]), shape


def _cat(left: Words, right: Words) -> Words:
    """One fingerprint of two."""

    def mix(word: Words) -> Words:
        return word ^ (word >> np.uint64(47))

    result = left ^ _CAT
    result = (result ^ (mix(right * _CAT) * _CAT)) * _CAT
    return mix(mix(result) * _CAT)


def _hashed(
    columns: _Columns, words: Sequence[Words], buckets: int, start: Words | None
) -> tuple[Array, Array, Array]:
    indices, shape, places = columns.crosses()
    result = start
    for column, chosen in zip(words, places, strict=True):
        picked = column[chosen]
        result = picked if result is None else _cat(result, picked)
    if result is None:
        result = np.zeros(0, np.uint64)
    result = np.broadcast_to(result, len(indices))
    modulus = np.uint64(buckets if buckets > 0 else np.iinfo(np.int64).max)
    return indices, (result % modulus).astype(np.int64), shape


def _words(column: Array) -> Words:
    return fingerprint64(column) if column.dtype == object else column.view(np.uint64)


def _sparse(*inputs: Spec) -> list[Shape]:
    """The parts of a sparse matrix."""
    return [(None, 2), (None,), (2,)]


@op(
    "SparseCross(indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types)"
    " -> output_indices: int64, output_values: out_type, output_shape: int64",
    N=at_least(0),
    num_buckets=at_least(0),
    sparse_types=_KINDS,
    dense_types=_KINDS,
    out_type=types("int64 string"),
    internal_type=types("int64 string"),
    source=SOURCE,
    shape=_sparse,
)
def sparse_cross(
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense_inputs: Sequence[Array],
    *,
    hashed_output: bool,
    num_buckets: int,
    hash_key: int,
    out_type: DType,
    internal_type: DType,
) -> tuple[Array, Array, Array]:
    """The crosses of each row as a sparse tensor: strings joined with `_X_`, or their hash if `out_type` is int64.

    Hashes lie in [0, num_buckets), or below 2**63 - 1 for num_buckets = 0.  `hashed_output` says nothing more.
    Raises: InvalidArgumentError for other shapes, other numbers of rows, or integers where `internal_type` is string.
    """
    columns = _Columns(indices, values, shapes, dense_inputs)
    if internal_type.name == "string":
        for column in columns.values:
            found = as_dtype(column.dtype).name
            require(found == "string", f"features must be string as internal_type, not {found}")
    if out_type.name == "string":
        return _joined(columns, b"_X_")
    start = np.array([hash_key & 0xFFFFFFFFFFFFFFFF], np.uint64)
    return _hashed(columns, [_words(column) for column in columns.values], num_buckets, start)


@op(
    "SparseCrossV2(indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types,"
    " sep: string) -> output_indices: int64, output_values: string, output_shape: int64",
    N=at_least(0),
    sparse_types=_KINDS,
    dense_types=_KINDS,
    source=SOURCE,
    shape=_sparse,
)
def sparse_cross_v2(
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense_inputs: Sequence[Array],
    sep: Array,
) -> tuple[Array, Array, Array]:
    """The crosses of each row as a sparse tensor of strings, joined with `sep`.

    Raises: InvalidArgumentError for other shapes or other numbers of rows.
    """
    columns = _Columns(indices, values, shapes, dense_inputs)
    require_scalar(sep, "sep")
    return _joined(columns, sep.item())


def _keyed(column: Array, dense: bool, strong: bool, key: list[int]) -> Words:
    """The hash of each value; of an integer in a sparse column, that of its four low bytes."""
    if column.dtype == object:
        return strong_hash(column, key) if strong else fingerprint64(column)
    require(not strong, "features must be string for a strong hash, not int64")
    if dense:
        return column.view(np.uint64)
    low = column.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :4]
    offsets = np.arange(len(low) + 1, dtype=np.int64) * 4
    return fingerprint64_flat(np.ascontiguousarray(low).reshape(-1), offsets)


@op(
    "SparseCrossHashed(indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types,"
    " num_buckets: int64, strong_hash: bool, salt: int64)"
    " -> output_indices: int64, output_values: int64, output_shape: int64",
    N=at_least(0),
    sparse_types=_KINDS,
    dense_types=_KINDS,
    source=SOURCE,
    shape=_sparse,
)
def sparse_cross_hashed(
    indices: Sequence[Array],
    values: Sequence[Array],
    shapes: Sequence[Array],
    dense_inputs: Sequence[Array],
    num_buckets: Array,
    strong_hash: Array,
    salt: Array,
) -> tuple[Array, Array, Array]:
    """The hashes of the crosses of each row as a sparse tensor, with a strong hash under the key `salt` if asked for.

    Raises: InvalidArgumentError for other shapes, other numbers of rows, a salt of another length than 2, or a
    strong hash of integers, at which TensorFlow breaks down.
    """
    columns = _Columns(indices, values, shapes, dense_inputs)
    require_scalar(num_buckets, "num_buckets")
    require_scalar(strong_hash, "strong_hash")
    require(size(salt.shape) == 2, f"salt must have 2 elements, not shape {list(salt.shape)}")
    key, strong = salt.reshape(-1).tolist(), bool(strong_hash)
    words = [
        _keyed(np.ascontiguousarray(column), dense, strong, key)
        for column, dense in zip(columns.values, columns.dense, strict=True)
    ]
    return _hashed(columns, words, int(num_buckets), None)
