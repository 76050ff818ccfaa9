"""What commands share that run a module on inputs that are given, or made up where none are."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from minihub.cli.arguments import tag_set, whole_number
from minihub.cli.failures import UsageError

if TYPE_CHECKING:
    from minihub.loading import LoadedModule

__all__ = ["add_example_arguments", "batch_size", "given_inputs"]

_BATCH = 1


def add_example_arguments(parser: argparse.ArgumentParser, runs: int) -> None:
    """Add the module, its inputs, and how often to run it."""
    parser.add_argument("handle", metavar="HANDLE", help="the module")
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="*", help="as for `minihub run`; made up if left out"
    )
    parser.add_argument(
        "--input",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="an input by name: text, JSON, @FILE",
    )
    parser.add_argument(
        "--signature", metavar="S", help="which signature; the default one if left out"
    )
    parser.add_argument(
        "--tags", metavar="A,B", type=tag_set, help="the graph with exactly these tags"
    )
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


def batch_size(options: argparse.Namespace) -> int:
    """How many examples are made up.

    Raises:
        UsageError: a number is asked for, and inputs are given.
    """
    if options.batch is not None and (options.inputs or options.input):
        raise UsageError("--batch is for inputs that are made up, and inputs are given")
    return options.batch or _BATCH


def given_inputs(options: argparse.Namespace, module: LoadedModule) -> dict[str, Any] | None:
    """The inputs by name, None if they are to be made up.

    Raises:
        InvalidArgumentError: an unknown signature, or an input that it does not have.
    """
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
