"""`tf.data.Options`: how TensorFlow computes elements.  Nothing of it changes what they are, and it has no effect here.

Source: tensorflow/python/data/ops/options.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.public import public

__all__ = ["Options", "ThreadingOptions"]


class _Settings:
    """Attributes that may be set and read; those that were not set are None."""

    _names: tuple[str, ...] = ()

    def __init__(self) -> None:
        for name in self._names:
            object.__setattr__(self, name, None)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._names:
            raise AttributeError(
                f"Cannot set the property {name} on {type(self).__name__}; there are: {', '.join(self._names)}"
            )
        object.__setattr__(self, name, value)


@public("data.ThreadingOptions", "data.experimental.ThreadingOptions")
class ThreadingOptions(_Settings):
    """How many threads TensorFlow uses; accepted."""

    _names = ("max_intra_op_parallelism", "private_threadpool_size")


@public("data.experimental.AutotuneOptions")
class AutotuneOptions(_Settings):
    """What TensorFlow tunes; accepted."""

    _names = ("autotune_algorithm", "cpu_budget", "enabled", "initial_parallelism", "ram_budget")


@public("data.experimental.DistributeOptions")
class DistributeOptions(_Settings):
    """How TensorFlow shares work out; accepted."""

    _names = ("auto_shard_policy", "num_devices")


@public("data.experimental.OptimizationOptions")
class OptimizationOptions(_Settings):
    """What TensorFlow rewrites; accepted."""

    _names = (
        "apply_default_optimizations",
        "filter_fusion",
        "filter_parallelization",
        "inject_prefetch",
        "map_and_batch_fusion",
        "map_and_filter_fusion",
        "map_fusion",
        "map_parallelization",
        "noop_elimination",
        "parallel_batch",
        "seq_interleave_prefetch",
        "shuffle_and_repeat_fusion",
        "warm_start",
    )


@public("data.Options")
class Options(_Settings):
    """How TensorFlow computes elements; accepted.

    Attributes:
        autotune: AutotuneOptions.
        experimental_distribute: DistributeOptions.
        experimental_optimization: OptimizationOptions.
        threading: ThreadingOptions; also as `experimental_threading`.
    """

    _names = (
        "autotune",
        "deterministic",
        "experimental_deterministic",
        "experimental_distribute",
        "experimental_external_state_policy",
        "experimental_optimization",
        "experimental_slack",
        "experimental_symbolic_checkpoint",
        "experimental_threading",
        "experimental_warm_start",
        "framework_type",
        "threading",
    )

    def __init__(self) -> None:
        super().__init__()
        self.autotune = AutotuneOptions()
        self.experimental_distribute = DistributeOptions()
        self.experimental_optimization = OptimizationOptions()
        self.threading = self.experimental_threading = ThreadingOptions()

    def merge(self, options: Options) -> Options:
        """These options with those of another that were set."""
        merged = Options()
        for source in (self, options):
            for name in self._names:
                if getattr(source, name) is not None:
                    setattr(merged, name, getattr(source, name))
        return merged
