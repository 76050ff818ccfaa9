"""Tables that give keys they do not hold a number by their hash.

Source: tensorflow/python/ops/lookup_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import Operation, Tensor, name_scope
from minihub_runtime.api.grouping import no_op
from minihub_runtime.api.lookup.initializers import TableInitializerBase
from minihub_runtime.api.lookup.tables import LookupInterface, StaticHashTable, like
from minihub_runtime.dtypes import DType, int64, string
from minihub_runtime.public import public

__all__ = [
    "FastHashSpec",
    "HasherSpec",
    "IdTableWithHashBuckets",
    "StaticVocabularyTable",
    "StrongHashSpec",
]


@public("contrib.lookup.HasherSpec")
class HasherSpec(NamedTuple):
    """Which hash function.

    Attributes:
        hasher: `fasthash`, `legacy` or `stronghash`.
        key: two integers for `stronghash`, else None.
    """

    hasher: str
    key: Any


FastHashSpec = public("contrib.lookup.FastHashSpec")(HasherSpec("fasthash", None))


@public("contrib.lookup.StrongHashSpec")
def StrongHashSpec(key: Sequence[int]) -> HasherSpec:
    """A hash function that needs a key, so that nobody else can make keys collide.

    Args:
        key: two integers.

    Raises:
        ValueError: there are not two.
        TypeError: they are no integers.
    """
    if len(key) != 2:
        raise ValueError(f"`key` must have size 2, received {len(key)}")
    if not all(isinstance(part, (int, np.integer)) for part in key):
        raise TypeError(f"Invalid key {key}. Must be unsigned integer values.")
    return HasherSpec("stronghash", key)


class _BucketTable(LookupInterface):
    """A table, or none, and buckets for what it does not hold."""

    def __init__(
        self,
        table: Any,
        num_oov_buckets: int,
        hasher_spec: HasherSpec,
        name: str | None,
        key_dtype: DType,
    ) -> None:
        self._table = table
        self._num_oov_buckets = num_oov_buckets
        self._hasher_spec = hasher_spec
        self._table_name = name.split("/")[-1] if name else None
        super().__init__(key_dtype, int64)

    @property
    def resource_handle(self) -> Any:
        """The handle of the table, None if there is none."""
        return None if self._table is None else self._table.resource_handle

    @property
    def name(self) -> str | None:
        """The name of the table."""
        return self._table_name

    @property
    def initializer(self) -> Operation:
        """The operation that fills the table; one that does nothing if there is none."""
        if self._table is not None:
            found: Operation = self._table.initializer
            return found
        with name_scope(None, "init"):
            return no_op()

    @property
    def init(self) -> Operation:
        """The older name of `initializer`."""
        return self.initializer

    def size(self, name: str | None = None) -> Tensor:
        """The number of entries and buckets, int64."""
        with name_scope(name, f"{self.name}_Size"):
            size = self._table.size() if self._table else convert_to_tensor(0, int64)
            total: Tensor = size + self._num_oov_buckets
            return total

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The numbers of keys: their own, or that of a bucket after these.

        Args:
            keys: a tensor, or a sparse or ragged one.
            name: a name of the operations.

        Returns:
            int64, a tensor of the same kind and shape.

        Raises:
            TypeError: the keys are of another type than those of the table.
        """
        values = self._values_of(keys)
        if self._table and self._table.key_dtype.base_dtype == int64:
            values = cast(values, int64)
        if not self._num_oov_buckets:
            return like(keys, self._table.lookup(values, name=name))
        with name_scope(name, f"{self.name}_Lookup"):
            ids = self._bucket(values)
            if self._table:
                known = self._table.lookup(values)
                buckets = build("AddV2", name="Add", x=ids, y=self._table.size())
                found = build("NotEqual", x=known, y=self._table.default_value)
                ids = where_v2(found, known, buckets)
        return like(keys, ids)

    def _bucket(self, values: Tensor) -> Tensor:
        texts = values if values.dtype.base_dtype == string else build("AsString", input=values)
        op, attrs = _hashing(self._hasher_spec)
        inputs = {"string_tensor" if op == "StringToHashBucket" else "input": texts}
        bucket: Tensor = build(
            op, name="hash_bucket", num_buckets=self._num_oov_buckets, **inputs, **attrs
        )
        return bucket


def _hashing(spec: HasherSpec) -> tuple[str, dict[str, Any]]:
    """The op of a hash function, and its own attributes."""
    if spec.hasher == "fasthash":
        return "StringToHashBucketFast", {}
    if spec.hasher == "legacy":
        return "StringToHashBucket", {}
    if spec.hasher == "stronghash":
        return "StringToHashBucketStrong", {"key": list(spec.key)}
    raise ValueError(f"Found unknown hasher {spec.hasher} in `hasher_spec`")


def _check_types(source: Any, key_dtype: DType) -> None:
    """Raise unless keys of a type can be looked up in a table, or in what an initializer fills."""
    if source.key_dtype not in (int64, string):
        raise TypeError(
            f"Invalid `key_dtype`, expected one of {(int64, string)}, received {key_dtype}."
        )
    if source.key_dtype.is_integer != key_dtype.is_integer:
        kind = "integer" if key_dtype.is_integer else "non-integer"
        raise TypeError(f"Invalid `key dtype`, expected {kind} but got {source.key_dtype}.")
    if source.value_dtype != int64:
        raise TypeError(f"Invalid `value_dtype`: expected int64 but got {source.value_dtype}.")


def _check_key_type(key_dtype: DType) -> None:
    if not key_dtype.is_integer and key_dtype != string:
        raise TypeError(f"Invalid `key_dtype`, expected integer or string, got {key_dtype}.")


@public("contrib.lookup.IdTableWithHashBuckets")
class IdTableWithHashBuckets(_BucketTable):
    """A table of numbers, and buckets for the keys it does not hold.

    Args:
        table: from integers or text to int64, or None for buckets only.
        num_oov_buckets: the number of buckets.
        hasher_spec: which hash function.
        name: a name of the operations.
        key_dtype: the type of the keys, by default that of the table's.

    Raises:
        TypeError: a type does not fit.
        ValueError: there is neither a table nor a bucket.
    """

    def __init__(
        self,
        table: Any,
        num_oov_buckets: int,
        hasher_spec: HasherSpec = FastHashSpec,
        name: str | None = None,
        key_dtype: Any = None,
    ) -> None:
        name = name.rstrip("/") if name else None
        if table:
            key_dtype = table.key_dtype if key_dtype is None else key_dtype
            _check_types(table, key_dtype)
            name = name or table.name
        else:
            if num_oov_buckets <= 0:
                raise ValueError("`oov_buckets` must be > 0 if no `table` is supplied.")
            key_dtype = string if key_dtype is None else key_dtype
            name = name or "hash_bucket"
        _check_key_type(key_dtype)
        if not isinstance(hasher_spec, HasherSpec):
            raise TypeError(f"`hasher_spec` must be of type HasherSpec, got {type(hasher_spec)}.")
        super().__init__(table or None, num_oov_buckets, hasher_spec, name, key_dtype)


@public("lookup.StaticVocabularyTable")
class StaticVocabularyTable(_BucketTable):
    """A table of numbers that is filled once, and buckets for the keys it does not hold.

    Args:
        initializer: what fills the table, from integers or text to int64; None for buckets only.
        num_oov_buckets: the number of buckets.
        lookup_key_dtype: the type of the keys, by default that of the initializer's.
        name: a name of the operations.
        experimental_is_anonymous: not supported.

    Raises:
        TypeError: a type does not fit.
        ValueError: there is no bucket.
        NotImplementedError: the table shall be anonymous.
    """

    def __init__(
        self,
        initializer: TableInitializerBase | None,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        if num_oov_buckets <= 0:
            raise ValueError("`num_oov_buckets` must be > 0; use StaticHashTable.")
        name = name.rstrip("/") if name else None
        table = None
        if initializer:
            if lookup_key_dtype is None:
                lookup_key_dtype = initializer.key_dtype
            _check_types(initializer, lookup_key_dtype)
            table = StaticHashTable(initializer, -1, None, experimental_is_anonymous)
            name = name or table.name
        else:
            lookup_key_dtype = string
            name = name or "hash_bucket"
        _check_key_type(lookup_key_dtype)
        super().__init__(table, num_oov_buckets, FastHashSpec, name, lookup_key_dtype)
