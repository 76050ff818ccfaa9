"""What lives longer than a run: variables, tables, random streams, plans of functions.

One `State` belongs to one session.  It may be used by any number of threads.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections import ChainMap, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar, Token
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias, TypeVar, cast

from minihub_runtime.checkpoint.bundle import index_filename
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.engine import watching
from minihub_runtime.engine.compiler import compile_plan
from minihub_runtime.engine.plan import Plan
from minihub_runtime.errors import (
    CancelledError,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    WouldWaitError,
    clip,
)
from minihub_runtime.files import read_regular_file, stream_regular_file
from minihub_runtime.graph.functions import Body, instantiate
from minihub_runtime.graph.ir import Graph
from minihub_runtime.ops.checkpoint_files import old_checkpoint_files, open_checkpoint
from minihub_runtime.ops.philox import Philox

if TYPE_CHECKING:
    from minihub_runtime.checkpoint import CheckpointReader, OldCheckpointReader

__all__ = ["MAX_CALL_DEPTH", "NodeContext", "State"]

T = TypeVar("T")
#: Where a node is in a session: scopes and names of the calls that lead to it, its scope and its name.
Place: TypeAlias = tuple[tuple[tuple[str, str], ...], str, str]

_ABSENT: Any = object()

#: How many checkpoints stay open.
MAX_CHECKPOINTS = 8
#: Nested function calls beyond this end with an error instead of exhausting the interpreter's stack.
MAX_CALL_DEPTH = 100


class _Callee(NamedTuple):
    """A function of the library as one of its callers runs it.

    Attributes:
        function: what is called; held, so that no other function takes its place in memory.
        body: its arguments and results.
        plan: what computes them.
        inlined: whether each call has states of its own.
        needed: the places of the results that are computed; None runs the whole function.
    """

    function: Func
    body: Body
    plan: Plan
    inlined: bool
    needed: tuple[int, ...] | None


class _Run(NamedTuple):
    """What a thread is executing.

    Attributes:
        deadline: when it must end.
        depth: how many calls lie within one another.
        path: the calls that led to the function that runs now: scopes and names of their nodes.
        streams: where private states of nodes lie, if that is not the session.
        ending: what is called at the end of the run.
    """

    deadline: float | None = None
    depth: int = 0
    path: tuple[tuple[str, str], ...] = ()
    streams: dict[Any, Any] | None = None
    ending: list[Callable[[], None]] | None = None


_IDLE = _Run()
#: That of this thread; threads that help it have the same.
_run: ContextVar[_Run] = ContextVar("run", default=_IDLE)


class State:
    """Resources and plans of one session.

    Attributes:
        graph: where functions are looked up.
        readable: folders whose files the graph may read; None allows every file.
        seed: the seed of the graph.
    """

    def __init__(
        self, graph: Graph, readable: Iterable[str | Path] | None = (), seed: int | None = None
    ) -> None:
        self.graph = graph
        self.readable = None if readable is None else [os.path.realpath(p) for p in readable]
        self.seed = seed
        self._lock = threading.RLock()
        self._resources: dict[tuple[str, str], Any] = {}
        self._own: dict[Any, Any] = {}
        self._bodies: dict[Any, Body] = {}
        self._functions: dict[Any, tuple[Body, Plan]] = {}
        #: Functions that gradients of functions call.
        self._written: dict[str, Any] = {}
        self._checkpoints: OrderedDict[Any, CheckpointReader | OldCheckpointReader] = OrderedDict()
        self._allowed: set[str | Path] = set()
        self._closed = False

    def allow(self, folders: Iterable[str | Path]) -> None:
        """Let the graph read the files of more folders, or single files and checkpoints by their paths."""
        new = [folder for folder in folders if folder not in self._allowed]
        if not new:
            return
        with self._lock:
            self._allowed.update(new)
            if self.readable is not None:
                self.readable += [os.path.realpath(folder) for folder in new]

    def permitted(self, path: bytes) -> str:
        """`path` as text, if the graph may read what is there.

        Raises:
            PermissionDeniedError: it is outside the folders the session was given.
        """
        return self._allowed_path(os.fsdecode(path))

    def _allowed_path(self, text: str) -> str:
        if self.readable is not None:
            real = os.path.realpath(text)
            if not any(_inside(folder, real) for folder in self.readable):
                raise PermissionDeniedError(
                    f"a graph may read the files of its module only, not {clip(text)!r}"
                )
        return text

    def context(
        self,
        scope: str,
        node: str,
        needed: Mapping[str, tuple[int, ...]] | None = None,
        passes: tuple[str, ...] | None = None,
    ) -> NodeContext:
        """The context of a node.

        Args:
            scope: tells the graph from the bodies of functions.
            node: its name.
            needed: see `passes.narrow_calls`.
            passes: names of the passes that rewrite the functions it calls, all by default.
        """
        return NodeContext(self, scope, node, needed or {}, passes)

    def resource(self, container: str, name: str, make: Callable[[], T]) -> T:
        """The resource of that name, made if there is none."""
        return self._get_or_make(self._resources, (container, name), make)

    def own(self, scope: str, node: str, make: Callable[[], T]) -> T:
        """The private state of a node; each call of a function has its own, as where TensorFlow inlines functions."""
        run = _run.get()
        table = self._own if run.streams is None else run.streams
        return self._get_or_make(table, (run.path, scope, node), make)

    def streams(self) -> dict[Place, tuple[int, int]]:
        """Key and counter of each node's random stream, by calls that lead there, scope and name.

        What else nodes keep to themselves they find again, but for fractional pooling that repeats its first cells and for
        SentencePiece that samples.
        """
        with self._lock:
            return {
                place: (own.key, own.counter)
                for place, own in self._own.items()
                if isinstance(own, Philox)
            }

    def set_streams(self, streams: Mapping[Place, tuple[int, int]]) -> None:
        """Let the random streams of nodes go on where those of another session are."""
        with self._lock:
            for place, (key, counter) in streams.items():
                self._own[place] = Philox.at(key, counter)

    def checkpoint(self, prefix: bytes) -> CheckpointReader | OldCheckpointReader:
        """The reader of a checkpoint that the graph may see; one that was written anew is opened anew.

        Raises:
            NotFoundError: there is no such checkpoint.
            PermissionDeniedError: the graph may not read it.
        """
        path = self.permitted(prefix)
        with self._lock:
            files = old_checkpoint_files(path)
            # What a pattern finds may lie elsewhere, behind a link.
            places = (
                [index_filename(path)] if files is None else list(map(self._allowed_path, files))
            )
            key = (path, *map(_identity, places))
            reader = self._checkpoints.pop(key, None)
            if reader is None:
                reader = open_checkpoint(path, files)
            self._checkpoints[key] = reader
            # Each variable is restored by an operation of its own, often; many checkpoints, one after another, seldom.
            while len(self._checkpoints) > MAX_CHECKPOINTS:
                self._checkpoints.popitem(last=False)
            return reader

    def _get_or_make(self, table: dict[Any, Any], key: Any, make: Callable[[], T]) -> T:
        # What is there stays, so that only who makes something waits.
        found = table.get(key, _ABSENT)
        if found is not _ABSENT:
            return cast("T", found)
        with self._lock:
            if key not in table:
                table[key] = make()
            return cast("T", table[key])

    def close(self) -> None:
        """Forget all resources, and the plans that hold some; runs that go on are cancelled."""
        self._closed = True
        with self._lock:
            self._bodies.clear()
            self._functions.clear()
            self._resources.clear()
            self._own.clear()
            self._checkpoints.clear()

    def start(self, deadline: float | None) -> Token[_Run]:
        """Note this thread's run; what `finish` wants back."""
        run = _run.get()
        until = run.deadline if deadline is None else deadline
        return _run.set(_Run(until, run.depth, run.path, run.streams, []))

    def finish(self, before: Token[_Run]) -> None:
        """End the run that `start` began."""
        for end in _run.get().ending or ():
            end()
        _run.reset(before)

    def require_open(self) -> None:
        """Raise if the session was closed, which cancels its runs."""
        if self._closed:
            raise CancelledError("the session was closed while the run went on")

    def check(self) -> None:
        """Raise if this thread's run was cancelled or has passed its deadline."""
        self.require_open()
        deadline = _run.get().deadline
        if deadline is not None and time.monotonic() > deadline:
            raise DeadlineExceededError("the run must end before its deadline")

    def body(self, function: Func) -> Body:
        """The body of a function of the library, made once however much of it runs and whatever passes make of it."""
        key = (function.name, _freeze(function.attrs))
        with self._lock:
            if key not in self._bodies:
                self._bodies[key] = instantiate(self._library(), function.name, function.attrs)
            return self._bodies[key]

    def callee(
        self,
        function: Func,
        needed: tuple[int, ...] | None = None,
        passes: tuple[str, ...] | None = None,
    ) -> _Callee:
        """A function of the library, ready to be called any number of times.

        Args:
            function: the function.
            needed: the places of the results that are computed, the others are None; None runs the whole function.
            passes: see `context`.
        """
        key = (function.name, _freeze(function.attrs), needed)

        body, plan = self._prepared(key, lambda: self.body(function), passes, needed)
        return _Callee(function, body, plan, _is_inlined(self._library(), function.name), needed)

    def call(self, caller: tuple[str, str], callee: _Callee, arguments: Sequence[Any]) -> list[Any]:
        """The results of a function of the library.

        Args:
            caller: scope and name of the node that calls it.
            callee: the function.
            arguments: its arguments.
        """
        path = (*_run.get().path, caller) if callee.inlined else ()
        return self._run_body(callee.body, callee.plan, arguments, path, callee.needed)

    def prepare(
        self,
        caller: tuple[str, str],
        function: Func,
        streams: dict[Any, Any],
        types: Sequence[DType] | None = None,
        passes: tuple[str, ...] | None = None,
    ) -> Callable[[Sequence[Any]], list[Any]]:
        """A function of the library that is ready to be called often; see `Context.prepare`."""
        key = (function.name, _freeze(function.attrs), None)

        body, plan = self._prepared(key, lambda: self.body(function), passes)
        if types is not None:
            found = [None if dtype is None else dtype.base_dtype for dtype in plan.types]
            fits = len(found) == len(types) and all(
                have in (None, wanted) for have, wanted in zip(found, types, strict=True)
            )
            if not fits:
                raise InvalidArgumentError(
                    f"function {clip(function.name)!r} must return "
                    f"[{', '.join(dtype.name for dtype in types)}], not "
                    f"[{', '.join('?' if have is None else have.name for have in found)}]"
                )

        def call(arguments: Sequence[Any]) -> list[Any]:
            before = _run.set(_run.get()._replace(streams=streams))
            try:
                return self._run_body(body, plan, arguments, (caller,))
            finally:
                _run.reset(before)

        return call

    def passes_on(self, function: Func) -> bool:
        """Whether a function does nothing but return its arguments; see `Context.passes_on`."""
        body = self.body(function)
        if body.controls or body.effects or len(body.results) != len(body.arguments):
            return False
        return all(map(body.passes, body.results, body.arguments))

    def call_gradient(
        self,
        caller: tuple[str, str],
        function: Func,
        types: Sequence[DType],
        arguments: Sequence[Any],
        passes: tuple[str, ...] | None = None,
    ) -> list[Any]:
        """The gradients of the arguments of a function; see `Context.call_gradient`."""
        registered = self.graph.gradients.get(function.name)
        if registered:
            callee = self.callee(Func(registered, function.attrs), None, passes)
            return self.call(caller, callee, arguments)
        key = ("gradient", function.name, tuple(types), _freeze(function.attrs))

        def make() -> Body:
            # Few graphs have gradients of functions, and the rules for them take a while to import.
            from minihub_runtime.autodiff.symbolic import gradient_body

            library = self._library()
            body = gradient_body(library, function, types)
            for name, written in body.graph.functions.items():
                if name not in library.functions:
                    self._written[name] = written
            return body

        body, plan = self._prepared(key, make, passes)
        return self._run_body(body, plan, arguments, (*_run.get().path, caller))

    def _library(self) -> Graph:
        """The graph, with the functions that were written while it ran."""
        graph = self.graph
        if not self._written:
            return graph
        functions = ChainMap(self._written, graph.functions)  # type: ignore[arg-type]
        return Graph(graph.nodes, functions, graph.gradients, graph.producer)

    def _run_body(
        self,
        body: Body,
        plan: Plan,
        arguments: Sequence[Any],
        path: tuple[tuple[str, str], ...],
        needed: tuple[int, ...] | None = None,
    ) -> list[Any]:
        if len(arguments) != len(body.arguments):
            raise InvalidArgumentError(
                f"function {clip(body.name)!r} must get {len(body.arguments)} arguments, "
                f"not {len(arguments)}"
            )
        run = _run.get()
        check = None if run.deadline is None else self.check
        self.check()
        if run.depth >= MAX_CALL_DEPTH:
            raise InvalidArgumentError(
                f"calls must not nest deeper than {MAX_CALL_DEPTH}, as function "
                f"{clip(body.name)!r} does"
            )
        here = _Run(run.deadline, run.depth + 1, path, run.streams, run.ending)
        placed = functools.partial(_placed, needed, len(body.results))
        watcher = watching.active
        if watcher is not None:
            watcher.enter(body, arguments)
        before = _run.set(here)
        try:
            return placed(plan.run(arguments, check))
        except WouldWaitError as error:
            _go_on_within(here, error).then(placed)
            raise
        finally:
            _run.reset(before)

    def _prepared(
        self,
        key: Any,
        make: Callable[[], Body],
        passes: tuple[str, ...] | None,
        needed: tuple[int, ...] | None = None,
    ) -> tuple[Body, Plan]:
        """The body that `make` makes and its plan, made once for each key and passes."""
        key = (key, passes)
        with self._lock:
            if key not in self._functions:
                body = make()
                scope = f"function {len(self._functions)} {body.name}"
                places = range(len(body.results)) if needed is None else needed
                plan = compile_plan(
                    body.graph,
                    body.arguments,
                    [body.results[place] for place in places],
                    [*body.controls, *(body.effects if needed is None else ())],
                    lambda node, inner: self.context(scope, node, inner, passes),
                    passes,
                )
                self._functions[key] = (body, plan)
            return self._functions[key]


def _identity(path: str) -> tuple[int, ...] | None:
    """What tells a file from the one that replaces it; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _is_inlined(graph: Graph, name: str) -> bool:
    """Whether TensorFlow makes a function part of each graph that calls it."""
    function = graph.functions.get(name)
    return function is None or "_noinline" not in function.attr or not function.attr["_noinline"].b


def _inside(folder: str, path: str) -> bool:
    """Whether a path lies in a folder; both are absolute, on Windows perhaps of different drives."""
    try:
        return os.path.commonpath([folder, path]) == folder
    except ValueError:
        return False


def _freeze(value: Any) -> Any:
    """A hashable stand-in for an attribute value."""
    if isinstance(value, Func):
        return (value.name, _freeze(value.attrs))
    if hasattr(value, "items"):
        return tuple(sorted((key, _freeze(item)) for key, item in value.items()))
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    if hasattr(value, "tobytes"):
        return (value.shape, value.dtype.str, value.tobytes())
    return value


def _placed(needed: tuple[int, ...] | None, count: int, found: list[Any]) -> list[Any]:
    """All results of a function, of which those at the places `needed` were computed."""
    if needed is None or len(needed) == count:
        return found
    results: list[Any] = [None] * count
    for place, value in zip(needed, found, strict=True):
        results[place] = value
    return results


def _go_on_within(run: _Run, error: WouldWaitError) -> WouldWaitError:
    """The error, where what goes on does so in a run."""
    if error.resume is not None:
        error.resume = functools.partial(_resumed, run, error.resume)
    return error


def _resumed(run: _Run, resume: Callable[[], list[Any]]) -> list[Any]:
    before = _run.set(run)
    try:
        return resume()
    except WouldWaitError as error:
        _go_on_within(run, error)
        raise
    finally:
        _run.reset(before)


class NodeContext:
    """What one kernel sees of the session; see `ops.context.Context`.

    Attributes:
        node: name of the node.
    """

    __slots__ = ("_callees", "_needed", "_passes", "_scope", "_state", "node")

    def __init__(
        self,
        state: State,
        scope: str,
        node: str,
        needed: Mapping[str, tuple[int, ...]],
        passes: tuple[str, ...] | None,
    ) -> None:
        self._state = state
        self._scope = scope
        self._needed = needed
        self._passes = passes
        self._callees: dict[int, _Callee] = {}
        self.node = node

    def resource(self, container: str, name: str, make: Callable[[], T]) -> T:
        """The session's resource of that name, made by `make` if there is none."""
        return self._state.resource(container, name or self.node, make)

    def own(self, make: Callable[[], T], part: str = "") -> T:
        """The state of this node in this session, made by `make` at first use; `part` tells several apart."""
        # No name of a node has a blank in it.
        return self._state.own(self._scope, f"{self.node} {part}" if part else self.node, make)

    def call(self, function: Func, arguments: Sequence[Any]) -> list[Any]:
        """The results of a function of the graph's library."""
        callee = self._callees.get(id(function))
        if callee is None:
            callee = self._state.callee(function, self._needed.get(function.name), self._passes)
            self._callees[id(function)] = callee
        return self._state.call((self._scope, self.node), callee, arguments)

    def prepare(
        self,
        function: Func,
        streams: dict[Any, Any],
        types: Sequence[DType] | None = None,
    ) -> Callable[[Sequence[Any]], list[Any]]:
        """A function of the graph's library that is ready to be called often."""
        place = (self._scope, self.node)
        return self._state.prepare(place, function, streams, types, self._passes)

    def passes_on(self, function: Func) -> bool:
        """Whether a function of the graph's library does nothing but return its arguments."""
        return self._state.passes_on(function)

    def call_gradient(
        self, function: Func, types: Sequence[DType], arguments: Sequence[Any]
    ) -> list[Any]:
        """The gradients of the arguments of a function of the graph's library, or of an op."""
        place = (self._scope, self.node)
        return self._state.call_gradient(place, function, types, arguments, self._passes)

    def read_file(self, path: bytes, token: str = "") -> bytes:
        """The content of a file that the graph may see.

        Raises:
            NotFoundError: there is no such file.
            PermissionDeniedError: it is outside the folders the session was given.
        """
        return read_regular_file(self._permitted(path, token))

    def open_file(self, path: bytes, token: str = "") -> BinaryIO:
        """A file that the graph may see, open for reading; errors as for `read_file`."""
        return stream_regular_file(self._permitted(path, token))

    def _permitted(self, path: bytes, token: str) -> str:
        """`path` as text, if the node that holds a token may read what is there."""
        return os.fsdecode(path) if self.by_program(token) else self._state.permitted(path)

    def check_reading(self, token: str) -> None:
        """Raise where the graph may see no file at all.

        Raises:
            PermissionDeniedError: the session was given no folder, and the token is not the graph's.
        """
        if self._state.readable == [] and not self.by_program(token):
            raise PermissionDeniedError(
                "a graph may read the files of its module only, and it has none"
            )

    def by_program(self, token: str) -> bool:
        """Whether the program that runs the graph has added the node that holds a token."""
        return bool(token) and token == self._state.graph.python.get("")

    def checkpoint(self, prefix: bytes) -> CheckpointReader | OldCheckpointReader:
        """The reader of a checkpoint that the graph may see; errors as for `read_file`."""
        return self._state.checkpoint(prefix)

    def graph_seed(self) -> int | None:
        """The seed of the graph."""
        return self._state.seed

    def python_function(self, name: str) -> Callable[..., Any]:
        """A Python function of the program that built the graph.

        Raises:
            NotFoundError: the graph has none of that name.
        """
        found: Callable[..., Any] | None = self._state.graph.python.get(name)
        if found is None:
            raise NotFoundError(
                f"the graph must hold the Python function {clip(name)!r}; one that was read from a file has none"
            )
        return found

    def ending(self) -> list[Callable[[], None]]:
        """What is called at the end of the run; another run has another list."""
        found = _run.get().ending
        return [] if found is None else found

    def check(self) -> None:
        """Raise if the run was cancelled or has passed its deadline."""
        self._state.check()
