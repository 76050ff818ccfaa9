"""What `tf.train.Checkpoint.restore` returns: checks of what was found in a checkpoint, and the operations that restore it.

Objects are matched with those of the checkpoint when it is restored, and again whenever a status is asked: what a root has got
since, a layer that was called or the slots of an optimiser, is found then.

Source: tensorflow/python/checkpoint/checkpoint.py, restore.py.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.conversion import constant
from minihub_runtime.api.defaults import get_default_session
from minihub_runtime.api.graph import Tensor, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.saveables import SaveableObject, named_saveables, saveables_of
from minihub_runtime.api.trackable import Trackable, trackable_children
from minihub_runtime.ops.checkpoint_files import open_checkpoint
from minihub_runtime.protos import TrackableObjectGraph
from minihub_runtime.train.checkpoint_reading import allow_checkpoint
from minihub_runtime.train.object_checkpoints import (
    found_objects,
    names_of_nodes,
    saveables_by_name,
    saveables_for,
    slots_of,
)
from minihub_runtime.train.saver import Saver
from minihub_runtime.train.saver_ops import add_restore

__all__ = [
    "CheckpointLoadStatus",
    "InitializationOnlyStatus",
    "NameBasedSaverStatus",
    "RestoreOperations",
    "session_or_default",
]

#: Later restorations have larger numbers.
_NUMBERS = itertools.count()


def session_or_default(session: Any, what: str) -> Any:
    """A session, the default one if it is None.

    Raises:
        RuntimeError: there is none.
    """
    session = get_default_session() if session is None else session
    if session is None:
        raise RuntimeError(
            f"Unable to {what} in graph mode without a default session. Please use `with tf.Session():` "
            "to create a session."
        )
    return session


class RestoreOperations:
    """The operations that restore a root's objects, made once for the same objects and keys.

    Attributes:
        prefix: the tensor to feed the prefix of the checkpoint for; None before there are operations.
        latest: the latest restoration.
    """

    def __init__(self) -> None:
        self.latest: CheckpointLoadStatus | None = None
        self.prefix: Tensor | None = None
        self._made: dict[tuple[Any, ...], Any] = {}
        # Operations are known by the places of objects in memory, which others must not take.
        self._held: list[Any] = []

    def of(self, wanted: Sequence[tuple[Any, str, str]]) -> Any:
        """The operation that restores all of (object, name of what it saves, key in the checkpoint)."""
        known = tuple((id(item), name, key) for item, name, key in wanted)
        if known not in self._made:
            if self.prefix is None:
                with get_default_graph().device("/cpu:0"):
                    self.prefix = constant("model")
            saveables = [
                saveable
                for item, name, key in wanted
                for saveable in saveables_for(saveables_by_name(item)[name], key)
            ]
            self._made[known] = add_restore(self.prefix, saveables, False, "restore_all")
            self._held += [item for item, _, _ in wanted]
        return self._made[known]


class _Status:
    """What all results of `restore` have in common.

    Args:
        root: the object that is restored.
    """

    def __init__(self, root: Any) -> None:
        self._root = root
        self._graph = get_default_graph()
        self._number = next(_NUMBERS)

    def _run_initializers(self, session: Any, besides: Callable[[Any], bool]) -> None:
        """Initialise objects that no later restoration takes, unless `besides` says that they are not to be."""
        with self._graph.as_default():
            initializers = [
                item.initializer
                for item, *_ in found_objects(self._root)
                if getattr(item, "initializer", None) is not None
                and item._restored_by < self._number
                and not besides(item)
            ]
        session.run(initializers)

    def expect_partial(self) -> Any:
        """Do not warn of what was not restored."""
        return self


class _Left:
    """What of a checkpoint has not been restored, and what is said of that in the end.

    Attributes:
        nodes: those with values that no object belongs to.
        attributes: node → what is saved of it that its object does not have.
        expected: whether this is as it should be.
    """

    def __init__(self, graph: TrackableObjectGraph) -> None:
        self._graph = graph
        self.nodes = {place for place, node in enumerate(graph.nodes) if node.attributes}
        self.attributes: dict[int, list[str]] = {}
        self.expected = False

    def warn(self) -> None:
        """Log it."""
        if self.expected or not (self.nodes or self.attributes):
            return
        names = names_of_nodes(self._graph)
        LOGGER.warning(
            "Detecting that an object or model or tf.train.Checkpoint is being deleted with unrestored "
            "values. See the following logs for the specific values in question. To silence these "
            "warnings, use `status.expect_partial()`."
        )
        for place in sorted(self.nodes):
            LOGGER.warning(
                "Value in checkpoint could not be found in the restored object: %s",
                names.get(place),
            )
        for place, found in self.attributes.items():
            LOGGER.warning(
                "An attribute in the restored object could not be found in the checkpoint. Object: %s, "
                "attribute: %s",
                names.get(place),
                found,
            )


class CheckpointLoadStatus(_Status):
    """How much of a checkpoint has been matched with objects, and the operations that restore these.

    Args:
        root: the object that is restored.
        graph: the objects of the checkpoint.
        prefix: of the checkpoint.
        operations: the operations of the root.
    """

    def __init__(
        self,
        root: Any,
        graph: TrackableObjectGraph,
        prefix: str,
        operations: RestoreOperations,
    ) -> None:
        super().__init__(root)
        self._saved = graph
        self._prefix = prefix
        self._operations = operations
        #: Node → object.
        self._matched: dict[int, Any] = {}
        self._left = _Left(graph)
        self._wanted: list[tuple[Any, str, str]] = []
        self._restore_op: Any = None
        weakref.finalize(self, self._left.warn)
        operations.latest = self
        self.match()

    def match(self) -> None:
        """Look for objects that belong to nodes that have none yet, and make the operation that restores what was found."""
        if self._operations.latest is not self and self._operations.latest is not None:
            # What is new is the latest restoration's.
            self._operations.latest.match()
        with self._graph.as_default():
            before = len(self._wanted)
            self._bind(0, self._root)
            queue = [0]
            seen = {0}
            for place in queue:
                children: dict[str, Any] | None = None
                for child in self._saved.nodes[place].children:
                    if child.node_id not in self._matched:
                        if children is None:
                            children = trackable_children(self._matched[place])
                        if child.local_name in children:
                            self._bind(child.node_id, children[child.local_name])
                    if child.node_id in self._matched and child.node_id not in seen:
                        seen.add(child.node_id)
                        queue.append(child.node_id)
            self._bind_slots()
            if len(self._wanted) > before:
                self._restore_op = self._operations.of(self._wanted)

    def _bind_slots(self) -> None:
        for place, node in enumerate(self._saved.nodes):
            if not node.slot_variables or place not in self._matched:
                continue
            originals = list(self._matched)
            slots = {
                (name, originals[i]): slot
                for name, i, slot in slots_of(self._matched[place], list(self._matched.values()))
            }
            for slot in node.slot_variables:
                found = slots.get((slot.slot_name, slot.original_variable_node_id))
                if found is not None:
                    self._bind(slot.slot_variable_node_id, found)

    def _bind(self, place: int, item: Any) -> None:
        """Note that an object belongs to a node, and what of it is to be restored: nothing if a later restoration does."""
        if place in self._matched:
            return
        self._matched[place] = item
        self._left.nodes.discard(place)
        if not isinstance(item, Trackable) or item._restored_by > self._number:
            return
        item._restored_by = self._number
        known = saveables_by_name(item)
        for attribute in self._saved.nodes[place].attributes:
            if attribute.name in known:
                self._wanted.append((item, attribute.name, attribute.checkpoint_key))
            else:
                self._left.attributes.setdefault(place, []).append(attribute.name)

    def _unmatched(self) -> list[Any]:
        """Objects with values that the checkpoint has nothing of."""
        with self._graph.as_default():
            found = [item for item, *_ in found_objects(self._root)]
        matched = {id(item) for item in self._matched.values()}
        return [item for item in found if id(item) not in matched and saveables_by_name(item)]

    def assert_consumed(self) -> CheckpointLoadStatus:
        """Make sure that all of the checkpoint has been matched, and all objects.

        Raises:
            AssertionError: something has not.
        """
        self.assert_existing_objects_matched()
        names = names_of_nodes(self._saved)
        for place, node in enumerate(self._saved.nodes):
            if place in self._left.nodes:
                raise AssertionError(f"Unresolved object in checkpoint {names.get(place)}: {node}")
        if self._left.attributes:
            lines = [
                f"{names.get(place)} ({self._matched[place]}): {found}"
                for place, found in self._left.attributes.items()
            ]
            joined = "\n".join(lines)
            raise AssertionError(
                "Unused attributes in these objects (the attributes exist in the checkpoint but were not "
                f"restored):\n{joined}"
            )
        return self

    def assert_existing_objects_matched(self) -> CheckpointLoadStatus:
        """Make sure that all objects with values that there are have been matched; the checkpoint may hold more.

        Raises:
            AssertionError: one has not.
        """
        self.match()
        left = self._unmatched()
        if left:
            shown = left[:10]
            raise AssertionError(
                f"Found {len(left)} Python objects that were not bound to checkpointed values, likely due to "
                f"changes in the Python program. Showing {len(shown)} of {len(left)} unmatched objects: {shown}"
            )
        return self

    def assert_nontrivial_match(self) -> CheckpointLoadStatus:
        """Make sure that more than the root has been matched.

        Raises:
            AssertionError: nothing else has.
        """
        self.match()
        if len(self._matched) > 1:
            return self
        left = self._unmatched()
        if left:
            raise AssertionError(
                "Nothing except the root object matched a checkpointed value. Typically this means that the "
                "checkpoint does not match the Python program. The following objects have no matching "
                f"checkpointed value: {left}"
            )
        raise AssertionError(
            f"Nothing to load. No dependencies have been added to {self._root} yet."
        )

    def run_restore_ops(self, session: Any = None) -> None:
        """Give the objects that have been matched their values.

        Args:
            session: the session; by default the default session.

        Raises:
            RuntimeError: there is no session.
            OpError: a value does not fit.
        """
        session = session_or_default(session, "restore a checkpoint")
        self.match()
        if self._restore_op is not None:
            allow_checkpoint(self._graph, self._prefix)
            session.run(self._restore_op, {self._operations.prefix: self._prefix})

    def initialize_or_restore(self, session: Any = None) -> None:
        """Give the objects that have been matched their values, and initialise the others.

        Args:
            session: the session; by default the default session.

        Raises:
            RuntimeError: there is no session.
            OpError: a value does not fit.
        """
        session = session_or_default(session, "restore a checkpoint")
        self.run_restore_ops(session)
        matched = {id(item) for item in self._matched.values()}
        self._run_initializers(session, lambda item: id(item) in matched)

    def expect_partial(self) -> CheckpointLoadStatus:
        """Do not warn of what was not restored."""
        self._left.expected = True
        return self


class InitializationOnlyStatus(_Status):
    """What `restore(None)` returns: there is no checkpoint, so that objects can be initialised only."""

    def _refuse(self) -> Any:
        raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")

    def assert_consumed(self) -> Any:
        """Raise AssertionError."""
        return self._refuse()

    def assert_existing_objects_matched(self) -> Any:
        """Raise AssertionError."""
        return self._refuse()

    def assert_nontrivial_match(self) -> Any:
        """Raise AssertionError."""
        return self._refuse()

    def run_restore_ops(self, session: Any = None) -> None:
        """Raise AssertionError."""
        raise AssertionError(
            "No checkpoint specified, so no restore ops are available (save_path=None to Saver.restore)."
        )

    def initialize_or_restore(self, session: Any = None) -> None:
        """Initialise the objects.

        Args:
            session: the session; by default the default session.

        Raises:
            RuntimeError: there is no session.
        """
        session = session_or_default(session, "initialize variables")
        self._run_initializers(session, lambda item: False)


class NameBasedSaverStatus(_Status):
    """What `restore` of a checkpoint of `tf.train.Saver` returns: variables are found by their names.

    Differs: the counter of saves, which such a checkpoint lacks, is initialised; TensorFlow fails without it.

    Args:
        root: the object that is restored.
        prefix: of the checkpoint.
        counter: the counter of saves of the root.
    """

    def __init__(self, root: Any, prefix: str, counter: Any) -> None:
        super().__init__(root)
        LOGGER.warning(
            "Restoring a name-based tf.train.Saver checkpoint using the object-based restore API. This mode "
            "uses global names to match variables, and so is somewhat fragile. It also adds new restore ops "
            "to the graph each time it is called."
        )
        self._prefix = prefix
        with open_checkpoint(prefix) as reader:
            self._missing: Any = None if reader.has(counter.op.name) else counter

    def assert_consumed(self) -> NameBasedSaverStatus:
        """Make sure that all objects have been restored.

        Raises:
            AssertionError: one has not; restoring comes first.
        """
        with self._graph.as_default():
            for item, *_ in found_objects(self._root):
                if isinstance(item, Trackable) and item._restored_by < self._number:
                    raise AssertionError(f"Object not restored: {item}")
        return self

    def assert_existing_objects_matched(self) -> NameBasedSaverStatus:
        """As `assert_consumed`."""
        return self.assert_consumed()

    def assert_nontrivial_match(self) -> NameBasedSaverStatus:
        """As `assert_consumed`."""
        return self.assert_consumed()

    def run_restore_ops(self, session: Any = None) -> None:
        """Give the objects the values that the checkpoint has under their names.

        Args:
            session: the session; by default the default session.

        Raises:
            RuntimeError: there is no session.
            NotFoundError: a variable is not in the checkpoint.
            OpError: a value does not fit.
        """
        session = session_or_default(session, "restore a checkpoint")
        with self._graph.as_default(), self._graph.device("/cpu:0"):
            saveables: list[SaveableObject] = []
            for item, *_ in found_objects(self._root):
                if isinstance(item, Trackable) and item._restored_by < self._number:
                    item._restored_by = self._number
                    if item is self._missing:
                        session.run(item.initializer)
                        continue
                    for value in saveables_by_name(item).values():
                        named = named_saveables([value() if callable(value) else value])
                        for name, op in named.items():
                            saveables.extend(saveables_of(op, name))
            if saveables:
                Saver(saveables).restore(session, self._prefix)

    def initialize_or_restore(self, session: Any = None) -> None:
        """As `run_restore_ops`."""
        self.run_restore_ops(session)
