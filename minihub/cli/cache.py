"""`minihub cache`: downloaded modules.

  list                  the modules in the cache; names and sizes of files are checked
  verify [HANDLE ...]   compare the contents of all files, or of these modules, with the hashes taken at download
  remove HANDLE ...     remove modules; --all for all of them
  path [HANDLE]         the cache folder, or the folder of a module in it

A module is named by its handle as it was typed, by its folder, or by its key as `list --json` tells it.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import hashlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minihub.cli.console import print_json, width
from minihub.cli.failures import CORRUPTED, OK, UNREACHABLE, CommandError, UsageError
from minihub.cli.layout import count_text, size_text, table

if TYPE_CHECKING:
    from minihub.resolve.cache import Entry

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("action", choices=["list", "verify", "remove", "path"])
    parser.add_argument("handles", metavar="HANDLE", nargs="*", default=[], help="modules")
    parser.add_argument("--all", action="store_true", help="remove: all modules")
    parser.add_argument("--yes", action="store_true", help="remove: do not ask")
    parser.add_argument("--json", action="store_true", help="print JSON, as docs/cli.md says")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    if options.action != "remove" and (options.all or options.yes):
        raise UsageError("--all and --yes belong to `cache remove`")
    actions = {"list": _list, "verify": _verify, "remove": _remove, "path": _path}
    return actions[options.action](options)


def _directory(options: argparse.Namespace) -> str:
    from minihub.resolve.settings import Settings

    return Settings.read(cache_dir=options.cache_dir).cache_dir


def _chosen(options: argparse.Namespace) -> list[Entry]:
    """The entries that are named, or all."""
    from minihub.resolve.cache import list_entries

    directory = _directory(options)
    entries = list_entries(directory)
    if not options.handles:
        return entries
    return [_find(entries, handle, directory) for handle in options.handles]


def _find(entries: Sequence[Entry], handle: str, directory: str) -> Entry:
    wanted = {handle, os.path.abspath(handle), _key_of(handle)}
    for entry in entries:
        if wanted & {entry.key, entry.handle, entry.path}:
            return entry
    raise CommandError(f"the module cache {directory} has no entry for {handle}", UNREACHABLE)


def _key_of(handle: str) -> str:
    from minihub.errors import OpError
    from minihub.handle import parse_handle

    try:
        return parse_handle(handle).key
    except OpError:
        # A handle that no longer parses, for example of a local archive that is gone, keeps the key of its text.
        data = handle.encode("utf-8", "surrogatepass")
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _told(entry: Entry) -> dict[str, Any]:
    return dataclasses.asdict(entry)


def _table(entries: Sequence[Entry], directory: str) -> str:
    if not entries:
        return f"no modules in {directory}"
    rows = [
        [
            entry.handle or entry.key,
            size_text(entry.bytes),
            datetime.datetime.fromtimestamp(entry.time).strftime("%Y-%m-%d %H:%M"),
            f"{entry.state}: {entry.problem}" if entry.problem else entry.state,
        ]
        for entry in entries
    ]
    total = size_text(sum(entry.bytes for entry in entries))
    listed = table(rows, ["module", "size", "stored", "state"], width=width(), right=[1])
    return f"{listed}\n{count_text(len(entries), 'module')}, {total}, in {directory}"


def _list(options: argparse.Namespace) -> int:
    entries = _chosen(options)
    if options.json:
        print_json([_told(entry) for entry in entries])
    else:
        print(_table(entries, _directory(options)))
    return OK


def _verify(options: argparse.Namespace) -> int:
    from minihub.resolve.cache import verify

    entries = [verify(entry) for entry in _chosen(options)]
    if options.json:
        print_json([_told(entry) for entry in entries])
    else:
        print(_table(entries, _directory(options)))
    return CORRUPTED if any(entry.state == "broken" for entry in entries) else OK


def _remove(options: argparse.Namespace) -> int:
    from minihub.resolve.cache import remove

    if options.all == bool(options.handles):
        raise UsageError("`cache remove` takes either handles or --all")
    directory = _directory(options)
    entries = _chosen(options)
    if options.all and entries and not options.yes:
        _confirm(f"remove {count_text(len(entries), 'module')} from {directory}?")
    removed = []
    for entry in entries:
        freed = remove(entry.key, directory)
        removed.append({"key": entry.key, "handle": entry.handle, "bytes": freed})
        if not options.json:
            print(f"removed {entry.handle or entry.key}, {size_text(freed)}")
    if options.json:
        print_json(removed)
    return OK


def _confirm(question: str) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("--all asks on a terminal; use --yes where there is none")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandError("nothing was removed")


def _path(options: argparse.Namespace) -> int:
    if len(options.handles) > 1:
        raise UsageError("`cache path` takes at most one handle")
    place = _chosen(options)[0].path if options.handles else _directory(options)
    if options.json:
        print_json({"path": place})
    else:
        print(place)
    return OK
