"""Variables whose rows or columns stand for the entries of a vocabulary, from a checkpoint that has another one.

Source: tensorflow/python/training/checkpoint_ops.py, warm_starting_util.py (VocabInfo, _warm_start_var_with_vocab).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor, get_default_graph
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.ranges import range as number_range
from minihub_runtime.api.variables.partitions import PartitionInfo
from minihub_runtime.dtypes import int64
from minihub_runtime.public import public

__all__ = ["VocabInfo", "initialize_from_vocabulary"]


class _VocabInfo(NamedTuple):
    new_vocab: str
    new_vocab_size: int
    num_oov_buckets: int
    old_vocab: str
    old_vocab_size: int
    backup_initializer: Any
    axis: int


@public("train.VocabInfo")
class VocabInfo(_VocabInfo):
    """How the rows or columns of a variable move from one vocabulary to another.

    Attributes:
        new_vocab: the file of the vocabulary of the variable, an entry a line.
        new_vocab_size: how many entries of it count.
        num_oov_buckets: how many rows or columns follow for what is in no vocabulary.
        old_vocab: the file of the vocabulary of the checkpoint.
        old_vocab_size: how many entries of it count, -1 for all.
        backup_initializer: initialises what is new; zeros for None.
        axis: 0 for rows, 1 for columns.

    Raises:
        ValueError: `axis` is neither 0 nor 1.
    """

    def __new__(
        cls,
        new_vocab: str,
        new_vocab_size: int,
        num_oov_buckets: int,
        old_vocab: str,
        old_vocab_size: int = -1,
        backup_initializer: Any = None,
        axis: int = 0,
    ) -> VocabInfo:
        """Check the axis."""
        if axis not in (0, 1):
            raise ValueError(
                "The only supported values for the axis argument are 0 and 1.  Provided axis: "
                f"{axis}"
            )
        return super().__new__(
            cls,
            new_vocab,
            new_vocab_size,
            num_oov_buckets,
            old_vocab,
            old_vocab_size,
            backup_initializer,
            axis,
        )


def initialize_from_vocabulary(
    prefix: str, tensor_name: str, parts: Sequence[Any], info: VocabInfo
) -> None:
    """Let the initialisers of a variable, or of its parts, read a checkpoint and move its rows or columns.

    Args:
        prefix: of the checkpoint.
        tensor_name: the tensor in it, a matrix of float32.
        parts: the variable, or the parts of one, cut along the first axis.
        info: the vocabularies.

    Raises:
        ValueError: sizes do not fit, or a file is missing in `info`.
        TypeError: the initialiser for what is new cannot be called.
    """
    if not (info.new_vocab and info.new_vocab_size and info.old_vocab):
        raise ValueError(
            "Invalid args: Must provide all of [current_vocab_path, current_vocab_size, prev_ckpt, "
            "prev_vocab_path}."
        )
    initializer = Zeros() if info.backup_initializer is None else info.backup_initializer
    if not callable(initializer):
        raise TypeError(
            f"initializer must be callable, instead of being {initializer} of type "
            f"{type(initializer)}."
        )
    graph = get_default_graph()
    for path in (prefix, info.new_vocab, info.old_vocab):
        graph.allow_reading(path)
    count = sum(part.get_shape().as_list()[0] for part in parts)
    for part in parts:
        shape = part.get_shape().as_list()
        if len(shape) != 2:
            raise ValueError(f"Expected 2-dim shape, but received: {shape}")
        cut = part._get_save_slice_info()
        whole = None if cut is None else PartitionInfo(cut.full_shape, cut.var_offset)
        rows, columns = (
            (info.new_vocab_size, shape[1]) if info.axis == 0 else (count, info.new_vocab_size)
        )
        matrix = _Matrix(prefix, tensor_name, rows, columns, initializer, info)
        value = convert_to_tensor(matrix.part(shape, whole))
        assigned = part.assign(value)
        operation = assigned if isinstance(assigned, Operation) else assigned.op
        part.initialize_by(operation, value)


class _Matrix:
    """The new matrix."""

    def __init__(
        self,
        prefix: str,
        tensor_name: str,
        rows: int,
        columns: int,
        initializer: Callable[..., Any],
        info: VocabInfo,
    ) -> None:
        self.prefix, self.tensor_name = prefix, tensor_name
        self.rows, self.columns = rows, columns
        self.initializer = initializer
        self.info = info

    def part(self, shape: Sequence[int], whole: PartitionInfo | None) -> Any:
        """A part of it, new rows and columns included.

        Raises:
            ValueError: it does not lie in the matrix.
        """
        more_rows, more_columns = (
            (self.info.num_oov_buckets, 0)
            if self.info.axis == 0
            else (0, self.info.num_oov_buckets)
        )
        if shape[0] <= 0:
            raise ValueError(f"Expected 1st dim of shape to be > 0, but received shape: {shape}")
        if shape[1] != self.columns + more_columns:
            raise ValueError(
                f"Expected 2nd dim of shape to be new_col_vocab_size ({self.columns}) + "
                f"num_col_oov_buckets ({more_columns}) = {self.columns + more_columns}, but received "
                f"shape: {shape}"
            )
        offset = 0 if whole is None else whole.single_offset(list(shape))
        end = offset + shape[0]
        if end > self.rows + more_rows:
            raise ValueError(
                f"Trying to initialize {shape[0]} additional rows after {offset} rows have already "
                "been initialized, which would exceed expected total row count of "
                f"new_row_vocab_size ({self.rows}) + num_row_oov_buckets ({more_rows}) = "
                f"{self.rows + more_rows}."
            )
        new_rows = min(shape[0], max(0, end - self.rows))
        if offset > self.rows:
            return self.initializer(list(shape))
        loaded = self._loaded(offset, shape[0] - new_rows)
        if new_rows > 0:
            more = convert_to_tensor(self.initializer([new_rows, self.columns]))
            loaded = concat([loaded, more], 0)
        if more_columns > 0:
            more = convert_to_tensor(self.initializer([shape[0], more_columns]))
            loaded = concat([loaded, more], 1)
        return loaded

    def _loaded(self, offset: int, count: int) -> Tensor:
        """Rows of it without those and columns that are in no vocabulary."""
        rows_there: Any = count
        columns_there: Any = self.columns
        column_remapping: Any = []
        if self.info.axis == 0:
            row_remapping, rows_there = self._remapping(offset, count, self.info.old_vocab_size)
        else:
            row_remapping = number_range(offset, offset + count, dtype=int64)
            # The size of the old vocabulary counts for rows alone, as in TensorFlow.
            column_remapping, columns_there = self._remapping(0, self.columns, -1)
        missing = self.initializer([count * self.columns - rows_there * columns_there, 1])
        loaded: Tensor = build(
            "LoadAndRemapMatrix",
            ckpt_path=self.prefix,
            old_tensor_name=self.tensor_name,
            row_remapping=row_remapping,
            col_remapping=column_remapping,
            initializing_values=missing,
            num_rows=count,
            num_cols=self.columns,
            max_rows_in_memory=-1,
        )
        return loaded

    def _remapping(self, offset: int, count: int, old_size: int) -> Any:
        return build(
            "GenerateVocabRemapping",
            new_vocab_file=self.info.new_vocab,
            old_vocab_file=self.info.old_vocab,
            new_vocab_offset=offset,
            num_new_vocab=count,
            old_vocab_size=old_size,
        )
