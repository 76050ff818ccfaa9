"""The seeds of random ops: from the graph's seed and the op's own.

Source: tensorflow/python/framework/random_seed.py.
"""

from __future__ import annotations

import operator
import threading
import weakref

from minihub_runtime.api.graph import Graph, get_default_graph
from minihub_runtime.public import public

__all__ = ["DEFAULT_GRAPH_SEED", "get_seed", "set_random_seed"]

#: The graph's part of the seeds where only the op has a seed.
DEFAULT_GRAPH_SEED = 87654321

_LIMIT = (1 << 31) - 1

# How many ops of a graph got a seed of their own from it.
_given: weakref.WeakKeyDictionary[Graph, int] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


@public("get_seed", "random.get_seed")
def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The attributes `seed` and `seed2` of a random op in the default graph.

    The graph's seed comes first, the op's second.  An op without a seed, in a graph with one, gets the number of such
    ops before it.  (None, None) asks for numbers that differ from session to session.

    Args:
        op_seed: the op's own seed, or None.

    Raises:
        TypeError: a seed is not an integer.
    """
    graph = get_default_graph()
    if graph.seed is None:
        if op_seed is None:
            return None, None
        graph_seed = DEFAULT_GRAPH_SEED
    else:
        graph_seed = graph.seed
        if op_seed is None:
            with _lock:
                op_seed = _given.setdefault(graph, 0)
                _given[graph] += 1
    seeds = operator.index(graph_seed) % _LIMIT, operator.index(op_seed) % _LIMIT
    # To the kernels two zeros mean no seeds.
    return (0, _LIMIT) if seeds == (0, 0) else seeds


@public("set_random_seed", "random.set_random_seed")
def set_random_seed(seed: int | None) -> None:
    """Set the seed of the default graph, or take it away with None.

    It decides the numbers of the random ops that are added from now on; those that are there keep theirs.
    """
    get_default_graph().seed = seed
