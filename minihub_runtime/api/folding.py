"""`tf.foldl`, `tf.foldr` and `tf.scan`: a function of what came before and the next row.

Source: tensorflow/python/ops/functional_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.scopes import cached_reads
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.public import public

__all__ = ["foldl", "foldr", "scan"]


def _check_callable(fn: Any) -> None:
    if not callable(fn):
        raise TypeError(f"{fn} is not callable. Please provide a callable function.")


def _row_count(tensor: Tensor) -> Any:
    """The number of rows, an integer if it is known and not zero."""
    return tensor.shape[0].value or shape(tensor)[0]


def _fold(
    scope: str,
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any,
    name: str | None,
    backwards: bool,
    **options: Any,
) -> Any:
    _check_callable(fn)
    with name_scope(name, scope, [elems]), cached_reads():
        flat = [convert_to_tensor(item, name="elem") for item in nest.flatten(elems)]
        count = _row_count(flat[0])

        def array_of(item: Any) -> TensorArray:
            made = TensorArray(item.dtype, size=count, dynamic_size=False, infer_shape=True)
            return made.unstack(item)

        rows = nest.map_structure(array_of, elems)

        def row(i: Any) -> Any:
            return nest.map_structure(lambda array: array.read(i), rows)

        def forwards_step(i: Any, a: Any) -> Any:
            value = fn(a, row(i))
            return [i + 1, value]

        def backwards_step(i: Any, a: Any) -> Any:
            i = i - 1
            return [i, fn(a, row(i))]

        given = initializer is not None
        if backwards:
            start: Any = count if given else count - 1
            first = initializer if given else row(start)
            condition, step = (lambda i, a: i > 0), backwards_step
        else:
            first = initializer if given else row(0)
            start = constant(0 if given else 1)
            condition, step = (lambda i, a: i < count), forwards_step
        _, result = while_loop(condition, step, [start, first], maximum_iterations=count, **options)
    return result


@public("foldl")
def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """`fn(fn(fn(initializer, row 0), row 1), …)` over the rows of `elems`.

    Args:
        fn: takes what came before and a structure like `elems` of rows.
        elems: a structure of tensors with the same number of rows.
        initializer: the first value; if None, the first row is.
        parallel_iterations: written into the graph; rows are taken one after the other.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted; it has no effect.
        name: name of the scope, by default `foldl`.

    Raises:
        TypeError: `fn` cannot be called, or returns other types than it takes.
        ValueError: it returns another structure or shape than it takes.
    """
    return _fold(
        "foldl",
        fn,
        elems,
        initializer,
        name,
        backwards=False,
        parallel_iterations=parallel_iterations,
        back_prop=back_prop,
        swap_memory=swap_memory,
    )


@public("foldr")
def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """As `foldl`, from the last row to the first; the scope is `foldr` by default."""
    return _fold(
        "foldr",
        fn,
        elems,
        initializer,
        name,
        backwards=True,
        parallel_iterations=parallel_iterations,
        back_prop=back_prop,
        swap_memory=swap_memory,
    )


@public("scan")
def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """All values that `foldl` passes through, put together along a new first dimension.

    Args:
        fn: takes what came before and a structure like `elems` of rows; returns a structure like the former.
        elems: a structure of tensors with the same number of rows.
        initializer: the first value, which is not among the results; if None, the first row is, and it is among them.
        parallel_iterations: written into the graph; rows are taken one after the other.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted; it has no effect.
        infer_shape: whether all results must have one shape.
        reverse: whether to go from the last row to the first.
        name: name of the scope, by default `scan`.

    Raises:
        TypeError: `fn` cannot be called, or returns other types than it takes.
        ValueError: it returns another structure or shape than it takes.
    """
    _check_callable(fn)
    wanted = elems if initializer is None else initializer
    with name_scope(name, "scan", nest.flatten(elems)), cached_reads():
        flat = [convert_to_tensor(item, name="elem") for item in nest.flatten(elems)]
        known = flat[0].shape[0].value
        count = shape(flat[0])[0] if known is None else known
        sources = [
            TensorArray(
                item.dtype,
                size=count,
                dynamic_size=False,
                element_shape=item.shape[1:],
                infer_shape=True,
            )
            for item in flat
        ]
        sources = [array.unstack(item) for array, item in zip(sources, flat, strict=True)]
        if initializer is None:
            edge = count - 1 if reverse else 0
            values = [array.read(edge) for array in sources]
            done = 1
        else:
            values = [convert_to_tensor(item) for item in nest.flatten(initializer)]
            done = 0
        targets = [
            TensorArray(
                value.dtype,
                size=count,
                element_shape=value.shape if infer_shape else None,
                dynamic_size=False,
                infer_shape=infer_shape,
            )
            for value in values
        ]
        if initializer is None:
            edge = count - 1 if reverse else 0
            targets = [
                array.write(edge, value) for array, value in zip(targets, values, strict=True)
            ]

        def compute(i: Any, before: list[Tensor], arrays: list[TensorArray]) -> Any:
            row = nest.pack_sequence_as(elems, [array.read(i) for array in sources])
            found = fn(nest.pack_sequence_as(wanted, before), row)
            nest.assert_same_structure(wanted, found)
            results = nest.flatten(found)
            written = [array.write(i, item) for array, item in zip(arrays, results, strict=True)]
            return (i - 1 if reverse else i + 1), results, written

        _, _, arrays = while_loop(
            (lambda i, _1, _2: i >= 0) if reverse else (lambda i, _1, _2: i < count),
            compute,
            (count - 1 - done if reverse else done, values, targets),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        stacked = [array.stack() for array in arrays]
        for item in flat[1:]:
            if not flat[0].shape[0].is_compatible_with(item.shape.with_rank_at_least(1)[0]):
                raise ValueError(
                    f"Dimensions {flat[0].shape[0]} and {item.shape[0]} are not compatible"
                )
        for tensor in stacked:
            tensor.set_shape(TensorShape([known]).concatenate(tensor.shape[1:]))
        return nest.pack_sequence_as(wanted, stacked)
