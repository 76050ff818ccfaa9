"""Options that all commands have, and a parser whose errors are one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from minihub.cli.failures import UsageError

__all__ = [
    "Parser",
    "add_call_arguments",
    "add_global_options",
    "defaults",
    "marked",
    "tag_set",
    "unmarked",
    "whole_number",
]

#: NUL cannot occur in an argument of a process, so it can mark what follows `--`.
_LITERAL = "\0"


class defaults(argparse.Namespace):
    """The values of the global options where they are not given."""

    def __init__(self) -> None:
        super().__init__(offline=None, cache_dir=None, verify=False, traceback=False)


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the process, and never guesses abbreviations."""

    SUPPRESS = argparse.SUPPRESS
    REST = argparse.REMAINDER

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Report wrong arguments.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{message} (see {self.prog} --help)")

    def parse_mixed(
        self, arguments: Sequence[str], namespace: argparse.Namespace
    ) -> argparse.Namespace:
        """Parse options and positional arguments in any order; those that are `marked` are positional."""
        parsed = self.parse_intermixed_args(arguments, namespace)
        for name, value in vars(parsed).items():
            if isinstance(value, str):
                setattr(parsed, name, unmarked(value))
            elif isinstance(value, list):
                setattr(parsed, name, [unmarked(v) if isinstance(v, str) else v for v in value])
        return parsed


def marked(arguments: Sequence[str]) -> list[str]:
    """Arguments without `--`, those that follow it marked, so that no parser takes them for options.

    The versions of argparse differ in what `--` means between positional arguments, and take it out where a command follows.
    """
    plain = list(arguments)
    if "--" in plain:
        at = plain.index("--")
        plain[at:] = [_LITERAL + text for text in plain[at + 1 :]]
    return plain


def unmarked(text: str) -> str:
    """An argument as it was typed."""
    return text.removeprefix(_LITERAL)


def add_global_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may stand before or after the command."""
    group = parser.add_argument_group("options of all commands")
    # Nothing is stored where an option is absent, so that one given before the command survives.
    absent = argparse.SUPPRESS
    group.add_argument(
        "--cache-dir",
        metavar="DIR",
        default=absent,
        help="the cache folder, instead of TFHUB_CACHE_DIR",
    )
    group.add_argument(
        "--offline", action="store_true", default=absent, help="never use the network"
    )
    group.add_argument(
        "--verify",
        action="store_true",
        default=absent,
        help="compare cached files and variables with their checksums",
    )
    group.add_argument(
        "--traceback",
        action="store_true",
        default=absent,
        help="on an error, show where in the program it arose (also MINIHUB_TRACEBACK=1)",
    )


def add_call_arguments(parser: argparse.ArgumentParser, inputs: str, one: str) -> None:
    """Add the module, what of it is called, and on which inputs.

    Args:
        parser: of the command.
        inputs: help of the inputs without a name.
        one: forms that an input by name may have.
    """
    parser.add_argument("handle", metavar="HANDLE", help="the module")
    parser.add_argument("inputs", metavar="INPUT", nargs="*", help=inputs)
    parser.add_argument(
        "--input",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help=f"an input by name: {one}",
    )
    parser.add_argument(
        "--signature", metavar="S", help="which signature; the default one if left out"
    )
    parser.add_argument(
        "--tags", metavar="A,B", type=tag_set, help="the graph with exactly these tags"
    )


def tag_set(text: str) -> list[str]:
    """The tags in a list separated by commas; the empty text is the empty set."""
    return [tag.strip() for tag in text.split(",") if tag.strip()]


def whole_number(least: int) -> Callable[[str], int]:
    """What reads a count that is `least` or more; the largest ones, beyond what can be counted, are alike."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(
                f"must be a whole number, {least} or more, not {text!r}"
            )
        return min(value, sys.maxsize)

    return read
