"""`StagingArea` and `MapStagingArea`: what one run puts in and another takes out, without a handle.

Source: tensorflow/python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, get_default_graph, name_scope
from minihub_runtime.api.grouping import no_op
from minihub_runtime.api.identity import identity
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["BaseStagingArea", "MapStagingArea", "StagingArea"]


class BaseStagingArea:
    """An area; what both kinds have in common.

    Where TensorFlow waits for another run, there is an error here.

    Args:
        dtypes: of the values of an element.
        shapes: of the values; unknown if None.
        names: of the values, if elements are dicts.
        shared_name: areas of one name are one.
        capacity: how many elements there is room for; 0 for any number.
        memory_limit: how many bytes there is room for; 0 for any number.

    Attributes:
        dtypes, shapes, names, capacity, memory_limit: see above.
        name: the name by which operations find it.

    Raises:
        ValueError: there are not as many shapes or names as types, or `shared_name` is no string.
    """

    def __init__(
        self,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        capacity: int = 0,
        memory_limit: int = 0,
    ) -> None:
        graph = get_default_graph()
        if shared_name is None:
            self._name = graph.unique_name(type(self).__name__)
        elif isinstance(shared_name, str):
            self._name = shared_name
        else:
            raise ValueError(f"shared_name must be a string, got {shared_name}")
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError("StagingArea shapes must be the same length as dtypes")
        if names is not None and len(names) != len(dtypes):
            raise ValueError("StagingArea names must be the same length as dtypes")
        self._dtypes = dtypes
        self._shapes = [TensorShape(shape) for shape in shapes or [None] * len(dtypes)]
        self._names = names
        self._capacity = capacity
        self._memory_limit = memory_limit
        with name_scope(f"{self._name}_root"):
            self._root = no_op()

    @property
    def name(self) -> str:
        """The name by which operations find it."""
        return self._name

    @property
    def dtypes(self) -> Any:
        """The types of the values of an element."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """The shapes of the values of an element."""
        return self._shapes

    @property
    def names(self) -> Any:
        """The names of the values of an element, or None."""
        return self._names

    @property
    def capacity(self) -> int:
        """How many elements there is room for; 0 for any number."""
        return self._capacity

    @property
    def memory_limit(self) -> int:
        """How many bytes there is room for; 0 for any number."""
        return self._memory_limit

    def _build(self, op_name: str, name: str, **arguments: Any) -> Any:
        return build(
            op_name,
            name=name,
            shared_name=self._name,
            capacity=self._capacity,
            memory_limit=self._memory_limit,
            **arguments,
        )

    def _beside(self, op_name: str, name: str, **arguments: Any) -> Any:
        with get_default_graph().colocate_with(self._root):
            return self._build(op_name, name, **arguments)

    def _put_values(self, vals: Any, indices: Any) -> tuple[list[Any], Any]:
        """Tensors of what is put in, and their places."""
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Staging areas must have names to enqueue a dictionary")
            if not set(vals).issubset(self._names):
                raise ValueError(
                    "Keys in dictionary to put do not match names of staging area. Dictionary: "
                    f"{sorted(vals)}Queue: {sorted(self._names)}"
                )
            indices = tuple(i for i, name in enumerate(self._names) if name in vals)
            vals = tuple(vals[self._names[i]] for i in indices)
        else:
            if self._names:
                raise ValueError("You must enqueue a dictionary in a staging area with names")
            if indices is None:
                raise ValueError("Indices must be supplied when inserting a list of tensors")
            if len(indices) != len(vals):
                raise ValueError(
                    f"Number of indices {len(indices)} doesn't match number of values {len(vals)}"
                )
        if len(vals) > len(self._dtypes):
            raise ValueError(f"Unexpected number of inputs {len(vals)} vs {len(self._dtypes)}")
        tensors = []
        for val, i in zip(vals, indices, strict=True):
            dtype = self._dtypes[i]
            if val.dtype != dtype:
                raise ValueError(
                    f"Datatypes do not match. Received val.dtype {val.dtype!s} and dtype {dtype!s}"
                )
            val.get_shape().assert_is_compatible_with(self._shapes[i])
            tensors.append(convert_to_tensor(val, dtype=dtype, name=f"component_{i}"))
        return tensors, indices

    def _moved(self, tensors: Any) -> list[Any]:
        """Tensors on the device that counts now."""
        tensors = tensors if isinstance(tensors, (tuple, list)) else [tensors]
        here = no_op().device
        return [*tensors] if here == self._root.device else [identity(item) for item in tensors]

    def _element(self, tensors: Any, indices: Sequence[int]) -> Any:
        outputs = self._moved(tensors)
        for output, i in zip(outputs, indices, strict=False):
            output.set_shape(self._shapes[i])
        if self._names:
            return {self._names[i]: t for t, i in zip(outputs, indices, strict=False)}
        return outputs


def _flat(vals: Any) -> Iterable[Any]:
    if isinstance(vals, dict):
        return list(vals.values())
    return vals if isinstance(vals, (list, tuple)) else [vals]


@public("contrib.staging.StagingArea")
class StagingArea(BaseStagingArea):
    """An area whose elements leave in the order in which they come; see `BaseStagingArea`."""

    def put(self, values: Any, name: str | None = None) -> Operation:
        """An operation that puts an element in.

        Args:
            values: its values, in a list or by name; one alone needs no list.
            name: of the operation.

        Raises:
            ValueError: they do not fit.
        """
        with name_scope(name, f"{self._name}_put", _flat(values)) as scope:
            if not isinstance(values, (list, tuple, dict)):
                values = [values]
            tensors, _ = self._put_values(values, list(range(len(values))))
            operation: Operation = self._beside("Stage", scope, values=tensors)
        return operation

    def get(self, name: str | None = None) -> Any:
        """The first element, which leaves: a list, or by name."""
        outputs = self._beside("Unstage", name or f"{self._name}_get", dtypes=self._dtypes)
        return self._element(outputs, range(len(self._dtypes)))

    def peek(self, index: Any, name: str | None = None) -> Any:
        """The element at a place, which stays."""
        outputs = self._beside(
            "StagePeek", name or f"{self._name}_peek", index=index, dtypes=self._dtypes
        )
        return self._element(outputs, range(len(self._dtypes)))

    def size(self, name: str | None = None) -> Any:
        """How many elements there are."""
        return self._build("StageSize", name or f"{self._name}_size", dtypes=self._dtypes)

    def clear(self, name: str | None = None) -> Operation:
        """An operation that removes all elements."""
        operation: Operation = self._build(
            "StageClear", name or f"{self._name}_clear", dtypes=self._dtypes
        )
        return operation


@public("contrib.staging.MapStagingArea")
class MapStagingArea(BaseStagingArea):
    """An area of elements by their keys, int64 numbers.

    Elements may be put in and taken out value by value; one can be taken when it has all.

    Args:
        dtypes, shapes, names, shared_name, capacity, memory_limit: see `BaseStagingArea`.
        ordered: whether the smallest key comes first when none is asked for.
    """

    def __init__(
        self,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        ordered: bool = False,
        capacity: int = 0,
        memory_limit: int = 0,
    ) -> None:
        super().__init__(dtypes, shapes, names, shared_name, capacity, memory_limit)
        self._prefix = "OrderedMap" if ordered else "Map"

    def put(self, key: Any, vals: Any, indices: Any = None, name: str | None = None) -> Operation:
        """An operation that puts values of the element of a key in.

        Args:
            key: the key.
            vals: the values, in a list or by name.
            indices: the places of those in a list.
            name: of the operation.

        Raises:
            ValueError: they do not fit.
        """
        with name_scope(name, f"{self._name}_put", _flat(vals)) as scope:
            tensors, indices = self._put_values(vals, indices)
            operation: Operation = self._beside(
                f"{self._prefix}Stage",
                scope,
                key=key,
                indices=indices,
                values=tensors,
                dtypes=self._dtypes,
            )
        return operation

    def _places(self, indices: Any) -> tuple[list[int], list[Any]]:
        """Places, which may be told by names, and the types there."""
        if indices is None:
            indices = list(range(len(self._dtypes)))
        if not isinstance(indices, (tuple, list)):
            raise TypeError(f"Invalid indices type {type(indices)}")
        if len(indices) == 0:
            raise ValueError("Empty indices")
        if all(isinstance(i, str) for i in indices):
            if self._names is None:
                raise ValueError(
                    f"String indices provided {indices}, but this Staging Area was not created with names."
                )
            if not set(indices) <= set(self._names):
                raise ValueError(f"Named index not in Staging Area names {self._names}")
            indices = [list(self._names).index(name) for name in indices]
        elif not all(isinstance(i, int) for i in indices):
            raise TypeError(f"Mixed types in indices {indices}. May only be str or int")
        return list(indices), [self._dtypes[i] for i in indices]

    def peek(self, key: Any, indices: Any = None, name: str | None = None) -> Any:
        """Values of the element of a key, which stay.

        Args:
            key: the key.
            indices: which, by their places or names; all if None.
            name: of the operation.

        Raises:
            TypeError, ValueError: `indices` are none.
        """
        places, dtypes = self._places(indices)
        outputs = self._beside(
            f"{self._prefix}Peek",
            name or f"{self._name}_pop",
            key=key,
            indices=places,
            dtypes=dtypes,
        )
        return self._element(outputs, places)

    def get(self, key: Any = None, indices: Any = None, name: str | None = None) -> Any:
        """A key, any if None, and values of its element, which leave; arguments and errors as for `peek`."""
        places, dtypes = self._places(indices)
        if key is not None:
            outputs = self._beside(
                f"{self._prefix}Unstage",
                name or f"{self._name}_get",
                key=key,
                indices=places,
                dtypes=dtypes,
            )
            return key, self._element(outputs, places)
        found, outputs = self._beside(
            f"{self._prefix}UnstageNoKey",
            name or f"{self._name}_get_nokey",
            indices=places,
            dtypes=dtypes,
        )
        return self._moved(found)[0], self._element(outputs, places)

    def size(self, name: str | None = None) -> Any:
        """How many elements have all values."""
        return self._of("Size", name or f"{self._name}_size")

    def incomplete_size(self, name: str | None = None) -> Any:
        """How many elements lack values."""
        return self._of("IncompleteSize", name or f"{self._name}_incomplete_size")

    def clear(self, name: str | None = None) -> Operation:
        """An operation that removes all elements."""
        operation: Operation = self._of("Clear", name or f"{self._name}_clear")
        return operation

    def _of(self, op_name: str, name: str) -> Any:
        return self._build(f"{self._prefix}{op_name}", name, dtypes=self._dtypes)
