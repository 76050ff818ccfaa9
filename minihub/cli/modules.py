"""From a handle on the command line to a folder or a loaded module, with the exit codes of what may fail."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from minihub.cli.failures import CORRUPTED, UNREACHABLE, WRONG, CommandError

if TYPE_CHECKING:
    from minihub.loading import LoadedModule

__all__ = ["complete", "load", "locate", "reading"]


def locate(options: argparse.Namespace, *, refresh: bool = False, sha256: str | None = None) -> str:
    """The folder or file that the handle of a command names, fetched if need be."""
    from minihub.errors import DeadlineExceededError
    from minihub.resolve import resolve

    try:
        return resolve(
            options.handle,
            cache_dir=options.cache_dir,
            offline=options.offline,
            verify=options.verify,
            refresh=refresh,
            sha256=sha256,
        )
    except DeadlineExceededError as error:
        raise CommandError(error.message, UNREACHABLE) from error


@contextlib.contextmanager
def complete(path: str) -> Iterator[None]:
    """Tell a module that lacks a file apart from a place where no module is."""
    from minihub.errors import NotAModuleError, NotFoundError
    from minihub.loading import is_frozen
    from minihub.native import MODULE_FILE
    from minihub.saved_model import FILENAME_PB, FILENAME_PBTXT

    try:
        yield
    except NotAModuleError:
        raise
    except NotFoundError as error:
        there = is_frozen(path) or any(
            os.path.lexists(os.path.join(path, name))
            for name in (FILENAME_PB, FILENAME_PBTXT, MODULE_FILE)
        )
        raise CommandError(str(error), CORRUPTED if there else UNREACHABLE) from error


@contextlib.contextmanager
def reading(path: str) -> Iterator[None]:
    """`complete`, where moreover a KeyError says that there is no graph with certain tags."""
    try:
        with complete(path):
            yield
    except KeyError as error:
        raise CommandError(str(error.args[0]), WRONG) from error


def load(
    options: argparse.Namespace, path: str, tags: Collection[str] | None, timeout: float | None
) -> LoadedModule:
    """The module at `path`, ready to run."""
    import warnings

    from minihub.loading import UnsupportedOpsWarning
    from minihub.loading import load as load_module

    with reading(path), warnings.catch_warnings():
        # The chosen signature says what it lacks; the others do not matter here.
        warnings.simplefilter("ignore", UnsupportedOpsWarning)
        return load_module(path, tags, verify=options.verify, timeout=timeout)
