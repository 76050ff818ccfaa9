"""`tf.test.TestCase`: a test with a graph, sessions and a folder of its own.

Source: tensorflow/python/framework/test_util.py:TensorFlowTestCase, tensorflow/python/platform/googletest.py.
"""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minihub_runtime.api.defaults import GRAPHS
from minihub_runtime.api.graph import Graph, reset_default_graph
from minihub_runtime.api.random_seed import DEFAULT_GRAPH_SEED, set_random_seed
from minihub_runtime.api.session import Session
from minihub_runtime.api.testing.assertions import Assertions
from minihub_runtime.api.testing.folders import get_temp_dir
from minihub_runtime.public import public

__all__ = ["TestCase"]


class _CapturedWrites:
    """What was written to a stream, in a file."""

    def __init__(self, path: str) -> None:
        self._path = path

    def contents(self) -> str:
        """All of it so far."""
        return Path(self._path).read_text(encoding="utf-8")


class _CheckedThread:
    """A thread whose test fails if what it calls raises, or if it is not joined."""

    def __init__(
        self,
        case: TestCase,
        target: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        self._case = case
        self._call = target, args, kwargs
        self._error: Exception | None = None
        self._joined = False
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        target, args, kwargs = self._call
        try:
            target(*args, **kwargs)
        except Exception as error:
            # It is raised again where the thread is joined.
            self._error = error

    def start(self) -> None:
        """Let it begin, once."""
        self._thread.start()

    def join(self) -> None:
        """Wait for its end; the test fails if it raised."""
        self._joined = True
        self._thread.join()
        if self._error is not None:
            self._case.fail(f"Error in checkedThread: {self._error}")

    def is_alive(self) -> bool:
        """Whether it has begun and not ended."""
        return self._thread.is_alive()

    def check_termination(self) -> None:
        """The test fails if nobody joined it."""
        if not self._joined:
            self._case.fail("A checked thread was not joined.")


@public("test.TestCase")
class TestCase(Assertions):
    """A test with an empty default graph, whose seed is set, and functions to look at arrays and tensors with.

    Methods of subclasses whose names begin with `test` are the tests; `setUp` and `tearDown` must call those here.
    """

    # pytest would look for tests in this class itself wherever a module imports it.
    __test__ = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__test__" not in vars(cls):
            cls.__test__ = True

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._threads: list[_CheckedThread] = []
        self._folder: str | None = None
        self._cached: tuple[Session, Graph | None, Any, bool] | None = None

    def setUp(self) -> None:
        """Begin with an empty default graph and known random numbers."""
        super().setUp()
        self._close_cached()
        random.seed(DEFAULT_GRAPH_SEED)
        np.random.seed(DEFAULT_GRAPH_SEED)
        # A test that failed inside of a graph's context may have left it.
        GRAPHS.items.clear()
        reset_default_graph()
        set_random_seed(DEFAULT_GRAPH_SEED)
        if self._testMethodName == "test_session":
            self.skipTest("Not a test.")

    def tearDown(self) -> None:
        """Look whether threads have ended, and close the cached session."""
        for thread in self._threads:
            thread.check_termination()
        self._close_cached()
        super().tearDown()

    def _close_cached(self) -> None:
        if self._cached is not None:
            self._cached[0].close()
            self._cached = None

    def get_temp_dir(self) -> str:
        """A folder of this test, which goes with the process."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(dir=get_temp_dir())
        return self._folder

    @contextlib.contextmanager
    def captureWritesToStream(self, stream: Any) -> Iterator[_CapturedWrites]:
        """A context in which what is written to a stream goes to a file; its value has the `contents()`.

        Args:
            stream: has a file descriptor, as `sys.stdout` does where it is no other's.
        """
        stream.flush()
        place = stream.fileno()
        file, path = tempfile.mkstemp(dir=self.get_temp_dir())
        before = os.dup(place)
        os.dup2(file, place)
        try:
            yield _CapturedWrites(path)
        finally:
            stream.flush()
            os.dup2(before, place)
            os.close(before)
            os.close(file)

    @contextlib.contextmanager
    def session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = True,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """A context with a session, which is the default one, as its graph is.

        Args:
            graph: the default graph if left out.
            config: a ConfigProto.
            use_gpu: if not, operations that are built here have the device `/device:CPU:0`.
            force_gpu: whether they have `/device:GPU:0`; all run on the processor.
        """
        with Session(graph=graph, config=config) as session, _device(session, use_gpu, force_gpu):
            yield session

    @contextlib.contextmanager
    def cached_session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = True,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """As `session`, but all contexts of a test have the same one, which is closed at its end.

        Raises:
            ValueError: it has been made for something else.
        """
        with self._use_cached(graph, config, use_gpu, force_gpu, True) as session:
            yield session

    @contextlib.contextmanager
    def test_session(
        self,
        graph: Graph | None = None,
        config: Any = None,
        use_gpu: bool = True,
        force_gpu: bool = False,
    ) -> Iterator[Session]:
        """As `cached_session` without a graph, as `session` with one."""
        if graph is not None:
            with self.session(graph, config, use_gpu, force_gpu) as session:
                yield session
            return
        with self._use_cached(graph, config, use_gpu, force_gpu, False) as session:
            yield session

    def _own_session(self) -> contextlib.AbstractContextManager[Session]:
        return self.test_session()

    @contextlib.contextmanager
    def _use_cached(
        self, graph: Graph | None, config: Any, use_gpu: bool, force_gpu: bool, strict: bool
    ) -> Iterator[Session]:
        if self._cached is None:
            self._cached = Session(graph=graph, config=config), graph, config, force_gpu
        session, *made_for = self._cached
        for name, before, now in zip(
            ("graph", "config", "force_gpu value"),
            made_for,
            (graph, config, force_gpu),
            strict=True,
        ):
            if strict and before is not now:
                raise ValueError(
                    f"The {name} used to get the cached session is different than the one that was used to "
                    "create the session. Maybe create a new session with self.session()"
                )
        with session.graph.as_default(), session.as_default(), _device(session, use_gpu, force_gpu):
            yield session

    def checkedThread(
        self,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> _CheckedThread:
        """A thread to `start()` and `join()`, without which the test fails; it does, too, if `target` raises."""
        thread = _CheckedThread(self, target, args or (), kwargs or {})
        self._threads.append(thread)
        return thread


def _device(
    session: Session, use_gpu: bool, force_gpu: bool
) -> contextlib.AbstractContextManager[Any]:
    """The device that operations have in contexts of a session."""
    if use_gpu and not force_gpu:
        return contextlib.nullcontext()
    return session.graph.device("/device:GPU:0" if force_gpu else "/device:CPU:0")
