"""Iterators over datasets: resources of the session that give one element after the other.

Source: tensorflow/core/kernels/data/iterator_ops.cc, optional_ops.cc.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    ResourceExhaustedError,
    clip,
)
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Dataset,
    Element,
    Iteration,
    dataset_of,
    require_alike,
)
from minihub_runtime.ops.elementwise import add_n
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import Array, Func, at_least, op, types_list
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.shapes import Shape

__all__ = ["IteratorResource"]

_SOURCE = "core/kernels/data/iterator_ops.cc"
_OPTIONAL = "core/kernels/data/optional_ops.cc"


class IteratorResource:
    """The place in a dataset that a session has reached.

    Attributes:
        types: the types of the components of elements; empty where any will do.
        shapes: their static shapes.
        handle: the string that finds it.
    """

    def __init__(self, handle: str, types: Sequence[DType], shapes: Sequence[Shape]) -> None:
        self.handle = handle
        self.types = tuple(types)
        self.shapes = tuple(shapes)
        self._lock = threading.RLock()
        self._elements: Iterator[Element] | None = None

    def begin(self, dataset: Dataset, ctx: Context) -> None:
        """Start with the first element of a dataset.

        Raises:
            InvalidArgumentError: its elements are of other types or shapes.
        """
        require_alike(self.types, self.shapes, dataset)
        elements = dataset.unshared().iterate(Iteration(ctx))
        with self._lock:
            self._elements = elements

    def begin_once(self, make: Callable[[], Dataset], ctx: Context) -> None:
        """Start with the first element of a dataset, unless that was done before."""
        with self._lock:
            if self._elements is None:
                self.begin(make(), ctx)

    def next(self, ctx: Context) -> Element:
        """The next element.

        Raises:
            StopIteration: there is none.
            FailedPreconditionError: it was not started.
        """
        # Who holds the lock may wait for us in turn, where maps ask iterators: only deadlines end that.
        while not self._lock.acquire(timeout=1):
            ctx.check()
        try:
            if self._elements is None:
                raise FailedPreconditionError(
                    "GetNext() failed because the iterator has not been initialized. Ensure that you have "
                    "run the initializer operation for this iterator before getting the next element."
                )
            return next(self._elements)
        except RecursionError:
            raise ResourceExhaustedError(
                "datasets and the functions they call must not nest so deep"
            ) from None
        finally:
            self._lock.release()


def _iterator(value: Any) -> IteratorResource:
    if not isinstance(value, IteratorResource):
        raise InvalidArgumentError(f"iterator must be an iterator, not {type(value).__name__}")
    return value


def _shared(
    ctx: Context,
    container: str,
    shared_name: str,
    types: Sequence[DType],
    shapes: Sequence[Shape],
) -> IteratorResource:
    """The session's iterator of a name."""
    name = shared_name or ctx.node
    found = ctx.resource(
        container,
        f"iterator {name}",
        lambda: IteratorResource(f"{container}/{name}", types, shapes),
    )
    _require_fit(found, types, shapes)
    return found


def _require_fit(found: IteratorResource, types: Sequence[DType], shapes: Sequence[Shape]) -> None:
    """Raise InvalidArgumentError unless an iterator gives elements of these types and shapes."""
    if types:
        require_alike(types, shapes, Dataset(found.types, found.shapes))


def _handle(
    ctx: Context,
    *,
    shared_name: str,
    container: str,
    output_types: list[DType],
    output_shapes: list[Shape],
) -> IteratorResource:
    """The iterator of that name.

    Raises: InvalidArgumentError for one of other types or shapes.
    """
    return _shared(ctx, container, shared_name, output_types, output_shapes)


for _name in ("Iterator", "IteratorV2"):
    op(
        f"{_name}() -> handle: resource",
        output_types=TYPES,
        output_shapes=MANY,
        stateful=True,
        source=_SOURCE,
        shape=scalar,
    )(_handle)


@op(
    "MakeIterator(dataset: variant, iterator: resource)",
    stateful=True,
    source=_SOURCE,
    shape=nothing,
)
def make_iterator(ctx: Context, dataset: Array, iterator: Any) -> tuple[()]:
    """Nothing; the iterator starts with the first element of `dataset`.

    Raises: InvalidArgumentError unless the elements are of the iterator's types and shapes.
    """
    _iterator(iterator).begin(dataset_of(dataset, "dataset"), ctx)
    return ()


@op(
    "OneShotIterator() -> handle: resource",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE,
    shape=scalar,
)
def one_shot_iterator(
    ctx: Context,
    *,
    dataset_factory: Func,
    output_types: list[DType],
    output_shapes: list[Shape],
    container: str = "",
    shared_name: str = "",
) -> IteratorResource:
    """An iterator over the dataset that a function makes, once for the session.

    Raises: InvalidArgumentError unless the function returns one dataset, of these types and shapes.
    """
    found = _shared(ctx, container, shared_name, output_types, output_shapes)

    def make() -> Dataset:
        made = ctx.call(dataset_factory, [])
        if len(made) != 1:
            raise InvalidArgumentError(
                f"The `dataset_factory` function must return a single dataset, not {len(made)} results."
            )
        return dataset_of(made[0], "the result of `dataset_factory`")

    found.begin_once(make, ctx)
    return found


def _given(output_shapes: list[Shape], output_types: list[DType]) -> list[Shape]:
    """The shapes the graph's writer noted, unknown where it noted none."""
    known = len(output_shapes) == len(output_types)
    return list(output_shapes) if known else [None] * len(output_types)


def _next(
    ctx: Context, iterator: Any, *, output_types: list[DType], output_shapes: list[Shape]
) -> Element:
    """The next element.

    Raises: OutOfRangeError at the end, FailedPreconditionError for an iterator that was not initialized,
        InvalidArgumentError for an element of other types or shapes.
    """
    try:
        element = _iterator(iterator).next(ctx)
    except StopIteration:
        raise OutOfRangeError("End of sequence") from None
    require_alike(output_types, output_shapes, element)
    return element


for _name in ("IteratorGetNext", "IteratorGetNextSync"):
    op(
        f"{_name}(iterator: resource) -> components: output_types",
        output_types=TYPES,
        output_shapes=MANY,
        stateful=True,
        source=_SOURCE,
        shape=_given,
    )(_next)


@dataclasses.dataclass(frozen=True, eq=False)
class OptionalVariant:
    """A value that may be there, as a variant tensor holds it.

    Attributes:
        components: the parts of the value; None if there is none.
    """

    components: Element | None

    def zeros_like(self) -> OptionalVariant:
        """An optional with zeros for its value; without a value if it has none."""
        if self.components is None:
            return self
        return OptionalVariant(tuple(map(_zeros_like, self.components)))

    def plus(self, other: Any) -> OptionalVariant:
        """An optional with the sums of the parts.

        Raises:
            InvalidArgumentError: the other is none, or one has a value, or more parts, and the other does not.
        """
        require(isinstance(other, OptionalVariant), "an optional must be added to an optional")
        mine, its = self.components, other.components
        if mine is None or its is None:
            require(
                mine is its,
                "Cannot add optionals because one has a value and the other doesn't.",
            )
            return self
        require(
            len(mine) == len(its),
            f"Cannot add optionals because they have different numbers of components: {len(mine)} vs. {len(its)}.",
        )
        return OptionalVariant(tuple(add_n(pair) for pair in zip(mine, its, strict=True)))


def _zeros_like(x: Any) -> Array:
    """Zeros in the place of numbers, of text, and of what variants hold."""
    if x.dtype != object:
        return np.zeros_like(x)
    result = np.empty(x.shape, dtype=object)
    for place, item in enumerate(x.reshape(-1)):
        result.reshape(-1)[place] = item.zeros_like() if hasattr(item, "zeros_like") else b""
    return result


def _optional(components: Element | None) -> Array:
    result: Array = np.empty((), dtype=object)
    result[()] = OptionalVariant(components)
    return result


def _optional_of(value: Any) -> OptionalVariant:
    found = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if not isinstance(found, OptionalVariant):
        raise InvalidArgumentError(f"optional must be an optional, not {type(found).__name__}")
    return found


@op(
    "IteratorGetNextAsOptional(iterator: resource) -> optional: variant",
    output_types=TYPES,
    output_shapes=MANY,
    stateful=True,
    source=_SOURCE,
    shape=scalar,
)
def iterator_get_next_as_optional(
    ctx: Context, iterator: Any, *, output_types: list[DType], output_shapes: list[Shape]
) -> Array:
    """An optional with the next element; without a value at the end.

    Raises: FailedPreconditionError for an iterator that was not initialized, InvalidArgumentError for an element of other
        types or shapes.
    """
    try:
        element = _iterator(iterator).next(ctx)
    except StopIteration:
        return _optional(None)
    require_alike(output_types, output_shapes, element)
    return _optional(element)


@op(
    "OptionalNone() -> optional: variant",
    source=_OPTIONAL,
    shape=scalar,
)
def optional_none() -> Array:
    """An optional without a value."""
    return _optional(None)


@op(
    "OptionalFromValue(components: Toutput_types) -> optional: variant",
    Toutput_types=TYPES,
    source=_OPTIONAL,
    shape=scalar,
)
def optional_from_value(components: Sequence[Any]) -> Array:
    """An optional with a value."""
    return _optional(tuple(components))


@op(
    "OptionalHasValue(optional: variant) -> has_value: bool",
    source=_OPTIONAL,
    shape=scalar,
)
def optional_has_value(optional: Any) -> Array:
    """Whether an optional has a value.

    Raises: InvalidArgumentError for anything but an optional.
    """
    return np.array(_optional_of(optional).components is not None)


@op(
    "OptionalGetValue(optional: variant) -> components: output_types",
    output_types=TYPES,
    output_shapes=MANY,
    source=_OPTIONAL,
    shape=_given,
)
def optional_get_value(
    optional: Any, *, output_types: list[DType], output_shapes: list[Shape]
) -> Element:
    """The value of an optional.

    Raises: InvalidArgumentError if it has none, or one of other types or shapes.
    """
    found = _optional_of(optional).components
    if found is None:
        raise InvalidArgumentError(
            "The given optional does not have a value. This could indicate that the iterator it came from is at its end."
        )
    require_alike(output_types, output_shapes, found)
    return found


@op(
    "IteratorToStringHandle(resource_handle: resource) -> string_handle: string",
    stateful=True,
    source=_SOURCE,
    shape=scalar,
)
def iterator_to_string_handle(resource_handle: Any) -> Array:
    """A string that finds the iterator again in this session.

    Raises: InvalidArgumentError for a handle of something else.
    """
    result = np.empty((), dtype=object)
    result[()] = _iterator(resource_handle).handle.encode("utf-8", "surrogateescape")
    return result


def _found(
    ctx: Context,
    string_handle: Array,
    *,
    output_types: list[DType] = [],
    output_shapes: list[Shape] = [],
) -> IteratorResource:
    """The iterator that IteratorToStringHandle told the string of.

    Raises: NotFoundError if there is none in this session, InvalidArgumentError for one of other types or shapes, and for what
        no iterator is called.
    """
    require_scalar(string_handle, "string_handle")
    handle = string_handle.item().decode("utf-8", "surrogateescape")
    container, slash, name = handle.partition("/")
    if not slash:
        raise InvalidArgumentError(f"string_handle must tell an iterator, not {clip(handle)!r}")

    def missing() -> IteratorResource:
        raise NotFoundError(
            f"string_handle must tell an iterator of this session, not {clip(handle)!r}"
        )

    found = ctx.resource(container, f"iterator {name}", missing)
    _require_fit(found, output_types, output_shapes)
    return found


for _name in ("IteratorFromStringHandle", "IteratorFromStringHandleV2"):
    op(
        f"{_name}(string_handle: string) -> resource_handle: resource",
        output_types=types_list(default=()),
        output_shapes=at_least(0),
        stateful=True,
        source=_SOURCE,
        shape=scalar,
    )(_found)


# Source: tensorflow/python/ops/optional_grad.py.
@optional_from_value.gradient
def optional_from_value_gradient(ops: Ops, grad: Term, components: list[Term]) -> list[Term]:
    found = ops.OptionalGetValue(
        grad,
        output_types=[part.dtype for part in components],
        output_shapes=[part.shape for part in components],
    )
    return [*found]


@optional_get_value.gradient
def optional_get_value_gradient(ops: Ops, grads: list[Term]) -> Term:
    return ops.OptionalFromValue(grads)
