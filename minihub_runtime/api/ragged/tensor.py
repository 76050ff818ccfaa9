"""RaggedTensor: values divided into rows, possibly several times over.

Source: tensorflow/python/ops/ragged/ragged_tensor.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.ranks import assert_rank_at_least
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.defaults import default_session
from minihub_runtime.api.elements import Operation
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.ragged.operators import RaggedOperators
from minihub_runtime.api.ragged.row_partition import RowPartition
from minihub_runtime.api.ragged.rows import RaggedRows
from minihub_runtime.api.repeating import get_positive_axis
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import as_shape
from minihub_runtime.api.type_spec import CompositeTensor, RaggedTensorSpec
from minihub_runtime.dtypes import DType, as_dtype, int32, int64
from minihub_runtime.public import public
from minihub_runtime.values import RaggedTensorValue

__all__ = [
    "RaggedTensor",
    "convert_to_tensor_or_ragged_tensor",
    "is_ragged",
    "match_row_splits_dtypes",
    "nrows",
]


@public("RaggedTensor")
class RaggedTensor(RaggedRows, RaggedOperators, CompositeTensor):
    """Values divided into rows of different lengths; made by the `from_…` methods.

    Of each method `from_…`, `validate` says whether a run checks the arguments: rows must begin at 0, follow one another and
    end where the values do.  They raise ValueError where it is known beforehand that they do not, and TypeError where
    `validate` is not a bool.

    Attributes:
        values: the rows one after the other: a Tensor, or a RaggedTensor for deeper nesting.
        row_partition: how they are divided.
    """

    dispatch_kind = "ragged"

    def __init__(self, values: Any, row_partition: RowPartition) -> None:
        if not isinstance(values, (Tensor, RaggedTensor)):
            raise TypeError(f"type(values) must be one of: Tensor, RaggedTensor, got {values}.")
        values.shape.with_rank_at_least(1)
        self.values: Any = values
        self.row_partition = row_partition

    # Making ragged tensors

    @classmethod
    def _from_row_partition(
        cls, values: Any, row_partition: RowPartition, validate: bool = True
    ) -> RaggedTensor:
        values = _values(values)
        if isinstance(values, RaggedTensor) and values.row_partition.dtype != row_partition.dtype:
            raise ValueError(
                "Argument `row_partition` of RaggedTensor with name: partition must have same dtype "
                f"as Argument `values`. ({row_partition.dtype} vs. {values.row_partition.dtype})."
            )
        ids = row_partition.precomputed_value_rowids
        if ids is not None:
            values.shape[:1].assert_is_compatible_with(ids.shape)
        if validate:
            msg = "Arguments to _from_row_partition do not form a valid RaggedTensor"
            count = nrows(values, row_partition.dtype)
            wanted = cast(row_partition.nvals(), row_partition.dtype)
            checks = [assert_equal(wanted, count, message=msg)]
            if not isinstance(values, RaggedTensor):
                checks.append(assert_rank_at_least(values, 1))
            row_partition = row_partition.with_dependencies(checks)
        return cls(values, row_partition)

    @classmethod
    def _from_nested_row_partitions(
        cls, flat_values: Any, nested_row_partitions: Sequence[RowPartition]
    ) -> Any:
        given = [flat_values, *nested_row_partitions]
        with name_scope(None, "RaggedFromNestedRowPartitions", given):
            result = flat_values
            for partition in reversed(nested_row_partitions):
                result = cls._from_row_partition(result, partition, validate=False)
            return result

    @classmethod
    def from_value_rowids(
        cls,
        values: Any,
        value_rowids: Any,
        nrows: Any = None,
        name: str | None = None,
        validate: bool = True,
    ) -> RaggedTensor:
        """Rows given by the row number of each value, sorted; `nrows` counts empty rows at the end."""
        _check_flag(validate)
        with name_scope(name, "RaggedFromValueRowIds", [values, value_rowids, nrows]):
            partition = RowPartition.from_value_rowids(
                value_rowids, nrows, validate, _partition_type(values)
            )
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by the places between them: `row_splits[i]` to `row_splits[i + 1]` is row i."""
        _check_flag(validate)
        with name_scope(name, "RaggedFromRowSplits", [values, row_splits]):
            partition = RowPartition.from_row_splits(row_splits, validate, _partition_type(values))
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by their lengths."""
        _check_flag(validate)
        with name_scope(name, "RaggedFromRowLengths", [values, row_lengths]):
            partition = RowPartition.from_row_lengths(
                row_lengths, validate, _partition_type(values)
            )
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by where they begin."""
        _check_flag(validate)
        with name_scope(name, "RaggedFromRowStarts", [values, row_starts]):
            values = _values(values)
            partition = RowPartition.from_row_starts(
                row_starts, nrows(values), validate, _partition_type(values)
            )
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Rows given by where they end."""
        _check_flag(validate)
        with name_scope(name, "RaggedFromRowLimits", [values, row_limits]):
            values = _values(values)
            partition = RowPartition.from_row_limits(row_limits, validate, _partition_type(values))
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_uniform_row_length(
        cls,
        values: Any,
        uniform_row_length: Any,
        nrows: Any = None,
        validate: bool = True,
        name: str | None = None,
    ) -> RaggedTensor:
        """Rows of one length; `nrows`, their number, is needed if the length is 0."""
        _check_flag(validate)
        with name_scope(name, "RaggedFromUniformRowLength", [values, uniform_row_length, nrows]):
            values = _values(values)
            hint = _partition_type(values)
            length = _uniform_length(uniform_row_length, hint)
            nvals = _value_count(values, length.dtype)
            partition = RowPartition.from_uniform_row_length(length, nvals, nrows, validate, hint)
            return cls._from_row_partition(values, partition, validate)

    @classmethod
    def from_nested_value_rowids(
        cls,
        flat_values: Any,
        nested_value_rowids: Any,
        nested_nrows: Any = None,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Nested rows given by row numbers, outermost first."""
        _check_flag(validate)
        _check_list(nested_value_rowids, "nested_value_rowids")
        if nested_nrows is None:
            nested_nrows = [None] * len(nested_value_rowids)
        _check_list(nested_nrows, "nested_nrows")
        if len(nested_nrows) != len(nested_value_rowids):
            raise ValueError(
                "Argument `nested_nrows` must have the same length as argument "
                f"`nested_value_rowids`. len(nested_nrows) = {len(nested_nrows)} vs. "
                f"len(nested_values_rowids) = {len(nested_value_rowids)}."
            )
        given = [flat_values, *nested_value_rowids, *nested_nrows]
        with name_scope(name, "RaggedFromNestedValueRowIds", given):
            result = flat_values
            for ids, count in reversed(list(zip(nested_value_rowids, nested_nrows))):
                result = cls.from_value_rowids(result, ids, count, validate=validate)
            return result

    @classmethod
    def from_nested_row_splits(
        cls,
        flat_values: Any,
        nested_row_splits: Any,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Nested rows given by splits, outermost first; the values themselves if there are none."""
        return cls._nested(
            "Splits", cls.from_row_splits, flat_values, nested_row_splits, name, validate
        )

    @classmethod
    def from_nested_row_lengths(
        cls,
        flat_values: Any,
        nested_row_lengths: Any,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Nested rows given by lengths, outermost first; the values themselves if there are none."""
        return cls._nested(
            "lengths", cls.from_row_lengths, flat_values, nested_row_lengths, name, validate
        )

    @classmethod
    def _nested(
        cls,
        what: str,
        make: Callable[..., RaggedTensor],
        flat_values: Any,
        nested: Any,
        name: str | None,
        validate: bool,
    ) -> Any:
        _check_flag(validate)
        _check_list(nested, f"nested_row_{what.lower()}")
        with name_scope(name, f"RaggedFromNestedRow{what}", [flat_values, *nested]):
            result = flat_values
            for part in reversed(nested):
                result = make(result, part, validate=validate)
            return result

    @classmethod
    def from_tensor(
        cls,
        tensor: Any,
        lengths: Any = None,
        padding: Any = None,
        ragged_rank: int = 1,
        name: str | None = None,
        row_splits_dtype: Any = int64,
    ) -> RaggedTensor:
        """The rows of a dense tensor, without what pads them.

        Args:
            tensor: rank > `ragged_rank`.
            lengths: the length of each row, or a list of such for nested rows.
            padding: the value at the ends of rows that is left out; not together with `lengths`.
            ragged_rank: the number of ragged levels.
            name: a name of the operations.
            row_splits_dtype: int32 or int64.

        Raises:
            ValueError: both `lengths` and `padding` are given, or the rank does not fit.
            TypeError: `ragged_rank` is no integer.
        """
        from minihub_runtime.api.ragged.conversion import from_tensor

        return from_tensor(tensor, lengths, padding, ragged_rank, name, row_splits_dtype)

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = int64
    ) -> RaggedTensor:
        """The rows of a sparse tensor of rank 2, whose elements stand at the beginnings of rows.

        Raises:
            TypeError: it is none.
            ValueError: its rank is not known to be 2.
        """
        from minihub_runtime.api.ragged.conversion import from_sparse

        return from_sparse(st_input, name, row_splits_dtype)

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensor:
        """The ragged tensor of a RaggedTensor, a RaggedTensorValue or nested lists."""
        if isinstance(value, RaggedTensor):
            return value
        if not isinstance(value, RaggedTensorValue):
            value = RaggedTensorValue.from_rows(value)
        made: RaggedTensor = cls.from_nested_row_splits(
            value.flat_values, value.nested_row_splits, validate=False
        )
        return made

    # Ragged tensors like this one

    def with_values(self, new_values: Any) -> RaggedTensor:
        """The same rows of other values.

        Raises:
            ValueError: their number is known to differ, or their splits are of another type.
        """
        new_values = _values(new_values)
        new_values.shape.with_rank_at_least(1)
        self.values.shape[:1].assert_is_compatible_with(new_values.shape[:1])
        if (
            isinstance(new_values, RaggedTensor)
            and self.row_partition.dtype != new_values.row_splits.dtype
        ):
            raise ValueError(
                "self and new_values have mismatched row_splits dtypes; use "
                "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
            )
        return RaggedTensor(new_values, self.row_partition)

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """The same nested rows of other flat values.

        Raises:
            ValueError: their number is known to differ, or their splits are of another type.
        """
        if isinstance(self.values, RaggedTensor):
            return self.with_values(self.values.with_flat_values(new_values))
        return self.with_values(_values(new_values))

    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """The same tensor with splits of another type.

        Raises:
            ValueError: the type is not int32 or int64.
        """
        dtype = as_dtype(dtype)
        if dtype not in (int32, int64):
            raise ValueError(
                f"Argument `row_splits` dtype must be int32 or int64. Received {dtype}."
            )
        if self.row_partition.dtype == dtype:
            return self
        values = self.values
        if isinstance(values, RaggedTensor):
            values = values.with_row_splits_dtype(dtype)
        return RaggedTensor(values, self.row_partition.with_dtype(dtype))

    def merge_dims(self, outer_axis: int, inner_axis: int) -> Any:
        """The tensor with the dimensions from `outer_axis` to `inner_axis` as one.

        Raises:
            ValueError: there are no such axes.
        """
        from minihub_runtime.api.ragged.merging import merge_dims

        outer_axis, inner_axis = (
            get_positive_axis(axis, self.shape.ndims, name, "rank(self)")
            for axis, name in ((outer_axis, "outer_axis"), (inner_axis, "inner_axis"))
        )
        if outer_axis > inner_axis:
            raise ValueError(
                f"Expected outer_axis ({outer_axis}) to be less than or equal to inner_axis "
                f"({inner_axis})."
            )
        return merge_dims(self, outer_axis, inner_axis)

    def to_tensor(
        self, default_value: Any = None, name: str | None = None, shape: Any = None
    ) -> Tensor:
        """The dense tensor of all rows, filled up at their ends.

        Args:
            default_value: what fills; 0, false or the empty string by default.
            name: a name of the operations.
            shape: the shape of the result; rows are cut or filled to it.  By default they all fit.
        """
        from minihub_runtime.api.ragged.conversion import to_tensor

        return to_tensor(self, default_value, name, shape)

    def to_sparse(self, name: str | None = None) -> Any:
        """The sparse tensor of the same elements."""
        from minihub_runtime.api.ragged.conversion import to_sparse

        return to_sparse(self, name)

    def _set_shape(self, shape: Any) -> None:
        """Add what the caller knows of the shape.

        Raises:
            ValueError: it contradicts what is known.
        """
        sizes = as_shape(shape).as_tuple()
        if sizes is None:
            return
        if sizes[0] is not None:
            self.row_partition.row_splits.set_shape([sizes[0] + 1])
        for axis, partition in enumerate(self.nested_row_partitions, 1):
            size = sizes[axis]
            if size is None:
                continue
            known = partition.static_uniform_row_length
            if known is None:
                partition.set_uniform_row_length(size)
            elif known != size:
                raise ValueError(f"Inconsistent size for axis {axis}: {known} vs. {size}.")
        self.flat_values.set_shape([None, *sizes[self.ragged_rank + 1 :]])

    # In graphs and sessions

    @property
    def _type_spec(self) -> RaggedTensorSpec:
        return RaggedTensorSpec.from_value(self)

    @property
    def components(self) -> tuple[Tensor, ...]:
        """The tensors it consists of: values, then splits outermost first."""
        return (self.flat_values, *self.nested_row_splits)

    def _as_graph_element(self) -> Any:
        return self.flat_values

    def consumers(self) -> list[Operation]:
        """The operations that read its parts."""
        found = {op.name: op for part in self.components for op in part.consumers()}
        return list(found.values())

    def to_value(self, parts: Any) -> RaggedTensorValue:
        """The value whose parts are the values of the components."""
        return RaggedTensorValue.from_nested_row_splits(parts[0], parts[1:])

    def to_parts(self, value: Any) -> list[Any]:
        """The values to feed for the components."""
        if not isinstance(value, RaggedTensorValue):
            value = RaggedTensorValue.from_rows(value)
        return [value.flat_values, *value.nested_row_splits]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in `session` or the default session."""
        return default_session(session, self.graph).run(self, feed_dict)

    def numpy(self) -> NoReturn:
        """There is no value while a graph is built: raises ValueError."""
        raise ValueError("RaggedTensor.numpy() is only supported in eager mode.")

    def to_list(self) -> NoReturn:
        """There is no value while a graph is built: raises ValueError."""
        raise ValueError("to_list can only be used in eager mode.")

    def __repr__(self) -> str:
        return f"tf.RaggedTensor(values={self.values}, row_splits={self.row_splits})"


def is_ragged(value: Any) -> bool:
    """Whether a value is a RaggedTensor or a RaggedTensorValue."""
    return isinstance(value, (RaggedTensor, RaggedTensorValue))


def nrows(tensor: Any, out_type: Any = int32) -> Tensor:
    """The number of rows of a ragged or a dense tensor."""
    if isinstance(tensor, RaggedTensor):
        return tensor.nrows(out_type)
    count: Tensor = shape(tensor, out_type=out_type)[0]
    return count


def convert_to_tensor_or_ragged_tensor(
    value: Any, dtype: Any = None, preferred_dtype: Any = None, name: str | None = None
) -> Any:
    """A ragged tensor as it is, the value of one as one, anything else as a tensor.

    Raises:
        ValueError: it has another type than `dtype`.
    """
    if isinstance(value, RaggedTensor):
        if dtype is not None and not as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {as_dtype(dtype).name} for RaggedTensor with "
                f"dtype {value.dtype.name}: {value}."
            )
        return value
    if isinstance(value, RaggedTensorValue):
        with name_scope(name, "ConvertToTensorOrRaggedTensor", []):
            flat = convert_to_tensor(value.flat_values, dtype, "flat_values", preferred_dtype)
            return RaggedTensor.from_nested_row_splits(
                flat, value.nested_row_splits, validate=False
            )
    return convert_to_tensor(value, dtype, name, preferred_dtype)


def match_row_splits_dtypes(*tensors: Any) -> DType:
    """The type of the splits of all ragged tensors among the arguments, int64 if there are none.

    Raises:
        ValueError: some have int32 and some int64.
    """
    found = {tensor.row_splits.dtype for tensor in tensors if isinstance(tensor, RaggedTensor)}
    if len(found) > 1:
        raise ValueError(
            "Input RaggedTensors have mismatched row_splits dtypes; use "
            "RaggedTensor.with_row_splits_dtype() to convert them to compatible dtypes."
        )
    return found.pop() if found else int64


def _values(values: Any) -> Any:
    if isinstance(values, (Tensor, RaggedTensor)):
        return values
    return convert_to_tensor_or_ragged_tensor(values, name="values")


def _partition_type(values: Any) -> DType | None:
    return values.row_partition.dtype if isinstance(values, RaggedTensor) else None


def _uniform_length(length: Any, hint: DType | None) -> Tensor:
    from minihub_runtime.api.ragged.row_partition import partition_tensor

    return partition_tensor(length, "UniformRowLength", hint)


def _value_count(values: Any, dtype: DType) -> Tensor:
    known = values.shape[0].value
    return nrows(values, dtype) if known is None else constant(known, dtype)


def _check_flag(validate: Any) -> None:
    if not isinstance(validate, bool):
        raise TypeError(f"Argument `validate` must have type bool. Received {validate}.")


def _check_list(nested: Sequence[Any] | Tensor, name: str) -> None:
    if isinstance(nested, Tensor):
        raise TypeError(f"Argument `{name}` must be a list of Tensors. Received {nested}.")
