"""`tf.test.Benchmark`: methods that measure, which `tf.test.main` runs where `--benchmark_filter` is given.

Source: tensorflow/python/platform/benchmark.py.
"""

from __future__ import annotations

import json
import numbers
import re
import statistics
import sys
import time
import types
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.defaults import get_default_session
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.protos import ConfigProto
from minihub_runtime.public import public

__all__ = ["Benchmark", "benchmark_config", "run_benchmarks"]

#: The classes that there are, in the order they are made in.
_CLASSES: list[type[Benchmark]] = []


@public("test.Benchmark")
class Benchmark:
    """Base of classes whose methods that begin with `benchmark` measure something.

    Differs: results are printed and logged, and no file is written where TEST_REPORT_FILE_PREFIX is set; there are no extras
    about memory.
    """

    def __init__(self) -> None:
        """Nothing needs to be known: `tf.test.main` makes one of each class whose methods it runs."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _CLASSES.append(cls)

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether this is the base itself."""
        return cls is Benchmark

    def _get_name(self, overwrite_name: str | None = None) -> str:
        """The class, and the outermost method of one of its kind that is running."""
        frame: types.FrameType | None = sys._getframe(1)
        found = None
        while frame is not None:
            owner = frame.f_locals.get("self")
            if isinstance(owner, Benchmark):
                found = type(owner).__name__, frame.f_code.co_name
            frame = frame.f_back
        if found is None:
            raise ValueError("Unable to determine calling Benchmark class.")
        return f"{found[0]}.{overwrite_name or found[1]}"

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: list[dict[str, Any]] | None = None,
    ) -> None:
        """Print what was measured, in the text form of TensorFlow's message BenchmarkEntries.

        Args:
            iters: how often it ran.
            cpu_time: the processor's seconds.
            wall_time: seconds.
            throughput: megabytes a second.
            extras: name → number or text.
            name: what it is called, rather than the method.
            metrics: dictionaries with `name`, `value` and perhaps `min_value` and `max_value`.

        Raises:
            TypeError: `extras` is no dictionary, `metrics` no list, or one of these has no name or no value.
        """
        name = self._get_name(overwrite_name=name)
        numbers_given = {
            "iters": iters,
            "cpu_time": cpu_time,
            "wall_time": wall_time,
            "throughput": throughput,
        }
        lines = [f"name: {_quoted(name)}"]
        lines += [f"{key}: {value}" for key, value in numbers_given.items() if value is not None]
        lines += _extras(extras)
        lines += _metrics(metrics)
        LOGGER.info("Benchmark [%s] %s", name, numbers_given)
        print("\n".join(["entry {", *(f"  {line}" for line in lines), "}", ""]))

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Run something several times, and report how long it takes.

        Args:
            sess: a session.
            op_or_tensor: what is run.
            feed_dict: what it is fed.
            burn_iters: how often it runs before.
            min_iters: how often it runs with a clock.
            store_trace: must be False.
            store_memory_usage: accepted.
            name: see `report_benchmark`.
            extras: likewise.
            mbs: how many megabytes it moves.

        Returns:
            What is reported: `iters`, `wall_time`, the median, `throughput`, `name`, and `extras` with `wall_time_mean` and
            `wall_time_stdev`.

        Raises:
            NotImplementedError: `store_trace` is True.
            ValueError: `min_iters` is not positive.
        """
        if store_trace:
            raise NotImplementedError("store_trace must be False; tf.train.ProfilerHook has traces")
        if min_iters < 1:
            raise ValueError(f"min_iters must be positive, not {min_iters}")
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict=feed_dict)
        seconds = []
        for _ in range(min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict=feed_dict)
            seconds.append(time.perf_counter() - start)
        median = statistics.median(seconds)
        values: dict[str, Any] = {
            "iters": min_iters,
            "wall_time": median,
            "extras": {} if extras is None else extras,
            "name": name,
            "throughput": mbs / median,
        }
        self.report_benchmark(**values)
        values["extras"]["wall_time_mean"] = statistics.fmean(seconds)
        values["extras"]["wall_time_stdev"] = statistics.stdev(seconds) if min_iters > 1 else -1
        return values

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors, from the default session.

        Raises:
            ValueError: there is none.
        """
        session = get_default_session()
        if session is None:
            raise ValueError("There must be a default session to evaluate tensors")
        return session.run(tensors)


@public("test.benchmark_config")
def benchmark_config() -> Any:
    """A ConfigProto that tells TensorFlow to leave dependencies as they are; here sessions do not look at it."""
    config = ConfigProto()
    rewriting = config.graph_options.rewrite_options
    rewriting.dependency_optimization = rewriting.OFF
    return config


def _quoted(text: str) -> str:
    return json.dumps(text)


def _extras(extras: Any) -> Iterator[str]:
    if extras is None:
        return
    if not isinstance(extras, dict):
        raise TypeError(f"extras must be a dict, not {extras!r}")
    for key, value in extras.items():
        number = isinstance(value, numbers.Number)
        shown = f"double_value: {value}" if number else f"string_value: {_quoted(str(value))}"
        yield f"extras {{ key: {_quoted(key)} value {{ {shown} }} }}"


def _metrics(metrics: Any) -> Iterator[str]:
    if metrics is None:
        return
    if not isinstance(metrics, list):
        raise TypeError(f"metrics must be a list, not {metrics!r}")
    for metric in metrics:
        if not {"name", "value"} <= set(metric):
            raise TypeError(f"metric must have 'name' and 'value', not {sorted(metric)}")
        limits = [
            f"{key} {{ value: {metric[key]} }}"
            for key in ("min_value", "max_value")
            if key in metric
        ]
        parts = [f"name: {_quoted(metric['name'])}", f"value: {metric['value']}", *limits]
        yield f"metrics {{ {' '.join(parts)} }}"


def run_benchmarks(pattern: str) -> None:
    """Run the methods whose names, with module and class, have a match of a regular expression.

    Args:
        pattern: the expression; `all` for all methods.

    Raises:
        ValueError: there are none.
    """
    found = [
        (kind, name)
        for kind in _CLASSES
        for name in dir(kind)
        if name.startswith("benchmark") and callable(getattr(kind, name))
        if pattern == "all" or re.search(pattern, f"{kind.__module__}.{kind.__name__}.{name}")
    ]
    if not found:
        raise ValueError(f"No benchmarks matched the pattern: '{pattern}'")
    made: dict[type[Benchmark], Benchmark] = {}
    for kind, name in found:
        if kind not in made:
            made[kind] = kind()
        getattr(made[kind], name)()
