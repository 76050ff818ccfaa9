"""The graphs and sessions that are the default inside `with` blocks, a stack of each per thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from minihub_runtime.public import public

if TYPE_CHECKING:
    from minihub_runtime.api.graph import Graph
    from minihub_runtime.api.session import Session

__all__ = ["GRAPHS", "SESSIONS", "default_session", "get_default_session"]

T = TypeVar("T")


class _Stack(threading.local, Generic[T]):
    """The defaults of one thread.

    Attributes:
        items: all of them, innermost last.
    """

    def __init__(self) -> None:
        self.items: list[T] = []

    @property
    def innermost(self) -> T | None:
        """The default now, None if there is none."""
        return self.items[-1] if self.items else None

    @contextlib.contextmanager
    def push(self, item: T) -> Iterator[T]:
        """Make `item` the default inside the context."""
        self.items.append(item)
        try:
            yield item
        finally:
            # An interactive session may end before one that was opened later: the last of its places goes.  A test that begins
            # inside of a context has cleared them all.
            for place in reversed(range(len(self.items))):
                if self.items[place] is item:
                    del self.items[place]
                    break


GRAPHS: _Stack[Any] = _Stack()
SESSIONS: _Stack[Any] = _Stack()


@public("get_default_session")
def get_default_session() -> Session | None:
    """The innermost default session of this thread."""
    return SESSIONS.innermost


def default_session(session: Session | None, graph: Graph) -> Session:
    """`session`, or the default one of this thread.

    Raises:
        ValueError: there is none, or it runs another graph.
    """
    found = get_default_session() if session is None else session
    if found is None:
        raise ValueError(
            "Cannot evaluate tensor using `eval()`: No default session is registered. Use "
            "`with sess.as_default()` or pass an explicit session to `eval(session=sess)`"
        )
    if found.graph is not graph:
        raise ValueError(
            "Cannot use the default session to evaluate tensor: the tensor's graph is different "
            "from the session's graph."
        )
    return found
