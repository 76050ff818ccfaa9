"""`tf.train.Checkpoint`: objects, and what they depend on, into checkpoints and back.

As `tf.train.Saver` does, the program writes the files, not the graph, which gets no operations for that.

Source: tensorflow/python/checkpoint/checkpoint.py:CheckpointV1.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from minihub_runtime.api.gfile import local_path
from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.saveables import SaveableObject
from minihub_runtime.api.session import Session
from minihub_runtime.api.trackable import AutoTrackable, is_trackable
from minihub_runtime.api.variables.base import make_variable
from minihub_runtime.checkpoint import Part, write_shards
from minihub_runtime.dtypes import int64
from minihub_runtime.ops.checkpoint_files import open_checkpoint
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_options import CheckpointOptions
from minihub_runtime.train.checkpoint_reading import new_checkpoint_reader
from minihub_runtime.train.checkpoint_state import write_checkpoint_state
from minihub_runtime.train.object_checkpoints import (
    OBJECT_GRAPH_KEY,
    found_objects,
    key_of,
    object_graph,
    read_object_graph,
    saveables_by_name,
    saveables_for,
)
from minihub_runtime.train.restorations import (
    CheckpointLoadStatus,
    InitializationOnlyStatus,
    NameBasedSaverStatus,
    RestoreOperations,
    session_or_default,
)

__all__ = ["Checkpoint"]


@public("train.Checkpoint")
class Checkpoint(AutoTrackable):
    """Saves objects in checkpoints and restores them.

        checkpoint = tf.train.Checkpoint(step=step, optimizer=optimizer, layers=[first, second])
        path = checkpoint.save("folder/ckpt")
        checkpoint.restore(path).assert_consumed().run_restore_ops()

    Values are known by the attributes through which they are reached, not by the names of variables.  What can be saved:
    variables, optimisers with their slots, layers and cells, templates, mutable tables, other Checkpoints, and lists, tuples
    and dicts of these.

    Args:
        **kwargs: what to save; they become attributes.

    Raises:
        ValueError: one cannot be saved.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        for name, value in sorted(kwargs.items()):
            if not is_trackable(value):
                raise ValueError(
                    "`Checkpoint` was expecting a trackable object (an object derived from `Trackable`), got "
                    f"{value}. If you believe this object should be trackable (i.e. it is part of the "
                    "TensorFlow Python API and manages state), please open an issue."
                )
            setattr(self, name, value)
        self._kept = _Kept()

    @property
    def save_counter(self) -> Any:
        """The variable that counts saves."""
        kept = self._kept
        if kept.counter is None:
            with get_default_graph().device("/cpu:0"):
                kept.counter = make_variable(
                    0, dtype=int64, name="save_counter", trainable=False, use_resource=True
                )
            self._track_trackable(kept.counter, "save_counter")
        return kept.counter

    def write(
        self,
        file_prefix: str | os.PathLike[str],
        session: Any = None,
        options: CheckpointOptions | None = None,
    ) -> str:
        """Write a checkpoint of that prefix; `save` numbers them.

        Args:
            file_prefix: prefix of its files; missing folders are made.
            session: the session with the values; by default the default session.
            options: functions to call when it is written.

        Returns:
            The prefix.

        Raises:
            RuntimeError: there is no session.
            ValueError: a dict has something that can be saved under a key that is no text.
            OpError: a variable has no value, or the files cannot be written.
        """
        session = session_or_default(session, f'save checkpoint to "{file_prefix}"')
        prefix = local_path(file_prefix)
        found = found_objects(self)
        specs = [
            spec
            for item, path, *_ in found
            for name, value in saveables_by_name(item).items()
            for saveable in self._kept.saveables(item, value, key_of(path, name))
            for spec in saveable.specs
        ]
        fetch = session.peek if isinstance(session, Session) else session.run
        values = fetch([spec.tensor for spec in specs])
        parts = [Part(spec.name, array) for spec, array in zip(specs, values, strict=True)]
        message = object_graph(found).SerializeToString(deterministic=True)
        parts.append(Part(OBJECT_GRAPH_KEY, np.array(message, object)))
        write_shards(prefix, [parts], durable=False)
        if options is not None:
            options.written(prefix)
        return prefix

    def save(
        self,
        file_prefix: str | os.PathLike[str],
        session: Any = None,
        options: CheckpointOptions | None = None,
    ) -> str:
        """Count a save, write a checkpoint with its number, and note that it is the latest of its folder.

        Args:
            file_prefix: prefix of its files, to which the number is appended; missing folders are made.
            session: the session with the values; by default the default session.
            options: functions to call when it is written.

        Returns:
            The prefix with the number.

        Raises:
            as `write`.
        """
        session = session_or_default(session, f'save checkpoint to "{file_prefix}"')
        prefix = local_path(file_prefix)
        kept = self._kept
        if kept.counter is None:
            session.run(self.save_counter.initializer)
        if kept.count is None:
            with get_default_graph().colocate_with(self.save_counter):
                kept.count = self.save_counter.assign_add(1)
        path = self.write(f"{prefix}-{session.run(kept.count)}", session, options)
        write_checkpoint_state(os.path.dirname(prefix), path, [path], save_relative_paths=True)
        return path

    def restore(
        self, save_path: str | os.PathLike[str] | None
    ) -> CheckpointLoadStatus | InitializationOnlyStatus | NameBasedSaverStatus:
        """Match the objects with those of a checkpoint; the status that is returned gives them their values.

        Objects that are added later are matched then.

        Args:
            save_path: prefix of a checkpoint, also one of `tf.train.Saver`, where variables are found by their names; None
                where there is none.

        Returns:
            An object with `assert_consumed`, `assert_existing_objects_matched`, `assert_nontrivial_match`, `expect_partial`,
            `run_restore_ops` and `initialize_or_restore`.

        Raises:
            NotFoundError: there is no such checkpoint.
            DataLossError: it is damaged.
            ValueError: a value is known to have another shape.
        """
        if save_path is None:
            self.save_counter  # noqa: B018 (it is initialised with the others)
            return InitializationOnlyStatus(self)
        prefix = local_path(save_path)
        # Looks for what is there, and says so as TensorFlow does.
        new_checkpoint_reader(prefix)
        with open_checkpoint(prefix) as reader:
            graph = read_object_graph(reader, prefix)
        if graph is None:
            return NameBasedSaverStatus(self, prefix, self.save_counter)
        status = CheckpointLoadStatus(self, graph, prefix, self._kept.operations)
        self.save_counter  # noqa: B018 (it is initialised with the others)
        return status


class _Kept:
    """What a Checkpoint makes once.

    Attributes:
        counter: the variable that counts saves; made late, for other savers of the graph would not find it initialised.
        count: the operation that counts one.
        operations: those that restore.
    """

    def __init__(self) -> None:
        self.counter: Any = None
        self.count: Any = None
        self.operations = RestoreOperations()
        self._saveables: dict[tuple[int, str], list[SaveableObject]] = {}
        self._held: list[Any] = []

    def saveables(self, item: Any, value: Any, key: str) -> list[SaveableObject]:
        """What is saved of an object under a key; saving it again adds nothing to the graph."""
        known = id(item), key
        if known not in self._saveables:
            self._saveables[known] = saveables_for(value, key)
            # Objects are known by their places in memory, which others must not take.
            self._held.append(item)
        return self._saveables[known]
