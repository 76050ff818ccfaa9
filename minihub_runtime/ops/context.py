"""What a stateful kernel may ask of the session it runs in.

A kernel that wants it takes `ctx` as its first parameter; each node of a plan has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Protocol, TypeVar

from minihub_runtime.dtypes import DType
from minihub_runtime.ops.registry import Func

__all__ = ["Context"]

T = TypeVar("T")


class Context(Protocol):
    """The part of a session that kernels see.

    Attributes:
        node: name of the node, unique in its graph; a function body has its own names.
    """

    node: str

    def resource(self, container: str, name: str, make: Callable[[], T]) -> T:
        """The session's resource of that name, made by `make` if there is none yet.

        An empty `name` stands for the node's own name.
        """
        ...

    def own(self, make: Callable[[], T], part: str = "") -> T:
        """State that belongs to this node in this session, for example a random stream, made at first use.

        Args:
            make: what makes it.
            part: which, for nodes that keep more than one.
        """
        ...

    def call(self, function: Func, arguments: Sequence[Any]) -> list[Any]:
        """The results of a function of the graph's library."""
        ...

    def prepare(
        self,
        function: Func,
        streams: dict[Any, Any],
        types: Sequence[DType] | None = None,
    ) -> Callable[[Sequence[Any]], list[Any]]:
        """A function of the graph's library, as one of its arguments that is ready to be called often.

        Args:
            function: the function.
            streams: where the private states of its nodes lie, instead of in the session.
            types: the types of the results, if they are known.

        Raises:
            InvalidArgumentError: it returns something else.
        """
        ...

    def passes_on(self, function: Func) -> bool:
        """Whether a function of the graph's library does nothing but return its arguments, each in its place."""
        ...

    def call_gradient(
        self, function: Func, types: Sequence[DType], arguments: Sequence[Any]
    ) -> list[Any]:
        """The gradients of the arguments of a function of the graph's library, or of an op.

        Args:
            function: the function, or the op with its attributes.
            types: the types of the gradients.
            arguments: the function's arguments, then the gradients of its results.

        Raises:
            NotFoundError: the function, or an op in it, has no gradient.
        """
        ...

    def read_file(self, path: bytes, token: str = "") -> bytes:
        """The content of a file that the graph may see: an asset of its module.

        Args:
            path: its name.
            token: the graph's `program_token`, with which all files may be read.

        Raises:
            NotFoundError: there is no such file.
            PermissionDeniedError: the file is outside the folders the session was given.
        """
        ...

    def open_file(self, path: bytes, token: str = "") -> BinaryIO:
        """A file that the graph may see, open for reading; errors as for `read_file`.

        Args:
            path: see `read_file`.
            token: see `read_file`.
        """
        ...

    def check_reading(self, token: str) -> None:
        """Raise where the graph may see no file at all.

        Raises:
            PermissionDeniedError: the session was given no folder, and the token is not the graph's.
        """
        ...

    def by_program(self, token: str) -> bool:
        """Whether the node that holds a token, the graph's `program_token`, was added by the program that runs the graph."""
        ...

    def checkpoint(self, prefix: bytes) -> Any:
        """The reader of a checkpoint that the graph may see; errors as for `read_file`."""
        ...

    def graph_seed(self) -> int | None:
        """The seed of the graph, None if it has none."""
        ...

    def python_function(self, name: str) -> Callable[..., Any]:
        """A Python function that the program which built the graph left in it.

        Raises:
            NotFoundError: the graph was read from a file, or has no such function.
        """
        ...

    def ending(self) -> list[Callable[[], None]]:
        """What is called at the end of the run, to which a kernel may add; another run has another list."""
        ...

    def check(self) -> None:
        """Raise CancelledError if the session was closed, DeadlineExceededError after the deadline; long loops call it now and then."""
        ...
