"""Values that are several arrays: sparse and ragged tensors.

Source: tensorflow/python/framework/sparse_tensor.py, tensorflow/python/ops/ragged/ragged_tensor_value.py.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError, clip

__all__ = ["RaggedTensorValue", "SparseTensorValue", "as_array", "check_unmasked"]

Array = NDArray[Any]


class SparseTensorValue(NamedTuple):
    """The elements of a tensor that are not zero.

    Attributes:
        indices: int64 [n, rank], in row-major order.
        values: [n].
        dense_shape: int64 [rank].
    """

    indices: Array
    values: Array
    dense_shape: Array

    @classmethod
    def from_dense(cls, array: Any) -> SparseTensorValue:
        """The non-zero (for strings: non-empty) elements of an array."""
        dense = np.asarray(array)
        empty = b"" if dense.dtype == object else 0
        indices = np.argwhere(dense != empty)
        shape = np.array(dense.shape, np.int64)
        return cls(indices.astype(np.int64), dense[tuple(indices.T)], shape)

    def to_dense(self, default: Any = None) -> Array:
        """The whole array; elements that are not listed are `default` (zero, or the empty string)."""
        if default is None:
            default = b"" if self.values.dtype == object else 0
        dense = np.full(tuple(self.dense_shape), default, self.values.dtype)
        dense[tuple(np.asarray(self.indices).T)] = self.values
        return dense


class RaggedTensorValue:
    """Rows of different lengths.

    Attributes:
        values: the rows one after the other: an array, or a RaggedTensorValue for deeper nesting.
        row_splits: int64 [n + 1]: row i is `values[row_splits[i]:row_splits[i + 1]]`.
    """

    #: Functions of tensors call their versions for ragged ones; see `api.dispatch`.
    dispatch_kind = "ragged"

    def __init__(self, values: Any, row_splits: Any) -> None:
        splits = np.asarray(row_splits)
        if splits.size and splits.dtype.kind not in "iu":
            raise TypeError(f"row_splits must be integers, not {splits.dtype}")
        if splits.dtype not in (np.int32, np.int64):
            splits = splits.astype(np.int64)
        if splits.ndim != 1 or not splits.size:
            raise InvalidArgumentError(
                f"row_splits must be a vector of at least one number, not of shape {splits.shape}"
            )
        self.values = values if isinstance(values, RaggedTensorValue) else np.asarray(values)
        self.row_splits: Array = splits

    @classmethod
    def from_rows(cls, rows: Iterable[Any], dtype: Any = None) -> RaggedTensorValue:
        """The ragged value of nested lists; all but the innermost level are ragged."""
        rows = [list(row) if not isinstance(row, np.ndarray) else row for row in rows]
        splits = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
        flat = [item for row in rows for item in row]
        if flat and all(isinstance(item, (list, tuple)) for item in flat):
            return cls(cls.from_rows(flat, dtype), splits)
        return cls(as_array(flat, None if dtype is None else as_dtype(dtype)), splits)

    @classmethod
    def from_nested_row_splits(cls, flat_values: Any, nested: Sequence[Any]) -> RaggedTensorValue:
        """The ragged value with these splits, outermost first."""
        value = flat_values
        for splits in reversed(nested):
            value = cls(value, splits)
        if not isinstance(value, RaggedTensorValue):
            raise InvalidArgumentError("a ragged value must have at least one vector of row splits")
        return value

    @property
    def flat_values(self) -> Array:
        """The innermost values."""
        values = self.values
        while isinstance(values, RaggedTensorValue):
            values = values.values
        return values

    @property
    def nested_row_splits(self) -> list[Array]:
        """The splits of every level, outermost first."""
        deeper = self.values.nested_row_splits if isinstance(self.values, RaggedTensorValue) else []
        return [self.row_splits, *deeper]

    @property
    def ragged_rank(self) -> int:
        """The number of ragged levels."""
        return len(self.nested_row_splits)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values."""
        dtype: np.dtype[Any] = self.flat_values.dtype
        return dtype

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, None where rows differ."""
        inner = self.values.shape
        return (len(self.row_splits) - 1, None, *inner[1:])

    def to_list(self) -> list[Any]:
        """Nested lists."""
        inner = (
            self.values.to_list()
            if isinstance(self.values, RaggedTensorValue)
            else self.values.tolist()
        )
        return [inner[a:b] for a, b in itertools.pairwise(self.row_splits.tolist())]

    def __repr__(self) -> str:
        return f"RaggedTensorValue({self.to_list()!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RaggedTensorValue):
            return NotImplemented
        return self.to_list() == other.to_list()

    __hash__ = None  # type: ignore[assignment]


def check_unmasked(value: Any, name: str) -> None:
    """Refuse an array that is masked in places: what lies below the mask is no value, and would be taken for one.

    Raises:
        InvalidArgumentError: it is.
    """
    # Where nothing has imported it, nothing is masked.
    masked = sys.modules.get("numpy.ma")
    if masked is not None and masked.is_masked(value):
        raise InvalidArgumentError(f"{name} must have a value everywhere, but is masked in places")


def as_array(value: Any, dtype: DType | None = None, name: str = "value") -> Array:
    """An array of exactly `dtype` from what a NumPy user passes.

    Python numbers and lists take the wanted type if nothing is lost; text becomes UTF-8 bytes; arrays may change their
    type only where the values can (float64 → float32, int64 → int32 within its range, integers → floating).  Objects that are
    all Python's or NumPy's numbers, as pandas has them, count as numbers.

    Raises:
        InvalidArgumentError: the values do not fit.
    """
    if dtype is None:
        array = np.asarray(value)
        if array.dtype.kind in "SUO":
            return _strings(value, name)
        return array
    if dtype.name == "string":
        return _strings(value, name)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidArgumentError(f"{name} must be a rectangular array: {error}") from None
    if array.dtype == dtype.numpy:
        return array
    if not array.size and array.dtype.kind != "O":
        return np.empty(array.shape, dtype.numpy)
    if array.dtype.kind == "O":
        array = _numbers(array, dtype, name)
        if array.dtype == dtype.numpy:
            return array
    if array.dtype.kind == "V" and array.dtype == as_dtype("bfloat16").numpy:
        from minihub_runtime.dtypes import to_float

        array = to_float(array)
    if array.dtype.kind in "MmOSTUV":
        raise InvalidArgumentError(f"{name} must be of type {dtype.name}, not {_kind(array)}")
    if dtype.numpy.names is not None:
        return _carried(array, dtype, name)
    # Whether integers with and without signs fit each other, their values tell.
    ranks = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
    if ranks.get(array.dtype.kind, -1) > ranks.get(dtype.numpy.kind, -1):
        raise InvalidArgumentError(
            f"{name} must be of type {dtype.name}; {array.dtype} values would lose digits"
        )
    if "b" in (dtype.numpy.kind, array.dtype.kind):
        raise InvalidArgumentError(f"{name} must be of type {dtype.name}, not {array.dtype}")
    if dtype.is_integer:
        low, high = int(array.min()), int(array.max())
        if low < dtype.min or high > dtype.max:
            raise InvalidArgumentError(
                f"{name} must fit {dtype.name}, [{dtype.min}, {dtype.max}], not [{low}, {high}]"
            )
    with np.errstate(over="ignore"):
        return array.astype(dtype.numpy)


_NUMBERS = (bool, int, float, complex, np.number, np.bool_)


def _numbers(array: Array, dtype: DType, name: str) -> Array:
    """An array of numbers of one that holds numbers as objects; any other one as it is."""
    items = array.reshape(-1).tolist()
    if not all(isinstance(item, _NUMBERS) for item in items):
        return array
    found = np.array(items)
    if found.dtype.kind == "O":
        # Integers beyond 64 bits.
        if dtype.is_integer:
            raise InvalidArgumentError(
                f"{name} must fit {dtype.name}, [{dtype.min}, {dtype.max}], not [{clip(str(min(items)))}, {clip(str(max(items)))}]"
            )
        try:
            found = np.array([float(item) for item in items])
        except OverflowError:
            raise InvalidArgumentError(
                f"{name} must fit {dtype.name}, but has integers beyond it"
            ) from None
    return found.reshape(array.shape)


def _kind(array: Array) -> str:
    """What an array holds that are no numbers, for a message."""
    if array.dtype.kind != "O":
        return {"U": "text", "T": "text", "S": "bytes"}.get(array.dtype.kind, str(array.dtype))
    wrong = next(item for item in array.flat if not isinstance(item, _NUMBERS))
    return f"objects, among them {'None' if wrong is None else type(wrong).__name__}"


def _carried(array: Array, dtype: DType, name: str) -> Array:
    """An array of bfloat16 or of a quantised type."""
    from minihub_runtime.dtypes import float_to_bfloat16, from_bits

    if dtype.name == "bfloat16" and array.dtype.kind in "iuf":
        return float_to_bfloat16(array.astype(np.float32))
    if dtype.is_quantized and array.dtype == dtype.numpy[0]:
        return from_bits(array, dtype)
    raise InvalidArgumentError(f"{name} must be of type {dtype.name}, not {array.dtype}")


def _strings(value: Any, name: str) -> Array:
    """An object array of bytes."""
    if isinstance(value, (str, bytes)):
        single = np.empty((), dtype=object)
        single[()] = _bytes(value, name)
        return single
    raw = value if isinstance(value, np.ndarray) else np.asarray(value, dtype=object)
    items = raw.reshape(-1).tolist()
    if raw.dtype == object and {*map(type, items)} == {bytes}:
        return np.array(raw, order="C")
    result = np.empty(raw.size, dtype=object)
    result[:] = [_bytes(item, name) for item in items]
    return result.reshape(raw.shape)


def _bytes(item: Any, name: str) -> bytes:
    if isinstance(item, bytes):
        # NumPy has bytes of its own, which are no more than that.
        return item if type(item) is bytes else bytes(item)
    if isinstance(item, str):
        try:
            return item.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            # Half of a pair, as where text was cut, in JSON say.
            raise InvalidArgumentError(
                f"{name} must hold text that UTF-8 can spell, but has half a character: {clip(ascii(item))}"
            ) from None
    raise InvalidArgumentError(f"{name} must hold text or bytes, not {type(item).__name__}")
