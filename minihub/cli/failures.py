"""What an error means for a script: exit codes and one-line messages."""

from __future__ import annotations

__all__ = [
    "EXIT_CODES",
    "PIPE_CLOSED",
    "CommandError",
    "UsageError",
    "exit_code",
    "one_line",
]

OK, WRONG, USAGE, UNREACHABLE, CORRUPTED = 0, 1, 2, 3, 4
PIPE_CLOSED = 141

EXIT_CODES = {
    OK: "all is well",
    WRONG: "the module or the input is wrong: unknown signature, unsupported op, a value that does not fit, --timeout has passed",
    USAGE: "the command line, the form of a handle, or a setting in the environment is wrong",
    UNREACHABLE: "not found, not reachable, or not permitted: the module, an input file, the cache, the output",
    CORRUPTED: "the module is truncated, corrupted or incomplete",
    129: "the terminal was closed (SIGHUP)",
    130: "interrupted (SIGINT, Ctrl-C)",
    PIPE_CLOSED: "the reader of the output went away",
    143: "told to end (SIGTERM)",
}


class CommandError(Exception):
    """An error found by a command itself, with the exit code it has."""

    def __init__(self, message: str, code: int = WRONG) -> None:
        super().__init__(message)
        self.code = code


class UsageError(CommandError):
    """The command line is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(message, USAGE)


def exit_code(error: Exception) -> int:
    """The exit code an error has."""
    if isinstance(error, CommandError):
        return error.code
    from minihub import errors
    from minihub_runtime.errors import DataLossError, InvalidSettingError

    if isinstance(error, (errors.InvalidHandleError, InvalidSettingError)):
        return USAGE
    # It is there, and something else.
    if isinstance(error, errors.NotAModuleError):
        return WRONG
    # An InvalidModuleError is also an OSError, so corruption is looked for first.
    if isinstance(error, DataLossError):
        return CORRUPTED
    if isinstance(
        error,
        (
            errors.NotFoundError,
            errors.PermissionDeniedError,
            errors.StorageError,
            errors.UnavailableError,
            errors.UnexpectedAnswerError,
        ),
    ):
        return UNREACHABLE
    if isinstance(error, OSError) and not isinstance(error, errors.OpError):
        return UNREACHABLE
    return WRONG


def one_line(error: Exception) -> str:
    """The message of an error, on one line and safe for a terminal."""
    from minihub.cli.layout import printable
    from minihub_runtime.errors import OpError

    if isinstance(error, OSError) and error.strerror and not isinstance(error, OpError):
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        text = str(error)
    text = printable(" ".join(text.split()))
    if isinstance(error, (CommandError, OpError, OSError)):
        return text
    if isinstance(error, MemoryError):
        return text or "there is not enough memory"
    return f"{type(error).__name__}: {text} (--traceback shows where)"
