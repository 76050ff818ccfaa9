"""Lookup tables: what they map, how they are filled and asked.

A table is one object that travels along the edges.  The V1 ops pass it by reference, the V2 ops as a resource; a kernel
cannot tell the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import ANY, Array, Op, at_least, op, without_gradient
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.ops.tables import DenseTable, MutableTable, StaticTable, Table
from minihub_runtime.ops.vocabulary import (
    LINE,
    LINE_NUMBER,
    index_lines,
    line_count,
    read_vocabulary,
)
from minihub_runtime.shapes import Shape, Spec, merge

TABLE = "core/kernels/lookup_table_op.cc"
INIT = "core/kernels/lookup_table_init_op.cc"
SOURCE = "core/kernels/lookup_table_op.h"


def _both(register: Callable[[str, str], Op]) -> None:
    """Register an op in its V1 form (handle by reference) and its V2 form (handle as resource)."""
    register("", "Ref(string)")
    register("V2", "resource")


def _table(value: Any) -> Table:
    if not isinstance(value, Table):
        raise InvalidArgumentError(
            f"table_handle must be a lookup table, not {type(value).__name__}"
        )
    return value


def _make(
    ctx: Context,
    container: str,
    shared_name: str,
    use_node_name_sharing: bool,
    types: tuple[DType, DType],
    make: Callable[[str], Table],
) -> Table:
    name = shared_name or ctx.node
    table = ctx.resource(container, f"table {name}", lambda: make(name))
    table.check_dtypes(*types)
    return table


def _handle_shape(version: str) -> Any:
    return scalar if version else lambda: (2,)


def _hash_table(version: str, handle: str) -> Op:
    def kernel(
        ctx: Context,
        *,
        container: str = "",
        shared_name: str = "",
        use_node_name_sharing: bool = False,
        key_dtype: DType,
        value_dtype: DType,
    ) -> Table:
        """A table that is filled once."""
        return _make(
            ctx,
            container,
            shared_name,
            use_node_name_sharing,
            (key_dtype, value_dtype),
            lambda name: StaticTable(name, key_dtype, value_dtype, ()),
        )

    return op(
        f"HashTable{version}() -> table_handle: {handle}",
        key_dtype=ANY,
        value_dtype=ANY,
        stateful=True,
        source=TABLE,
        shape=_handle_shape(version),
    )(kernel)


def _mutable_hash_table(version: str, handle: str) -> Op:
    def kernel(
        ctx: Context,
        *,
        container: str = "",
        shared_name: str = "",
        use_node_name_sharing: bool = False,
        key_dtype: DType,
        value_dtype: DType,
    ) -> Table:
        """A table of scalars that can change."""
        return _make(
            ctx,
            container,
            shared_name,
            use_node_name_sharing,
            (key_dtype, value_dtype),
            lambda name: MutableTable(name, key_dtype, value_dtype, ()),
        )

    return op(
        f"MutableHashTable{version}() -> table_handle: {handle}",
        key_dtype=ANY,
        value_dtype=ANY,
        stateful=True,
        source=TABLE,
        shape=_handle_shape(version),
    )(kernel)


def _mutable_hash_table_of_tensors(version: str, handle: str) -> Op:
    def kernel(
        ctx: Context,
        *,
        container: str = "",
        shared_name: str = "",
        use_node_name_sharing: bool = False,
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Shape = (),
    ) -> Table:
        """A table of vectors that can change."""
        require(
            value_shape is not None and len(value_shape) <= 1 and None not in value_shape,
            f"value_shape must be a scalar or a vector of known size, not {value_shape}",
        )
        fixed = tuple(int(n or 0) for n in value_shape or ())
        return _make(
            ctx,
            container,
            shared_name,
            use_node_name_sharing,
            (key_dtype, value_dtype),
            lambda name: MutableTable(name, key_dtype, value_dtype, fixed),
        )

    return op(
        f"MutableHashTableOfTensors{version}() -> table_handle: {handle}",
        key_dtype=ANY,
        value_dtype=ANY,
        stateful=True,
        source=TABLE,
        shape=_handle_shape(version),
    )(kernel)


def _mutable_dense_hash_table(version: str, handle: str) -> Op:
    positional = "empty_key: key_dtype" + (", deleted_key: key_dtype" if version else "")

    def make(ctx: Context, empty: Array, deleted: Array | None, attrs: dict[str, Any]) -> Table:
        shape, buckets, load = (
            attrs[name] for name in ("value_shape", "initial_num_buckets", "max_load_factor")
        )
        require(
            buckets > 0 and buckets & (buckets - 1) == 0,
            f"initial_num_buckets must be a power of 2, not {buckets}",
        )
        require(0 < load < 1, f"max_load_factor must lie between 0 and 1, not {load}")
        require(shape is not None and None not in shape, "value_shape must be known")
        if deleted is not None:
            require(
                empty.shape == deleted.shape,
                "empty_key and deleted_key must have the same shape, not "
                f"{list(empty.shape)} and {list(deleted.shape)}",
            )
            require(
                not np.array_equal(empty, deleted), "empty_key and deleted_key must be different"
            )
        return _make(
            ctx,
            attrs["container"],
            attrs["shared_name"],
            attrs["use_node_name_sharing"],
            (attrs["key_dtype"], attrs["value_dtype"]),
            lambda name: DenseTable(
                name, attrs["key_dtype"], attrs["value_dtype"], shape, empty, deleted
            ),
        )

    def v1(
        ctx: Context,
        empty_key: Array,
        *,
        container: str = "",
        shared_name: str = "",
        use_node_name_sharing: bool = False,
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Shape = (),
        initial_num_buckets: int = 131072,
        max_load_factor: float = 0.800000011920929,
    ) -> Table:
        """Nothing: always refused, as by TensorFlow, whose kernel wants the `deleted_key` of the second version.

        Raises: InvalidArgumentError.
        """
        raise InvalidArgumentError(
            "a dense table must be made by MutableDenseHashTableV2: the first version has no deleted_key"
        )

    def v2(
        ctx: Context,
        empty_key: Array,
        deleted_key: Array,
        *,
        container: str = "",
        shared_name: str = "",
        use_node_name_sharing: bool = False,
        key_dtype: DType,
        value_dtype: DType,
        value_shape: Shape = (),
        initial_num_buckets: int = 131072,
        max_load_factor: float = 0.800000011920929,
    ) -> Table:
        """A table with vectors as keys that can change; the two given keys may not be used."""
        return make(ctx, empty_key, deleted_key, locals())

    return op(
        f"MutableDenseHashTable{version}({positional}) -> table_handle: {handle}",
        key_dtype=ANY,
        value_dtype=ANY,
        stateful=True,
        source=TABLE,
        shape=scalar if version else lambda empty_key: (2,),
    )(v2 if version else v1)


def _find_shape(keys: Spec, default_value: Spec) -> Shape:
    """Keys and defaults; unknown where only the table knows the shape of its keys."""
    return None


def _find(version: str, handle: str) -> Op:
    def kernel(table_handle: Any, keys: Array, default_value: Array) -> Array:
        """The value of each key, `default_value` for a key that is not there."""
        return _table(table_handle).find(keys, default_value)

    return op(
        f"LookupTableFind{version}(table_handle: {handle}, keys: Tin, default_value: Tout) "
        "-> values: Tout",
        Tin=ANY,
        Tout=ANY,
        stateful=bool(version),
        source=TABLE,
        shape=_find_shape,
    )(kernel)


def _insert(version: str, handle: str) -> Op:
    def kernel(table_handle: Any, keys: Array, values: Array) -> tuple[()]:
        """Nothing, after adding or replacing entries."""
        _table(table_handle).insert(keys, values)
        return ()

    return op(
        f"LookupTableInsert{version}(table_handle: {handle}, keys: Tin, values: Tout)",
        Tin=ANY,
        Tout=ANY,
        stateful=bool(version),
        source=TABLE,
        shape=nothing,
    )(kernel)


def _import(version: str, handle: str) -> Op:
    def kernel(table_handle: Any, keys: Array, values: Array) -> tuple[()]:
        """Nothing, after replacing all entries."""
        _table(table_handle).replace(keys, values)
        return ()

    return op(
        f"LookupTableImport{version}(table_handle: {handle}, keys: Tin, values: Tout)",
        Tin=ANY,
        Tout=ANY,
        stateful=bool(version),
        source=TABLE,
        shape=nothing,
        ranks={"keys": 1},
    )(kernel)


def _size(version: str, handle: str) -> Op:
    def kernel(table_handle: Any) -> Array:
        """The number of entries."""
        return np.array(_table(table_handle).size(), np.int64)

    return op(
        f"LookupTableSize{version}(table_handle: {handle}) -> size: int64",
        stateful=bool(version),
        source=TABLE,
        shape=scalar,
    )(kernel)


def _export(version: str, handle: str) -> Op:
    def kernel(table_handle: Any, *, Tkeys: DType, Tvalues: DType) -> tuple[Array, Array]:
        """All keys and values.

        Differs: TensorFlow's order is that of its hash map, and for a dense table the empty buckets are among the
        entries; our order is that of insertion.
        """
        table = _table(table_handle)
        table.check_dtypes(Tkeys, Tvalues)
        return table.export()

    return op(
        f"LookupTableExport{version}(table_handle: {handle}) -> keys: Tkeys, values: Tvalues",
        Tkeys=ANY,
        Tvalues=ANY,
        stateful=bool(version),
        source=TABLE,
        shape=lambda: [None, None],
    )(kernel)


def _initialize(version: str, handle: str) -> Op:
    def kernel(table_handle: Any, keys: Array, values: Array) -> tuple[()]:
        """Nothing, after filling a table; filling it again with the same entries changes nothing."""
        require(
            keys.shape == values.shape,
            "keys and values must have the same shape, not "
            f"{list(keys.shape)} and {list(values.shape)}",
        )
        _table(table_handle).initialize(keys, values)
        return ()

    return op(
        f"InitializeTable{version}(table_handle: {handle}, keys: Tkey, values: Tval)",
        Tkey=ANY,
        Tval=ANY,
        stateful=bool(version),
        source=INIT,
        shape=_initialize_shape,
    )(kernel)


def _initialize_shape(keys: Spec, values: Spec) -> list[Shape]:
    merge(keys.shape, values.shape)
    return []


def _initialize_from_file(version: str, handle: str) -> Op:
    def kernel(
        ctx: Context,
        table_handle: Any,
        filename: Array,
        *,
        key_index: int,
        value_index: int,
        vocab_size: int = -1,
        delimiter: str = "\t",
        offset: int = 0,
    ) -> tuple[()]:
        """Nothing, after filling a table from the lines of a file.

        An index is a column, -1 the number of the line, -2 the whole line.

        Raises: InvalidArgumentError, NotFoundError, or what `ops.vocabulary` raises for a file that does not fit.
        """
        require(filename.ndim == 0, "filename must be a single string, not a vector")
        table = _table(table_handle)
        data = ctx.read_file(filename.item())
        if isinstance(table, StaticTable) and table.initialized:
            table.check_refill(line_count(data, vocab_size))
            return ()
        types = table.key_dtype.name, table.value_dtype.name
        if (
            isinstance(table, StaticTable)
            and (key_index, value_index) == (LINE, LINE_NUMBER)
            and types == ("string", "int64")
        ):
            index = index_lines(data, vocab_size)
            if index is not None:
                table.initialize_with(index, offset)
                return ()
        keys, values = read_vocabulary(
            data,
            filename.item(),
            (key_index, table.key_dtype),
            (value_index, table.value_dtype),
            vocab_size=vocab_size,
            delimiter=delimiter,
            offset=offset,
        )
        table.initialize(keys, values)
        return ()

    return op(
        f"InitializeTableFromTextFile{version}(table_handle: {handle}, filename: string)",
        key_index=at_least(LINE),
        value_index=at_least(LINE),
        vocab_size=at_least(-1),
        stateful=bool(version),
        source=INIT,
        shape=nothing,
    )(kernel)


for _register in (
    _hash_table,
    _mutable_hash_table,
    _mutable_hash_table_of_tensors,
    _mutable_dense_hash_table,
    _find,
    _insert,
    _import,
    _size,
    _export,
    _initialize,
    _initialize_from_file,
):
    _both(_register)


@op(
    "LookupTableRemoveV2(table_handle: resource, keys: Tin)",
    Tin=ANY,
    stateful=True,
    source=TABLE,
    shape=nothing,
)
def lookup_table_remove_v2(table_handle: Any, keys: Array) -> tuple[()]:
    """Nothing, after removing entries; keys that are not there are ignored."""
    table = _table(table_handle)
    require(
        as_dtype(keys.dtype) is table.key_dtype,
        f"keys must be {table.key_dtype.name}, not {as_dtype(keys.dtype).name}",
    )
    table.remove(keys)
    return ()


without_gradient(
    "HashTable",
    "HashTableV2",
    "InitializeTable",
    "InitializeTableFromTextFile",
    "InitializeTableFromTextFileV2",
    "InitializeTableV2",
    "LookupTableFind",
    "LookupTableFindV2",
    "LookupTableInsert",
    "LookupTableInsertV2",
    "LookupTableSize",
    "LookupTableSizeV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "MutableHashTable",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableHashTableV2",
)
