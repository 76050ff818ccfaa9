"""Elements of classes, passed over or repeated so that classes are as frequent as is wanted.

Source: tensorflow/python/data/ops/dataset_ops.py (rejection_resample).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data.base import keeping_cardinality
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.filling import fill
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.reduction import reduce_max, reduce_min, reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import float32, int64

if TYPE_CHECKING:
    from minihub_runtime.api.data.dataset import Dataset

__all__ = ["resampled"]

#: How many elements the frequencies of classes are told from at a time, and how many of each class are taken to have come before.
_AT_A_TIME, _BEFORE = 32, 10


def resampled(
    dataset: Dataset, class_func: Callable[..., Any], target_dist: Any, initial_dist: Any, seed: Any
) -> Dataset:
    """See `Dataset.rejection_resample`."""
    target = cast(convert_to_tensor(target_dist, name="target_dist"), float32)
    share: Any = None
    if initial_dist is not None:
        initial = cast(convert_to_tensor(initial_dist, name="initial_dist"), float32)
        accepted, untouched = _acceptance(initial, target)
        initials, accepts, originals = map(_endless, (initial, accepted, untouched))
        share = _known_share(initial, target)
    else:
        initials = _estimated(target, dataset.map(class_func))
        both = initials.map(lambda found: _acceptance(found, target))
        accepts = both.map(lambda accept, _: accept)
        originals = both.map(lambda _, original: original)
    filtered = _filtered(dataset, accepts, initials, class_func, seed).prefetch(3)

    def add_class_value(*element: Any) -> Any:
        return class_func(*element), element[0] if len(element) == 1 else element

    if share == 1:
        return dataset.map(add_class_value)
    if share == 0:
        return filtered
    return dataset.sample_from_datasets(
        [dataset.map(add_class_value), filtered],
        weights=originals.map(lambda original: [(original, 1.0 - original)]),
        seed=seed,
        stop_on_empty_dataset=True,
    )


def _endless(value: Tensor) -> Dataset:
    """A dataset that has nothing but one tensor."""
    from minihub_runtime.api.data.dataset import Dataset

    return keeping_cardinality(Dataset.from_tensors(value)).repeat()


def _beside(*datasets: Dataset) -> Dataset:
    from minihub_runtime.api.data.dataset import Dataset

    return keeping_cardinality(Dataset.zip(datasets))


def _acceptance(initial: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """How likely elements of classes are to be accepted, and how large the share of elements is that are taken as they come."""
    # The smallest number keeps classes that do not come from a division by zero.
    ratio = target / (initial + np.finfo(np.float32).tiny)
    highest, lowest = reduce_max(ratio), reduce_min(ratio)
    return (ratio - lowest) / (highest - lowest), lowest


def _known_share(initial: Tensor, target: Tensor) -> Any:
    """The share of elements that are taken as they come, None if it is not known now."""
    before, wanted = constant_value(initial), constant_value(target)
    if before is None or wanted is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.min(wanted / before)


def _filtered(
    dataset: Dataset,
    accepts: Dataset,
    initials: Dataset,
    class_func: Callable[..., Any],
    seed: Any,
) -> Dataset:
    """Pairs of a class and an element, of the elements that are accepted."""

    def maybe_warn_on_large_rejection(accept: Tensor, initial: Tensor) -> Any:
        rejected = reduce_sum((1 - accept) * initial)
        return cond(
            build("Less", x=rejected, y=0.5),
            lambda: accept,
            lambda: build(
                "Print",
                input=accept,
                data=[rejected, initial, accept],
                message="Proportion of examples rejected by sampler is high: ",
                summarize=100,
                first_n=10,
            ),
        )

    def _gather_and_copy(accept: Tensor, element: Any) -> Any:
        found = class_func(*element) if isinstance(element, tuple) else class_func(element)
        return found, gather(accept, found), element

    def _reject(_: Any, accept: Tensor, __: Any) -> Any:
        return build("Less", x=random_uniform([], seed=seed, dtype=accept.dtype), y=accept)

    checked = _beside(accepts, initials).map(maybe_warn_on_large_rejection)
    found = _beside(checked, dataset).map(_gather_and_copy).filter(_reject)
    return found.map(lambda kind, _, element: (kind, element))


def _estimated(target: Tensor, classes: Dataset) -> Dataset:
    """How frequent classes were among the elements so far, for each element."""
    count: Any = target.shape[0].value or shape(target)[0]
    before = fill([count], np.int64(_BEFORE))

    def update_estimate_and_tile(seen: Tensor, found: Tensor) -> tuple[Tensor, Tensor]:
        kinds = seen.shape[0].value
        seen = build(
            "AddV2", x=seen, y=reduce_sum(one_hot(found, kinds, dtype=int64), 0), name="Add"
        )
        share = cast(seen / reduce_sum(seen), float32)
        tiled = build("Tile", input=expand_dims(share, 0), multiples=[_AT_A_TIME, 1])
        return seen, tiled

    return classes.batch(_AT_A_TIME).scan(before, update_estimate_and_tile).unbatch()
