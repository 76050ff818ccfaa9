"""Tables that change.

Source: tensorflow/python/ops/lookup_ops.py.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contexts import colocate_with
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, Operation, Tensor, add_to_collection, name_scope
from minihub_runtime.api.lookup.tables import LookupInterface
from minihub_runtime.api.saveables import SaveableObject, SaveSpec
from minihub_runtime.public import public

__all__ = ["DenseHashTable", "MutableHashTable"]


class _TableSaveable(SaveableObject):
    """The keys and values of a table in a checkpoint."""

    def __init__(self, table: _MutableTable, name: str) -> None:
        keys, values = table.export()
        specs = [SaveSpec(keys, "", f"{name}-keys"), SaveSpec(values, "", f"{name}-values")]
        super().__init__(table, specs, name)

    def restore(self, restored_tensors: Sequence[Any], restored_shapes: Any) -> Operation:
        """The operation that gives the table these keys and values, and no others."""
        handle = self.op.resource_handle
        with name_scope(f"{self.name}_table_restore"), colocate_with(handle):
            operation: Operation = build(
                "LookupTableImportV2",
                table_handle=handle,
                keys=restored_tensors[0],
                values=restored_tensors[1],
            )
            return operation


class _MutableTable(LookupInterface):
    """A table that changes and is saved in checkpoints."""

    #: The rank of a key.
    _key_rank = 0

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Tensor, name: str, checkpoint: bool
    ) -> None:
        super().__init__(key_dtype, value_dtype)
        self._default_value = default_value
        self._name = name
        self._checkpoint = checkpoint
        self._handle = self._create_resource()
        self._table_name = self._handle.op.name.split("/")[-1]
        if checkpoint:
            add_to_collection(GraphKeys.SAVEABLE_OBJECTS, _TableSaveable(self, name))

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        return {"table": lambda name=self._name: _TableSaveable(self, name)}

    @abc.abstractmethod
    def _create_resource(self) -> Tensor:
        """The handle of the table."""

    @property
    def resource_handle(self) -> Tensor:
        """The handle of the table."""
        return self._handle

    @property
    def name(self) -> str:
        """The last part of the name of its operation."""
        return self._table_name

    def size(self, name: str | None = None) -> Tensor:
        """The number of entries, int64."""
        handle = self.resource_handle
        with name_scope(name, f"{self.name}_Size", [handle]), colocate_with(handle):
            result: Tensor = build("LookupTableSizeV2", table_handle=handle)
            return result

    def _find(self, keys: Any, default: Any, name: str | None, told: Sequence[Any]) -> Tensor:
        handle = self.resource_handle
        with name_scope(name, f"{self.name}_lookup_table_find", told):
            keys = convert_to_tensor(keys, self.key_dtype, "keys")
            with colocate_with(handle):
                values: Tensor = build(
                    "LookupTableFindV2", table_handle=handle, keys=keys, default_value=default
                )
        if keys.shape.ndims is not None:
            outer = keys.shape[: keys.shape.ndims - self._key_rank]
            values.set_shape(outer.concatenate(self._default_value.shape))
        return values

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """The operation that gives keys their values.

        Raises:
            TypeError: they are of other types than those of the table.
        """
        handle = self.resource_handle
        with name_scope(name, f"{self.name}_lookup_table_insert", [handle, keys, values]):
            keys = convert_to_tensor(keys, self.key_dtype, "keys")
            values = convert_to_tensor(values, self.value_dtype, "values")
            with colocate_with(handle):
                operation: Operation = build(
                    "LookupTableInsertV2", table_handle=handle, keys=keys, values=values
                )
        return operation

    def remove(self, keys: Any, name: str | None = None) -> Operation:
        """The operation that removes keys and their values.

        Raises:
            TypeError: the keys are of another type than those of the table.
        """
        if keys.dtype != self.key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self.key_dtype}, received: {keys.dtype}"
            )
        told = (self.resource_handle, keys, self._default_value)
        with name_scope(name, f"{self.name}_lookup_table_remove", told):
            operation: Operation = build(
                "LookupTableRemoveV2", table_handle=self.resource_handle, keys=keys
            )
        return operation

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and all values."""
        handle = self.resource_handle
        with (
            name_scope(name, f"{self.name}_lookup_table_export_values", [handle]),
            colocate_with(handle),
        ):
            keys, values = build(
                "LookupTableExportV2",
                table_handle=handle,
                Tkeys=self.key_dtype,
                Tvalues=self.value_dtype,
            )
        return keys, values


def _refuse_anonymous(kind: str, wanted: bool) -> None:
    if wanted:
        raise NotImplementedError(f"{kind}: experimental_is_anonymous is not supported")


@public("lookup.experimental.MutableHashTable", "contrib.lookup.MutableHashTable")
class MutableHashTable(_MutableTable):
    """A table that changes.

    Args:
        key_dtype: the type of the keys.
        value_dtype: the type of the values.
        default_value: the value of keys that are not there; its shape is that of all values.
        name: a name of the operation.
        checkpoint: whether it is saved in checkpoints.
        experimental_is_anonymous: not supported: a table without a name lives as long as its handle does.

    Raises:
        NotImplementedError: the table shall be anonymous.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        _refuse_anonymous("MutableHashTable", experimental_is_anonymous)
        default = convert_to_tensor(default_value, value_dtype)
        super().__init__(key_dtype, value_dtype, default, name, checkpoint)

    def _create_resource(self) -> Tensor:
        shape = self._default_value.shape
        own = {} if shape.ndims == 0 else {"value_shape": shape}
        handle: Tensor = build(
            "MutableHashTableOfTensorsV2" if own else "MutableHashTableV2",
            name=self._name,
            use_node_name_sharing=self._checkpoint,
            key_dtype=self.key_dtype,
            value_dtype=self.value_dtype,
            **own,
        )
        return handle

    def lookup(  # type: ignore[override]
        self, keys: Any, dynamic_default_values: Any = None, name: str | None = None
    ) -> Tensor:
        """The values of keys.

        Args:
            keys: a tensor.
            dynamic_default_values: the values of keys that are not there; by default the default value of the table.
            name: a name of the operations.

        Raises:
            TypeError: the keys are of another type than those of the table.
        """
        default = self._default_value if dynamic_default_values is None else dynamic_default_values
        return self._find(keys, default, name, (self.resource_handle, keys, self._default_value))


@public("lookup.experimental.DenseHashTable", "contrib.lookup.MutableDenseHashTable")
class DenseHashTable(_MutableTable):
    """A table that changes, in one block of memory.

    Args:
        key_dtype: the type of the keys.
        value_dtype: the type of the values.
        default_value: the value of keys that are not there; its shape is that of all values.
        empty_key: a key that is never used; it marks what is empty.
        deleted_key: another; it marks what was removed.
        initial_num_buckets: how many places there are at first.
        name: a name of the operation.
        checkpoint: whether it is saved in checkpoints.
        experimental_is_anonymous: not supported: a table without a name lives as long as its handle does.

    Raises:
        NotImplementedError: the table shall be anonymous.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        _refuse_anonymous("DenseHashTable", experimental_is_anonymous)
        default = convert_to_tensor(default_value, value_dtype, "default_value")
        self._empty_key = empty_key
        self._deleted_key = deleted_key
        self._initial_num_buckets = initial_num_buckets
        super().__init__(key_dtype, value_dtype, default, name, checkpoint)

    def _create_resource(self) -> Tensor:
        empty_key = convert_to_tensor(self._empty_key, self.key_dtype, "empty_key")
        self._key_rank = empty_key.shape.ndims or 0
        handle: Tensor = build(
            "MutableDenseHashTableV2",
            name=self._name,
            empty_key=empty_key,
            deleted_key=convert_to_tensor(self._deleted_key, self.key_dtype, "deleted_key"),
            use_node_name_sharing=self._checkpoint,
            value_dtype=self.value_dtype,
            value_shape=self._default_value.shape,
            initial_num_buckets=self._initial_num_buckets,
        )
        return handle

    def lookup(self, keys: Any, name: str | None = None) -> Tensor:
        """The values of keys; the default value of those that are not there.

        Raises:
            TypeError: the keys are of another type than those of the table.
        """
        return self._find(keys, self._default_value, name, [self.resource_handle, keys])

    def insert_or_assign(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """Another name of `insert`."""
        return self.insert(keys, values, name)

    def erase(self, keys: Any, name: str | None = None) -> Operation:
        """Another name of `remove`."""
        return self.remove(keys, name)
