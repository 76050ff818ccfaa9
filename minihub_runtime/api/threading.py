"""How many threads kernels use."""

from __future__ import annotations

from minihub_runtime import threads
from minihub_runtime.public import public

__all__ = ["get_intra_op_parallelism_threads", "set_intra_op_parallelism_threads"]

#: What was asked for; 0 leaves the choice to the runtime.
_chosen = 0


@public("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads() -> int:
    """How many threads were asked for; 0 stands for the cores that the process may use.

    Source: python/framework/config.py:get_intra_op_parallelism_threads
    """
    return _chosen


@public("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Let each kernel use so many threads.

    TensorFlow refuses this once it has begun to compute; here it holds from the next kernel on.

    Args:
        num_threads: 0 stands for the cores that the process may use.

    Raises:
        InvalidArgumentError: the number is negative.

    Source: python/framework/config.py:set_intra_op_parallelism_threads
    """
    global _chosen
    threads.set_num_threads(num_threads)
    _chosen = num_threads
