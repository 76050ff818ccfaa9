"""`tf.contrib.layers.utils`, `tf.contrib.slim.utils`: outputs in collections under names, and arguments that layers take.

Source: tf_slim/layers/utils.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.cond import cond
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.static_values import constant_value as value_of
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.public import public

__all__ = [
    "collections_of",
    "known_size",
    "named",
    "positive_integers",
    "two_element_tuple",
]


def _public(name: str) -> Callable[[Any], Any]:
    return public(f"contrib.layers.utils.{name}", f"contrib.slim.utils.{name}")


@_public("collect_named_outputs")
def named(collections: Any, alias: str, outputs: Any) -> Any:
    """Add an output to collections under the name of its scope.

    Args:
        collections: one or several collections, or None.
        alias: the name.
        outputs: a tensor.

    Returns:
        The tensor.
    """
    if collections:
        append_tensor_alias(outputs, alias)
        get_default_graph().add_to_collections(collections, outputs)
    return outputs


@_public("append_tensor_alias")
def append_tensor_alias(tensor: Any, alias: str) -> Any:
    """Give a tensor one more name, without a slash at its end; the tensor."""
    tensor.aliases = [*getattr(tensor, "aliases", []), alias.removesuffix("/")]
    return tensor


@_public("get_tensor_aliases")
def get_tensor_aliases(tensor: Any) -> list[str]:
    """The names that a tensor was given; without any its own, where `:0` is left out."""
    own: list[str] | None = getattr(tensor, "aliases", None)
    return [tensor.name.removesuffix(":0")] if own is None else own


@_public("gather_tensors_aliases")
def gather_tensors_aliases(tensors: Iterable[Any]) -> list[str]:
    """The names of several tensors; see `get_tensor_aliases`."""
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


@_public("convert_collection_to_dict")
def convert_collection_to_dict(
    collection: Any, clear_collection: bool = False
) -> OrderedDict[str, Any]:
    """The tensors of a collection by their names, in its order.

    Args:
        collection: its key.
        clear_collection: whether to empty it then.
    """
    graph = get_default_graph()
    found = OrderedDict(
        (alias, tensor)
        for tensor in graph.get_collection(collection)
        for alias in get_tensor_aliases(tensor)
    )
    if clear_collection:
        graph.clear_collection(collection)
    return found


@_public("constant_value")
def constant_value(value_or_tensor_or_var: Any, dtype: Any = None) -> Any:
    """The value of a tensor where it is known without running anything, else None; what is no tensor as it is.

    Raises:
        ValueError: it is None, or a tensor of another type than `dtype`.
    """
    value = value_or_tensor_or_var
    if value is None:
        raise ValueError("value_or_tensor_or_var cannot be None")
    if not isinstance(value, (Tensor, Variable)):
        return value
    if dtype and value.dtype != dtype:
        raise ValueError(f"It has the wrong type {value.dtype} instead of {dtype}")
    return None if isinstance(value, Variable) else value_of(value)


@_public("static_cond")
def static_cond(pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any]) -> Any:
    """What the one or the other function returns.

    Raises:
        TypeError: one of them is no function.
    """
    for name, function in (("fn1", fn1), ("fn2", fn2)):
        if not callable(function):
            raise TypeError(f"{name} must be callable.")
    return fn1() if pred else fn2()


@_public("smart_cond")
def smart_cond(
    pred: Any, fn1: Callable[[], Any], fn2: Callable[[], Any], name: str | None = None
) -> Any:
    """`tf.cond`, or one function alone where the condition is known."""
    known = constant_value(pred)
    if known is not None:
        return static_cond(known, fn1, fn2)
    return cond(pred, fn1, fn2, name=name)


@_public("get_variable_collections")
def collections_of(variables_collections: Any, name: str) -> Any:
    """The collections of a variable: those of a list, or those that a mapping has for its name."""
    if isinstance(variables_collections, dict):
        return variables_collections.get(name)
    return variables_collections


def known_size(shape: TensorShape, dim: int, min_rank: int = 1) -> int:
    """The size of one dimension.

    Raises:
        ValueError: it is not known, or the rank is smaller than it may be.
    """
    if shape.ndims is None:
        raise ValueError("dims of shape must be known but is None")
    if shape.ndims < min_rank:
        raise ValueError(f"rank of shape must be at least {min_rank} not: {shape.ndims}")
    size: int | None = shape.as_list()[dim]
    if size is None:
        raise ValueError(f"dimension {dim} of shape must be known but is None: {shape}")
    return size


@_public("channel_dimension")
def channel_dimension(shape: TensorShape, data_format: str, min_rank: int = 1) -> int:
    """The number of channels, which come first or last; errors as `last_dimension`."""
    return known_size(shape, 1 if data_format == "channels_first" else -1, min_rank)


@_public("last_dimension")
def last_dimension(shape: TensorShape, min_rank: int = 1) -> int:
    """The size of the last dimension.

    Raises:
        ValueError: it is not known, or the rank is smaller than it may be.
    """
    return known_size(shape, -1, min_rank)


@_public("two_element_tuple")
def two_element_tuple(int_or_tuple: Any) -> tuple[int, int]:
    """A size for both dimensions of an image, of which one number or two are given.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(int_or_tuple, int):
        return int_or_tuple, int_or_tuple
    if isinstance(int_or_tuple, TensorShape):
        int_or_tuple = int_or_tuple.as_list()
    if isinstance(int_or_tuple, (list, tuple)):
        if len(int_or_tuple) != 2:
            raise ValueError(f"Must be a list with 2 elements: {int_or_tuple}")
        return int(int_or_tuple[0]), int(int_or_tuple[1])
    raise ValueError("Must be an int, a list with 2 elements or a TensorShape of length 2")


@_public("n_positive_integers")
def positive_integers(n: int, value: Any) -> tuple[int, ...]:
    """`n` sizes, of which one or all are given.

    Raises:
        ValueError: there are not so many, or one is not positive.
    """
    if int(n) != n or n < 1:
        raise ValueError("n must be a positive integer")
    try:
        found = (int(value),) * int(n)
    except (TypeError, ValueError):
        expected = f"Expected sequence of {n} positive integers, but received {value!r}"
        try:
            found = tuple(int(item) for item in value)
        except (TypeError, ValueError):
            raise ValueError(expected) from None
        if len(found) != n:
            raise ValueError(expected) from None
    for size in found:
        if size < 1:
            raise ValueError(f"expected positive integer, but received {size}")
    return found
