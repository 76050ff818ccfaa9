"""`tf.train.Saver`: variables into checkpoints and back.

A checkpoint is written by the program, not by the graph: `save` fetches what the saver's operations would write, and writes
it as TensorFlow does, byte for byte.  Restoring runs the operations of the graph, which may read that one checkpoint.

Source: tensorflow/python/training/saver.py.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.gfile import local_path
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.name_prefixes import prepend_name_scope, strip_name_scope
from minihub_runtime.api.saveables import named_saveables, validated_saveables
from minihub_runtime.api.session import Session
from minihub_runtime.checkpoint import Part, write_old_file, write_shards
from minihub_runtime.errors import InvalidArgumentError, NotFoundError, OpError
from minihub_runtime.protos import MetaGraphDef, SaverDef
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_reading import allow_checkpoint
from minihub_runtime.train.checkpoint_state import (
    STATE_FILENAME,
    checkpoint_exists,
    get_checkpoint_mtimes,
    meta_graph_filename,
    remove_checkpoint,
    sync_checkpoint,
    write_checkpoint_state,
)
from minihub_runtime.train.meta_graphs import export_meta_graph
from minihub_runtime.train.object_checkpoints import names_to_keys, renamed
from minihub_runtime.train.saver_graph import saved_shards
from minihub_runtime.train.saver_ops import build_saver

__all__ = ["Saver", "saveable_collection", "saver_or_default"]


def saveable_collection(scope: str | None = None) -> list[Any]:
    """All that a saver saves unless told otherwise: the global variables and the saveable objects of the default graph."""
    graph = get_default_graph()
    return [
        *graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope),
        *graph.get_collection(GraphKeys.SAVEABLE_OBJECTS, scope),
    ]


def saver_or_default() -> Saver:
    """The saver of the default graph's collection; one for everything is added if there is none.

    Raises:
        RuntimeError: there are several.
    """
    savers = get_default_graph().get_collection(GraphKeys.SAVERS)
    if len(savers) > 1:
        raise RuntimeError(
            f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to use by "
            "passing it to the constructor."
        )
    if savers:
        found: Saver = savers[0]
        return found
    saver = Saver(sharded=True, allow_empty=True)
    get_default_graph().add_to_collection(GraphKeys.SAVERS, saver)
    return saver


@public("train.Saver")
class Saver:
    """Saves variables in checkpoints and restores them.

    Args:
        var_list: variables, partitioned variables, lists of their parts or saveable objects; or name in the checkpoint →
            one of these.  By default all that `saveable_collection` has.
        reshape: give restored values the shapes of the variables.
        sharded: a data file for each device that has variables.
        max_to_keep: the number of latest checkpoints that are kept; None or 0 for all.
        keep_checkpoint_every_n_hours: how often one is kept for ever.
        name: scope of the operations; with `saver_def` the scope under which its graph was imported.
        restore_sequentially: accepted; one operation restores all.
        saver_def: the operations of an earlier saver, which are in the graph.
        builder: accepted; there is one way to build the operations.
        defer_build: add the operations when `build` is called.
        allow_empty: do nothing, instead of raising an error, if there is nothing to save.
        write_version: the format, `SaverDef.V1` or `SaverDef.V2`; with `saver_def` that has one.
        pad_step_number: write step numbers with eight digits.
        save_relative_paths: write paths relative to its folder into the file `checkpoint`.
        filename: the path that counts if none is fed to the operations.

    Attributes:
        saver_def: the names of its operations; None before they are built.

    Raises:
        TypeError: `var_list` holds something else.
        ValueError: a name or a variable occurs twice, there is nothing to save, or `saver_def` is none.
        RuntimeError: `write_version` is another.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: SaverDef | None = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = SaverDef.V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. "
                "Either set defer_build=False or var_list=None."
            )
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._name = name
        self.saver_def = saver_def
        self._is_built = False
        self._allow_empty = allow_empty
        self._is_empty = False
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        self._filename = filename
        self._last_checkpoints: list[tuple[str, float]] = []
        self._checkpoints_to_be_deleted: list[tuple[str, float]] = []
        self._next_checkpoint_time = math.inf
        self._object_restore_saver: Saver | None = None
        if not defer_build:
            self.build()
        if self.saver_def is not None:
            self._check_saver_def()
            self._write_version = self.saver_def.version

    def build(self) -> None:
        """Add the operations to the default graph, if that is still to be done.

        Raises:
            ValueError: there is nothing to save.
        """
        if self._is_built:
            return
        self._is_built = True
        if self.saver_def is None:
            if self._var_list is None:
                self._var_list = saveable_collection()
            if not self._var_list:
                if not self._allow_empty:
                    raise ValueError("No variables to save")
                self._is_empty = True
                return
            self.saver_def = build_saver(
                self._var_list,
                self._reshape,
                self._sharded,
                self._max_to_keep,
                self._keep_checkpoint_every_n_hours,
                self._name,
                self._filename,
                self._write_version,
            )
        elif self._name:
            # The caller's message stays as it is.
            self.saver_def = SaverDef.FromString(self.saver_def.SerializeToString())
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                name = getattr(self.saver_def, field)
                setattr(self.saver_def, field, prepend_name_scope(name, self._name))
        self._check_saver_def()
        hours = self.saver_def.keep_checkpoint_every_n_hours
        self._next_checkpoint_time = time.time() + hours * 3600

    def _check_saver_def(self) -> None:
        if not isinstance(self.saver_def, SaverDef):
            raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        for field in ("save_tensor_name", "restore_op_name"):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {self.saver_def}")

    @property
    def _operations(self) -> SaverDef:
        """The names of the operations.

        Raises:
            RuntimeError: they are not built.
        """
        if self.saver_def is None:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        return self.saver_def

    def as_saver_def(self) -> SaverDef | None:
        """The names of its operations."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> SaverDef | None:
        """The names of its operations relative to a scope; None if they are not all in it."""
        if export_scope is None or self.saver_def is None:
            return self.saver_def
        proto = SaverDef()
        proto.CopyFrom(self.saver_def)
        for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
            name = getattr(self.saver_def, field)
            if not name.startswith(export_scope):
                return None
            setattr(proto, field, strip_name_scope(name, export_scope))
        return proto

    @staticmethod
    def from_proto(saver_def: SaverDef, import_scope: str | None = None) -> Saver:
        """The saver of a graph that was imported under a scope."""
        return Saver(saver_def=saver_def, name=import_scope)

    # What was saved last

    @property
    def last_checkpoints(self) -> list[str]:
        """The prefixes of the checkpoints that are kept, the latest last."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: Sequence[str]) -> None:
        """Say which checkpoints there are; they are never old enough to be kept for ever."""
        if not isinstance(last_checkpoints, list):
            raise AssertionError(f"last_checkpoints must be a list, not {last_checkpoints!r}")
        self._last_checkpoints = [(path, math.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(
        self, last_checkpoints_with_time: Sequence[tuple[str, float]]
    ) -> None:
        """Say which checkpoints there are: pairs of a prefix and the seconds since 1970 when it was written."""
        if not isinstance(last_checkpoints_with_time, list):
            raise AssertionError(
                f"last_checkpoints_with_time must be a list, not {last_checkpoints_with_time!r}"
            )
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: Sequence[str]) -> None:
        """Take over checkpoints of an earlier run; those that are not there any more are left out."""
        found = ((path, get_checkpoint_mtimes([path])) for path in checkpoint_paths)
        self.set_last_checkpoints_with_time([(path, times[0]) for path, times in found if times])

    def _record(self, path: str) -> None:
        """Note a new checkpoint, and which is now one too many."""
        keep = self._operations.max_to_keep
        if not keep:
            return
        self._last_checkpoints = [pair for pair in self._last_checkpoints if pair[0] != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _delete_old(self, meta_graph_suffix: str) -> None:
        """Delete the oldest checkpoint that is one too many, unless its time to stay for ever has come.

        One of those that stay is on the disk by then, as a rule without waiting: it was written some saves ago.
        """
        if not self._checkpoints_to_be_deleted:
            return
        path, written = self._checkpoints_to_be_deleted.pop(0)
        if written > self._next_checkpoint_time:
            self._next_checkpoint_time += self._operations.keep_checkpoint_every_n_hours * 3600
            return
        try:
            sync_checkpoint(self._last_checkpoints[0][0])
            remove_checkpoint(path, self._operations.version, meta_graph_suffix)
        except OpError as error:
            # The new checkpoint is there; an old one that stays is no reason to end a training run.
            LOGGER.warning("Ignoring: %s", error)

    # Saving and restoring

    def save(
        self,
        sess: Session,
        save_path: str | os.PathLike[str],
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Write a checkpoint.

        The files are complete before they take their names: a crash leaves what was there or the new checkpoint.  The system
        may take half a minute to bring a new one to the disk, as with TensorFlow; what it replaces, and the last older one,
        stay there until then.

        Args:
            sess: the session with the values.
            save_path: prefix of its files.
            global_step: a number, or a tensor or variable of one, that is appended to the prefix.
            latest_filename: name of the file that says which is the latest, `checkpoint` if None.
            meta_graph_suffix: of the file of the MetaGraph.
            write_meta_graph: whether to write that file.
            write_state: whether to write the file that says which is the latest, and to delete old checkpoints.
            strip_default_attrs: leave attributes that have their defaults out of the MetaGraph.
            save_debug_info: accepted; there is no such information.

        Returns:
            The prefix, in the V1 format with shards the pattern of their files; None if there is nothing to save.

        Raises:
            TypeError: `sess` is no session.
            ValueError: the folder is not there, or the paths contradict each other.
            RuntimeError: the operations are not built.
            OpError: a variable has no value, or the files cannot be written.
        """
        del save_debug_info
        if not self._is_built:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        latest_filename = latest_filename or STATE_FILENAME
        if self._write_version != SaverDef.V2:
            LOGGER.warning(
                "TensorFlow's V1 checkpoint format has been deprecated. Consider switching to the more efficient "
                "V2 format: `tf.train.Saver(write_version=tf.train.SaverDef.V2)`, now on by default."
            )
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        if not isinstance(sess, Session):
            raise TypeError(f"'sess' must be a Session; {sess}")
        prefix = path = local_path(save_path)
        if global_step is not None:
            path = f"{path}-{self._step_text(sess, global_step)}"
        elif os.path.basename(path) == latest_filename and not self._sharded:
            raise ValueError(
                f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{path}'"
            )
        saved = path
        if not self._is_empty:
            self._require_folder(prefix)
            saved = self._write(sess, path)
            if write_state:
                self._record(saved)
                write_checkpoint_state(
                    os.path.dirname(prefix),
                    saved,
                    self.last_checkpoints,
                    latest_filename,
                    self._save_relative_paths,
                )
                self._delete_old(meta_graph_suffix)
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(
                    meta_graph_filename(path, meta_graph_suffix),
                    strip_default_attrs=strip_default_attrs,
                )
        return None if self._is_empty else saved

    def _step_text(self, sess: Session, global_step: Any) -> str:
        if not isinstance(global_step, int):
            is_number = hasattr(global_step, "__index__") and not hasattr(global_step, "op")
            global_step = int(global_step if is_number else sess.run(global_step))
        return f"{global_step:08d}" if self._pad_step_number else f"{global_step:d}"

    def _require_folder(self, prefix: str) -> None:
        """Look for the folder; one that is missing is made, for one file, if the folder above is there."""
        folder = os.path.dirname(prefix)
        if not folder or os.path.isdir(folder):
            return
        if self._sharded or not os.path.isdir(os.path.dirname(folder) or "."):
            raise ValueError(f"Parent directory of {prefix} doesn't exist, can't save.")
        os.makedirs(folder, exist_ok=True)

    def _write(self, sess: Session, path: str) -> str:
        """Write the files of a checkpoint; what they are known by."""
        shards, is_old = saved_shards(sess.graph, self._operations)
        values = sess.peek(
            [[shard.names, shard.slices, shard.tensors, shard.place] for shard in shards]
        )
        parts = [
            [
                Part(_text(name), tensor, _text(piece))
                for name, piece, tensor in zip(
                    names, slices if len(slices) else [b""] * len(names), tensors, strict=True
                )
            ]
            for names, slices, tensors, _ in values
        ]
        if not is_old:
            write_shards(path, parts, durable=False)
            return path
        for (*_, place), shard in zip(values, parts, strict=True):
            name = f"{path}-{place[0]:05d}-of-{place[1]:05d}" if place else path
            write_old_file(name, shard, durable=False)
        *_, place = values[0]
        return f"{path}-?????-of-{place[1]:05d}" if place else path

    def restore(self, sess: Any, save_path: str | os.PathLike[str] | None) -> None:
        """Give the variables the values of a checkpoint; they need no initialisation.

        Args:
            sess: the session.
            save_path: prefix of the checkpoint.

        Raises:
            ValueError: there is no such checkpoint.
            NotFoundError: a variable is not in it.
            InvalidArgumentError: one is of another type or shape.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        prefix = local_path(save_path)
        if not checkpoint_exists(prefix):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {prefix}")
        LOGGER.info("Restoring parameters from %s", prefix)
        operations = self._operations
        allow_checkpoint(sess.graph, prefix)
        try:
            sess.run(operations.restore_op_name, {operations.filename_tensor_name: prefix})
        except NotFoundError as error:
            keys = names_to_keys(prefix)
            if keys is None:
                raise _explained(
                    error, "a Variable name or other graph key that is missing"
                ) from error
            LOGGER.warning(
                "Restoring an object-based checkpoint using a name-based saver. This may be somewhat "
                "fragile, and will re-build the Saver."
            )
            if self._object_restore_saver is None:
                with sess.graph.as_default():
                    self._object_restore_saver = Saver(self._by_keys(keys))
            self._object_restore_saver.restore(sess, prefix)
        except InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from error

    def _by_keys(self, keys: dict[str, str]) -> list[Any]:
        """What is saved, under the keys of an object-based checkpoint."""
        var_list = saveable_collection() if self._var_list is None else self._var_list
        named = var_list if isinstance(var_list, dict) else named_saveables(var_list)
        return renamed(validated_saveables(named), keys)

    def export_meta_graph(
        self,
        filename: str | None = None,
        collection_list: Sequence[str] | None = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> MetaGraphDef:
        """The MetaGraphDef of the default graph with this saver; see `tf.train.export_meta_graph`."""
        return export_meta_graph(
            filename=filename,
            graph_def=get_default_graph().as_graph_def(add_shapes=True),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _explained(error: OpError, reason: str) -> OpError:
    """An error of the restore operation, with what it most likely means."""
    text = (
        f"Restoring from checkpoint failed. This is most likely due to {reason} from the checkpoint. "
        "Please ensure that you have not altered the graph expected based on the checkpoint. Original "
        f"error:\n\n{error}"
    )
    explained: OpError = type(error)(error.node_def, error.op, text)
    return explained
