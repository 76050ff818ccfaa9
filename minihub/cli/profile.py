"""`minihub profile`: which ops of a module take the time.

Run a signature several times, on inputs made up from its types and shapes or on those that are given, and show what each type of
op takes: calls, milliseconds, part of the whole, the rate where multiplications can be counted, and the longest node.

  minihub profile HANDLE --batch 8
  minihub profile HANDLE 'a sentence' 'another one' --trace trace.json    for ui.perfetto.dev or chrome://tracing
"""

from __future__ import annotations

import argparse

from minihub.cli.arguments import tag_set, whole_number
from minihub.cli.console import print_json, width
from minihub.cli.failures import OK
from minihub.cli.modules import complete, load, locate

__all__ = ["add_arguments", "run"]

_BATCH, _RUNS, _TOP = 1, 10, 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
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
        default=_RUNS,
        help=f"how many runs to measure, {_RUNS} if left out",
    )
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
    import time

    from minihub.binding import choose_signature
    from minihub.cli.failures import UsageError
    from minihub.cli.inputs import gather_inputs
    from minihub.cli.outputs import check_output
    from minihub.profiling import profile

    given = bool(options.inputs or options.input)
    if given and options.batch is not None:
        raise UsageError("--batch is for inputs that are made up, and inputs are given")
    check_output(options.trace, "--trace")
    path = locate(options)
    started = time.perf_counter()
    module = load(options, path, options.tags, None)
    loaded = time.perf_counter() - started
    inputs = None
    if given:
        signature = module.signatures[choose_signature(list(module.signatures), options.signature)]
        gathered = gather_inputs(signature, options.inputs, options.input)
        inputs = dict(gathered.values)
        if gathered.lines is not None:
            inputs[gathered.name] = list(gathered.lines)
    with complete(path):
        found = profile(
            module,
            inputs,
            signature=options.signature,
            batch=options.batch or _BATCH,
            runs=options.runs,
        )
    found = dataclasses.replace(found, load_seconds=loaded)
    if options.trace is not None:
        found.write_trace(options.trace)
    if options.json:
        print_json({**found.as_dict(), "handle": options.handle})
    else:
        print(found.text(width(), options.top))
    return OK
