"""`tf.map_fn`: a function of each row of tensors.

Source: tensorflow/python/ops/map_fn.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.batchable import (
    batched,
    boxed,
    boxed_rows,
    boxed_spec,
    unbatched,
    unboxed,
)
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.func_graph import without_variables
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import Dimension, TensorShape
from minihub_runtime.api.type_spec import (
    CompositeTensor,
    TensorSpec,
    TypeSpec,
    type_spec_from_value,
)
from minihub_runtime.api.variables.scopes import cached_reads
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.public import public

__all__ = ["map_fn"]


@public("map_fn")
def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """The results of `fn` for each row of `elems`, put together along a new first dimension.

    Args:
        fn: takes a structure like `elems` of rows, and returns tensors in the structure of `fn_output_signature`, or of
            `elems` if that is None.
        elems: a structure of tensors, sparse and ragged ones among them, with the same number of rows.
        dtype: old name of `fn_output_signature`.
        parallel_iterations: written into the graph; rows are taken one after the other.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted; it has no effect.
        infer_shape: whether all results must have one shape.
        name: name of the scope, by default `map`.
        fn_output_signature: a structure of types or TypeSpecs of the results, if they are not those of `elems`.

    Raises:
        TypeError: `fn` cannot be called, or returns another structure.
        ValueError: there are no tensors in `elems`, scalars are among them, or the results are not what was said.
    """
    signature = dtype if fn_output_signature is None else fn_output_signature
    if not callable(fn):
        raise TypeError(f"The provided function {fn} is not callable. fn must be callable.")
    elems = without_variables(elems)
    flat = nest.flatten(elems)
    if not flat:
        raise ValueError(
            "elems must be a Tensor or (possibly nested) sequence of Tensors. "
            f"Got {elems}, which does not contain any Tensors."
        )
    given = [type_spec_from_value(item) for item in flat]
    if signature is None:
        structure, results = elems, [unbatched(_without_shape(item)) for item in flat]
    else:
        structure = signature
        results = [
            item if isinstance(item, TypeSpec) else TensorSpec(None, item)
            for item in nest.flatten(signature)
        ]
    with name_scope(name, "map", flat), cached_reads():
        flat = [
            item if isinstance(item, CompositeTensor) else convert_to_tensor(item, name="elem")
            for item in flat
        ]
        if flat[0].shape.ndims == 0:
            raise ValueError("Elements in elems must be 1+ dimensional Tensors, not scalars")
        rows = [boxed_rows(type_spec_from_value(item), item) for item in flat]
        known = rows[0].shape.with_rank_at_least(1)[0]
        for tensor in rows[1:]:
            _check_rows(known, tensor)
        count = known.value or shape(rows[0])[0]
        sources = [
            TensorArray(tensor.dtype, size=count, dynamic_size=False, infer_shape=True)
            for tensor in rows
        ]
        sources = [array.unstack(tensor) for array, tensor in zip(sources, rows, strict=True)]
        start = constant(0)
        targets = [
            TensorArray(
                spec.dtype,
                size=count,
                dynamic_size=False,
                infer_shape=infer_shape,
                element_shape=spec.shape,
            )
            for spec in map(boxed_spec, results)
        ]

        def compute(i: Tensor, arrays: list[TensorArray]) -> Any:
            taken = [array.read(i) for array in sources]
            values = [
                unboxed(unbatched(spec), item) for spec, item in zip(given, taken, strict=True)
            ]
            found = fn(nest.pack_sequence_as(elems, values))
            nest.assert_same_structure(structure, found)
            kept = [
                _kept(spec, item) for spec, item in zip(results, nest.flatten(found), strict=True)
            ]
            written = [array.write(i, item) for array, item in zip(arrays, kept, strict=True)]
            return i + 1, written

        _, arrays = while_loop(
            lambda i, _: i < count,
            compute,
            (start, targets),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        stacked = [array.stack() for array in arrays]
        for tensor in stacked:
            tensor.set_shape(TensorShape([known.value]).concatenate(tensor.shape[1:]))
        values = [
            unboxed(batched(spec, known.value), tensor)
            for spec, tensor in zip(results, stacked, strict=True)
        ]
        return nest.pack_sequence_as(structure, values)


def _without_shape(item: Any) -> TypeSpec:
    """The spec of all values of the kind and type of one."""
    if isinstance(item, CompositeTensor):
        found: TypeSpec = item._shape_invariant_to_type_spec(TensorShape(None))  # type: ignore[attr-defined]
        return found
    spec = type_spec_from_value(item)
    return TensorSpec(None, spec.dtype) if isinstance(spec, TensorSpec) else spec


def _check_rows(known: Dimension, tensor: Tensor) -> None:
    found = tensor.shape.with_rank_at_least(1)[0]
    if not known.is_compatible_with(found):
        raise ValueError(f"Dimensions {known} and {found} are not compatible")


def _kept(spec: TypeSpec, value: Any) -> Any:
    """What an array keeps of a result of the function.

    Raises:
        ValueError: it is not of its spec.
    """
    if isinstance(spec, TensorSpec):
        return value
    if not spec.is_compatible_with(value):
        raise ValueError(
            f"Error in map_fn:\n  Expected `fn` to return a:\n    {spec}\n  But it returned a:\n    "
            f"{type_spec_from_value(value)}\n    (value={value})\n  To fix, update the "
            "`fn_output_signature` (or `dtype`) argument to `map_fn`."
        )
    return boxed(spec, value)
