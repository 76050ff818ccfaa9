"""The command line: `minihub show|demo|create|finetune|check|run|profile|page|download|cache|ops`.

    from minihub.cli import main
    code = main(["show", "https://tfhub.dev/google/nnlm-en-dim128/1"])

Reading order: this file (which command, which exit code), `arguments` (options that all commands have), `failures`
(what an error means for a script), `interruption` (Ctrl-C), then one file per command.  `layout` makes tables, `console` looks after streams,
`describe` says what a module holds, `inputs`, `examples`, `images` and `outputs` are values on their way in and out.

A command's file is imported when the command is named, and NumPy, protobuf and requests when it needs them, so that
`minihub --help` starts fast.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from minihub.cli.arguments import Parser, add_global_options, defaults, marked, unmarked
from minihub.cli.console import prepare_streams, quiet_streams, reporting
from minihub.cli.failures import EXIT_CODES, PIPE_CLOSED, exit_code, one_line
from minihub.cli.interruption import Interruption, interruptible

__all__ = ["main"]

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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments without the program's name; those of the process if None.

    Returns:
        The exit code, one of `failures.EXIT_CODES`.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    prepare_streams()
    options = defaults()
    options.traceback = os.environ.get("MINIHUB_TRACEBACK", "") not in ("", "0")
    with interruptible() as interruption:
        return _ended(arguments, options, interruption)


def _ended(arguments: list[str], options: defaults, interruption: Interruption) -> int:
    """The exit code of a command, whatever ends it."""
    try:
        try:
            code = _run(arguments, options)
        except SystemExit as stop:
            # argparse ends this way after --help and --version.
            code = stop.code if isinstance(stop.code, int) else 0
        sys.stdout.flush()
    except BrokenPipeError:
        quiet_streams()
        return PIPE_CLOSED
    except (KeyboardInterrupt, Exception) as error:
        if options.traceback:
            raise
        if interruption.signal is not None or isinstance(error, KeyboardInterrupt):
            print("minihub: interrupted", file=sys.stderr)
            return interruption.code
        print(f"minihub: error: {one_line(error)}", file=sys.stderr)
        try:
            sys.stdout.flush()
        except OSError:
            quiet_streams()
        return exit_code(error)
    return code


def _run(arguments: list[str], options: defaults) -> int:
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
    parser.add_argument("arguments", nargs=Parser.REST, help=Parser.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"minihub {__version__}")
    add_global_options(parser)
    return parser
