"""What all datasets have: what is known of their elements, and how others are made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data.options import Options
from minihub_runtime.api.data.structure import (
    flat_shapes,
    flat_types,
    legacy_classes,
    legacy_shapes,
    legacy_types,
)
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.random_seed import get_seed
from minihub_runtime.dtypes import int64
from minihub_runtime.public import public

if TYPE_CHECKING:
    from minihub_runtime.api.data.dataset import Dataset

__all__ = [
    "AUTOTUNE",
    "DatasetBase",
    "dataset_seeds",
    "keeping_cardinality",
    "made",
    "new",
    "number",
    "told",
    "with_options_of",
]

#: Lets TensorFlow choose a number.
AUTOTUNE = public("data.AUTOTUNE", "data.experimental.AUTOTUNE")(-1)
#: The number of elements of endless datasets, and of those whose number is not known.
INFINITE = public("data.INFINITE_CARDINALITY", "data.experimental.INFINITE_CARDINALITY")(-1)
UNKNOWN = public("data.UNKNOWN_CARDINALITY", "data.experimental.UNKNOWN_CARDINALITY")(-2)


def new(variant: Tensor, element_spec: Any) -> Dataset:
    """The dataset that a variant tensor holds."""
    from minihub_runtime.api.data.dataset import Dataset

    return Dataset(variant, element_spec)


def made(op: str, element_spec: Any, **arguments: Any) -> Dataset:
    """The dataset that a new operation makes, with elements of a spec."""
    variant = build(
        op,
        output_types=flat_types(element_spec),
        output_shapes=flat_shapes(element_spec),
        **arguments,
    )
    return new(variant, element_spec)


def keeping_cardinality(dataset: Dataset, keeps: bool = True) -> Dataset:
    """A dataset that nobody has seen yet, whose `map` tells, or does not, that there are as many results as elements."""
    dataset._keeps_cardinality = keeps
    return dataset


def with_options_of(dataset: Dataset, *sources: DatasetBase) -> Dataset:
    """A dataset that nobody has seen yet, with the options of those that it is made of; the last one's count."""
    for source in sources:
        dataset._options = dataset._options.merge(source._options)
    return dataset


def number(value: Any, name: str, default: int | None = None) -> Tensor:
    """An int64 argument as a tensor; `default` if it is None."""
    return convert_to_tensor(default if value is None else value, int64, name)


def dataset_seeds(seed: Any) -> tuple[Tensor, Tensor]:
    """The seeds of an operation that draws at random, as tensors."""
    first, second = get_seed(seed)
    if first is None or second is None:
        return convert_to_tensor(0, int64, "seed"), convert_to_tensor(0, int64, "seed2")
    one = convert_to_tensor(first, int64, "seed")
    # Two zeros would ask for seeds that differ from run to run.
    with name_scope("seed2") as scope:
        two = convert_to_tensor(second, int64)
        zeros = build("LogicalAnd", x=build("Equal", x=one, y=0), y=build("Equal", x=two, y=0))
        instead = convert_to_tensor(2**31 - 1, int64)
        return one, build("SelectV2", condition=zeros, t=instead, e=two, name=scope)


def told(value: bool | None) -> str:
    """The attribute that says what `deterministic` is."""
    return "default" if value is None else "true" if value else "false"


class DatasetBase:
    """A variant tensor, and what is known of the elements of its dataset."""

    #: Whether `map` tells that there are as many results as elements.  In TensorFlow it does so for datasets of the newer class, which
    #: are those that functions are given and some methods return, and what methods make of them.
    _keeps_cardinality = False

    def __init__(self, variant_tensor: Tensor, element_spec: Any) -> None:
        self._variant_tensor = variant_tensor
        self._element_spec = element_spec
        self._options = Options()

    @property
    def element_spec(self) -> Any:
        """A structure of the TypeSpecs of elements."""
        return self._element_spec

    @property
    def output_types(self) -> Any:
        """A structure of the types of elements."""
        return legacy_types(self.element_spec)

    @property
    def output_shapes(self) -> Any:
        """A structure of the static shapes of elements."""
        return legacy_shapes(self.element_spec)

    @property
    def output_classes(self) -> Any:
        """A structure of the classes of elements."""
        return legacy_classes(self.element_spec)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} element_spec={self.element_spec}>"

    def __iter__(self) -> NoReturn:
        raise RuntimeError(
            "`tf.data.Dataset` only supports Python-style iteration in eager mode or within tf.function."
        )

    def __len__(self) -> NoReturn:
        raise TypeError("`tf.data.Dataset` only supports `len` in eager mode. Use `cardinality()`.")

    def __bool__(self) -> bool:
        return True

    def _next(self, op: str, **arguments: Any) -> Dataset:
        """A dataset made of this one, with elements like its own."""
        return self._made(op, self.element_spec, **arguments)

    def _made(self, op: str, element_spec: Any, **arguments: Any) -> Dataset:
        """A dataset made of this one, with elements of a spec."""
        found = made(op, element_spec, input_dataset=self._variant_tensor, **arguments)
        return with_options_of(keeping_cardinality(found, self._keeps_cardinality), self)
