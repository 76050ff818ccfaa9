"""The command line: `minihub show|demo|create|finetune|check|run|profile|page|download|cache|ops`.

    from minihub.cli import main
    code = main(["show", "https://tfhub.dev/google/nnlm-en-dim128/1"])

Reading order: `program` (which command, which exit code), `arguments` (options that all commands have), `failures`
(what an error means for a script), `interruption` (Ctrl-C), then one file per command.  `layout` makes tables, `console` looks after streams,
`describe` says what a module holds, `inputs`, `examples`, `images` and `outputs` are values on their way in and out.

A command's file is imported when the command is named, and NumPy, protobuf and requests when it needs them, so that
`minihub --help` starts fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from minihub.cli.interruption import interruptible

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments without the program's name; those of the process if None.

    Returns:
        The exit code, one of `failures.EXIT_CODES`.
    """
    with interruptible() as interruption:
        try:
            # Ctrl-C may come while this takes its time.
            from minihub.cli.program import run_program
        except (KeyboardInterrupt, Exception):
            if interruption.signal is None:
                raise
            return interruption.told()
        return run_program(list(sys.argv[1:] if argv is None else argv), interruption)
