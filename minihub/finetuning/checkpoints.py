"""A training on disk after each epoch, from which it goes on as if it had never ended.

    <folder>/training.index, .data-…    one checkpoint, replaced as a whole:
        variables/<name>    the network that learns, with the slots of the optimiser
        best/<name>         the best weights so far, if these are not those above
        state               JSON: the epochs, where random numbers are, and what all this follows from
    <folder>/training.lock              while a process trains there

Beside it lie `kept_features`.  Of two trainings in a folder each would take the other's files away, so there is one at a time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minihub.finetuning.course import Course, Epoch
from minihub.finetuning.fingerprints import Fingerprint, is_fingerprint
from minihub.finetuning.kept_features import KeptFeatures, remove_other_features
from minihub.resolve.lock import Lock, make_uid
from minihub_runtime.checkpoint import CheckpointReader, finish_interrupted, write_checkpoint
from minihub_runtime.checkpoint.files import translated
from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    clip,
)
from minihub_runtime.versions import RELEASE

__all__ = ["Checkpoints", "Standing", "alone_in", "check_folder", "epochs_in"]

_log = logging.getLogger("minihub")
#: Version of what `state` holds.
FORMAT = 1
#: Arguments of which a module makes features.
FEATURES_OF = ("examples", "validation")
_NAME = "training"
_VARIABLES, _BEST, _STATE = "variables/", "best/", "state"
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclasses.dataclass(frozen=True)
class Standing:
    """Where a training stands after an epoch.

    Attributes:
        course: the epochs.
        variables: name → value of the variables of the network that learns.
        graph: fingerprint of that network.
        order: state of the generator that shuffles the examples.
        streams: where the random streams of the nodes are, as JSON has it: of that network, and of the one that predicts.
    """

    course: Course
    variables: Mapping[str, Any]
    graph: str
    order: Mapping[str, Any]
    streams: Sequence[Any]


class Checkpoints:
    """Keeps the standing of one training in a folder, which it must be `alone_in`.

    Args:
        folder: where; it is made when there is something to keep.
        arguments: what the training follows from, as JSON has it; a training is gone on with only if it began with the same.

    Raises:
        InvalidArgumentError: the training in the folder has other arguments.
        DataLossError: what is in the folder is damaged, or of a later version.
        OpError: the folder cannot be read, or is none.
    """

    def __init__(self, folder: str | os.PathLike[str], arguments: Mapping[str, Any]) -> None:
        self.folder = os.path.abspath(os.fsdecode(folder))
        self._arguments = dict(arguments)
        self._prefix = os.path.join(self.folder, _NAME)
        finish_interrupted(self._prefix)
        found = _read_state(self.folder)
        self._check(found and found["arguments"])
        _remove_unfinished(self.folder, [self._key(part) for part in FEATURES_OF])
        #: How many epochs are over.
        self.epochs = len(found["history"]) if found else 0

    def _check(self, known: Mapping[str, Any] | None) -> None:
        # JSON makes lists of tuples.
        given = json.loads(json.dumps(self._arguments))
        if known is None or known == given:
            return
        differences = [
            _difference(name, known.get(name), given.get(name))
            for name in {**given, **known}
            if known.get(name) != given.get(name)
        ]
        raise InvalidArgumentError(
            f"the training in {clip(self.folder)} must go on as it began, with {', '.join(differences)}; for another "
            "training give another folder"
        )

    def _key(self, part: str) -> str:
        found = Fingerprint()
        names = ("module", "signature", "output", part)
        given = {"version": RELEASE, **{name: self._arguments[name] for name in names}}
        found.add("features", json.dumps(given).encode())
        return found.hexadecimal[:16]

    def features(self) -> dict[str, KeptFeatures]:
        """What keeps the features of the arguments `examples` and `validation`."""
        return {part: KeptFeatures(self.folder, self._key(part)) for part in FEATURES_OF}

    def read(self) -> Standing | None:
        """The standing that was written last; None if there is none.

        Raises:
            DataLossError: it is damaged.
        """
        state = _read_state(self.folder)
        if state is None:
            return None
        with CheckpointReader(self._prefix) as reader:
            # Copies, as the file is to be replaced.
            tensors = {name: np.array(reader.read(name)) for name in reader.names()}
        variables = _below(_VARIABLES, tensors)
        weights = _below(_BEST, tensors) or {name: variables[name] for name in state["weights"]}
        history = [Epoch(**epoch) for epoch in state["history"]]
        return Standing(
            Course(history, state["best"], weights),
            variables,
            state["graph"],
            state["order"],
            state["streams"],
        )

    def write(self, standing: Standing) -> None:
        """Replace the standing; the old one is there until the new one is.

        Raises:
            OpError: it cannot be written.
        """
        course = standing.course
        state = {
            "format": FORMAT,
            "arguments": self._arguments,
            "history": [dataclasses.asdict(epoch) for epoch in course.history],
            "best": course.best,
            "weights": sorted(course.weights),
            "graph": standing.graph,
            "order": standing.order,
            "streams": standing.streams,
        }
        tensors = {_VARIABLES + name: value for name, value in standing.variables.items()}
        if course.best != len(course.history):
            tensors |= {_BEST + name: value for name, value in course.weights.items()}
        tensors[_STATE] = np.array(json.dumps(state).encode(), object)
        write_checkpoint(self._prefix, tensors)
        self.epochs = len(course.history)


def _difference(name: str, known: Any, given: Any) -> str:
    """What was wanted and is not given; content of which there are fingerprints is not shown."""
    if is_fingerprint(known) or is_fingerprint(given):
        return f"other {name}"
    return f"{name} {known!r} instead of {given!r}"


def check_folder(folder: str | os.PathLike[str], out: str | os.PathLike[str] | None) -> None:
    """Raise unless a training can be kept in a folder, and a module written to another one.

    Args:
        folder: where the training is kept.
        out: where the module is written; None if it is not.

    Raises:
        InvalidArgumentError: it is a file, below one, has no name, lies on another machine, or within `out`.
    """
    text = os.fsdecode(folder)
    if not text:
        raise InvalidArgumentError("checkpoint_dir must name a folder, but is empty")
    if "://" in text:
        raise InvalidArgumentError(f"checkpoint_dir must be a local folder, not {clip(text)!r}")
    above = text
    while above and not os.path.lexists(above) and os.path.dirname(above) != above:
        above = os.path.dirname(above)
    if above and not os.path.isdir(above):
        raise InvalidArgumentError(f"checkpoint_dir must be a folder, but {clip(above)} is a file")
    if out is not None:
        place, target = os.path.realpath(text), os.path.realpath(os.fsdecode(out))
        if os.path.join(place, "").startswith(os.path.join(target, "")):
            raise InvalidArgumentError(
                f"checkpoint_dir must not be in the folder that the module is written to, but is {clip(text)}"
            )


@contextlib.contextmanager
def alone_in(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keep all other trainings out of a folder, which is made if it is not there, for the time of a `with` block.

    The operating system ends this with the process, however that ends.  A folder that only can be read keeps nobody out.

    Raises:
        FailedPreconditionError: another training is in it.
        OpError: it cannot be made, or is empty and cannot be written.
    """
    path = os.path.abspath(os.fsdecode(folder))
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise translated(error, path, "written") from error
    lock = Lock(os.path.join(path, _NAME), make_uid(), path, 0.0)
    if not lock.try_acquire():
        raise FailedPreconditionError(
            f"checkpoint_dir must be a folder in which no other training runs, but {_named(lock.owner())} trains in {clip(path)}"
        )
    try:
        if lock.problem is not None:
            if lock.problem.errno not in _DENIED:
                _log.warning(
                    "training without a lock: %s cannot be locked (%s)", lock.path, lock.problem
                )
            elif not os.path.lexists(f"{os.path.join(path, _NAME)}.index"):
                raise translated(lock.problem, path, "written") from lock.problem
        yield
    finally:
        lock.free()


def _named(owner: tuple[str, int] | None) -> str:
    """Who is at work, for a message."""
    if owner is None:
        return "another process"
    host, process = owner
    import socket

    if host != socket.gethostname():
        return f"process {process} on {host}"
    return "another training of this process" if process == os.getpid() else f"process {process}"


def epochs_in(folder: str | os.PathLike[str]) -> int:
    """How many epochs of a training a folder keeps.

    Raises:
        FailedPreconditionError: a training is at work in it.
        DataLossError: what is in the folder is damaged, or of a later version.
        OpError: it cannot be read.
    """
    path = os.fsdecode(folder)
    if not os.path.isdir(path) or not os.listdir(path):
        return 0
    with alone_in(path):
        finish_interrupted(os.path.join(path, _NAME))
        state = _read_state(path)
    return len(state["history"]) if state else 0


def _read_state(folder: str) -> dict[str, Any] | None:
    prefix = os.path.join(folder, _NAME)
    try:
        with CheckpointReader(prefix) as reader:
            if _STATE not in reader.names():
                raise DataLossError(f"{clip(prefix)} must be the checkpoint of a fine-tuning")
            text = reader.read(_STATE).item()
    except NotFoundError:
        return None
    try:
        state: dict[str, Any] = json.loads(text)
        found = state["format"]
    except (ValueError, TypeError, KeyError) as error:
        raise DataLossError(
            f"the state in {clip(prefix)} must be JSON with a format: {error}"
        ) from error
    if found != FORMAT:
        raise DataLossError(f"{clip(prefix)} must have format {FORMAT}, not {found}")
    return state


def _remove_unfinished(folder: str, features: Sequence[str]) -> None:
    """Take away what a process that died had not written to its end, and features but those with the given keys."""
    try:
        names = os.listdir(folder) if os.path.isdir(folder) else []
        for name in names:
            if name.startswith(f".{_NAME}.") and name.endswith(".new"):
                os.unlink(os.path.join(folder, name))
        remove_other_features(folder, features)
    except OSError as error:
        raise translated(error, folder, "read") from error


def _below(prefix: str, tensors: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
