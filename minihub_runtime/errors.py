"""The errors of the runtime, under TensorFlow's names.

    Exception
    └─ OpError                                 what every error of a run, a reader or a file has in common
       ├─ AbortedError
       ├─ AlreadyExistsError        (FileExistsError)
       ├─ CancelledError
       ├─ DataLossError             (ValueError)     bytes that are truncated, corrupted or not what they claim
       ├─ DeadlineExceededError     (TimeoutError)
       ├─ FailedPreconditionError   (RuntimeError)   for example a variable that has no value yet
       ├─ InternalError             (RuntimeError)
       ├─ InvalidArgumentError      (ValueError)
       │  └─ InvalidSettingError    a variable of the environment has a value that it cannot have
       ├─ NotFoundError             (FileNotFoundError, LookupError)
       ├─ OutOfRangeError           (IndexError)
       ├─ PermissionDeniedError     (PermissionError)
       ├─ ResourceExhaustedError    (MemoryError)
       ├─ UnauthenticatedError
       ├─ UnavailableError          (ConnectionError)
       ├─ UnimplementedError        (NotImplementedError)
       │  └─ UnsupportedOpsError    a plan needs ops that are not registered; lists all of them
       └─ UnknownError
    TypeError
    └─ OperatorNotAllowedInGraphError          Python asks a tensor for a value while a graph is built

Each is also the nearest builtin exception, so that code that never heard of TensorFlow can catch it.
A message says what must hold and then what was found: `indices must lie in [0, 5), not [-1, 4]`.
Kernels know no node; the executor sets `node` and appends the place, and sessions set `op` and `node_def`.

Source: tensorflow/python/framework/errors_impl.py.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = [
    "ABORTED",
    "ALREADY_EXISTS",
    "CANCELLED",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "OK",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
    "UNKNOWN",
    "AbortedError",
    "AlreadyExistsError",
    "CancelledError",
    "DataLossError",
    "DeadlineExceededError",
    "FailedPreconditionError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidSettingError",
    "NotFoundError",
    "OpError",
    "OperatorNotAllowedInGraphError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "UnknownError",
    "UnsupportedOpsError",
    "WouldWaitError",
    "clip",
    "error_code_from_exception_type",
    "exception_type_from_error_code",
]


class OpError(Exception):
    """Base of all errors of the runtime.

    TensorFlow's constructor `(node_def, op, message)` works as well as a message alone.

    Attributes:
        message: what must hold, and what was found.
        node: name of the node that raised, or None.
        op: the Operation of the session's graph that raised, None where there is none or it is not known.
        node_def: the NodeDef of that operation, or None.
        error_code: the number of the status code in TensorFlow.
    """

    error_code = 2

    def __init__(self, *arguments: Any) -> None:
        node_def, op, message = arguments[:3] if len(arguments) >= 3 else (None, None, None)
        self.message = str(message if len(arguments) >= 3 else (arguments[0] if arguments else ""))
        self.node_def = node_def
        self.op: Any = op
        self.node: str | None = None
        self.place: str | None = None
        # Exception.__init__ by name: OSError, a base of some subclasses, treats several arguments as (errno, text).
        Exception.__init__(self, self.message)

    def __str__(self) -> str:
        return f"{self.message}\n\t [[{self.place}]]" if self.place else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Operations hold their graph, which does not leave the process.
        return type(self), self.args, {**self.__dict__, "op": None}

    def __copy__(self) -> OpError:
        # A copy stays in the process, and with its operation.
        make, arguments, _ = self.__reduce__()
        copied: OpError = make(*arguments)
        copied.__dict__.update(self.__dict__)
        return copied

    def at(self, node: str, place: str) -> OpError:
        """This error, with the innermost node that raised it; later calls change nothing."""
        if self.node is None:
            self.node, self.place = node, place
        return self


class CancelledError(OpError):
    """The run was closed or cancelled."""

    error_code = 1


class UnknownError(OpError):
    """An error without a better class."""

    error_code = 2


class InvalidArgumentError(OpError, ValueError):
    """An argument that no state of the system would make right."""

    error_code = 3


class InvalidSettingError(InvalidArgumentError):
    """A variable of the environment has a value that it cannot have."""


class DeadlineExceededError(OpError, TimeoutError):
    """The deadline of a load or a run has passed."""

    error_code = 4


class NotFoundError(OpError, FileNotFoundError, LookupError):
    """A file, a key or a resource that is not there."""

    error_code = 5


class AlreadyExistsError(OpError, FileExistsError):
    """Something of that name is there already."""

    error_code = 6


class PermissionDeniedError(OpError, PermissionError):
    """The caller may not do that."""

    error_code = 7


class ResourceExhaustedError(OpError, MemoryError):
    """A budget of memory, files or time is used up."""

    error_code = 8


class FailedPreconditionError(OpError, RuntimeError):
    """The state does not allow it: an uninitialised variable or table, a wrong file type."""

    error_code = 9


class WouldWaitError(FailedPreconditionError):
    """What could only go on after another run, and runs do not wait for each other; what fills a queue is asked again later.

    Attributes:
        left: how many steps of the plan were left, with the one that would wait.
        resume: goes on with the function or loop where it stopped, and returns what that returns; None outside of those.
        moved: whether that has come further since it stopped the last time.
    """

    left = 0
    moved = False
    resume: Callable[[], Any] | None = None

    def then(self, rest: Callable[[Any], Any]) -> WouldWaitError:
        """This error, where `rest` follows what `resume` goes on with, and takes what that returns."""
        resume = self.resume
        if resume is not None:
            self.resume = functools.partial(_followed, resume, rest)
        return self


def _followed(work: Callable[[], Any], rest: Callable[[Any], Any]) -> Any:
    try:
        found = work()
    except WouldWaitError as error:
        error.then(rest)
        raise
    try:
        return rest(found)
    except WouldWaitError as error:
        error.moved = True
        raise


class AbortedError(OpError):
    """Another thread got in the way."""

    error_code = 10


class OutOfRangeError(OpError, IndexError):
    """Past the end of a sequence or file."""

    error_code = 11


class UnimplementedError(OpError, NotImplementedError):
    """Legal, but neither TensorFlow's CPU kernels nor these do it."""

    error_code = 12


class InternalError(OpError, RuntimeError):
    """An invariant of the runtime is broken."""

    error_code = 13


class UnavailableError(OpError, ConnectionError):
    """A server cannot be reached now."""

    error_code = 14


class DataLossError(OpError, ValueError):
    """Bytes that are truncated, corrupted, or not in the format they should have."""

    error_code = 15


class UnauthenticatedError(OpError):
    """The request has no valid credentials."""

    error_code = 16


class UnsupportedOpsError(UnimplementedError):
    """A graph needs ops that are not registered.

    Attributes:
        missing: op type → names of the nodes that need it.
    """

    def __init__(self, missing: Mapping[str, Iterable[str]]) -> None:
        self.missing = {op: sorted(nodes) for op, nodes in sorted(missing.items())}
        lines = [
            f"{op} ({len(nodes)} node{'s' * (len(nodes) != 1)}, for example {clip(nodes[0])!r})"
            for op, nodes in self.missing.items()
        ]
        super().__init__("ops that are not supported: " + "; ".join(lines))

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is made again of its text otherwise, and a pool of processes that cannot waits for ever.
        return type(self), (self.missing,), {**self.__dict__, "op": None}


#: The numbers of status codes under TensorFlow's names.
OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The class of errors that have a status code.

    Raises:
        KeyError: there is none.
    """
    return {kind.error_code: kind for kind in OpError.__subclasses__()}[error_code]


def error_code_from_exception_type(cls: type) -> int | None:
    """The status code of a class of errors, None with a warning for any other class."""
    if isinstance(cls, type) and issubclass(cls, OpError) and cls is not OpError:
        return cls.error_code
    warnings.warn(f"Unknown class exception: {cls}", stacklevel=2)
    return None


class OperatorNotAllowedInGraphError(TypeError):
    """Python needs the value of a tensor, which has none while a graph is built."""


def clip(text: str, limit: int = 200) -> str:
    """`text` for a message: at most `limit` characters, control characters escaped.

    Names of nodes and files come from strangers and may be long or hold terminal codes.
    """
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:limit]
    )
    return shown if len(text) <= limit else f"{shown}… ({len(text)} characters)"
