"""What commands share that run a module on inputs that are given, or made up where none are."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from minihub.cli.arguments import add_call_arguments, whole_number
from minihub.cli.failures import UsageError
from minihub.cli.modules import complete, load, locate

if TYPE_CHECKING:
    from minihub.loading import LoadedModule

__all__ = ["add_example_arguments", "example"]

_BATCH = 1


def add_example_arguments(parser: argparse.ArgumentParser, runs: int) -> None:
    """Add the module, its inputs, and how often to run it."""
    add_call_arguments(parser, "as for `minihub run`; made up if left out", "text, JSON, @FILE")
    parser.add_argument(
        "--batch",
        metavar="N",
        type=whole_number(1),
        help=f"examples in inputs that are made up, {_BATCH} if left out",
    )
    parser.add_argument(
        "--runs",
        metavar="N",
        type=whole_number(1),
        default=runs,
        help=f"how many runs to measure, {runs} if left out",
    )


@contextlib.contextmanager
def example(options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], float]]:
    """What is to run, as keywords of `profile` and `page`, and the seconds that loading took.

    Meanwhile files that the module lacks are told of.

    Raises:
        UsageError: a number of examples is asked for, and inputs are given.
        InvalidArgumentError: an unknown signature, or an input that it does not have.
    """
    if options.batch is not None and (options.inputs or options.input):
        raise UsageError("--batch is for inputs that are made up, and inputs are given")
    path = locate(options)
    started = time.perf_counter()
    module = load(options, path, options.tags, None)
    loaded = time.perf_counter() - started
    module.handle = options.handle
    arguments = {
        "module": module,
        "inputs": _given_inputs(options, module),
        "signature": options.signature,
        "batch": options.batch or _BATCH,
        "runs": options.runs,
    }
    with complete(path):
        yield arguments, loaded


def _given_inputs(options: argparse.Namespace, module: LoadedModule) -> dict[str, Any] | None:
    """The inputs by name, None if they are to be made up."""
    from minihub.binding import choose_signature
    from minihub.cli.inputs import gather_inputs

    if not options.inputs and not options.input:
        return None
    signature = module.signatures[choose_signature(list(module.signatures), options.signature)]
    gathered = gather_inputs(signature, options.inputs, options.input)
    inputs = dict(gathered.values)
    if gathered.lines is not None:
        inputs[gathered.name] = list(gathered.lines)
    return inputs
