"""`minihub profile`: which ops of a module take the time.

Run a signature several times, on inputs made up from its types and shapes or on those that are given, and show what each type of
op takes: calls, milliseconds, part of the whole, the rate where multiplications can be counted, and the longest node.

  minihub profile HANDLE --batch 8
  minihub profile HANDLE 'a sentence' 'another one' --trace trace.json    for ui.perfetto.dev or chrome://tracing
"""

from __future__ import annotations

import argparse

from minihub.cli.arguments import whole_number
from minihub.cli.console import print_json, width
from minihub.cli.examples import add_example_arguments, example
from minihub.cli.failures import OK

__all__ = ["add_arguments", "run"]

_RUNS, _TOP = 10, 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_example_arguments(parser, _RUNS)
    parser.add_argument(
        "--top",
        metavar="N",
        type=whole_number(1),
        default=_TOP,
        help=f"ops shown, {_TOP} if left out",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")
    parser.add_argument(
        "--trace", metavar="FILE", help="write every call, for Perfetto or chrome://tracing"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    import dataclasses

    from minihub.cli.outputs import check_output
    from minihub.profiling import profile

    check_output(options.trace, "--trace")
    with example(options) as (arguments, loaded):
        found = dataclasses.replace(profile(**arguments), load_seconds=loaded)
    if options.trace is not None:
        found.write_trace(options.trace)
    if options.json:
        print_json(found.as_dict())
    else:
        print(found.text(width(), options.top))
    return OK
