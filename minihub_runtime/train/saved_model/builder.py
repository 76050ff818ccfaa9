"""Writing SavedModels.

The file that makes a folder a SavedModel is written last: a crash before leaves none.

Source: tensorflow/python/saved_model/builder_impl.py, simple_save.py.
"""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.any_pb2 import Any as AnyMessage

from minihub_runtime.api.gfile import copy, exists, listdir, local_path, makedirs
from minihub_runtime.api.graph import (
    GraphKeys,
    Operation,
    Tensor,
    get_default_graph,
)
from minihub_runtime.api.graph_io import write_proto
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.dtypes import string
from minihub_runtime.protos import AssetFileDef, MetaGraphDef, SavedModel, SignatureDef, TensorInfo
from minihub_runtime.public import public
from minihub_runtime.train.saved_model import constants
from minihub_runtime.train.saved_model.signatures import predict_signature_def
from minihub_runtime.train.saver import Saver, saveable_collection

__all__ = ["SavedModelBuilder", "simple_save"]

_ANY_PREFIX = "type.googleapis.com/"


@public("saved_model.Builder", "saved_model.builder.SavedModelBuilder")
class SavedModelBuilder:
    """Writes the graphs and variables of a SavedModel into a folder.

    Args:
        export_dir: the folder; it must be empty or not there.

    Raises:
        AssertionError: there is something in it.
        OpError: it cannot be made.
    """

    def __init__(self, export_dir: str | os.PathLike[str]) -> None:
        self._saved_model = SavedModel(
            saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION
        )
        self._export_dir = local_path(export_dir)
        if exists(self._export_dir) and listdir(self._export_dir):
            raise AssertionError(
                f"Export directory {self._export_dir} already exists, and isn't empty. Please choose a "
                "different export directory, or delete all the contents of the specified directory."
            )
        makedirs(self._export_dir)
        self._has_saved_variables = False
        self._saved_asset_files: set[str] = set()

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Iterable[str],
        signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Sequence[Tensor] | None = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Saver | None = None,
    ) -> None:
        """Add the default graph with the values of its variables, and the files it reads.

        Args:
            sess: the session with the values.
            tags: which graph it is.
            signature_def_map: name → signature.
            assets_collection: constants that hold the paths of files; these are copied.
            legacy_init_op: older name of `main_op`.
            clear_devices: leave the devices out.
            main_op: what is run after loading.
            strip_default_attrs: leave attributes that have their defaults out.
            saver: for the variables; by default one for all.

        Raises:
            AssertionError: variables were added before, or a signature is not complete.
            KeyError: a signature has a reserved name.
            TypeError, ValueError: an asset is no constant with a path; `main_op` is no operation, or there is one.
            OpError: a file cannot be read or written.
        """
        if self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke "
                "`add_meta_graph()` instead."
            )
        _check_signatures(signature_def_map or {})
        self._add_collections(assets_collection, main_op or legacy_init_op)
        folder = os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY)
        makedirs(folder)
        saver = saver or _default_saver()
        path = os.path.join(folder, constants.VARIABLES_FILENAME)
        saver.save(sess, path, write_meta_graph=False, write_state=False)
        self._add(saver, tags, signature_def_map or {}, clear_devices, strip_default_attrs)
        self._has_saved_variables = True

    def add_meta_graph(
        self,
        tags: Iterable[str],
        signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Sequence[Tensor] | None = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Saver | None = None,
    ) -> None:
        """Add the default graph as another one with the same variables; arguments and errors as above."""
        if not self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first."
            )
        _check_signatures(signature_def_map or {})
        self._add_collections(assets_collection, main_op or legacy_init_op)
        saver = saver or _default_saver()
        self._add(saver, tags, signature_def_map or {}, clear_devices, strip_default_attrs)

    def save(self, as_text: bool = False) -> bytes:
        """Write the file that makes the folder a SavedModel.

        Args:
            as_text: write the text form.

        Returns:
            Its path.

        Raises:
            OpError: it cannot be written.
        """
        name = constants.SAVED_MODEL_FILENAME_PB
        if as_text:
            name = constants.SAVED_MODEL_FILENAME_PBTXT
        path = os.path.join(self._export_dir, name)
        write_proto(self._saved_model, path, as_text)
        LOGGER.info("SavedModel written to: %s", path)
        return os.fsencode(path)

    def _add(
        self,
        saver: Saver,
        tags: Iterable[str],
        signatures: Mapping[str, SignatureDef],
        clear_devices: bool,
        strip_default_attrs: bool,
    ) -> None:
        proto: MetaGraphDef = saver.export_meta_graph(
            clear_devices=clear_devices, strip_default_attrs=strip_default_attrs
        )
        proto.meta_info_def.tags.extend(tags)
        for key, signature in signatures.items():
            proto.signature_def[key].CopyFrom(signature)
        self._saved_model.meta_graphs.append(proto)

    def _add_collections(self, assets: Sequence[Tensor] | None, main_op: Operation | None) -> None:
        graph = get_default_graph()
        self._add_assets(assets)
        if main_op is None:
            return
        if not isinstance(main_op, Operation):
            raise TypeError(
                f"Expected {main_op} to be an Operation but got type {type(main_op)} instead."
            )
        for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
            if graph.get_collection(key):
                raise ValueError(
                    f"Graph already contains one or more main ops under the collection {key}."
                )
        graph.add_to_collection(constants.MAIN_OP_KEY, main_op)

    def _add_assets(self, tensors: Sequence[Tensor] | None) -> None:
        """Note the files in the graph's collection, and copy them."""
        files: dict[str, str] = {}
        for tensor in tensors or ():
            source = _asset_path(tensor)
            if not source:
                raise ValueError(f"Asset filepath tensor {tensor} in is invalid.")
            name = _asset_name(source, files)
            files[name] = source
            proto = AssetFileDef(filename=name, tensor_info=TensorInfo(name=tensor.name))
            packed = AnyMessage(
                type_url=_ANY_PREFIX + AssetFileDef.DESCRIPTOR.full_name,
                value=proto.SerializeToString(),
            )
            get_default_graph().add_to_collection(constants.ASSETS_KEY, packed)
        LOGGER.info("No assets to save." if tensors is None else "Assets added to graph.")
        if not files:
            LOGGER.info("No assets to write.")
            return
        folder = os.path.join(self._export_dir, constants.ASSETS_DIRECTORY)
        makedirs(folder)
        for name, source in files.items():
            target = os.path.join(folder, name)
            if exists(source) and source != target and target not in self._saved_asset_files:
                copy(source, target, overwrite=True)
                self._saved_asset_files.add(target)
        LOGGER.info("Assets written to: %s", folder)


def _default_saver() -> Saver:
    return Saver(saveable_collection(), sharded=True, allow_empty=True)


def _asset_path(tensor: Any) -> str:
    """The path that a constant holds."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"Asset path tensor {tensor} must be a Tensor.")
    if tensor.op.type != "Const":
        raise TypeError(
            f"Asset path tensor {tensor} must be of type constant.Has type {tensor.op.type} instead."
        )
    if tensor.dtype is not string:
        raise TypeError(
            f"Asset path tensor {tensor}` must be of dtype string.Has type {tensor.dtype} instead."
        )
    value = tensor.op.node.attrs["value"]
    if value.size != 1:
        raise TypeError(f"Asset path tensor {tensor} must be a scalar.")
    return os.fsdecode(value.item())


def _asset_name(source: str, files: Mapping[str, str]) -> str:
    """The name of a file in the folder of assets: its own, with a number if another file has it."""
    name = wanted = os.path.basename(source)
    if wanted not in files or source == files[wanted]:
        return name
    if filecmp.cmp(source, files[wanted], shallow=False):
        return name
    number = 1
    while name in files:
        name = f"{wanted}_{number}"
        number += 1
    return name


def _check_signatures(signatures: Mapping[str, SignatureDef]) -> None:
    for signature in signatures.values():
        for infos in (signature.inputs, signature.outputs):
            for info in infos.values():
                _check_info(info)
    for key, what in (
        (constants.INIT_OP_SIGNATURE_KEY, "initialization"),
        (constants.TRAIN_OP_SIGNATURE_KEY, "the train op"),
    ):
        if key in signatures:
            raise KeyError(
                f'SignatureDef map key "{key}" is reserved for {what}. Please use a different key.'
            )


def _check_info(info: TensorInfo) -> None:
    encoding = info.WhichOneof("encoding")
    if encoding is None:
        raise AssertionError(
            f"Invalid `tensor_info`: {info}. All TensorInfo protos used in the SignatureDefs must have "
            "one of the 'encoding' fields (e.g., name or coo_sparse) set."
        )
    if encoding == "composite_tensor":
        for component in info.composite_tensor.components:
            _check_info(component)
    elif not info.dtype:
        raise AssertionError(
            f"Invalid `tensor_info`: {info}. All TensorInfo protos used in the SignatureDefs must have "
            "the dtype field set."
        )


@public("saved_model.simple_save")
def simple_save(
    session: Any,
    export_dir: str | os.PathLike[str],
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    legacy_init_op: Operation | None = None,
) -> None:
    """Write a SavedModel with one graph for serving and one signature.

    Args:
        session: the session with the values of the variables.
        export_dir: the folder; it must be empty or not there.
        inputs: name → tensor.
        outputs: name → tensor.
        legacy_init_op: what is run after loading.

    Raises:
        AssertionError: there is something in the folder.
        ValueError: there are no inputs or no outputs.
        OpError: a file cannot be read or written.
    """
    builder = SavedModelBuilder(export_dir)
    signature = predict_signature_def(inputs, outputs)
    builder.add_meta_graph_and_variables(
        session,
        tags=[constants.SERVING],
        signature_def_map={constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
        assets_collection=get_default_graph().get_collection(GraphKeys.ASSET_FILEPATHS),
        main_op=legacy_init_op,
        clear_devices=True,
    )
    builder.save()
