"""Methods that take elements from several datasets, by numbers or at random.

Source: tensorflow/python/data/ops/random_op.py, sample_from_datasets_op.py, choose_from_datasets_op.py,
directed_interleave_op.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.base import (
    DatasetBase,
    dataset_seeds,
    keeping_cardinality,
    made,
    with_options_of,
)
from minihub_runtime.api.data.functions import ElementFunction
from minihub_runtime.api.data.structure import flat_shapes, flat_types
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import float32, float64, int64

if TYPE_CHECKING:
    from minihub_runtime.api.data.dataset import Dataset

__all__ = ["DatasetChoosing"]


class DatasetChoosing(DatasetBase):
    """The methods that take elements from several datasets."""

    @staticmethod
    def random(
        seed: Any = None, rerandomize_each_iteration: bool | None = None, name: str | None = None
    ) -> Dataset:
        """Random numbers without end, int64 scalars in [0, 2**32).

        For given seeds of the graph and of this call, the numbers are TensorFlow's.

        Args:
            seed: the seed.
            rerandomize_each_iteration: whether each epoch of `repeat` has other numbers.
            name: accepted; it has no effect.
        """
        first, second = dataset_seeds(seed)
        arguments: dict[str, Any] = {"seed": first, "seed2": second}
        op = "RandomDataset"
        if rerandomize_each_iteration:
            warnings.warn(
                "In TF 1, the `rerandomize_each_iteration=True` option is only supported for repeat-based epochs.",
                stacklevel=2,
            )
            op = "RandomDatasetV2"
            arguments["seed_generator"] = build("DummySeedGenerator")
            arguments["rerandomize_each_iteration"] = True
        return keeping_cardinality(made(op, TensorSpec([], int64), **arguments))

    @staticmethod
    def sample_from_datasets(
        datasets: Sequence[Dataset],
        weights: Any = None,
        seed: Any = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,
    ) -> Dataset:
        """Elements of several datasets, each drawn at random from the next ones of all.

        For given seeds of the graph and of this call, the choice is TensorFlow's.

        Args:
            datasets: datasets with elements of one structure.
            weights: how likely each dataset is: a number for each, as a list or a float tensor, or a dataset of such tensors,
                one for each element; by default all are as likely.  Datasets of a list whose weights are not positive are
                left out.
            seed: the seed.
            stop_on_empty_dataset: whether all ends with the first dataset that ends; else that one is passed over from then
                on.
            rerandomize_each_iteration: whether each epoch of `repeat` has another choice.

        Raises:
            ValueError: there are no datasets, or another number of weights.
            TypeError: weights are no floating-point numbers, or elements are of other types or structures.
        """
        from minihub_runtime.api.data.dataset import Dataset

        if not datasets:
            raise ValueError("Invalid `datasets`. `datasets` should not be empty.")

        def seeds() -> Dataset:
            numbers = DatasetChoosing.random(seed, rerandomize_each_iteration)
            return numbers.batch(2)

        if isinstance(weights, Dataset):
            logits = weights.map(lambda *p: build("Log", x=p, name="logits"))
            choices = _selected(Dataset.zip((logits, seeds())), select_dataset_varying_logits)
            return _directed(choices, datasets, stop_on_empty_dataset)
        datasets, fixed = _weighed(datasets, weights)
        if len(datasets) == 1:
            return datasets[0]

        def select_dataset_constant_logits(seed: Tensor) -> Tensor:
            return select_dataset_varying_logits(fixed, seed)

        choices = _selected(seeds(), select_dataset_constant_logits)
        return _directed(choices, datasets, stop_on_empty_dataset)

    @staticmethod
    def choose_from_datasets(
        datasets: Sequence[Dataset], choice_dataset: Dataset, stop_on_empty_dataset: bool = True
    ) -> Dataset:
        """Elements of several datasets: numbers say which one gives the next.

        Args:
            datasets: datasets with elements of one structure.
            choice_dataset: int64 scalars, the places of datasets.
            stop_on_empty_dataset: whether all ends with the first dataset that ends; else that one is passed over from then
                on.

        Raises:
            ValueError: there are no datasets.
            TypeError: `choice_dataset` is no dataset of int64 scalars, or elements are of other types or structures.
        """
        from minihub_runtime.api.data.dataset import Dataset

        if not datasets:
            raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
        if not isinstance(choice_dataset, Dataset):
            raise TypeError(
                "Invalid `choice_dataset`. `choice_dataset` should be a `tf.data.Dataset` but is "
                f"{type(choice_dataset)}."
            )
        spec = choice_dataset.element_spec
        if not isinstance(spec, TensorSpec) or not spec.is_compatible_with(TensorSpec([], int64)):
            raise TypeError(
                "Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar `tf.int64` tensors but are "
                f"{spec}."
            )
        choices = choice_dataset._next("RewriteDataset", rewrite_name="replicate_on_split")
        return _directed(choices, datasets, stop_on_empty_dataset)


def _weighed(datasets: Sequence[Dataset], weights: Any) -> tuple[Sequence[Dataset], Any]:
    """The datasets that may be drawn from, and the logarithms of their weights, a matrix of one row."""
    count = len(datasets)
    if weights is None:
        return datasets, [[1.0] * count]
    if isinstance(weights, Tensor):
        if not weights.shape.is_compatible_with(TensorShape([count])):
            raise ValueError(
                "Invalid `weights`. The shape of `weights` should be compatible with `[len(datasets)]` but is "
                f"{weights.shape}."
            )
    else:
        if count != len(weights):
            raise ValueError(
                "Invalid `weights`. `weights` should have the same length as `datasets` but got "
                f"`len(weights)={len(weights)}` vs. `len(datasets)={count}`."
            )
        pairs = [pair for pair in zip(datasets, weights) if pair[1] > 0]
        datasets = [dataset for dataset, _ in pairs] or [datasets[0].take(0)]
        weights = tuple(weight for _, weight in pairs) or [1.0]
    found = convert_to_tensor(weights, name="weights")
    if found.dtype not in (float32, float64):
        raise TypeError(
            "Invalid `weights`. `weights` type must be either `tf.float32` or `tf.float64` but is "
            f"{found.dtype!r}."
        )
    return datasets, expand_dims(build("Log", x=found, name="logits"), 0)


def select_dataset_varying_logits(logits: Any, seed: Tensor) -> Tensor:
    """The place of a dataset, drawn at random."""
    drawn = build("StatelessMultinomial", logits=logits, num_samples=1, seed=seed)
    found: Tensor = build("Squeeze", input=drawn, squeeze_dims=[0, 1])
    return found


def _selected(source: Dataset, function: Any) -> Dataset:
    """The results of a function that selects."""
    call = ElementFunction(function, "Dataset.map()", source.element_spec)
    return source._made(
        "MapDataset",
        call.output_spec,
        other_arguments=call.captured,
        f=call.function,
        use_inter_op_parallelism=False,
        preserve_cardinality=True,
    )


def _directed(choices: Dataset, datasets: Sequence[Dataset], stops: bool) -> Dataset:
    """The elements of datasets in the places that numbers say."""
    first = spec = datasets[0].element_spec
    for place, other in enumerate(datasets[1:], start=1):
        try:
            spec = nest.map_structure(_common, spec, other.element_spec)
        except (TypeError, ValueError) as error:
            raise TypeError(
                "Invalid `datasets`. `datasets` must have compatible element specs.\n Dataset 0 "
                f"element_spec={first}.\nDataset {place} element_spec={other.element_spec}."
            ) from error
    variant = build(
        "DirectedInterleaveDataset",
        selector_input_dataset=choices._variant_tensor,
        data_input_datasets=[item._variant_tensor for item in datasets],
        stop_on_empty_dataset=stops,
        output_types=flat_types(spec),
        output_shapes=flat_shapes(spec),
    )
    found = keeping_cardinality(type(choices)(variant, spec))
    return with_options_of(found, choices, *datasets)


def _common(one: Any, other: Any) -> Any:
    """What is known of an element of either kind."""
    found = one.most_specific_common_supertype([other])
    if found is None:
        raise TypeError(f"No common supertype of {one} and {other}.")
    return found
