"""Inputs of exported signatures: what a client gives, and the features that it becomes.

Source: tensorflow_estimator/python/estimator/export/export.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.composite import SparseTensor, placeholder
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.parsing.examples import parse_example
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = [
    "ServingInputReceiver",
    "SupervisedInputReceiver",
    "TensorServingInputReceiver",
    "build_parsing_serving_input_receiver_fn",
    "build_raw_serving_input_receiver_fn",
    "build_raw_supervised_input_receiver_fn",
]

#: What a tensor alone is called.
FEATURE_NAME, LABEL_NAME, RECEIVER_NAME = "feature", "label", "input"
_NAMES = {
    "feature": FEATURE_NAME,
    "label": LABEL_NAME,
    "receiver_tensor": RECEIVER_NAME,
    "receiver_tensors_alternative": RECEIVER_NAME,
}


def _checked(tensors: Any, what: str, allow_numbers: bool = False) -> dict[Any, Any]:
    """Tensors by name; one alone gets the usual name."""
    if tensors is None:
        raise ValueError(f"{what}s must be defined.")
    found: dict[Any, Any] = tensors if isinstance(tensors, dict) else {_NAMES[what]: tensors}
    for name, tensor in found.items():
        if not isinstance(name, str) and not allow_numbers:
            raise ValueError(f"{what} keys must be strings: {name}.")
        if not isinstance(name, (str, int)):
            raise ValueError(f"{what} keys must be strings or ints: {name}.")
        _check_tensor(tensor, f"{what} {name}")
    return found


def _check_tensor(tensor: Any, what: str) -> None:
    if isinstance(tensor, (Tensor, SparseTensor, RaggedTensor)):
        return
    error = f"{what} must be a Tensor, SparseTensor, or RaggedTensor."
    # A distributed variable, for example, has a tensor inside.
    if not hasattr(tensor, "tensor"):
        raise ValueError(error)
    try:
        convert_to_tensor(tensor)
    except TypeError:
        raise ValueError(error) from None


class _Receiver(NamedTuple):
    features: Any
    receiver_tensors: dict[str, Any]
    receiver_tensors_alternatives: dict[str, Any] | None


@public("estimator.export.ServingInputReceiver")
class ServingInputReceiver(_Receiver):
    """What a client of a served model gives, and the features that the model gets.

    Args:
        features: a tensor, which is called `feature`, or name → tensor.
        receiver_tensors: a tensor to be fed, which is called `input`, or name → tensor.
        receiver_tensors_alternatives: name → other tensors that may be fed instead.

    Raises:
        ValueError: a name or a value is of another type.
    """

    def __new__(
        cls, features: Any, receiver_tensors: Any, receiver_tensors_alternatives: Any = None
    ) -> ServingInputReceiver:
        """Check the tensors."""
        features = _checked(features, "feature", allow_numbers=True)
        receiver_tensors = _checked(receiver_tensors, "receiver_tensor")
        return super().__new__(
            cls, features, receiver_tensors, _alternatives(receiver_tensors_alternatives)
        )


@public("estimator.export.TensorServingInputReceiver")
class TensorServingInputReceiver(_Receiver):
    """A ServingInputReceiver whose features are one tensor, and reach the model function as such.

    Args:
        features: the tensor.
        receiver_tensors: see `ServingInputReceiver`.
        receiver_tensors_alternatives: see `ServingInputReceiver`.

    Raises:
        ValueError: a name or a value is of another type.
    """

    def __new__(
        cls, features: Any, receiver_tensors: Any, receiver_tensors_alternatives: Any = None
    ) -> TensorServingInputReceiver:
        """Check the tensors."""
        if features is None:
            raise ValueError("features must be defined.")
        _check_tensor(features, "feature")
        receiver_tensors = _checked(receiver_tensors, "receiver_tensor")
        return super().__new__(
            cls, features, receiver_tensors, _alternatives(receiver_tensors_alternatives)
        )


def _alternatives(tensors: Any) -> dict[str, Any] | None:
    if tensors is None:
        return None
    if not isinstance(tensors, dict):
        raise ValueError(f"receiver_tensors_alternatives must be a dict: {tensors}.")
    return {
        name: _checked(value, "receiver_tensors_alternative") for name, value in tensors.items()
    }


class _SupervisedReceiver(NamedTuple):
    features: Any
    labels: Any
    receiver_tensors: dict[str, Any]


class SupervisedInputReceiver(_SupervisedReceiver):
    """Features and labels of a graph for training or evaluation, and what is fed for them.

    Args:
        features: a tensor, or name → tensor.
        labels: a tensor, or name → tensor.
        receiver_tensors: a tensor to be fed, or name → tensor.

    Raises:
        ValueError: a name or a value is of another type.
    """

    def __new__(cls, features: Any, labels: Any, receiver_tensors: Any) -> SupervisedInputReceiver:
        """Check the tensors."""
        _checked(features, "feature", allow_numbers=True)
        _checked(labels, "label", allow_numbers=True)
        return super().__new__(cls, features, labels, _checked(receiver_tensors, "receiver_tensor"))


@public("estimator.export.build_parsing_serving_input_receiver_fn")
def build_parsing_serving_input_receiver_fn(
    feature_spec: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """A function for exports whose clients give serialised Examples.

    Args:
        feature_spec: what `tf.io.parse_example` is to find in them.
        default_batch_size: how many there are; any number if None.
    """

    def serving_input_receiver_fn() -> ServingInputReceiver:
        examples = placeholder(string, [default_batch_size], name="input_example_tensor")
        return ServingInputReceiver(parse_example(examples, feature_spec), {"examples": examples})

    return serving_input_receiver_fn


@public("estimator.export.build_raw_serving_input_receiver_fn")
def build_raw_serving_input_receiver_fn(
    features: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """A function for exports whose clients give the features themselves.

    Args:
        features: name → tensor of the same type and shape, but for the first dimension.
        default_batch_size: the first dimension.
    """

    def serving_input_receiver_fn() -> ServingInputReceiver:
        placeholders = _placeholders(features, default_batch_size)
        return ServingInputReceiver(placeholders, placeholders)

    return serving_input_receiver_fn


@public("estimator.experimental.build_raw_supervised_input_receiver_fn")
def build_raw_supervised_input_receiver_fn(
    features: Any, labels: Any, default_batch_size: int | None = None
) -> Callable[[], SupervisedInputReceiver]:
    """A function for exports of graphs for training and evaluation.

    Args:
        features: a tensor, or name → tensor, of the same type and shape, but for the first dimension.
        labels: a tensor, or name → tensor, likewise.
        default_batch_size: the first dimension.

    Raises:
        ValueError: a feature and a label have the same name.
    """
    common = set(features if isinstance(features, dict) else {RECEIVER_NAME}) & set(
        labels if isinstance(labels, dict) else {LABEL_NAME}
    )
    if common:
        raise ValueError(
            f"Features and labels must have distinct keys. Found overlapping keys: {common}"
        )

    def supervised_input_receiver_fn() -> SupervisedInputReceiver:
        given = [
            _placeholders(tensors, default_batch_size)
            if isinstance(tensors, dict)
            else _placeholder(tensors, default_batch_size)
            for tensors in (features, labels)
        ]
        receivers: dict[str, Any] = {}
        for tensors, name in zip(given, (RECEIVER_NAME, LABEL_NAME), strict=True):
            receivers.update(tensors if isinstance(tensors, dict) else {name: tensors})
        return SupervisedInputReceiver(given[0], given[1], receivers)

    return supervised_input_receiver_fn


def _placeholders(tensors: Mapping[str, Any], batch_size: int | None) -> dict[str, Any]:
    return {name: _placeholder(tensor, batch_size) for name, tensor in tensors.items()}


def _placeholder(tensor: Any, batch_size: int | None) -> Any:
    shape = TensorShape([batch_size]).concatenate(tensor.get_shape()[1:])
    return placeholder(tensor.dtype, shape, name=tensor.op.name)
