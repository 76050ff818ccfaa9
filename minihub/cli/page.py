"""`minihub page`: a page that shows what happens inside a module.

Run a signature, on inputs made up from its types and shapes or on those that are given, and write a page of HTML: the graph with
the values that passed through it, and what the engine runs in its place with the time of each step.  The page needs no network.

  minihub page HANDLE --output page.html
  minihub page HANDLE 'a sentence' --output page.html
"""

from __future__ import annotations

import argparse

from minihub.cli.examples import add_example_arguments, example
from minihub.cli.failures import OK

__all__ = ["add_arguments", "run"]

_RUNS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_example_arguments(parser, _RUNS)
    parser.add_argument(
        "--output",
        metavar="FILE",
        required=True,
        help="the page to write; a file that is there is replaced",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from minihub.cli.outputs import check_output
    from minihub.pages import page

    check_output(options.output)
    with example(options) as (arguments, _):
        made = page(**arguments)
    made.write(options.output)
    print(options.output)
    return OK
