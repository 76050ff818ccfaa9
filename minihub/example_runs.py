"""What is run where a module is shown at work: a signature, on inputs that are given or made up."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Collection, Iterator
from typing import Any

from minihub.binding import choose_signature, named_inputs
from minihub.example_inputs import example_inputs
from minihub.image_util import attached_image_size
from minihub.input_uses import uses_of
from minihub.loading import LoadedModule, load
from minihub_runtime.errors import (
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    ResourceExhaustedError,
)

__all__ = ["ExampleRun", "example_run", "explained"]

#: What ops refuse values with.
_REFUSALS = (InvalidArgumentError, NotFoundError, OutOfRangeError, ResourceExhaustedError)
_HINT = (
    "the inputs were made up from the signature; give some of your own, on the command line as INPUT or --input NAME=VALUE, "
    "or make up another number of examples by `batch` or --batch"
)


@dataclasses.dataclass(frozen=True)
class ExampleRun:
    """A signature and its inputs.

    Attributes:
        module: whose signature it is.
        load_seconds: to load it; None if it was loaded before.
        signature: the name.
        inputs: by name.
        made_up: whether nobody gave them.
    """

    module: LoadedModule
    load_seconds: float | None
    signature: str
    inputs: dict[str, Any]
    made_up: bool


def example_run(
    module: str | os.PathLike[str] | LoadedModule,
    inputs: Any,
    *,
    signature: str | None,
    tags: Collection[str] | None,
    batch: int,
    runs: int,
) -> ExampleRun:
    """Load a module unless it is, choose the signature, and make inputs up where they are None.

    Raises:
        InvalidArgumentError: `batch` or `runs` is not positive, or the signature or an input is refused.
    """
    if runs < 1 or batch < 1:
        raise InvalidArgumentError(f"batch and runs must be 1 or more, not {batch} and {runs}")
    load_seconds = None
    if not isinstance(module, LoadedModule):
        started = time.perf_counter()
        module = load(module, tags)
        load_seconds = time.perf_counter() - started
    name = choose_signature(list(module.signatures), signature)
    wanted = module.signatures[name].inputs
    made_up = inputs is None
    with explained(made_up):
        if made_up:
            uses = uses_of(module.runner, wanted)
            inputs = example_inputs(wanted, batch, attached_image_size(module), uses)
        return ExampleRun(module, load_seconds, name, named_inputs(inputs, wanted), made_up)


@contextlib.contextmanager
def explained(made_up: bool) -> Iterator[None]:
    """Let refusals of inputs that were made up say so: nobody who reads them has seen these."""
    try:
        yield
    except _REFUSALS as error:
        if made_up:
            error.message = f"{error.message} ({_HINT})"
            error.args = (error.message,)
        raise
