"""`tf.contrib.summary`: summaries that operations write themselves, where no writer is open; none can be opened.

Without a writer TensorFlow writes nothing, either, and functions give operations that do nothing.  `tf.summary` has what writes.

Source: tensorflow/python/ops/summary_ops_v2.py.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.conversion import constant
from minihub_runtime.api.graph import Operation, Tensor
from minihub_runtime.api.grouping import no_op
from minihub_runtime.api.variables.global_step import get_or_create_global_step
from minihub_runtime.public import public

__all__ = [
    "SummaryWriter",
    "all_summary_ops",
    "always_record_summaries",
    "audio",
    "create_db_writer",
    "create_file_writer",
    "eval_dir",
    "flush",
    "generic",
    "graph",
    "histogram",
    "image",
    "import_event",
    "initialize",
    "never_record_summaries",
    "record_summaries_every_n_global_steps",
    "scalar",
    "should_record_summaries",
    "summary_writer_initializer_op",
]


def _public(function: Any) -> Any:
    return public(f"contrib.summary.{function.__name__}")(function)


@_public
class SummaryWriter:
    """A writer that writes nothing; see `create_file_writer`."""

    def set_as_default(self, step: Any = None) -> None:
        """Do nothing."""

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator[None]:
        """A context that changes nothing."""
        yield

    def init(self) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@_public
def create_file_writer(
    logdir: Any,
    max_queue: Any = None,
    flush_millis: Any = None,
    filename_suffix: Any = None,
    name: str | None = None,
) -> SummaryWriter:
    """A writer that writes nothing, if `logdir` is None.

    Args:
        logdir: must be None.
        max_queue: accepted.
        flush_millis: accepted.
        filename_suffix: accepted.
        name: accepted.

    Raises:
        NotImplementedError: there is a `logdir`.
    """
    if logdir is not None:
        raise NotImplementedError(
            "tf.contrib.summary.create_file_writer: operations do not write summaries; logdir must be None. Use tf.summary, "
            "and tf.summary.FileWriter"
        )
    return SummaryWriter()


public("contrib.summary.create_summary_file_writer")(create_file_writer)


@_public
def create_db_writer(*args: Any, **kwargs: Any) -> SummaryWriter:
    """Refused: there are no databases of summaries.

    Raises:
        NotImplementedError: in any case.
    """
    raise NotImplementedError(
        "tf.contrib.summary.create_db_writer is not supported; use tf.summary.FileWriter"
    )


@_public
def scalar(name: str, tensor: Any, family: str | None = None, step: Any = None) -> Operation:
    """An operation that does nothing."""
    return no_op()


@_public
def histogram(name: str, tensor: Any, family: str | None = None, step: Any = None) -> Operation:
    """An operation that does nothing."""
    return no_op()


@_public
def image(
    name: str,
    tensor: Any,
    bad_color: Any = None,
    max_images: int = 3,
    family: str | None = None,
    step: Any = None,
) -> Operation:
    """An operation that does nothing."""
    return no_op()


@_public
def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int,
    family: str | None = None,
    step: Any = None,
) -> Operation:
    """An operation that does nothing."""
    return no_op()


@_public
def generic(
    name: str, tensor: Any, metadata: Any = None, family: str | None = None, step: Any = None
) -> Operation:
    """An operation that does nothing."""
    return no_op()


@_public
def graph(param: Any, step: Any = None, name: str | None = None) -> Operation:
    """An operation that does nothing.

    Raises:
        TypeError: `param` is no tensor.
    """
    if not isinstance(param, Tensor):
        raise TypeError(
            "graph() needs a argument `param` to be tf.Tensor (e.g. tf.placeholder) in graph mode, but received "
            f"param={param} of type {type(param).__name__}."
        )
    return no_op()


@_public
def import_event(tensor: Any, name: str | None = None) -> Operation:
    """Refused: there is no writer.

    Raises:
        RuntimeError: in any case.
    """
    raise RuntimeError("No default tf.contrib.summary.SummaryWriter found")


@_public
def flush(writer: SummaryWriter | None = None, name: str | None = None) -> Any:
    """An operation that does nothing; nothing for a writer.

    Raises:
        ValueError: it is no writer.
    """
    if writer is None:
        return no_op()
    if not isinstance(writer, SummaryWriter):
        raise ValueError(f"Invalid argument to flush(): {writer!r}")
    return writer.flush()


@_public
def initialize(graph: Any = None, session: Any = None) -> None:
    """Refused: there is no writer.

    Raises:
        RuntimeError: in any case.
    """
    raise RuntimeError("No default tf.contrib.summary.SummaryWriter found")


@_public
def summary_writer_initializer_op() -> list[Any]:
    """The operations that open writers: none."""
    return []


@_public
def all_summary_ops() -> list[Any]:
    """The operations that write summaries: none."""
    return []


public("summary.all_v2_summary_ops")(all_summary_ops)
public("summary.initialize")(initialize)


@_public
def should_record_summaries() -> Tensor:
    """Whether summaries are written: a constant, false."""
    return constant(False)


@_public
@contextlib.contextmanager
def always_record_summaries() -> Iterator[None]:
    """A context in which summaries are written, if there is a writer."""
    yield


@_public
@contextlib.contextmanager
def never_record_summaries() -> Iterator[None]:
    """A context in which no summaries are written."""
    yield


@_public
def record_summaries_every_n_global_steps(
    n: int, global_step: Any = None
) -> contextlib.AbstractContextManager[None]:
    """A context in which summaries are written at every nth step, if there is a writer."""
    if global_step is None:
        global_step = get_or_create_global_step()
    return contextlib.nullcontext()


@_public
def eval_dir(model_dir: str, name: str | None = None) -> str:
    """The folder of the summaries of an evaluation."""
    return os.path.join(model_dir, f"eval_{name}" if name else "eval")
