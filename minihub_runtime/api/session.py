"""Sessions: fetches by tensor, operation, name or nested structure; feeds; the default session.

Source: tensorflow/python/client/session.py.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime import memory
from minihub_runtime.api.defaults import SESSIONS
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph
from minihub_runtime.api.nest import flatten_dict_items
from minihub_runtime.api.step_stats import add_calls
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.dtypes import DType
from minihub_runtime.engine.partial import PartialRun
from minihub_runtime.engine.recording import recording
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import InvalidArgumentError, OpError
from minihub_runtime.graph.ir import Ref
from minihub_runtime.public import public
from minihub_runtime.shapes import compatible
from minihub_runtime.values import as_array

__all__ = ["DeviceAttributes", "InteractiveSession", "Session"]


_TEXT = frozenset([str, bytes])


class _Fetch:
    """What one `run` fetches: flat refs and targets, and how results go back into the structure."""

    def __init__(self, graph: Graph, structure: Any) -> None:
        self.refs: list[Ref] = []
        self.targets: list[str] = []
        self._graph = graph
        self._places: dict[Ref, int] = {}
        self.rebuild = self._visit(structure)

    def _place(self, ref: Ref) -> int:
        if ref not in self._places:
            self._places[ref] = len(self.refs)
            self.refs.append(ref)
        return self._places[ref]

    def _visit(self, item: Any) -> Callable[[list[Any]], Any]:
        if item is None:
            raise TypeError("Fetch argument None has invalid type <class 'NoneType'>")
        if isinstance(item, CompositeTensor):
            places = [self._place(self._element(part)) for part in item.components]
            return lambda values: item.to_value([values[i] for i in places])
        if isinstance(item, Mapping):
            parts = {key: self._visit(value) for key, value in item.items()}
            make: Any = type(item)
            if isinstance(item, collections.defaultdict):
                make = functools.partial(make, item.default_factory)
            return lambda values: make([(key, part(values)) for key, part in parts.items()])
        if isinstance(item, (list, tuple)):
            items = [self._visit(value) for value in item]
            if hasattr(item, "_fields"):
                return lambda values: type(item)(*(part(values) for part in items))
            return lambda values: type(item)([part(values) for part in items])
        try:
            element = self._graph.as_graph_element(
                item.decode() if isinstance(item, bytes) else item
            )
        except TypeError as error:
            raise TypeError(
                f"Fetch argument {item!r} has invalid type {type(item)}, must be a string or "
                f"Tensor. ({error})"
            ) from error
        except KeyError as error:
            raise ValueError(
                f"Fetch argument {item!r} cannot be interpreted as a Tensor. ({error.args[0]})"
            ) from error
        except ValueError as error:
            raise ValueError(
                f"Fetch argument {item!r} cannot be interpreted as a Tensor. ({error})"
            ) from error
        self._check(element)
        if isinstance(element, Operation):
            self.targets.append(element.name)
            return lambda values: None
        place = self._place(element.ref_in_graph)
        return lambda values: values[place]

    def _element(self, tensor: Tensor) -> Ref:
        found: Tensor = self._graph.as_graph_element(tensor)
        self._check(found)
        return found.ref_in_graph

    def _check(self, element: Any) -> None:
        if not self._graph.is_fetchable(element):
            op = element.op if isinstance(element, Tensor) else element
            raise ValueError(f"Operation '{op.name}' has been marked as not fetchable.")


#: So many tensors that were fed are remembered.
MAX_FED = 256


class _Feedable:
    """A tensor that may be fed, and what does not change of it.

    Attributes:
        tensor: it.
        ref: node and output index.
        dtype: its type.
    """

    __slots__ = ("dtype", "ref", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.ref = tensor.ref_in_graph
        self.dtype: DType = tensor.dtype.base_dtype


def _feed_array(place: _Feedable, value: Any) -> Any:
    """The array to feed for a tensor.

    Differs: numbers that the type cannot hold, fractions among integers included, are refused; TensorFlow wraps or cuts them.

    Raises:
        TypeError: a tensor is fed, or the value is not of the type.
        ValueError: the shape does not fit.
    """
    tensor, dtype = place.tensor, place.dtype
    if isinstance(value, (Tensor, Operation)):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
            f"Python scalars, strings, lists and numpy ndarrays. The tensor object was {value}, "
            f"passed for {tensor}."
        )
    if type(value) is np.ndarray and value.dtype == dtype.numpy and value.dtype.kind in "biufc":
        array = value
    else:
        array = _converted(tensor, value, dtype)
    if not compatible(tensor.graph.inference.shape(place.ref), array.shape):
        raise ValueError(
            f"Cannot feed value of shape {array.shape!r} for Tensor {tensor.name}, which has "
            f"shape {tensor.shape}"
        )
    # The caller may go on changing its array; a variable that keeps the value must not notice.
    if array is value or array.base is not None:
        array = array.view()
        array.setflags(write=False)
    return array


def _converted(tensor: Tensor, value: Any, dtype: DType) -> Any:
    """What is fed for a tensor as an array of its type; raises as `_feed_array`."""
    if not dtype.is_numpy_compatible:
        raise TypeError(f"{tensor.name} of type {dtype.name} cannot be fed")
    # Of a list of text NumPy would make an array first that is as wide as the longest.
    text = dtype.name == "string" and type(value) is list and {*map(type, value)} <= _TEXT
    try:
        array = np.asarray(value, dtype=object if text else None)
    except ValueError as error:
        raise ValueError(
            f"the value of {tensor.name} must be a rectangular array: {error}"
        ) from None
    if array.dtype.kind in "SU" and dtype.name != "string":
        raise ValueError(
            f"the value of {tensor.name} must be of type {dtype.name}, not text: {str(value)[:80]}"
        )
    try:
        if dtype.is_integer and array.dtype.kind in "iub" and dtype.numpy.kind in "iu":
            array = as_array(array.astype(np.int64) if array.dtype.kind == "b" else array, dtype)
        elif array.dtype.kind in "biufc" and dtype.numpy.kind in "biufc":
            array = _cast(array, dtype)
        elif array.dtype.kind == "O" and dtype.numpy.kind == "f":
            # Of objects NumPy asks for their numbers: decimals, fractions, and None as NaN.
            array = array.astype(dtype.numpy)
        elif array.dtype.kind in "mM" and dtype.numpy.kind in "iuf":
            # Dates are so many of their unit since 1970, as in TensorFlow's feeds.
            array = array.astype(dtype.numpy)
        else:
            array = as_array(array if text else value, dtype, f"the value of {tensor.name}")
        # TensorFlow looks at single numbers of Python only: 2 is no bool, 2049 no float16; in arrays they are rounded.
        if isinstance(value, int) and array.dtype.kind in "bfc" and array.item() != float(value):
            raise InvalidArgumentError(f"{dtype.name} does not hold it")
    except (InvalidArgumentError, TypeError) as error:
        raise TypeError(
            f"Type of feed value {str(value)[:80]} is not compatible with Tensor type "
            f"{dtype.name} of {tensor.name}: {error}"
        ) from error
    return array


def _cast(array: Any, dtype: DType) -> Any:
    """Numbers of one kind as another: what NumPy converts, TensorFlow's feeds convert."""
    if array.dtype == dtype.numpy:
        return array
    if array.dtype.kind == "c" and dtype.numpy.kind != "c":
        raise InvalidArgumentError("complex values must not lose their imaginary parts")
    if dtype.is_integer and array.dtype.kind == "f":
        if array.size and not np.array_equal(array, np.trunc(array)):
            raise InvalidArgumentError(f"fractions must not become {dtype.name}")
        return as_array(array.astype(np.int64), dtype)
    return array.astype(dtype.numpy)


class DeviceAttributes(NamedTuple):
    """What `Session.list_devices` knows of a device.

    Attributes:
        name: its full name.
        device_type: `CPU`.
        memory_limit_bytes: how much memory it may use; 0, for that is not limited.
        incarnation: 0.
    """

    name: str
    device_type: str = "CPU"
    memory_limit_bytes: int = 0
    incarnation: int = 0


#: The sessions that `Session.reset` closes.
_open_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


@public("Session")
class Session:
    """Runs parts of one graph and keeps its variables and tables.

    `run` may be called from any number of threads.

    Args:
        target: empty, or `local`: there is one process.
        graph: the graph; by default the default graph.
        config: a ConfigProto, of which `operation_timeout_in_ms` counts: how long a run may take unless its options say
            otherwise.  Devices, thread pools and optimisers are not chosen.

    Attributes:
        graph: the graph.

    Raises:
        TypeError: an argument is not of the class it should be.
        NotImplementedError: `target` is another process.
    """

    def __init__(
        self, target: str | bytes | None = "", graph: Graph | None = None, config: Any = None
    ) -> None:
        self.graph = get_default_graph() if graph is None else graph
        if not isinstance(self.graph, Graph):
            raise TypeError(f'Argument `graph` must be a tf.Graph, but got "{type(graph)}"')
        _check_target(target)
        if config is not None and not _is_message(config, "tensorflow.ConfigProto"):
            raise TypeError(f'Argument `config` must be a tf.ConfigProto, but got "{type(config)}"')
        self._timeout_in_ms = 0 if config is None else int(config.operation_timeout_in_ms)
        self._runner: Runner | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._fetches: dict[Any, _Fetch] = {}
        #: Tensors that were fed, by their places in memory.
        self._fed: dict[int, _Feedable] = {}
        self._partial_runs: dict[str, PartialRun] = {}
        self._partial_numbers = itertools.count()
        self._entered: contextlib.ExitStack | None = None
        _open_sessions.add(self)

    @staticmethod
    def reset(
        target: str | bytes | None, containers: Sequence[str] | None = None, config: Any = None
    ) -> None:
        """Close all sessions of this process; their variables and tables are gone.

        Args:
            target: empty, or `local`.
            containers: accepted: a session has one container, and is closed with it.
            config: accepted.

        Raises:
            TypeError: an argument is not of the class it should be.
            NotImplementedError: `target` is another process.
        """
        _check_target(target)
        for session in list(_open_sessions):
            session.close()

    @property
    def graph_def(self) -> Any:
        """The GraphDef of the graph."""
        return self.graph.as_graph_def()

    @property
    def sess_str(self) -> str:
        """The target, empty: there is one process."""
        return ""

    @property
    def runner(self) -> Runner:
        """What runs the graph."""
        runner = self._runner
        if runner is None:
            with self._lock:
                if self._runner is None:
                    self._runner = Runner(
                        self.graph.node_graph, self.graph.readable, self.graph.seed
                    )
                runner = self._runner
        runner.state.allow(self.graph.readable)
        return runner

    def run(
        self,
        fetches: Any,
        feed_dict: Mapping[Any, Any] | None = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """The values of `fetches`, in the same structure; None for operations.

        What is fed and fetched in one run comes back as it was fed, as an array: of text, an array of `str`.

        Args:
            fetches: tensors, operations, variables, sparse or ragged tensors, names of them, or lists, tuples
                and dicts of these.
            feed_dict: tensor (or its name), or a tuple of such, nested or not → value, or values.
            options: RunOptions, of which `timeout_in_ms` and `trace_level` count.
            run_metadata: a RunMetadata, which gets the times of all operations if a trace is asked for.

        Raises:
            RuntimeError: the session is closed, or the graph is empty; another run is being traced.
            CancelledError: the session was closed while the run went on.
            TypeError, ValueError: a fetch or a feed does not fit.
            OpError: a kernel refused its inputs.
        """
        fetch = self._fetch(fetches)
        given: dict[Ref, Any] = {}
        feeds = self._feeds(feed_dict or {}, given)
        limit = (options.timeout_in_ms if options is not None else 0) or self._timeout_in_ms
        timeout = limit / 1000 if limit > 0 else None
        try:
            if options is None or run_metadata is None or not options.trace_level:
                values = self.runner.run(fetch.refs, feeds, fetch.targets, timeout)
            else:
                with recording() as calls:
                    values = self.runner.run(fetch.refs, feeds, fetch.targets, timeout)
                add_calls(run_metadata, calls)
        except OpError as error:
            self._tell_operation(error)
            raise
        result = [_plain(value) for value in values]
        if feeds:
            for place, ref in enumerate(fetch.refs):
                if ref in feeds:
                    result[place] = _fed_value(given[ref], feeds[ref])
        return fetch.rebuild(result)

    def peek(self, fetches: Any) -> Any:
        """As `run` without feeds, but arrays are not copied: read-only, for writing them somewhere.

        Args:
            fetches: as for `run`.

        Raises:
            as `run`.
        """
        fetch = self._fetch(fetches)
        try:
            values = self.runner.run(fetch.refs, None, fetch.targets, copied=False)
        except OpError as error:
            self._tell_operation(error)
            raise
        return fetch.rebuild(values)

    def _fetch(self, fetches: Any) -> _Fetch:
        """What `fetches` stand for; of tensors and operations, one or a list, it is remembered.

        Raises:
            RuntimeError: the session is closed, or the graph is empty.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if not self.graph.nodes:
            raise RuntimeError(
                "The Session graph is empty. Add operations to the graph before calling run()."
            )
        single = isinstance(fetches, (Operation, Tensor))
        parts = [fetches] if single else fetches
        if type(parts) is not list or not all(
            isinstance(part, (Operation, Tensor)) for part in parts
        ):
            return _Fetch(self.graph, fetches)
        # Graphs keep what they are of, so nothing else takes its place in memory.
        key = (single, *map(id, parts))
        found = self._fetches.get(key)
        if found is None or not all(map(self.graph.is_fetchable, parts)):
            found = self._fetches[key] = _Fetch(self.graph, fetches)
        return found

    def _tell_operation(self, error: OpError) -> None:
        """Let an error of a run have the operation that raised it, if that is one of the graph and not of a function's body."""
        if error.op is None and error.node in self.graph.nodes:
            error.op = self.graph.get_operation_by_name(error.node)
            error.node_def = error.op.node_def

    def stored_values(self, variables: Iterable[Any]) -> list[Any]:
        """The values of variables as they are stored, not copied: read-only arrays, for writing them somewhere.

        Args:
            variables: variables of the graph.

        Raises:
            RuntimeError: the session is closed.
            FailedPreconditionError: a variable has no value yet.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        return [self.runner.stored_value(variable.op.name) for variable in variables]

    def _feeds(self, feed_dict: Mapping[Any, Any], given: dict[Ref, Any]) -> dict[Ref, Any]:
        """The arrays to feed; what they were made of is put in `given`."""
        feeds: dict[Ref, Any] = {}
        if not isinstance(feed_dict, Mapping):
            raise TypeError(f"Argument `feed_dict` must be a dictionary, not {type(feed_dict)}")
        if any(isinstance(key, tuple) for key in feed_dict):
            feed_dict = flatten_dict_items(feed_dict)
        for key, value in feed_dict.items():
            place = self._fed.get(id(key))
            if place is not None and place.tensor is key and self.graph.is_feedable(key):
                feeds[place.ref] = _feed_array(place, value)
                given[place.ref] = value
                continue
            if isinstance(key, CompositeTensor):
                # IndexedSlices may be fed without the dense shape.
                for part, piece in zip(key.components, key.to_parts(value), strict=False):
                    self._check_feedable(part)
                    feeds[part.ref_in_graph] = _feed_array(_Feedable(part), piece)
                    given[part.ref_in_graph] = piece
                continue
            try:
                tensor = self.graph.as_graph_element(key, allow_operation=False)
            except (KeyError, ValueError, TypeError) as error:
                raise TypeError(
                    f"Cannot interpret feed_dict key as Tensor: {error.args[0]}"
                ) from error
            self._check_feedable(tensor)
            if len(self._fed) >= MAX_FED:
                self._fed.clear()
            place = self._fed[id(tensor)] = _Feedable(tensor)
            feeds[place.ref] = _feed_array(place, value)
            given[place.ref] = value
        return feeds

    def _check_feedable(self, tensor: Tensor) -> None:
        if not self.graph.is_feedable(tensor):
            raise ValueError(f"Tensor {tensor.name} may not be fed.")

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Any:
        """A function of the values of `feed_list` that returns the values of `fetches`.

        Args:
            fetches: as for `run`.
            feed_list: a list or tuple of what may be fed.
            accept_options: accepted: the function takes `options` and `run_metadata` by name, as `run` does.

        Raises:
            RuntimeError: the session is closed, or the graph is empty.
            TypeError, ValueError: a fetch does not fit, or `feed_list` is no list.
        """
        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise TypeError(
                f"Argument `feed_list` must be a list or tuple. Received: feed_list={feed_list}"
            )
        del accept_options
        keys = list(feed_list or [])
        self._fetch(fetches)

        def call(*values: Any, **options: Any) -> Any:
            if len(values) != len(keys):
                raise TypeError(f"must get {len(keys)} values, not {len(values)}")
            return self.run(fetches, dict(zip(keys, values, strict=True)), **options)

        return call

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> str:
        """Begin a run whose feeds come in parts.

        Args:
            fetches: all that the parts are going to fetch, as for `run`.
            feeds: all that they are going to feed: tensors, sparse tensors or names, one or a list.

        Returns:
            A handle for `partial_run`.

        Raises:
            RuntimeError: the session is closed, or the graph is empty.
            TypeError, ValueError: a fetch or a feed does not fit.
            InvalidArgumentError: there is nothing to fetch, or something is both fed and fetched.
        """
        fetch = self._fetch(fetches)
        feeds = [] if feeds is None else feeds
        refs: list[Ref] = []
        for feed in feeds if isinstance(feeds, (list, tuple)) else [feeds]:
            for part in feed.components if isinstance(feed, CompositeTensor) else [feed]:
                try:
                    tensor = self.graph.as_graph_element(part, allow_operation=False)
                except (KeyError, ValueError, TypeError) as error:
                    raise type(error)(
                        f"Cannot interpret argument `feed` key as Tensor: {error.args[0]}"
                    ) from error
                refs.append(tensor.ref_in_graph)
        run = PartialRun(self.runner, refs, fetch.refs, fetch.targets)
        with self._lock:
            fed, fetched = (
                ",".join(f"{r.node}:{r.index}" for r in rs) for rs in (refs, fetch.refs)
            )
            number = next(self._partial_numbers)
            handle = f"{fed}->{fetched}/{','.join(fetch.targets)}/1/;{number}"
            self._partial_runs[handle] = run
        return handle

    def partial_run(self, handle: str, fetches: Any, feed_dict: Any = None) -> Any:
        """A part of a run: the values of some of its fetches, after feeding some of its feeds.

        Each operation of the whole run is executed once, as soon as what it needs has been fed.

        Args:
            handle: what `partial_run_setup` returned.
            fetches: tensors, as for `run`.
            feed_dict: as for `run`.

        Raises:
            RuntimeError: the session is closed, or an operation is fetched.
            InvalidArgumentError: the handle is none or its run is over, something is fed or fetched twice or was not
                set up, or a fetch needs what is still to be fed.
            OpError: a kernel refused its inputs; the run is over then.
        """
        fetch = self._fetch(fetches)
        if fetch.targets:
            raise RuntimeError(
                f"partial_run() requires empty `target_list`. Received: target_list={fetch.targets} (non-empty)"
            )
        given: dict[Ref, Any] = {}
        feeds = self._feeds(feed_dict or {}, given)
        with self._lock:
            run = self._partial_runs.get(handle)
        if run is None:
            raise InvalidArgumentError("Must run 'setup' before performing partial runs!")
        timeout = self._timeout_in_ms / 1000 if self._timeout_in_ms > 0 else None
        try:
            computed = [ref for ref in fetch.refs if ref not in feeds]
            values = dict(zip(computed, run.run(computed, feeds, timeout), strict=True))
        except OpError as error:
            self._tell_operation(error)
            raise
        finally:
            if run.over:
                with self._lock:
                    self._partial_runs.pop(handle, None)
        return fetch.rebuild(
            [
                _fed_value(given[ref], feeds[ref]) if ref in feeds else _plain(values[ref])
                for ref in fetch.refs
            ]
        )

    def list_devices(self) -> list[DeviceAttributes]:
        """The one device there is."""
        return [DeviceAttributes("/job:localhost/replica:0/task:0/device:CPU:0")]

    def close(self) -> None:
        """Free the variables and tables; later runs fail, and those that go on in other threads are cancelled."""
        self._closed = True
        self._partial_runs.clear()
        _open_sessions.discard(self)
        if self._runner is not None:
            self._runner.close()
        memory.release()

    def as_default(self) -> contextlib.AbstractContextManager[Session]:
        """A context in which this is the default session."""
        return SESSIONS.push(self)

    def __enter__(self) -> Session:
        if self._entered is not None:
            raise RuntimeError(
                "Session context managers are not re-entrant. Use `Session.as_default()` "
                "if you want to enter a session multiple times."
            )
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.graph.as_default())
            stack.enter_context(self.as_default())
            self._entered = stack.pop_all()
        return self

    def __exit__(self, *details: object) -> None:
        entered, self._entered = self._entered, None
        if entered is not None:
            entered.close()
        self.close()


def _fed_value(given: Any, fed: Any) -> Any:
    """What a fetch of a tensor gives that is fed in the same run: as TensorFlow, the value itself, made an array if it is none.

    Text stays text, and scalars are arrays of no dimension.

    Args:
        given: the value in the feeds.
        fed: the array of the tensor's type that was made of it.
    """
    if fed.dtype == object:
        array = np.asarray(given, dtype=object)
        return array if array.size else fed
    # What runs may keep the array it was fed, so nobody else gets it.
    same = isinstance(given, np.ndarray) and given.dtype == fed.dtype
    return given if same else np.array(fed)


def _plain(value: Any) -> Any:
    """A fetched value as TF1 gives it: scalars of numbers as NumPy scalars, of strings as bytes."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.names is None:
        return value[()]
    return value


def _check_target(target: str | bytes | None) -> None:
    if not isinstance(target, (str, bytes, type(None))):
        raise TypeError(f"Argument `target` must be a string. Received target={target}")
    text = target.decode("utf-8", "replace") if isinstance(target, bytes) else target
    if text not in (None, "", "local"):
        raise NotImplementedError(
            f"sessions in other processes, target={text!r}, are not supported"
        )


def _is_message(value: Any, name: str) -> bool:
    """Whether a value is a message of that name, of whatever pool."""
    return getattr(getattr(value, "DESCRIPTOR", None), "full_name", None) == name


@public("InteractiveSession")
class InteractiveSession(Session):
    """A session that is the default one from its creation to its `close`; arguments as for `Session`."""

    def __init__(
        self, target: str | bytes | None = "", graph: Graph | None = None, config: Any = None
    ) -> None:
        super().__init__(target, graph, config)
        self._default = contextlib.ExitStack()
        if graph is not None:
            self._default.enter_context(graph.as_default())
        self._default.enter_context(self.as_default())

    def close(self) -> None:
        """Free the variables and tables, and be the default no longer."""
        super().close()
        self._default.close()
