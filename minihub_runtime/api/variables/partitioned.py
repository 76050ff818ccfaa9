"""Variables in parts that stand for one.

Source: tensorflow/python/ops/variables.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, get_default_graph
from minihub_runtime.api.joining import concat
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.dtypes import DType

__all__ = ["PartitionedVariable", "parts_of"]


class PartitionedVariable:
    """A variable that is cut along one axis; as a tensor it is whole.

    Args:
        name: name of the whole.
        shape: shape of the whole.
        dtype: its type.
        variable_list: the parts, each with a SaveSliceInfo.
        partitions: the number of parts along each axis.

    Raises:
        TypeError: `variable_list` or `partitions` is no list.
        ValueError: the parts do not fit together.
    """

    def __init__(
        self,
        name: str,
        shape: Any,
        dtype: DType,
        variable_list: Sequence[Variable],
        partitions: Sequence[int],
    ) -> None:
        if not isinstance(variable_list, (list, tuple)):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(f"partitions is not a list or tuple: {partitions}")
        if not all(count >= 1 for count in partitions):
            raise ValueError(f"partition values must be positive: {partitions}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        infos = [variable._get_save_slice_info() for variable in variable_list]
        whole = TensorShape(shape)
        for info in infos:
            if info is None:
                raise ValueError(
                    "All variables must have a save_slice_info available: "
                    f"{[variable.name for variable in variable_list]}"
                )
            if len(shape) != len(partitions):
                raise ValueError(f"len(shape) != len(partitions): {shape} vs. {partitions}")
            if info.full_shape != whole.as_list():
                raise ValueError(
                    f"All variables' full shapes must match shape: {shape}; but full shapes were: "
                    f"{[info.full_shape]}"
                )
        self._variable_list = sorted(variable_list, key=_offset)
        self.name = name
        self._shape = shape
        self.dtype = dtype
        self._partitions = partitions

    @property
    def shape(self) -> Any:
        """The shape of the whole."""
        return self._shape

    def get_shape(self) -> Any:
        """The shape of the whole."""
        return self._shape

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._variable_list)

    def __len__(self) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise ValueError(f"Cannot get a length for {len(axes)} > 1 partition axes")
        return len(self._variable_list)

    def _get_variable_list(self) -> list[Variable]:
        return self._variable_list

    def _get_partitions(self) -> Sequence[int]:
        return self._partitions

    def _partition_axes(self) -> list[int]:
        """The axes that are cut; the first one if none is."""
        return [axis for axis, count in enumerate(self._partitions) if count > 1] or [0]

    def _axis(self, doing: str) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise NotImplementedError(f"Cannot {doing} along more than one dimension: {axes}.")
        return axes[0]

    def as_tensor(self) -> Tensor:
        """The whole value: the parts put together."""
        graph = get_default_graph()
        with graph.control_dependencies(None):
            whole: Any = self._variable_list[0]
            if len(self._variable_list) > 1:
                axis = self._axis("concatenate")
                with graph.name_scope(f"{self.name}/ConcatPartitions/"):
                    whole = concat(self._variable_list, axis)
            with graph.name_scope(None):
                result: Tensor = build("Identity", name=self.name, input=whole)
                return result

    def _dense_value(self, as_ref: bool = False) -> Tensor:
        if as_ref:
            raise NotImplementedError(
                "PartitionedVariable doesn't support being used as a reference."
            )
        return self.as_tensor()

    def _apply(self, change: Callable[[Variable, Any], Any], value: Any) -> list[Any]:
        """Change each part by its part of `value`: a list of parts, a PartitionedVariable, or a whole."""
        axis = self._axis("do assign action")
        if isinstance(value, list):
            assert len(value) == len(self._variable_list)
            parts = value
        elif isinstance(value, PartitionedVariable):
            parts = list(value)
        else:
            sizes = [variable.shape.as_list()[axis] for variable in self._variable_list]
            parts = build(
                "SplitV",
                name="split",
                value=value,
                size_splits=convert_to_tensor(sizes),
                split_dim=axis,
                num_split=len(sizes),
            )
        return [
            change(variable, part)
            for variable, part in zip(self._variable_list, parts, strict=True)
        ]

    def _changed(
        self, method: str, value: Any, use_locking: bool, name: str | None, read_value: bool
    ) -> list[Any]:
        return self._apply(
            lambda variable, part: getattr(variable, method)(
                part, use_locking=use_locking, name=name, read_value=read_value
            ),
            value,
        )

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Give the parts values; what each part's `assign` returns, or the operations."""
        return self._changed("assign", value, use_locking, name, read_value)

    def assign_add(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Add to the parts."""
        return self._changed("assign_add", value, use_locking, name, read_value)

    def assign_sub(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> list[Any]:
        """Subtract from the parts."""
        return self._changed("assign_sub", value, use_locking, name, read_value)


def parts_of(variable: Any) -> list[Any]:
    """The parts of a partitioned variable; another one by itself."""
    return list(variable) if isinstance(variable, PartitionedVariable) else [variable]


def _offset(variable: Variable) -> list[int]:
    info = variable._get_save_slice_info()
    assert info is not None
    return info.var_offset
