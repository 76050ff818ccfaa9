"""What datasets and their iterators are made of: the values behind the variants of `tf.data`.

A dataset is a description that never changes; its variant is a 0-d object array that holds it.  `unshared` copies the whole
tree for one iterator, so that a dataset that stands at two places has its own random seeds and its own cache at each, as
where TensorFlow rewrites the graph of a dataset before it is iterated over; what its rewriting puts together becomes one
dataset then.  What lasts from one epoch to the next lies in these copies.  What a function makes is rewritten, too, but not
what it is given or captures.

An iterator gives elements, tuples of arrays.  One that raised goes on with the element after: no generators, which end then.
One that ended stays ended.  Where an error must keep the place of its element, `outcome` gives the one or the other.

Source: tensorflow/core/framework/dataset.h, tensorflow/core/data/captured_function.cc, root_dataset.cc.
"""

from __future__ import annotations

import abc
import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.dtypes import variant as variant_type
from minihub_runtime.errors import (
    DeadlineExceededError,
    InvalidArgumentError,
    OpError,
    ResourceExhaustedError,
    clip,
)
from minihub_runtime.ops.checking import MEMORY_LIMIT, require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import Array, at_least, types_list
from minihub_runtime.shapes import Shape, show

__all__ = [
    "CHECKED_EVERY",
    "INFINITE",
    "MANY",
    "TYPES",
    "UNKNOWN",
    "AsItIs",
    "Captured",
    "Dataset",
    "Element",
    "Elements",
    "EndUntold",
    "Iteration",
    "Outcome",
    "Passing",
    "Pipe",
    "after_end",
    "at_end",
    "check_room",
    "compatible",
    "dataset_of",
    "element_of",
    "is_at_end",
    "no_end",
    "number",
    "outcome",
    "passed_over",
    "require_alike",
    "truth",
    "variant",
]

Element: TypeAlias = tuple[Any, ...]

#: An element, or the error that stands in its place.
Outcome: TypeAlias = "Element | OpError"

#: Numbers of elements that are none.
INFINITE, UNKNOWN = -1, -2

#: How deep datasets may stand one upon the other, and how many there may be below one iterator.
MAX_DEPTH, MAX_DATASETS = 200, 10_000

#: Elements that are passed over before the deadline is looked at.
CHECKED_EVERY = 256

#: What an array takes beside its content, and an error with its message.
ARRAY_BYTES, ERROR_BYTES = 128, 2048

#: The attributes of nearly all datasets.
TYPES: Any = types_list(minimum=1)
MANY: Any = at_least(1)


class Iteration:
    """What belongs to one making of an iterator.

    Attributes:
        streams: private states of nodes in the functions that are called: random streams begin anew with each iteration.
        check: raises if the run that asks for an element has passed its deadline.
    """

    def __init__(self, ctx: Context) -> None:
        self.streams: dict[Any, Any] = {}
        self.check: Callable[[], None] = ctx.check


class Captured:
    """A function of the library, and the tensors it takes beside an element."""

    def __init__(self, ctx: Context, function: Func, arguments: Sequence[Any]) -> None:
        self._ctx = ctx
        self._function = function
        self._arguments = tuple(arguments)
        self._own = False

    def unshared(self) -> Captured:
        """The function for one place of a dataset, where its nodes have private states of their own."""
        made = copy.copy(self)
        made._own = True
        return made

    def bind(
        self, iteration: Iteration, types: Sequence[DType] | None = None
    ) -> Callable[[Element], list[Any]]:
        """The function of an element, with a plan that is made once.

        Args:
            iteration: what the private states of its nodes belong to.
            types: what it must return, if that is known.

        Raises:
            InvalidArgumentError: it returns something else.
        """
        streams = iteration.streams
        if self._own:
            streams = streams.setdefault(self, {})
        call = self._ctx.prepare(self._function, streams, types)
        arguments = self._arguments
        if not arguments:
            return call
        return lambda element: call((*element, *arguments))

    def bind_dataset(self, iteration: Iteration, name: str) -> Callable[[Element], Dataset]:
        """The function of an element, where that returns a dataset; `name` says in messages what it is.

        Raises:
            InvalidArgumentError: it returns something else.
        """
        call = self.bind(iteration, [variant_type])
        captured = _datasets_of(self._arguments)

        def make(element: Element) -> Dataset:
            found = dataset_of(call(element)[0], name)
            given = [*captured, *_datasets_of(element)]
            return found if any(found is item for item in given) else found.made_of(given)

        return make


class Dataset:
    """A sequence of elements.

    Attributes:
        types: the types of the components.
        shapes: their static shapes.
        inputs: the datasets that the elements are made of.
        joins_batches: whether TensorFlow's rewriting makes one dataset of it and of batches of it.
    """

    joins_batches = False

    def __init__(self, types: Sequence[DType], shapes: Sequence[Shape], *inputs: Dataset) -> None:
        self.types = tuple(types)
        self.shapes = tuple(shapes)
        self.inputs = inputs
        self.depth: int = 1 + max((item.depth for item in inputs), default=0)
        self.size: int = 1 + sum(item.size for item in inputs)
        if self.depth > MAX_DEPTH:
            raise ResourceExhaustedError(
                f"datasets must not stand upon each other more than {MAX_DEPTH} deep"
            )
        if self.size > MAX_DATASETS:
            raise ResourceExhaustedError(
                f"a dataset must be made of at most {MAX_DATASETS} others, not {self.size}"
            )

    def unshared(self) -> Dataset:
        """A copy, with copies of all datasets below, that has no state yet."""
        made = copy.copy(self)
        made.inputs = tuple(item.unshared() for item in self.inputs)
        for name, value in vars(self).items():
            if isinstance(value, Captured):
                setattr(made, name, value.unshared())
        made.renew()
        return made.rewritten()

    def rewritten(self) -> Dataset:
        """What TensorFlow's rewriting makes of this copy for one iterator, whose inputs are rewritten."""
        return self

    def made_of(self, given: Sequence[Dataset]) -> Dataset:
        """What TensorFlow's rewriting makes of a dataset that a function has made of others."""
        made = copy.copy(self)
        made.inputs = tuple(
            AsItIs(item) if any(item is other for other in given) else item.made_of(given)
            for item in self.inputs
        )
        return made.rewritten()

    def renew(self) -> None:
        """Forget what lasts from one epoch to the next."""

    def repeated(self, epochs: int) -> Dataset | None:
        """Several epochs, endless ones if the number is negative, where TensorFlow's rewriting makes one dataset of them."""
        return None

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """An iterator over the elements of one epoch."""
        raise NotImplementedError

    def cardinality(self) -> int:
        """The number of elements, INFINITE or UNKNOWN."""
        return UNKNOWN


class Pipe(Dataset):
    """A dataset whose elements are like those of its first input."""

    def __init__(self, source: Dataset, *others: Dataset) -> None:
        super().__init__(source.types, source.shapes, source, *others)

    def cardinality(self) -> int:
        """That of the input."""
        return self.inputs[0].cardinality()


class AsItIs(Pipe):
    """The elements of a dataset that is not put together with what stands upon it."""

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return self.inputs[0].iterate(iteration)


class Elements(Dataset):
    """Elements that are there already."""

    def __init__(
        self, types: Sequence[DType], shapes: Sequence[Shape], elements: Sequence[Element]
    ) -> None:
        super().__init__(types, shapes)
        self._elements = elements

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The elements."""
        return iter(self._elements)

    def cardinality(self) -> int:
        """How many there are."""
        return len(self._elements)


def outcome(source: Iterator[Element]) -> Outcome:
    """The next element, or the error that stands in its place; without its traceback, whose frames hold much.

    Raises:
        StopIteration: there is no next element.
        DeadlineExceededError: the time of the run is over, which is no fault of the element.
    """
    try:
        return next(source)
    except DeadlineExceededError:
        raise
    except OpError as error:
        return error.with_traceback(None)


class Passing(Iterator[Element]):
    """An iterator that passes elements over without making them; what is wrong with these is not noticed."""

    @abc.abstractmethod
    def pass_over(self, count: int) -> int:
        """Pass over the next `count` elements; how many there were."""


def passed_over(source: Iterator[Element], count: int, check: Callable[[], None]) -> int:
    """How many elements there were when the next `count` of an iterator were passed over.

    Args:
        source: the iterator.
        count: how many to pass over.
        check: raises if the run has passed its deadline.
    """
    if isinstance(source, Passing):
        return source.pass_over(count)
    for passed in range(count):
        if passed % CHECKED_EVERY == 0:
            check()
        try:
            next(source)
        except StopIteration:
            return passed
    return count


def element_of(found: Outcome) -> Element:
    """The element, if it is one.

    Raises:
        OpError: the error that stands in its place.
    """
    if isinstance(found, OpError):
        # It may be raised again and again, and would gather the frames of each time.
        raise found.with_traceback(None)
    return found


def at_end(error: OpError, ends: bool | None = True) -> OpError:
    """An error, and whether the end was found as it was made; one that several elements share is told of anew for each.

    TensorFlow tells the end beside such an error: what puts datasets side by side, or in turns, asks no more then.  None
    stands for datasets that say nothing: what was told before holds.
    """
    error.__dict__["at_end"] = ends
    return error


def is_at_end(error: OpError) -> bool:
    """Whether the end was found as an error was made."""
    return bool(error.__dict__.get("at_end"))


def after_end(error: OpError) -> OpError:
    """An error of the dataset after one that ended: if nothing is said beside it, that end is told."""
    return at_end(error) if error.__dict__.get("at_end", False) is None else error


def no_end(error: OpError) -> OpError:
    """An error of a dataset of which it was told that it is at no end, unless it says so beside the error."""
    return error if is_at_end(error) else at_end(error, False)


class EndUntold(Iterator[Element]):
    """An iterator that does not tell beside an error that its source is at the end.

    Args:
        source: the iterator.
        ends: what is told: that it is no end, as where elements come from threads, or nothing.
    """

    def __init__(self, source: Iterator[Element], ends: bool | None = False) -> None:
        self._source = source
        self._ends = ends

    def __next__(self) -> Element:
        try:
            return next(self._source)
        except OpError as error:
            at_end(error, self._ends)
            raise


def check_room(count: int, element: Element, what: str) -> None:
    """Raise ResourceExhaustedError if `count` elements like one take more memory than a result may.

    It looks at few of them, for it is called for each element that is kept.
    """
    if count & (count - 1) and count % CHECKED_EVERY:
        return
    if count * sum(map(_weight, element)) > MEMORY_LIMIT:
        raise ResourceExhaustedError(
            f"{what} must take at most {MEMORY_LIMIT} bytes, not {count} elements of shapes "
            f"{[show(getattr(item, 'shape', ())) for item in element]}"
        )


def _weight(item: Any) -> int:
    """The bytes that a component takes, about."""
    if not isinstance(item, np.ndarray):
        return ERROR_BYTES if isinstance(item, OpError) else ARRAY_BYTES
    first = item.reshape(-1)[0] if item.dtype == object and item.size else b""
    text = len(first) if isinstance(first, bytes) else 0
    return ARRAY_BYTES + item.nbytes + item.size * text


def _datasets_of(values: Sequence[Any]) -> list[Dataset]:
    """The datasets among the values of tensors."""
    items = [value.item() for value in values if getattr(value, "shape", None) == ()]
    return [item for item in items if isinstance(item, Dataset)]


def variant(dataset: Dataset) -> Array:
    """The variant tensor that holds a dataset."""
    result = np.empty((), dtype=object)
    result[()] = dataset
    return result


def dataset_of(handle: Any, name: str = "input_dataset") -> Dataset:
    """The dataset that a variant tensor holds.

    Raises:
        InvalidArgumentError: it holds none.
    """
    found = handle.item() if isinstance(handle, np.ndarray) and handle.ndim == 0 else handle
    if not isinstance(found, Dataset):
        raise InvalidArgumentError(f"{name} must be a dataset, not {type(found).__name__}")
    return found


def number(value: Array, name: str, least: int | None = None) -> int:
    """A scalar argument.

    Raises:
        InvalidArgumentError: it is no scalar, or less than `least`.
    """
    require_scalar(value, name)
    found = int(value)
    if least is not None and found < least:
        raise InvalidArgumentError(f"{name} must be at least {least}, not {found}")
    return found


def truth(value: Array, name: str) -> bool:
    """A scalar argument that is true or false.

    Raises:
        InvalidArgumentError: it is no scalar.
    """
    require_scalar(value, name)
    return bool(value)


def compatible(wanted: Shape, found: Shape) -> bool:
    """Whether one shape could be both."""
    if wanted is None or found is None:
        return True
    return len(wanted) == len(found) and all(
        m is None or n is None or m == n for m, n in zip(wanted, found)
    )


def require_alike(
    types: Sequence[DType], shapes: Sequence[Shape], found: Dataset | Sequence[Array]
) -> None:
    """Raise InvalidArgumentError unless a dataset, or an element, has these types and shapes."""
    if isinstance(found, Dataset):
        found_types: Sequence[Any] = [dtype.numpy for dtype in found.types]
        found_shapes: Sequence[Shape] = found.shapes
    else:
        found_types = [getattr(item, "dtype", object) for item in found]
        found_shapes = [getattr(item, "shape", ()) for item in found]
    require(
        len(types) == len(found_types),
        f"Number of components does not match: expected {len(types)} types but got "
        f"{len(found_types)}.",
    )
    for place, (wanted, kind) in enumerate(zip(types, found_types)):
        if wanted.numpy != kind:
            require(
                False,
                f"Data type mismatch at component {place}: expected {wanted.name} but got {kind}.",
            )
    for place, (shape, have) in enumerate(zip(shapes, found_shapes)):
        if not compatible(shape, have):
            require(
                False,
                f"Incompatible shapes at component {place}: expected {show(shape)} but got "
                f"{clip(show(have))}.",
            )
