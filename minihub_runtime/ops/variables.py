"""What a variable holds, and how it is read and changed.

Both kinds of variables are one object that travels along the edges.  The value of a variable is an array that is never
written to while anybody else holds it: an assignment replaces it, so whoever holds a value keeps it.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    clip,
)
from minihub_runtime.ops.adjoined import adjoin, is_own
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Shape, compatible, concrete, show, size
from minihub_runtime.threads import spread

__all__ = [
    "Variable",
    "begin_changes",
    "change_alone",
    "end_changes",
    "existing",
    "is_mapped",
    "read_side_by_side",
    "resource_of",
]


def is_mapped(array: Array) -> bool:
    """Whether an array is a view into a mapped file."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    return isinstance(base, mmap.mmap)


def _keepable(value: Array) -> Array:
    """`value` as a variable may keep it: read-only, and nobody else can change it.

    A read-only view may show the caller's own array (a feed), so it is copied; one that shows a mapped checkpoint or a
    constant of its own is not.
    """
    if value.base is not None and not value.flags.writeable and not is_mapped(value):
        value = value.copy()
    # Several times as fast as by `flags`.
    value.setflags(write=False)
    return value


def _references(value: Array) -> int:
    """How many references to an array Python counts, those of this call and of its caller included."""
    return sys.getrefcount(value)


def _references_of_one() -> int:
    """What `_references` gives for an element of a list that nobody else holds."""
    values = [np.empty(1)]
    return _references(values[0])


_ALONE = _references_of_one()
#: The same where the elements of a list are counted.
_ALONE_IN_LIST = max(map(sys.getrefcount, [np.empty(1)]))

#: Deferred values of fewer bytes are read by whoever wants them.
_WORTH_A_TURN = 1 << 16
#: Bytes of a checkpoint that one thread compares with their checksum in a nanosecond, about.
_SPEED = 4


def read_side_by_side(variables: Iterable[Variable]) -> tuple[()]:
    """Read the deferred values of some variables on all threads, if that pays; nothing is returned."""
    waiting = [variable for variable in variables if variable.deferred_bytes >= _WORTH_A_TURN]
    cost = sum(variable.deferred_bytes for variable in waiting) // _SPEED
    spread(_try_to_read, waiting, cost)
    return ()


def _try_to_read(variable: Variable) -> None:
    with contextlib.suppress(OpError):
        # Who wants the value meets the same error, and says where.
        variable.read()


class Variable:
    """One variable of a session.

    Attributes:
        name: for messages.
        dtype: its element type.
        shape: the shape its values must have.
        epoch: how often it was assigned.
    """

    __slots__ = ("_source", "_value", "dtype", "epoch", "lock", "name", "shape")

    def __init__(self, name: str, dtype: DType, shape: Shape) -> None:
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.epoch = 0
        self.lock = threading.RLock()
        self._value: Array | None = None
        self._source: Callable[[], Array] | None = None

    def __repr__(self) -> str:
        return f"<Variable {clip(self.name)} {self.dtype.name} {show(self.shape)}>"

    @property
    def initialized(self) -> bool:
        """Whether it has a value."""
        if self._value is not None or self._source is not None:
            return True
        with self.lock:
            # While rows change in place the value is out of reach.
            return self._value is not None or self._source is not None

    def read(self) -> Array:
        """The value.

        Raises:
            FailedPreconditionError: it has none yet.
        """
        value = self._value
        if value is None:
            with self.lock:
                if self._source is not None:
                    # What a deferred variable holds is known only now, but has been its value all along.
                    self._store(self._source(), True)
                value = self._value
        if value is None:
            raise FailedPreconditionError(
                f"variable {clip(self.name)!r} must be initialized before it is read; run "
                "global_variables_initializer() or restore it"
            )
        return value

    @property
    def deferred_bytes(self) -> int:
        """How many bytes will be read when the value is first wanted; 0 if it is there, or its size is not known."""
        known = concrete(self.shape)
        return 0 if self._source is None or known is None else size(known) * self.dtype.size

    def defer(self, source: Callable[[], Array]) -> None:
        """Let `source` give the value when it is first read, so that what nobody reads costs nothing."""
        with self.lock:
            self._value, self._source = None, source
            self.epoch += 1

    def assign(self, value: Array, validate_shape: bool = True, keep_shape: bool = False) -> None:
        """Replace the value.

        Args:
            value: the new one.
            validate_shape: whether it must have the shape that values of this variable have.
            keep_shape: whether it must have the shape of the value before, which may be another one.

        Raises:
            InvalidArgumentError: its type or shape does not fit.
        """
        with self.lock:
            if keep_shape and self.initialized:
                # What is deferred has the shape that values must have.
                self._check_shape(self.shape if self._value is None else self._value.shape, value)
            self._store(value, validate_shape)
            self.epoch += 1

    def _store(self, value: Array, validate_shape: bool) -> None:
        if value.dtype != self.dtype.numpy:
            raise InvalidArgumentError(
                f"variable {clip(self.name)!r} must be assigned {self.dtype.name}, "
                f"not {as_dtype(value.dtype).name}"
            )
        if validate_shape:
            self._check_shape(self.shape, value)
        self._value, self._source = _keepable(value), None

    def _check_shape(self, expected: Shape, value: Array) -> None:
        if not compatible(expected, value.shape):
            raise InvalidArgumentError(
                "Assign requires shapes of both tensors to match. "
                f"lhs shape= {show(expected)} rhs shape= {show(value.shape)} "
                f"(variable {clip(self.name)!r})"
            )

    def update(self, change: Callable[[Array], Array]) -> Array:
        """Replace the value by `change(value)`, which no other update interrupts; the new value."""
        with self.lock:
            new = change(self.read())
            self.assign(new, validate_shape=False)
            return new

    @contextlib.contextmanager
    def changing(self) -> Iterator[Array]:
        """The value, to be written to, so that changing some rows costs what the rows cost.

        It is the array itself if nobody else holds it, else a copy, which from then on is the variable's own.  Whoever
        reads meanwhile waits.  If the block raises, the value may have changed in part, as in TensorFlow.

        Raises:
            FailedPreconditionError: it has none.
        """
        value = self.begin_change()
        try:
            yield value
        finally:
            self.end_change(value)

    def begin_change(self) -> Array:
        """As `changing`, until `end_change`; without what a context costs where many variables change a little."""
        (value,) = begin_changes([self])
        return value

    def take(self) -> Array:
        """The value, which is out of reach until `put_back`; the caller has the lock.

        Raises:
            FailedPreconditionError: it has none.
        """
        value = self.read()
        self._value = None
        return value

    def put_back(self, value: Array) -> None:
        """Make `value` the value again, as it was when it was taken."""
        self._value = value

    def end_change(self, value: Array) -> None:
        """Let others read again what `begin_change` gave."""
        value.setflags(write=False)
        self._value = value
        self.epoch += 1
        self.lock.release()

    def clear(self) -> None:
        """Forget the value."""
        with self.lock:
            self._value = self._source = None
            self.epoch += 1


def begin_changes(variables: Sequence[Variable]) -> list[Array]:
    """The values of different variables, each as `Variable.begin_change` gives it.

    Those of several variables that would all be copied come to lie one behind the other, if they can: parts of a table,
    which from then on can be changed as one.

    Raises:
        FailedPreconditionError: one has none.
    """
    values: list[Array] = []
    begun = 0
    try:
        for variable in variables:
            variable.lock.acquire()
            begun += 1
            values.append(variable.take())
        held = [
            place
            for place in range(begun)
            if not is_own(values[place]) or _references(values[place]) > _ALONE
        ]
        if len(held) == begun > 1 and _are_parts(values):
            copies = adjoin(values)
        else:
            copies = values.copy()
            for place in held:
                copies[place] = values[place].copy()
    except BaseException:
        for variable, value in itertools.zip_longest(variables[:begun], values):
            if value is not None:
                variable.put_back(value)
            variable.lock.release()
        raise
    for value in copies:
        value.setflags(write=True)
    return copies


def change_alone(variables: Sequence[Variable], change: Callable[[], None]) -> bool:
    """Change the values of different variables in place if nobody else holds one; whether it was done.

    It is for values that can be written to without the arrays that the variables hold, as parts of a whole can.

    Args:
        variables: variables with values, all of whose locks the caller has.
        change: writes to the values; meanwhile these are out of reach.  If it raises, they may have changed in part.
    """
    values: list[Array] = []
    try:
        # Tables of many parts are changed in each step of a training, so that calls count.
        for variable in variables:
            values.append(variable.read() if variable._value is None else variable._value)
            variable._value = None
        alone = max(map(sys.getrefcount, values)) <= _ALONE_IN_LIST
        if alone:
            change()
        return alone
    finally:
        # Those after one without a value were not taken.
        for variable, value in zip(variables, values, strict=False):
            variable._value = value
            variable.epoch += 1


def end_changes(variables: Iterable[Variable], values: Iterable[Array]) -> None:
    """Let others read again what `begin_changes` gave."""
    for variable, value in zip(variables, values, strict=True):
        variable.end_change(value)


def _are_parts(values: Sequence[Array]) -> bool:
    """Whether arrays could be parts of one that is divided by rows."""
    first = values[0]
    return not first.dtype.hasobject and all(
        value.ndim and value.dtype == first.dtype and value.shape[1:] == first.shape[1:]
        for value in values
    )


def existing(value: Any) -> Variable:
    """The variable that a handle stands for, for ops that in TensorFlow look up what the first assignment makes.

    Raises:
        NotFoundError: it has no value.
    """
    variable = resource_of(value)
    if not variable.initialized:
        raise NotFoundError(
            f"variable {clip(variable.name)!r} must be initialized before it is used"
        )
    return variable


def resource_of(value: Any) -> Variable:
    """The variable that a handle stands for, which may have no value yet.

    Raises:
        InvalidArgumentError: it stands for something else.
    """
    if not isinstance(value, Variable):
        raise InvalidArgumentError(f"resource must be a variable, not {type(value).__name__}")
    return value
