"""Ops that move the rows and columns of a checkpoint's matrix from one vocabulary to another."""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import float32, int64, string
from minihub_runtime.errors import FailedPreconditionError, InternalError, UnimplementedError, clip
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import Array, at_least, op, without_gradient
from minihub_runtime.ops.vocabulary import LINE, LINE_NUMBER, read_vocabulary
from minihub_runtime.shapes import Shape, Spec

__all__ = ["generate_vocab_remapping", "load_and_remap_matrix"]


def _lines(ctx: Context, file: Array, vocab_size: int = -1) -> list[bytes]:
    """The lines of a vocabulary file; errors as for tables."""
    filename = file.item()
    require(filename != b"", "new vocab filename cannot be empty.")
    data = ctx.read_file(filename)
    keys, _ = read_vocabulary(
        data, filename, (LINE, string), (LINE_NUMBER, int64), vocab_size=vocab_size
    )
    found: list[bytes] = keys.tolist()
    return found


def _remapped(new_vocab_file: Spec, old_vocab_file: Spec, num_new_vocab: int) -> list[Shape]:
    return [(num_new_vocab,), ()]


@op(
    "GenerateVocabRemapping(new_vocab_file: string, old_vocab_file: string) -> remapping: int64, "
    "num_present: int32",
    new_vocab_offset=at_least(0),
    num_new_vocab=at_least(0),
    old_vocab_size=at_least(-1),
    source="core/kernels/generate_vocab_remapping_op.cc",
    shape=_remapped,
    ranks={"new_vocab_file": 0, "old_vocab_file": 0},
)
def generate_vocab_remapping(
    ctx: Context,
    new_vocab_file: Array,
    old_vocab_file: Array,
    *,
    new_vocab_offset: int,
    num_new_vocab: int,
    old_vocab_size: int = -1,
) -> tuple[Array, Array]:
    """For each of `num_new_vocab` entries of the new file the number of its line in the old one, -1 if it has none; and how
    many have one.

    Files have an entry a line; of the old one the first `old_vocab_size` lines count, all for -1.

    Raises: InvalidArgumentError if the new file has fewer lines, or an input is no scalar; FailedPreconditionError if an entry
    is twice in the old one; NotFoundError, PermissionDeniedError, and what lookup tables raise for such files.
    Differs: TensorFlow reads any file of the machine.
    """
    for name, value in (("new_vocab_file", new_vocab_file), ("old_vocab_file", old_vocab_file)):
        require(value.ndim == 0, f"{name} should be a single string, but got {list(value.shape)}")
    new = _lines(ctx, new_vocab_file)
    end = new_vocab_offset + num_new_vocab
    require(
        end <= len(new),
        f"lookup table size must be larger than last new vocab entry's line: {len(new)} lines, not "
        f"{end}",
    )
    old = _lines(ctx, old_vocab_file, old_vocab_size)
    numbers = {line: number for number, line in enumerate(old)}
    if len(numbers) < len(old):
        twice = next(line for number, line in enumerate(old) if numbers[line] != number)
        raise FailedPreconditionError(
            f"HashTable has different value for same key. Key {clip(repr(twice))} is on two lines"
        )
    found = [numbers.get(line, -1) for line in new[new_vocab_offset:end]]
    remapping = np.array(found, np.int64)
    return remapping, np.array(np.count_nonzero(remapping != -1), np.int32)


def _require_once(remapping: Array) -> None:
    """Raise UnimplementedError if an old row or column has two new places."""
    found, places, counts = np.unique(remapping, return_index=True, return_counts=True)
    for old, place, count in zip(found.tolist(), places.tolist(), counts.tolist(), strict=True):
        if old >= 0 and count > 1:
            again = place + 1 + int(np.argmax(remapping[place + 1 :] == old))
            raise UnimplementedError(
                f"Old ID {old} is mapped to both new ID {place} and {again}, which is not supported."
            )


def _matrix(
    ckpt_path: Spec,
    old_tensor_name: Spec,
    row_remapping: Spec,
    col_remapping: Spec,
    initializing_values: Spec,
    num_rows: int,
    num_cols: int,
) -> list[Shape]:
    return [(num_rows, num_cols)]


@op(
    "LoadAndRemapMatrix(ckpt_path: string, old_tensor_name: string, row_remapping: int64, "
    "col_remapping: int64, initializing_values: float32) -> output_matrix: float32",
    num_rows=at_least(0),
    num_cols=at_least(1),
    stateful=True,
    source="core/kernels/load_and_remap_matrix_op.cc",
    shape=_matrix,
    ranks={"old_tensor_name": 0},
)
def load_and_remap_matrix(
    ctx: Context,
    ckpt_path: Array,
    old_tensor_name: Array,
    row_remapping: Array,
    col_remapping: Array,
    initializing_values: Array,
    *,
    num_rows: int,
    num_cols: int,
    max_rows_in_memory: int = -1,
) -> Array:
    """A matrix whose row `i` is row `row_remapping[i]` of a tensor of a checkpoint, and likewise its columns; what is of none,
    -1, is filled with `initializing_values`, row by row.  No `col_remapping` leaves columns as they are.

    Shapes: [num_rows], and [num_cols] or [0] -> [num_rows, num_cols]
    Raises: InvalidArgumentError for a tensor that is no float32 matrix, for remappings of other sizes, and too few or many
    values; InternalError for rows that are not there; UnimplementedError for a row or column that is wanted twice; errors of
    RestoreV2 for checkpoints.
    Differs: TensorFlow reads any checkpoint of the machine.
    """
    require_scalar(ckpt_path, "ckpt_path")
    require_scalar(old_tensor_name, "old_tensor_name")
    require(
        row_remapping.ndim == 1 and row_remapping.size == num_rows,
        f"Size of row_remapping is {row_remapping.size} instead of being equal to num_rows={num_rows}",
    )
    moves = col_remapping.size > 0
    columns = np.arange(num_cols, dtype=np.int64)
    if moves:
        require(
            col_remapping.ndim == 1 and col_remapping.size == num_cols,
            f"Provided col_remapping, but its size is {col_remapping.size} instead of being equal to "
            f"num_cols={num_cols}",
        )
        columns = col_remapping
    for remapping in (row_remapping, columns):
        _require_once(remapping)
    name = old_tensor_name.item().decode("utf-8", "surrogateescape")
    reader = ctx.checkpoint(ckpt_path.item())
    dtype, shape = reader.dtype(name), reader.shape(name)
    require(
        dtype is float32,
        f"Tensor {clip(name)} has invalid type {dtype.name} instead of expected type float32",
    )
    require(
        len(shape) == 2,
        f"Tensor {clip(name)} has shape {list(shape)} of invalid rank {len(shape)} instead of expected "
        "shape of rank 2.",
    )
    require(
        moves or shape[1] == num_cols,
        f"Tensor {clip(name)} has shape {list(shape)}, where the size of its 2nd dimension is "
        f"{shape[-1]} instead of being equal to num_cols={num_cols}",
    )
    last = int(row_remapping.max(initial=-1))
    if last >= shape[0]:
        raise InternalError(
            f"Extent in dimension 0 out of bounds: shape = {list(shape)}, and row {last} is wanted"
        )
    rows_there, columns_there = row_remapping >= 0, (columns >= 0) & (columns < shape[1])
    # A column that is said to be there, and is not, is neither loaded nor filled.
    missing = ~(rows_there[:, np.newaxis] & (columns >= 0))
    count = int(np.count_nonzero(missing))
    require(
        count == initializing_values.size,
        f"initializing_values contained {initializing_values.size} elements, but {count} elements are "
        "needed to fill in missing values.",
    )
    result = np.zeros((num_rows, num_cols), np.float32)
    old = reader.read(name)
    rows = old[row_remapping[rows_there]]
    result[np.ix_(rows_there, columns_there)] = rows[:, columns[columns_there]]
    result[missing] = initializing_values.reshape(-1)
    return result


without_gradient("GenerateVocabRemapping", "LoadAndRemapMatrix")
