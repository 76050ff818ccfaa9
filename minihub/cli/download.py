"""`minihub download`: fetch a module.

Fetch a module into the cache unless it is there, and print the path of its folder.  With --output, copy it to a
folder of its own, which is there as a whole or not at all.
"""

from __future__ import annotations

import argparse
import os
import shutil

from minihub.cli.failures import CommandError
from minihub.cli.modules import locate

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("handle", metavar="HANDLE", help="the module")
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="copy the module to this folder, which must not be there, or be empty",
    )
    parser.add_argument("--refresh", action="store_true", help="fetch it even if it is cached")
    parser.add_argument("--sha256", metavar="HEX", help="what the hash of the archive must be")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from minihub.export import check_free

    target = None if options.output is None else os.path.abspath(options.output)
    if target is not None:
        check_free(target)
    path = locate(options, refresh=options.refresh, sha256=options.sha256)
    if target is None:
        print(path)
        return 0
    _copy(os.path.abspath(path), target)
    print(target)
    return 0


def _copy(source: str, target: str) -> None:
    """Copy a module's folder, or the file of a frozen graph, as a whole."""
    from minihub.export import new_folder

    if os.path.commonpath([source, target]) == source:
        raise CommandError(f"{target} must not lie in {source}, which is to be copied")
    with new_folder(target) as folder:
        # The cache may be read-only; what a user asked for should not be.
        if os.path.isdir(source):
            shutil.copytree(source, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, os.path.join(folder, os.path.basename(source)))
