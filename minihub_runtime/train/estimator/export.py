"""SavedModels of an Estimator: one graph for each mode, with the values of a checkpoint.

Source: tensorflow_estimator/python/estimator/estimator.py:_export_all_saved_models, python/saved_model/model_utils/export_utils.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.gfile import copy, makedirs
from minihub_runtime.api.graph import Graph, GraphKeys, Tensor
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.session import Session
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.errors import NotFoundError
from minihub_runtime.protos import SignatureDef
from minihub_runtime.train.estimator.export_folders import complete_folder, timestamped_folder
from minihub_runtime.train.estimator.export_outputs import ExportOutput, outputs_for_mode
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec
from minihub_runtime.train.saved_model import constants
from minihub_runtime.train.saved_model.builder import SavedModelBuilder
from minihub_runtime.train.saved_model.signatures import (
    get_tensor_from_tensor_info,
    is_valid_signature,
)
from minihub_runtime.train.saver import Saver
from minihub_runtime.train.scaffold import Scaffold

__all__ = ["signatures_of", "write_saved_model"]

_TAGS = {
    ModeKeys.PREDICT: constants.SERVING,
    ModeKeys.TRAIN: constants.TRAINING,
    ModeKeys.EVAL: "eval",
}
#: Collection of the step of training.
_TRAIN_OP_KEY = "saved_model_train_op"
_KINDS = {
    constants.CLASSIFY_METHOD_NAME: "Classify",
    constants.REGRESS_METHOD_NAME: "Regress",
    constants.PREDICT_METHOD_NAME: "Predict",
    "tensorflow/supervised/training": "Train",
    "tensorflow/supervised/eval": "Eval",
}


def write_saved_model(
    base: Any,
    modes: Sequence[str],
    build: Callable[[str], tuple[Any, EstimatorSpec]],
    checkpoint_path: str,
    session_config: Any,
    assets_extra: Mapping[str, str],
    as_text: bool,
    strip_default_attrs: bool,
) -> bytes:
    """Write a SavedModel into a folder that is called after the second, and appears when it is complete.

    Args:
        base: where the folder is made.
        modes: of the graphs.
        build: adds the model of a mode to the default graph; its receiver and spec.
        checkpoint_path: prefix of the checkpoint.
        session_config: see `Session`.
        assets_extra: path below `assets.extra` → file that is copied there.
        as_text: write the text form.
        strip_default_attrs: leave attributes that have their defaults out.

    Returns:
        Path of the folder.

    Raises:
        ValueError: there is no mode, or a variable is not in the checkpoint.
        OpError: a file cannot be read or written.
    """
    if not modes:
        raise ValueError("No valid modes for exporting found. Got none of train, eval and infer.")
    folder = timestamped_folder(base)
    with complete_folder(folder) as temporary:
        builder = SavedModelBuilder(temporary)
        for mode in modes:
            with Graph().as_default():
                receiver, spec = build(mode)
                _add_graph(
                    builder,
                    receiver,
                    spec,
                    checkpoint_path,
                    session_config,
                    strip_default_attrs,
                    with_variables=mode == modes[0],
                )
        builder.save(as_text)
        for target, source in assets_extra.items():
            path = os.path.join(temporary, "assets.extra", target)
            makedirs(os.path.dirname(path))
            copy(source, path)
    return os.fsencode(folder)


def _add_graph(
    builder: SavedModelBuilder,
    receiver: Any,
    spec: EstimatorSpec,
    checkpoint_path: str,
    session_config: Any,
    strip_default_attrs: bool,
    with_variables: bool,
) -> None:
    """Add the default graph, with the values of its variables or without."""
    signatures = signatures_of(
        receiver.receiver_tensors,
        outputs_for_mode(spec),
        getattr(receiver, "receiver_tensors_alternatives", None),
        serving_only=spec.mode == ModeKeys.PREDICT,
    )
    with Session(config=session_config) as session:
        init_op = spec.scaffold.local_init_op
        if init_op is None:
            init_op = Scaffold.default_local_init_op()
        saver = spec.scaffold.saver or Saver(sharded=True)
        try:
            saver.restore(session, checkpoint_path)
        except NotFoundError as error:
            raise ValueError(
                "Could not load all requested variables from checkpoint. Please make sure your model_fn "
                "does not expect variables that were not saved in the checkpoint.\n\nEncountered error "
                f"with mode `{spec.mode}` while restoring checkpoint from: `{checkpoint_path}`: {error}"
            ) from error
        graph = session.graph
        if spec.train_op is not None:
            graph.add_to_collection(_TRAIN_OP_KEY, spec.train_op)
        arguments = {
            "tags": [_TAGS[spec.mode]],
            "signature_def_map": signatures,
            "assets_collection": graph.get_collection(GraphKeys.ASSET_FILEPATHS),
            "main_op": init_op,
            "strip_default_attrs": strip_default_attrs,
            "saver": saver,
        }
        if with_variables:
            builder.add_meta_graph_and_variables(session, **arguments)
        else:
            builder.add_meta_graph(**arguments)


def signatures_of(
    receiver_tensors: Mapping[str, Any],
    outputs: Mapping[str, ExportOutput],
    alternatives: Mapping[str, Mapping[str, Any]] | None = None,
    serving_only: bool = True,
) -> dict[str, SignatureDef]:
    """Name → signature, of those outputs that can be computed from the inputs; the log tells of the others.

    Args:
        receiver_tensors: name → input.
        outputs: name → output.
        alternatives: name → other inputs; their signatures are called `name:output`.
        serving_only: leave out what is not for serving.
    """
    found: dict[str, SignatureDef] = {}
    excluded: dict[str, str] = {}
    inputs_by_prefix = {"": receiver_tensors}
    for name, tensors in (alternatives or {}).items():
        inputs_by_prefix[f"{name or 'None'}:"] = tensors
    for prefix, inputs in inputs_by_prefix.items():
        for key, output in outputs.items():
            name = f"{prefix}{key or 'None'}"
            try:
                signature = output.as_signature_def(inputs)
                _require_computable(inputs, signature)
                found[name] = signature
            except ValueError as error:
                excluded[name] = str(error)
    _log(found, excluded)
    if serving_only:
        return {name: item for name, item in found.items() if is_valid_signature(item)}
    return found


def _flat(values: Any) -> list[Tensor]:
    return [
        part
        for value in values
        for part in (value.components if isinstance(value, CompositeTensor) else [value])
    ]


def _require_computable(inputs: Mapping[str, Any], signature: SignatureDef) -> None:
    """Raise ValueError if an output depends on a placeholder that is no input."""
    fed = _flat(inputs.values())
    graph = fed[0].graph
    outputs = _flat(get_tensor_from_tensor_info(info, graph) for info in signature.outputs.values())
    given = {tensor.name for tensor in fed}
    waiting = [[tensor] for tensor in outputs]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        tensor = path[-1]
        if tensor.name in given or tensor.op.name in seen:
            continue
        seen.add(tensor.op.name)
        if tensor.op.type == "Placeholder":
            names = " <- ".join(part.op.name for part in path)
            raise ValueError(
                f"The signature's input tensors {sorted(given)} are insufficient to compute its output keys "
                f"{list(signature.outputs)} (respectively, tensors {[item.name for item in outputs]}) because "
                f"of the dependency on `{tensor.op.name}` which is not given as a signature input, as "
                f"illustrated by the following dependency path: {names}"
            )
        waiting.extend([*path, item] for item in tensor.op.inputs)


def _log(found: Mapping[str, SignatureDef], excluded: Mapping[str, str]) -> None:
    for method, kind in _KINDS.items():
        names = [name for name, item in found.items() if item.method_name == method]
        LOGGER.info("Signatures INCLUDED in export for %s: %s", kind, names or "None")
    if excluded:
        LOGGER.info("Signatures EXCLUDED from export because they cannot be served:")
    for name, reason in excluded.items():
        LOGGER.info("%r : %s", name, reason)
    if not found:
        LOGGER.warning("Export includes no signatures!")
    elif constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY not in found:
        LOGGER.warning("Export includes no default signature!")
