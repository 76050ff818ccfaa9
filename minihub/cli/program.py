"""Which command, and which exit code."""

from __future__ import annotations

import importlib
import os
import sys

from minihub.cli.arguments import Parser, add_global_options, defaults, marked, unmarked
from minihub.cli.console import prepare_streams, reporting
from minihub.cli.failures import EXIT_CODES, PIPE_CLOSED, UsageError, exit_code, one_line
from minihub.cli.interruption import Interruption

__all__ = ["run_program"]

#: Command → what it does; each has a file of its name with `add_arguments` and `run`.
_COMMANDS = {
    "show": "what a module holds: signatures, variables, assets, ops",
    "demo": "run the small module that comes with the package",
    "create": "make a module of word vectors, of a GraphDef or of a SavedModel",
    "finetune": "learn to tell classes or numbers on top of a module",
    "check": "what is wrong with a module, or missing for others to use it",
    "run": "outputs of a module for inputs given as text, JSON or files",
    "profile": "which ops of a module take the time",
    "page": "a page that shows what happens inside a module",
    "download": "fetch a module into the cache, or into a folder",
    "cache": "list, verify and remove downloaded modules",
    "ops": "the ops that are supported",
}


def run_program(arguments: list[str], interruption: Interruption) -> int:
    """The exit code of a command, whatever ends it.

    Args:
        arguments: without the program's name.
        interruption: tells of signals.
    """
    options = defaults()
    options.traceback = os.environ.get("MINIHUB_TRACEBACK", "") not in ("", "0")
    try:
        prepare_streams()
        try:
            code = _run(arguments, options)
        except SystemExit as stop:
            # argparse ends this way after --help and --version.
            code = stop.code if isinstance(stop.code, int) else 0
        sys.stdout.flush()
    except BrokenPipeError:
        _quiet()
        return PIPE_CLOSED
    except (KeyboardInterrupt, Exception) as error:
        if options.traceback:
            raise
        if interruption.signal is not None or isinstance(error, KeyboardInterrupt):
            return interruption.told()
        print(f"minihub: error: {one_line(error)}", file=sys.stderr)
        try:
            sys.stdout.flush()
        except OSError:
            _quiet()
        return exit_code(error)
    return code


def _quiet() -> None:
    # `minihub --help` does without the runtime.
    from minihub_runtime.terminal import quiet_streams

    quiet_streams()


def _run(arguments: list[str], options: defaults) -> int:
    if not arguments:
        raise UsageError(f"a command must be given: {', '.join(_COMMANDS)} (see minihub --help)")
    chosen = _top_parser().parse_args(marked(arguments), options)
    command = importlib.import_module(f"minihub.cli.{chosen.command}")
    parser = Parser(
        prog=f"minihub {chosen.command}",
        description=(command.__doc__ or "").partition("\n\n")[2].rstrip(),
    )
    command.add_arguments(parser)
    add_global_options(parser)
    parsed = parser.parse_mixed(chosen.arguments, options)
    with reporting():
        code: int = command.run(parsed)
        return code


def _top_parser() -> Parser:
    from minihub import __version__

    width = max(map(len, _COMMANDS))
    commands = "\n".join(f"  {name:{width}}  {text}" for name, text in _COMMANDS.items())
    codes = "\n".join(f"  {code:<3}  {text}" for code, text in EXIT_CODES.items())
    parser = Parser(
        prog="minihub",
        usage="minihub [option ...] command ...",
        description=(
            "Load, run and inspect TF1 Hub modules without TensorFlow.\n\n"
            f"commands (`minihub COMMAND --help` says more):\n{commands}"
        ),
        epilog=(
            "A HANDLE is a URL, a tfhub.dev or kaggle.com model, a gs:// path, an archive, a folder, or the .pb file of a\n"
            f"frozen graph.\n\nexit codes:\n{codes}"
        ),
    )
    parser.add_argument("command", type=unmarked, choices=_COMMANDS, help=Parser.SUPPRESS)
    rest = parser.add_argument("arguments", nargs=Parser.REST, help=Parser.SUPPRESS)
    # Some versions of argparse call what may be nothing required, and name it where the command is missing.
    rest.required = False
    parser.add_argument("--version", action="version", version=f"minihub {__version__}")
    add_global_options(parser)
    return parser
