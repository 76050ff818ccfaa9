"""Signatures: the inputs and outputs of a graph by names of their own.

Source: tensorflow/python/saved_model/signature_def_utils_impl.py, utils_impl.py, main_op_impl.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph
from minihub_runtime.api.grouping import group, tables_initializer
from minihub_runtime.api.name_prefixes import prepend_name_scope
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.tensor_info import build_tensor_info
from minihub_runtime.api.variables import (
    global_variables_initializer,
    local_variables_initializer,
)
from minihub_runtime.codec import attr_to_proto
from minihub_runtime.dtypes import float32, string
from minihub_runtime.protos import SignatureDef, TensorInfo
from minihub_runtime.public import public
from minihub_runtime.train.saved_model import constants

__all__ = [
    "build_signature_def",
    "classification_signature_def",
    "get_tensor_from_tensor_info",
    "is_valid_signature",
    "main_op",
    "main_op_with_restore",
    "predict_signature_def",
    "regression_signature_def",
]

_STRING = string.as_datatype_enum
_FLOAT = float32.as_datatype_enum
_SPARSE_SPEC, _RAGGED_SPEC = 1, 3


@public("saved_model.get_tensor_from_tensor_info", "saved_model.utils.get_tensor_from_tensor_info")
def get_tensor_from_tensor_info(
    tensor_info: TensorInfo, graph: Graph | None = None, import_scope: str | None = None
) -> Any:
    """The tensor, or sparse or ragged tensor, that a TensorInfo names.

    Args:
        tensor_info: the message.
        graph: the graph, by default the default graph.
        import_scope: the scope under which the graph was imported.

    Raises:
        KeyError: the graph does not hold it.
        ValueError: the message has no encoding that is known.
    """
    found = graph or get_default_graph()

    def tensor(name: str) -> Tensor:
        return found.get_tensor_by_name(prepend_name_scope(name, import_scope))

    encoding = tensor_info.WhichOneof("encoding")
    if encoding == "name":
        return tensor(tensor_info.name)
    if encoding == "coo_sparse":
        coo = tensor_info.coo_sparse
        names = coo.indices_tensor_name, coo.values_tensor_name, coo.dense_shape_tensor_name
        return SparseTensor(*(tensor(name) for name in names))
    if encoding == "composite_tensor":
        kind = tensor_info.composite_tensor.type_spec.type_spec_class
        parts = [tensor(part.name) for part in tensor_info.composite_tensor.components]
        if kind == _SPARSE_SPEC:
            return SparseTensor(*parts)
        if kind == _RAGGED_SPEC:
            return RaggedTensor.from_nested_row_splits(parts[0], parts[1:])
    raise ValueError(
        f"Invalid TensorInfo.encoding: {encoding}. Expected `coo_sparse`, `composite_tensor`, or `name` "
        "for a dense tensor."
    )


@public("saved_model.build_signature_def", "saved_model.signature_def_utils.build_signature_def")
def build_signature_def(
    inputs: Mapping[str, TensorInfo] | None = None,
    outputs: Mapping[str, TensorInfo] | None = None,
    method_name: str | None = None,
    defaults: Mapping[str, Tensor] | None = None,
) -> SignatureDef:
    """A SignatureDef.

    Args:
        inputs: name → TensorInfo.
        outputs: name → TensorInfo.
        method_name: what it does, for those who serve it.
        defaults: name of an input → constant that counts where none is given.

    Raises:
        ValueError: a default is no constant.
    """
    proto = SignatureDef(method_name=method_name or "")
    for name, info in (inputs or {}).items():
        proto.inputs[name].CopyFrom(info)
    for name, info in (outputs or {}).items():
        proto.outputs[name].CopyFrom(info)
    for name, default in (defaults or {}).items():
        if default.op.type != "Const":
            raise ValueError(
                f"Unable to convert object {default!s} of type {type(default)} to TensorProto."
            )
        value = default.op.node.attrs["value"]
        proto.defaults[name].CopyFrom(attr_to_proto(value, "tensor").tensor)
    return proto


def _checked(info: TensorInfo, dtype: int, what: str) -> TensorInfo:
    if info.dtype != dtype:
        kind = "string" if dtype == _STRING else "float"
        raise ValueError(f"{what} must be of type {kind}. Found tensors with type {info.dtype}.")
    return info


def _require_tensor(value: Any, what: str) -> None:
    if value is None:
        raise ValueError(f"{what} cannot be None.")
    if not isinstance(value, Tensor):
        raise ValueError(
            f"Expected {what.lower()} to be of type Tensor. Found it of type {type(value)}."
        )


@public(
    "saved_model.regression_signature_def",
    "saved_model.signature_def_utils.regression_signature_def",
)
def regression_signature_def(examples: Tensor, predictions: Tensor) -> SignatureDef:
    """A signature that predicts numbers.

    Args:
        examples: string tensor of serialised Examples.
        predictions: float tensor.

    Raises:
        ValueError: one is missing, or of another type.
    """
    _require_tensor(examples, "Regression `examples`")
    if predictions is None:
        raise ValueError("Regression `predictions` cannot be None.")
    given = _checked(build_tensor_info(examples), _STRING, "Regression input tensors")
    found = _checked(build_tensor_info(predictions), _FLOAT, "Regression output tensors")
    return build_signature_def(
        {constants.REGRESS_INPUTS: given},
        {constants.REGRESS_OUTPUTS: found},
        constants.REGRESS_METHOD_NAME,
    )


@public(
    "saved_model.classification_signature_def",
    "saved_model.signature_def_utils.classification_signature_def",
)
def classification_signature_def(
    examples: Tensor, classes: Tensor | None, scores: Tensor | None
) -> SignatureDef:
    """A signature that classifies.

    Args:
        examples: string tensor of serialised Examples.
        classes: string tensor, or None.
        scores: float tensor, or None; not both.

    Raises:
        ValueError: something is missing, or of another type.
    """
    _require_tensor(examples, "Classification `examples`")
    if classes is None and scores is None:
        raise ValueError("Classification `classes` and `scores` cannot both be None.")
    given = _checked(build_tensor_info(examples), _STRING, "Classification input tensors")
    outputs = {}
    if classes is not None:
        info = _checked(build_tensor_info(classes), _STRING, "Classification classes")
        outputs[constants.CLASSIFY_OUTPUT_CLASSES] = info
    if scores is not None:
        info = _checked(build_tensor_info(scores), _FLOAT, "Classification scores")
        outputs[constants.CLASSIFY_OUTPUT_SCORES] = info
    return build_signature_def(
        {constants.CLASSIFY_INPUTS: given}, outputs, constants.CLASSIFY_METHOD_NAME
    )


@public(
    "saved_model.predict_signature_def", "saved_model.signature_def_utils.predict_signature_def"
)
def predict_signature_def(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> SignatureDef:
    """A signature of any inputs and outputs.

    Args:
        inputs: name → tensor.
        outputs: name → tensor.

    Raises:
        ValueError: there are none.
    """
    for value, what in ((inputs, "inputs"), (outputs, "outputs")):
        if not value:
            raise ValueError(f"Prediction `{what}` cannot be None or empty.")
    given, found = (
        {key: build_tensor_info(tensor) for key, tensor in tensors.items()}
        for tensors in (inputs, outputs)
    )
    return build_signature_def(given, found, constants.PREDICT_METHOD_NAME)


@public("saved_model.is_valid_signature", "saved_model.signature_def_utils.is_valid_signature")
def is_valid_signature(signature_def: SignatureDef | None) -> bool:
    """Whether a signature is what its method name says: one that classifies, predicts numbers, or predicts."""
    if signature_def is None:
        return False
    method, inputs, outputs = (
        signature_def.method_name,
        {name: info.dtype for name, info in signature_def.inputs.items()},
        {name: info.dtype for name, info in signature_def.outputs.items()},
    )
    if method == constants.PREDICT_METHOD_NAME:
        return bool(inputs and outputs)
    if method == constants.REGRESS_METHOD_NAME:
        return inputs == {constants.REGRESS_INPUTS: _STRING} and outputs == {
            constants.REGRESS_OUTPUTS: _FLOAT
        }
    if method == constants.CLASSIFY_METHOD_NAME:
        allowed = {
            constants.CLASSIFY_OUTPUT_CLASSES: _STRING,
            constants.CLASSIFY_OUTPUT_SCORES: _FLOAT,
        }
        return (
            inputs == {constants.CLASSIFY_INPUTS: _STRING}
            and bool(outputs)
            and outputs.items() <= allowed.items()
        )
    return False


@public("saved_model.main_op.main_op")
def main_op() -> Operation:
    """An operation that initialises the variables and tables of the default graph."""
    return group(
        global_variables_initializer(), local_variables_initializer(), tables_initializer()
    )


@public("saved_model.main_op.main_op_with_restore", "saved_model.main_op_with_restore")
def main_op_with_restore(restore_op_name: Any) -> Operation:
    """`main_op`, and after it an operation that restores the variables."""
    with get_default_graph().control_dependencies([main_op()]):
        return group(restore_op_name)
