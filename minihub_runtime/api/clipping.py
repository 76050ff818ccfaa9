"""Values and norms kept within limits.

Source: tensorflow/python/ops/clip_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.joining import stack
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import rank, size
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "clip_by_average_norm",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "global_norm",
]


def _values(t: Any, name: str = "t") -> Any:
    return convert_to_tensor(t.values if isinstance(t, IndexedSlices) else t, name=name)


def _like(t: Any, values: Any) -> Any:
    """The values as what `t` is: a tensor or slices."""
    return (
        IndexedSlices(values, t.indices, t.dense_shape) if isinstance(t, IndexedSlices) else values
    )


@public("clip_by_value")
def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """The values of a tensor, or of slices, kept between two limits.

    Raises:
        ValueError: the limits have more dimensions than the values.
    """
    with name_scope(name, "clip_by_value", [t, clip_value_min, clip_value_max]) as scope:
        values = _values(t)
        low = build("Minimum", x=values, y=clip_value_max)
        values.shape.assert_is_compatible_with(low.shape)
        result = build("Maximum", name=scope, x=low, y=clip_value_min)
        values.shape.assert_is_compatible_with(result.shape)
        return _like(t, result)


@public("clip_by_norm")
def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """A tensor scaled so that its Euclidean norm is at most `clip_norm`.

    Args:
        t: a tensor, or slices.
        clip_norm: the largest norm.
        axes: the dimensions over which norms are taken, all by default.
        name: wanted name.
    """
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = _values(t)
        squares = reduce_sum(values * values, axes, keepdims=True)
        positive: Any = squares > 0
        safe = where(positive, squares, ones_like(squares))
        norm = where(positive, build("Sqrt", x=safe), squares)
        scaled = values * clip_norm
        values.shape.assert_is_compatible_with(scaled.shape)
        result = identity(scaled / build("Maximum", x=norm, y=clip_norm), name=scope)
        return _like(t, result)


def _listed(t_list: Any) -> list[Any]:
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"`t_list` should be a sequence of tensors. Received {type(t_list)}.")
    return list(t_list)


@public("linalg.global_norm", "global_norm")
def global_norm(t_list: Any, name: str | None = None) -> Any:
    """The Euclidean norm of all tensors together; None in the list counts for nothing.

    Raises:
        TypeError: it is no list.
    """
    tensors = _listed(t_list)
    graph = get_default_graph()
    with name_scope(name, "global_norm", tensors):
        values = [None if t is None else _values(t, f"t_{i}") for i, t in enumerate(tensors)]
        halves = []
        for value in values:
            if value is not None:
                with graph.colocate_with(value):
                    halves.append(build("L2Loss", t=value))
        half: Any = reduce_sum(stack(halves))
        return build("Sqrt", name="global_norm", x=half * constant(2.0, half.dtype))


@public("clip_by_global_norm")
def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """Tensors scaled together so that their common norm is at most `clip_norm`.

    Args:
        t_list: tensors, slices, and None.
        clip_norm: the largest norm.
        use_norm: their norm, if it is known already.
        name: wanted name.

    Returns:
        The tensors, NaN if the norm is infinite; and the norm before.

    Raises:
        TypeError: it is no list.
    """
    tensors = _listed(t_list)
    if use_norm is None:
        use_norm = global_norm(tensors, name)
    graph = get_default_graph()
    with name_scope(name, "clip_by_global_norm", [*tensors, clip_norm]) as scope:
        least = 1.0 / use_norm
        most = constant(1.0, use_norm.dtype) / clip_norm
        scale = clip_norm * build("Minimum", x=least, y=most)
        # Infinite minus infinite is NaN, so that an overflow is seen.
        scale = scale + (use_norm - use_norm)
        values = [None if t is None else _values(t, f"t_{i}") for i, t in enumerate(tensors)]
        clipped: list[Any] = []
        for i, (t, value) in enumerate(zip(tensors, values, strict=True)):
            if value is None:
                clipped.append(None)
                continue
            with graph.colocate_with(value):
                scaled = identity(value * cast(scale, value.dtype), name=f"{scope}_{i}")
            clipped.append((t, scaled))
        results = [None if item is None else _like(*item) for item in clipped]
    return results, use_norm


@public("clip_by_average_norm")
def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Any:
    """A tensor scaled so that its norm, divided by the number of its elements, is at most `clip_norm`."""
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        t = convert_to_tensor(t, name="t")
        count = cast(size(t), float32)
        squares = reduce_sum(t * t, range(rank(t)))
        inverse: Any = build("Rsqrt", x=squares)
        scaled = t * clip_norm
        factor = build("Minimum", x=inverse * count, y=constant(1.0) / clip_norm)
        return identity(scaled * factor, name=scope)
