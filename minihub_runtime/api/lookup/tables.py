"""Tables that are filled once.

Source: tensorflow/python/ops/lookup_ops.py.
"""

from __future__ import annotations

import abc
import uuid
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor, name_scope
from minihub_runtime.api.lookup.initializers import TableInitializerBase
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.trackable import Trackable
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.public import public

__all__ = [
    "HashTable",
    "InitializableLookupTableBase",
    "LookupInterface",
    "StaticHashTable",
    "like",
]


@public("contrib.lookup.LookupInterface")
class LookupInterface(Trackable, abc.ABC):
    """A table from keys to values.

    Attributes:
        key_dtype: the type of the keys.
        value_dtype: the type of the values.
    """

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self.key_dtype: DType = as_dtype(key_dtype)
        self.value_dtype: DType = as_dtype(value_dtype)

    @property
    @abc.abstractmethod
    def name(self) -> Any:
        """The name of the table."""

    @property
    @abc.abstractmethod
    def resource_handle(self) -> Any:
        """The handle of the table, None if there is none."""

    @abc.abstractmethod
    def size(self, name: str | None = None) -> Tensor:
        """The number of entries, int64."""

    @abc.abstractmethod
    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys."""

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def _values_of(self, keys: Any) -> Any:
        """The keys as one tensor.

        Raises:
            TypeError: they are of another type than those of the table.
        """
        if keys.dtype.base_dtype != self.key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self.key_dtype}, received: {keys.dtype}"
            )
        return keys.values if isinstance(keys, (SparseTensor, RaggedTensor)) else keys


def like(keys: Any, values: Any) -> Any:
    """`values` in the structure of `keys`."""
    if isinstance(keys, SparseTensor):
        return SparseTensor(keys.indices, values, keys.dense_shape)
    return keys.with_values(values) if isinstance(keys, RaggedTensor) else values


@public("contrib.lookup.InitializableLookupTableBase")
class InitializableLookupTableBase(LookupInterface):
    """A table that an initializer fills once.

    Attributes:
        default_value: the value of keys that are not there.
        initializer: the operation that fills it.
    """

    def __init__(self, default_value: Any, initializer: TableInitializerBase) -> None:
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self.default_value = convert_to_tensor(default_value, self.value_dtype)
        self.default_value.shape.merge_with(TensorShape([]))
        with init_scope():
            self._handle = self._create_resource()
        self.initializer: Operation = initializer.initialize(self)

    @abc.abstractmethod
    def _create_resource(self) -> Tensor:
        """The handle of the table."""

    @property
    def resource_handle(self) -> Tensor:
        """The handle of the table."""
        return self._handle

    @property
    def init(self) -> Operation:
        """The operation that fills it; the older name of `initializer`."""
        return self.initializer

    def size(self, name: str | None = None) -> Tensor:
        """The number of entries, int64."""
        with name_scope(name, f"{self.name}_Size", [self.resource_handle]):
            result: Tensor = build("LookupTableSizeV2", table_handle=self.resource_handle)
            return result

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys; the default value of those that are not there.

        Args:
            keys: a tensor, or a sparse or ragged one.
            name: a name of the operations.

        Returns:
            A tensor of the same kind and shape.

        Raises:
            TypeError: the keys are of another type than those of the table.
        """
        tensor = self._values_of(keys)
        told = (self.resource_handle, tensor, self.default_value)
        with name_scope(name, f"{self.name}_Lookup", told):
            values = build(
                "LookupTableFindV2",
                table_handle=self.resource_handle,
                keys=tensor,
                default_value=self.default_value,
            )
        values.set_shape(tensor.shape)
        return like(keys, values)


class _HashTable(InitializableLookupTableBase):
    """A table in memory, under a shared name."""

    _shared_name: str | None
    _name: str

    def _create_resource(self) -> Tensor:
        handle: Tensor = build(
            "HashTableV2",
            name=self._name,
            shared_name=self._shared_name,
            key_dtype=self.key_dtype,
            value_dtype=self.value_dtype,
        )
        self._table_name = handle.op.name.split("/")[-1]
        return handle

    @property
    def name(self) -> str:
        """The last part of the name of its operation."""
        return self._table_name

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and all values."""
        with name_scope(name, f"{self.name}_Export", [self.resource_handle]):
            keys, values = build(
                "LookupTableExportV2",
                table_handle=self.resource_handle,
                Tkeys=self.key_dtype,
                Tvalues=self.value_dtype,
            )
        values.set_shape(keys.shape.concatenate(self.default_value.shape))
        return keys, values


@public("lookup.StaticHashTable")
class StaticHashTable(_HashTable):
    """A table that is filled once, by its `initializer` or by `tf.tables_initializer()`.

    Tables of the same text file are one.

    Args:
        initializer: what fills it; it tells the types.
        default_value: the value of keys that are not there.
        name: a name of the operation.
        experimental_is_anonymous: not supported: a table without a name lives as long as its handle does.

    Raises:
        NotImplementedError: the table shall be anonymous.
    """

    def __init__(
        self,
        initializer: TableInitializerBase,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        if experimental_is_anonymous:
            raise NotImplementedError("StaticHashTable: experimental_is_anonymous is not supported")
        self._shared_name = initializer._shared_name or f"hash_table_{uuid.uuid4()}"
        self._name = name or "hash_table"
        super().__init__(default_value, initializer)


@public("contrib.lookup.HashTable")
class HashTable(_HashTable):
    """A table that is filled once, with a shared name of the caller's choice.

    Args:
        initializer: what fills it; it tells the types.
        default_value: the value of keys that are not there.
        shared_name: tables of the same shared name are one.
        name: a name of the operation.
    """

    def __init__(
        self,
        initializer: TableInitializerBase,
        default_value: Any,
        shared_name: str | None = None,
        name: str | None = None,
    ) -> None:
        self._shared_name = shared_name
        self._name = name or "hash_table"
        super().__init__(default_value, initializer)
