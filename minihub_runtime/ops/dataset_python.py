"""Datasets of what functions yield: functions of the graph, and Python functions of the program that built it.

Source: tensorflow/core/kernels/data/generator_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import OutOfRangeError
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Captured,
    Dataset,
    Element,
    Iteration,
    variant,
)
from minihub_runtime.ops.registry import ANY_LIST, Array, Func, op
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.shapes import Shape


class _Yielded(Dataset):
    """What a Python function yields for some arrays."""

    def __init__(
        self,
        function: Callable[..., Iterator[Element]],
        arguments: Sequence[Any],
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes)
        self._function = function
        self._arguments = arguments

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """What it yields in one epoch."""
        return self._function(*self._arguments)


@op(
    "_PythonDataset(args: Targs) -> handle: variant",
    Targs=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source="python/data/ops/from_generator_op.py",
    shape=scalar,
)
def python_dataset(
    ctx: Context,
    args: Sequence[Any],
    *,
    token: str,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> Array:
    """What the Python function that the graph keeps under a name yields for `args`.

    Raises: NotFoundError for a graph without that function, such as one that was read from a file.
    """
    function = ctx.python_function(token)
    return variant(_Yielded(function, tuple(args), output_types, output_shapes))


class _Generated(Dataset):
    """What a function of the graph returns until it says that this is the end."""

    def __init__(
        self,
        functions: Sequence[Captured],
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes)
        self._functions = functions

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The results."""
        begin, following, end = (function.bind(iteration) for function in self._functions)
        return _Generating(begin, following, end)


class _Generating(Iterator[Element]):
    def __init__(self, *calls: Callable[[Element], list[Any]]) -> None:
        self._begin, self._following, self._end = calls
        self._state: Element | None = None
        self._ended = False

    def __next__(self) -> Element:
        if self._ended:
            raise StopIteration
        if self._state is None:
            self._state = tuple(self._begin(()))
        try:
            return tuple(self._following(self._state))
        except OutOfRangeError:
            self._ended = True
            self._end(self._state)
            raise StopIteration from None


@op(
    "GeneratorDataset(init_func_other_args: Tinit_func_args, next_func_other_args: Tnext_func_args, "
    "finalize_func_other_args: Tfinalize_func_args) -> handle: variant",
    Tinit_func_args=ANY_LIST,
    Tnext_func_args=ANY_LIST,
    Tfinalize_func_args=ANY_LIST,
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source="core/kernels/data/generator_dataset_op.cc",
    shape=scalar,
)
def generator_dataset(
    ctx: Context,
    init_func_other_args: Sequence[Any],
    next_func_other_args: Sequence[Any],
    finalize_func_other_args: Sequence[Any],
    *,
    init_func: Func,
    next_func: Func,
    finalize_func: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    metadata: str = "",
) -> Array:
    """What `next_func` returns for the state that `init_func` makes, until it raises OutOfRangeError.

    Raises: whatever the functions raise, when elements are asked for.
    """
    functions = [
        Captured(ctx, init_func, init_func_other_args),
        Captured(ctx, next_func, next_func_other_args),
        Captured(ctx, finalize_func, finalize_func_other_args),
    ]
    return variant(_Generated(functions, output_types, output_shapes))
