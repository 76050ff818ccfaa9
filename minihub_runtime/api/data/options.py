"""`tf.data.Options`: how TensorFlow computes elements.  Nothing of it changes what they are, and it has no effect here.

Source: tensorflow/python/data/ops/options.py, tensorflow/python/data/util/options.py.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, ClassVar

from minihub_runtime.public import public

__all__ = ["Options", "ThreadingOptions"]


@public("data.experimental.AutotuneAlgorithm")
class AutotuneAlgorithm(enum.Enum):
    """How TensorFlow tunes numbers of threads and elements ahead."""

    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4


@public("data.experimental.AutoShardPolicy")
class AutoShardPolicy(enum.IntEnum):
    """How TensorFlow shares a dataset out to several workers."""

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


@public("data.experimental.ExternalStatePolicy")
class ExternalStatePolicy(enum.Enum):
    """What TensorFlow does with state outside of a dataset that it writes."""

    WARN = 0
    IGNORE = 1
    FAIL = 2


#: What stands for `SHARD_HINT` of `AutoShardPolicy.HINT`.
SHARD_HINT = public("data.experimental.SHARD_HINT")(-1)


class _Settings:
    """Settings of a type each; those that were not set have a default."""

    #: Name → type.
    _types: ClassVar[dict[str, type]] = {}
    #: Name → what makes the value of a setting that was not set, where that is not None.
    _defaults: ClassVar[dict[str, Callable[[], Any]]] = {}
    #: Old name → name.
    _renamed: ClassVar[dict[str, str]] = {}

    _values: dict[str, Any]
    _fixed: bool

    def __init__(self) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_fixed", False)

    def __getattr__(self, name: str) -> Any:
        name = self._renamed.get(name, name)
        if name not in self._types:
            raise AttributeError(f"{type(self).__name__} has no setting {name!r}")
        if name not in self._values:
            make = self._defaults.get(name, lambda: None)
            self._values[name] = make()
            if self._fixed:
                _fix(self._values[name])
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if self._fixed:
            raise ValueError(
                "Mutating `tf.data.Options()` returned by `tf.data.Dataset.options()` has no effect. Use "
                "`tf.data.Dataset.with_options(options)` to set or update dataset options."
            )
        name = self._renamed.get(name, name)
        if name not in self._types:
            raise AttributeError(
                f"Cannot set the property {name} on {type(self).__name__}; there are: "
                f"{', '.join([*self._types, *self._renamed])}"
            )
        if not isinstance(value, self._types[name]):
            raise TypeError(
                f'Property "{name}" must be of type {self._types[name]}, got: {value} (type: {type(value)})'
            )
        self._values[name] = value

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._types, *self._renamed])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._types)

    #: They change.
    __hash__ = None  # type: ignore[assignment]

    def _merged(self, other: _Settings) -> Any:
        """These settings with those of another that differ from the defaults."""
        default, merged = type(self)(), type(self)()
        for name in self._types:
            mine, theirs = getattr(self, name), getattr(other, name)
            plain = getattr(default, name)
            if isinstance(mine, _Settings):
                chosen = mine._merged(theirs)
            else:
                chosen = mine if theirs == plain else theirs
            if chosen is not None:
                merged._values[name] = chosen
        return merged


def _fix(value: Any) -> None:
    """Let settings, and those in them, not be set any more."""
    if isinstance(value, _Settings):
        object.__setattr__(value, "_fixed", True)
        for inner in value._values.values():
            _fix(inner)


@public("data.ThreadingOptions", "data.experimental.ThreadingOptions")
class ThreadingOptions(_Settings):
    """How many threads TensorFlow uses; accepted."""

    _types: ClassVar[dict[str, type]] = dict.fromkeys(
        ("max_intra_op_parallelism", "private_threadpool_size"), int
    )


@public("data.experimental.AutotuneOptions")
class AutotuneOptions(_Settings):
    """What TensorFlow tunes; accepted."""

    _types: ClassVar[dict[str, type]] = {
        "enabled": bool,
        "cpu_budget": int,
        "ram_budget": int,
        "autotune_algorithm": AutotuneAlgorithm,
    }


@public("data.experimental.DistributeOptions")
class DistributeOptions(_Settings):
    """How TensorFlow shares work out; accepted."""

    _types: ClassVar[dict[str, type]] = {"auto_shard_policy": AutoShardPolicy, "num_devices": int}
    _defaults: ClassVar[dict[str, Callable[[], Any]]] = {
        "auto_shard_policy": lambda: AutoShardPolicy.AUTO
    }


@public("data.experimental.OptimizationOptions")
class OptimizationOptions(_Settings):
    """What TensorFlow rewrites; accepted."""

    _types: ClassVar[dict[str, type]] = dict.fromkeys(
        (
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
            "shuffle_and_repeat_fusion",
        ),
        bool,
    )


@public("data.Options")
class Options(_Settings):
    """How TensorFlow computes elements; accepted.

    A setting of another type is a TypeError, one that there is not an AttributeError.  Those of `Dataset.options()` cannot be
    set: that is a ValueError.

    Attributes:
        autotune: AutotuneOptions.
        deterministic: a bool; also as `experimental_deterministic`.
        experimental_distribute: DistributeOptions.
        experimental_external_state_policy: an ExternalStatePolicy.
        experimental_optimization: OptimizationOptions.
        experimental_slack: a bool.
        experimental_symbolic_checkpoint: a bool.
        experimental_warm_start: a bool.
        threading: ThreadingOptions; also as `experimental_threading`.
    """

    _types: ClassVar[dict[str, type]] = {
        "autotune": AutotuneOptions,
        "deterministic": bool,
        "experimental_distribute": DistributeOptions,
        "experimental_external_state_policy": ExternalStatePolicy,
        "experimental_optimization": OptimizationOptions,
        "experimental_slack": bool,
        "experimental_symbolic_checkpoint": bool,
        "experimental_warm_start": bool,
        "threading": ThreadingOptions,
    }
    _defaults: ClassVar[dict[str, Callable[[], Any]]] = {
        "autotune": AutotuneOptions,
        "experimental_distribute": DistributeOptions,
        "experimental_optimization": OptimizationOptions,
        "threading": ThreadingOptions,
    }
    _renamed: ClassVar[dict[str, str]] = {
        "experimental_deterministic": "deterministic",
        "experimental_threading": "threading",
    }

    def merge(self, options: Options) -> Options:
        """These options with those of another that were set.

        Raises:
            TypeError: `options` are none.
        """
        if not isinstance(options, Options):
            raise TypeError(
                f"Could not merge incompatible options of type {type(self)} and {type(options)}."
            )
        merged: Options = self._merged(options)
        return merged

    def fixed(self) -> Options:
        """A copy that cannot be set."""
        copied = Options().merge(self)
        _fix(copied)
        return copied
