"""How test programs run, and what they ask of the machine: there are no GPUs, and no compilers for them.

Source: tensorflow/python/platform/test.py, tensorflow/python/framework/test_util.py.
"""

from __future__ import annotations

import functools
import re
import sys
import unittest
import unittest.mock
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar, cast

from minihub_runtime.api import flags
from minihub_runtime.api.testing.benchmarks import run_benchmarks
from minihub_runtime.protos import GraphDef
from minihub_runtime.public import public

__all__ = [
    "assert_equal_graph_def",
    "disable_with_predicate",
    "gpu_device_name",
    "is_built_with_cuda",
    "is_built_with_gpu_support",
    "is_built_with_rocm",
    "is_built_with_xla",
    "is_gpu_available",
    "main",
]

F = TypeVar("F", bound=Callable[..., Any])

public("test.mock")(unittest.mock)


@public("test.main")
def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Parse the flags and run the tests of the program; with `--benchmark_filter=PATTERN` its benchmarks.

    Args:
        argv: the command line; that of the program if left out.

    Raises:
        SystemExit: always.
    """
    arguments = list(sys.argv if argv is None else argv)
    wanted = [item for item in arguments if re.match("--?benchmark_filter=", item)]
    if wanted:
        arguments.remove(wanted[0])
        pattern = wanted[0].partition("=")[2]
        flags.run(lambda rest: run_benchmarks(pattern), arguments)

    def run(rest: list[str]) -> None:
        unittest.main(module="__main__", argv=rest)

    flags.run(run, arguments)


@public("test.is_built_with_cuda")
def is_built_with_cuda() -> bool:
    """Whether kernels for NVIDIA's GPUs are there: False."""
    return False


@public("test.is_built_with_rocm")
def is_built_with_rocm() -> bool:
    """Whether kernels for AMD's GPUs are there: False."""
    return False


@public("test.is_built_with_gpu_support")
def is_built_with_gpu_support() -> bool:
    """Whether kernels for GPUs are there: False."""
    return False


@public("test.is_built_with_xla")
def is_built_with_xla() -> bool:
    """Whether the compiler XLA is there: False."""
    return False


@public("test.is_gpu_available")
def is_gpu_available(
    cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None
) -> bool:
    """Whether there is a GPU of this kind that can be used: False."""
    return False


@public("test.gpu_device_name")
def gpu_device_name() -> str:
    """The name of a GPU, empty as none can be used."""
    return ""


@public("test.disable_with_predicate")
def disable_with_predicate(pred: Callable[[], Any], skip_message: str) -> Callable[[F], F]:
    """Decorator of a test that is skipped if a function says so when it would run."""

    def decorate(test: F) -> F:
        @functools.wraps(test)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            if pred():
                self.skipTest(skip_message)
            return test(self, *args, **kwargs)

        return cast("F", run)

    return decorate


@public("test.assert_equal_graph_def")
def assert_equal_graph_def(
    actual: Any, expected: Any, checkpoint_v2: bool = False, hash_table_shared_name: bool = False
) -> None:
    """Two GraphDefs have the same nodes; their order, that of control inputs, and versions do not count.

    Args:
        actual: a GraphDef.
        expected: another one.
        checkpoint_v2: whether names of temporary files of checkpoints do not count.
        hash_table_shared_name: whether shared names of tables do not.

    Raises:
        AssertionError: they differ.
        TypeError: they are no GraphDefs.
    """
    for name, graph_def in (("actual", actual), ("expected", expected)):
        if (
            getattr(getattr(graph_def, "DESCRIPTOR", None), "full_name", "")
            != "tensorflow.GraphDef"
        ):
            raise TypeError(f"Expected tf.GraphDef for {name}, got {type(graph_def).__name__}")
    found, wanted = (
        {node.name: node for node in _plain(graph, checkpoint_v2, hash_table_shared_name).node}
        for graph in (actual, expected)
    )
    for name in (*wanted, *found):
        if name not in found:
            raise AssertionError(f"Did not find expected node '{name}'")
        if name not in wanted:
            raise AssertionError(f"Found unexpected node '{name}'")
        if found[name] != wanted[name]:
            raise AssertionError(f"Node '{name}' must be\n{wanted[name]}but is\n{found[name]}")


#: Temporary files of checkpoints, and names of tables that programs have not named; both have random parts.
_TEMPORARY = re.compile(rb"_temp_[0-9a-z]{32}/part")
_UNNAMED = re.compile(rb"hash_table_[0-9a-z\-]+")


def _plain(graph_def: Any, checkpoint_v2: bool, hash_table_shared_name: bool) -> Any:
    """A copy without what does not count."""
    result = GraphDef()
    result.CopyFrom(graph_def)
    for node in result.node:
        data = [name for name in node.input if not name.startswith("^")]
        controls = sorted(name for name in node.input if name.startswith("^"))
        del node.input[:]
        node.input.extend(data + controls)
        for name, value in list(node.attr.items()):
            texts = value.tensor.string_val
            if (
                name.startswith("_")
                or (checkpoint_v2 and len(texts) == 1 and _TEMPORARY.match(texts[0]))
                or (hash_table_shared_name and name == "shared_name" and _UNNAMED.match(value.s))
            ):
                del node.attr[name]
    return result
