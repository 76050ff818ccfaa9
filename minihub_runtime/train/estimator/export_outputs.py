"""Outputs of exported signatures.

    ExportOutput
    ├─ ClassificationOutput  scores and classes, from one string input
    ├─ RegressionOutput      a value, from one string input
    ├─ PredictOutput         anything
    ├─ TrainOutput           loss, predictions and metrics of training
    └─ EvalOutput            the same of evaluation

Source: tensorflow/python/saved_model/model_utils/export_output.py, export_utils.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minihub_runtime.api.conversion import constant
from minihub_runtime.api.graph import Operation, Tensor, control_dependencies
from minihub_runtime.api.tensor_info import build_tensor_info
from minihub_runtime.dtypes import string
from minihub_runtime.protos import SignatureDef
from minihub_runtime.public import public
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.saved_model import constants
from minihub_runtime.train.saved_model.signatures import (
    build_signature_def,
    classification_signature_def,
    predict_signature_def,
    regression_signature_def,
)

__all__ = [
    "ClassificationOutput",
    "EvalOutput",
    "ExportOutput",
    "PredictOutput",
    "RegressionOutput",
    "TrainOutput",
    "outputs_for_mode",
    "serving_outputs",
]


@public("estimator.export.ExportOutput")
class ExportOutput:
    """Base of the outputs of a signature."""

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> SignatureDef:
        """The signature with inputs of these names.

        Raises:
            ValueError: it cannot have such inputs.
        """
        raise NotImplementedError(f"as_signature_def is not implemented for {self}.")


def _one_string(kind: str, receiver_tensors: Mapping[str, Any]) -> Any:
    """The only input, which is a string."""
    tensors = list(receiver_tensors.values())
    if len(tensors) != 1 or tensors[0].dtype is not string:
        raise ValueError(
            f"{kind} signatures can only accept a single tensor input of type tf.string. Please check to "
            "make sure that you have structured the serving_input_receiver_fn so that it creates a single "
            "string placeholder. If your model function expects multiple inputs, then use "
            f"`tf.io.parse_example()` to parse the string into multiple tensors.\n Received: {receiver_tensors}"
        )
    return tensors[0]


def _named(outputs: Any, name: str, label: str) -> dict[str, Tensor]:
    """Outputs by name; one alone is called `name`, and parts of a tuple are joined by `/`."""
    found: dict[str, Tensor] = {}
    for key, value in (outputs if isinstance(outputs, dict) else {name: outputs}).items():
        if not isinstance(value, Tensor):
            raise ValueError(f"{label} output value must be a Tensor; got {value}.")
        found[_key(key, label)] = value
    return found


def _key(key: Any, label: str) -> str:
    text = "/".join(key) if isinstance(key, tuple) else key
    if not isinstance(text, str):
        raise ValueError(f"{label} output key must be a string; got {text}.")
    return text


@public("estimator.export.ClassificationOutput")
class ClassificationOutput(ExportOutput):
    """Scores and classes of examples.

    Args:
        scores: a float tensor `[batch]` or `[batch, classes]`.
        classes: a string tensor of the same shape.

    Attributes:
        scores, classes: see above.

    Raises:
        ValueError: both are None, or one is of another type.
    """

    def __init__(self, scores: Any = None, classes: Any = None) -> None:
        if scores is not None and not (isinstance(scores, Tensor) and scores.dtype.is_floating):
            raise ValueError(f"Classification scores must be a float32 Tensor; got {scores}")
        if classes is not None and not (isinstance(classes, Tensor) and classes.dtype is string):
            raise ValueError(f"Classification classes must be a string Tensor; got {classes}")
        if scores is None and classes is None:
            raise ValueError(
                "Cannot create a ClassificationOutput with empty arguments. At least one of `scores` and "
                "`classes` must be defined."
            )
        self.scores = scores
        self.classes = classes

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> SignatureDef:
        """A signature for classification."""
        examples = _one_string("Classification", receiver_tensors)
        return classification_signature_def(examples, self.classes, self.scores)


@public("estimator.export.RegressionOutput")
class RegressionOutput(ExportOutput):
    """A value for each example.

    Args:
        value: a float tensor.

    Attributes:
        value: see above.

    Raises:
        ValueError: it is of another type.
    """

    def __init__(self, value: Any) -> None:
        if not (isinstance(value, Tensor) and value.dtype.is_floating):
            raise ValueError(f"Regression output value must be a float32 Tensor; got {value}")
        self.value = value

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> SignatureDef:
        """A signature for regression."""
        return regression_signature_def(_one_string("Regression", receiver_tensors), self.value)


@public("estimator.export.PredictOutput")
class PredictOutput(ExportOutput):
    """Any tensors.

    Args:
        outputs: a tensor, which is called `output`, or name → tensor.

    Attributes:
        outputs: name → tensor.

    Raises:
        ValueError: a name is no text, or an output no tensor.
    """

    def __init__(self, outputs: Any) -> None:
        self.outputs = _named(outputs, "output", "Prediction")

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> SignatureDef:
        """A signature for prediction."""
        return predict_signature_def(receiver_tensors, self.outputs)


class _SupervisedOutput(ExportOutput):
    """Loss, predictions and metrics, under names that begin with what they are; see `EvalOutput`."""

    method_name = ""

    def __init__(self, loss: Any = None, predictions: Any = None, metrics: Any = None) -> None:
        self.loss = None if loss is None else _prefixed(loss, "loss")
        self.predictions = None if predictions is None else _prefixed(predictions, "predictions")
        self.metrics = None if metrics is None else _metric_outputs(metrics)

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> SignatureDef:
        """A signature of this mode."""
        outputs = {**(self.loss or {}), **(self.predictions or {}), **(self.metrics or {})}
        return build_signature_def(
            {name: build_tensor_info(tensor) for name, tensor in receiver_tensors.items()},
            {name: build_tensor_info(tensor) for name, tensor in outputs.items()},
            self.method_name,
        )


def _prefix(key: str, what: str) -> str:
    return key if key.startswith(what) else f"{what}/{key}"


def _prefixed(outputs: Any, what: str) -> dict[str, Tensor]:
    return {_prefix(key, what): value for key, value in _named(outputs, what, what).items()}


def _metric_outputs(metrics: Any) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    named = metrics if isinstance(metrics, dict) else {"metrics": metrics}
    for name, (value, update) in named.items():
        key = _prefix(_key(name, "metrics"), "metrics")
        if not isinstance(value, Tensor):
            raise ValueError(f"{key} output value must be a Tensor; got {value}.")
        if not isinstance(update, (Tensor, Operation)):
            raise ValueError(f"{key} update_op must be a Tensor or Operation; got {update}.")
        found[f"{key}/value"] = value
        found[f"{key}/update_op"] = update if isinstance(update, Tensor) else _after(update)
    return found


def _after(update: Operation) -> Tensor:
    """A tensor that has its value when an operation was run."""
    with control_dependencies([update]):
        return constant([], name="metric_op_wrapper")


class TrainOutput(_SupervisedOutput):
    """Loss, predictions and metrics of training."""

    method_name = "tensorflow/supervised/training"


@public("estimator.export.EvalOutput")
class EvalOutput(_SupervisedOutput):
    """Loss, predictions and metrics of evaluation.

    Args:
        loss: a tensor, or name → tensor.
        predictions: a tensor, or name → tensor.
        metrics: (value, update), or name → (value, update).

    Attributes:
        loss, predictions, metrics: name → tensor; None if not given.

    Raises:
        ValueError: a name is no text, or a value no tensor.
    """

    method_name = "tensorflow/supervised/eval"


def serving_outputs(export_outputs: Any, predictions: Any) -> dict[str, ExportOutput]:
    """The outputs for serving: those given, or the predictions; one of them is the default.

    Raises:
        TypeError: they are no ExportOutputs by name.
        ValueError: there are several, and none is the default.
    """
    default = constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    if export_outputs is None:
        export_outputs = {default: PredictOutput(predictions)}
    if not isinstance(export_outputs, dict):
        raise TypeError(f"`export_outputs` must be dict, received: {export_outputs}.")
    if not all(isinstance(output, ExportOutput) for output in export_outputs.values()):
        raise TypeError(
            f"Values in `export_outputs` must be ExportOutput objects, received: {export_outputs}."
        )
    if len(export_outputs) == 1:
        (output,) = export_outputs.values()
        return {**export_outputs, default: output}
    if len(export_outputs) > 1 and default not in export_outputs:
        raise ValueError(
            "Multiple `export_outputs` were provided, but none of them are specified as the default. "
            "Use`tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY` to specify a default."
        )
    return export_outputs


def outputs_for_mode(spec: Any) -> dict[str, ExportOutput]:
    """Name of a signature → its outputs, of an EstimatorSpec."""
    if spec.mode == ModeKeys.PREDICT:
        return serving_outputs(spec.export_outputs, spec.predictions)
    kind = TrainOutput if spec.mode == ModeKeys.TRAIN else EvalOutput
    return {spec.mode: kind(spec.loss, spec.predictions, spec.eval_metric_ops)}
