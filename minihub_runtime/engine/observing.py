"""What the kernels of a run give.

with observing(lambda node, values: print(node.name, values)):
    runner.run(fetches)
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from minihub_runtime.engine.watching import Steps, watching
from minihub_runtime.graph.functions import Body
from minihub_runtime.graph.ir import Node

__all__ = ["See", "observing"]

#: Is shown a node and the values of its outputs, which it must not change and not keep: kernels write into arrays again.
See = Callable[[Node, list[Any]], None]


class _Observer:
    def __init__(self, see: See) -> None:
        self._see = see
        self._lock = threading.Lock()

    def watch(self, steps: Steps) -> Steps:
        return [(self._seen(step[0], step[-1]), *step[1:]) for step in steps]

    def enter(self, body: Body, arguments: Sequence[Any]) -> None:
        with self._lock:
            for ref, value in zip(body.arguments, arguments, strict=True):
                self._see(body.graph.nodes[ref.node], [value])

    def _seen(self, kernel: Callable[..., Any], node: Node) -> Callable[..., Any]:
        def seen(*inputs: Any, **options: Any) -> Any:
            result = kernel(*inputs, **options)
            values = [*result] if isinstance(result, (list, tuple)) else [result]
            # Kernels may run side by side.
            with self._lock:
                self._see(node, values)
            return result

        return seen


@contextlib.contextmanager
def observing(see: See) -> Iterator[None]:
    """Show what every kernel in this process gives to `see` meanwhile, and the arguments of functions as what their `_Arg` nodes give.

    Raises:
        FailedPreconditionError: somebody observes or records already.
    """
    with watching(_Observer(see)):
        yield
