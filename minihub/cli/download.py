"""`minihub download`: fetch a module.

Fetch a module into the cache unless it is there, and print the path of its folder.  With --output, copy it to a
folder of its own, which is there as a whole or not at all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile

from minihub.cli.failures import CommandError
from minihub.cli.modules import locate

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("handle", metavar="HANDLE", help="the module")
    parser.add_argument(
        "--output", metavar="DIR", help="copy the module to this folder, which must not be there"
    )
    parser.add_argument("--refresh", action="store_true", help="fetch it even if it is cached")
    parser.add_argument("--sha256", metavar="HEX", help="what the hash of the archive must be")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    target = None if options.output is None else os.path.abspath(options.output)
    if target is not None:
        _check_free(target)
    path = locate(options, refresh=options.refresh, sha256=options.sha256)
    if target is None:
        print(path)
        return 0
    _copy(os.path.abspath(path), target)
    print(target)
    return 0


def _check_free(target: str) -> None:
    if os.path.lexists(target) and not (os.path.isdir(target) and not os.listdir(target)):
        raise CommandError(f"{target} must not be there yet, or be an empty folder")


def _copy(source: str, target: str) -> None:
    """Copy a folder beside its final place, then move it there in one step."""
    if os.path.commonpath([source, target]) == source:
        raise CommandError(f"{target} must not lie in {source}, which is to be copied")
    parent = os.path.dirname(target)
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".minihub-", dir=parent) as temporary:
        copy = os.path.join(temporary, "module")
        if os.path.isdir(source):
            # The cache may be read-only; what a user asked for should not be.
            shutil.copytree(source, copy, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, copy)
        _check_free(target)
        if os.path.isdir(target):
            os.rmdir(target)
        os.rename(copy, target)
