"""The files that match a pattern, found as TensorFlow finds them.

Source: tensorflow/tsl/platform/file_system_helper.cc.
"""

from __future__ import annotations

import os
import re

__all__ = ["matching_paths"]

#: What makes a path a pattern.
_WILD = re.compile(r"[*?\[\\]")


def matching_paths(pattern: str) -> list[str]:
    """The paths that match, sorted; they begin with `./` where no folder stands before the first wildcard.

    `*` stands for any characters of a name, the first one of a hidden name included; `?` for one, `[a-c]` and `[!a-c]`
    for one that is in or not in a set; a backslash takes a wildcard for itself.  A path without any must exist.

    Args:
        pattern: the path of files on this machine.
    """
    if os.sep == "\\":
        pattern = pattern.replace(os.sep, "/")
    first = _WILD.search(pattern)
    if first is None:
        # A slash at the end of a file's name does no harm.
        return [pattern] if pattern and os.path.exists(os.path.normpath(pattern)) else []
    if "/" not in pattern[: first.start()]:
        pattern = f"./{pattern}"
    pattern = pattern.removesuffix("/")
    folder = pattern.rindex("/", 0, _first(pattern))
    found = [pattern[:folder] or "/"]
    slashes = [place for place in range(folder + 1, len(pattern)) if pattern[place] == "/"]
    for end in (*slashes, len(pattern)):
        fits = re.compile(_expression(pattern[:end]), re.DOTALL).fullmatch
        found = [
            path
            for parent in found
            for path in _inside(parent)
            if fits(path) and (end == len(pattern) or os.path.isdir(path))
        ]
    return sorted(found)


def _first(pattern: str) -> int:
    """The place of the first wildcard, of which there is one."""
    found = _WILD.search(pattern)
    assert found is not None
    return found.start()


def _inside(folder: str) -> list[str]:
    """The paths of what is in a folder; nothing where it cannot be read."""
    try:
        names = os.listdir(folder)
    except OSError:
        # Patterns are tried on folders that others may not read, or have just removed.
        return []
    return [f"{folder.removesuffix('/')}/{name}" for name in names]


def _expression(pattern: str) -> str:
    """The regular expression of a pattern; nothing but itself matches a slash."""
    made = []
    place = 0
    while place < len(pattern):
        character = pattern[place]
        place += 1
        if character == "*":
            while pattern.startswith("*", place):
                place += 1
            made.append("[^/]*")
        elif character == "?":
            made.append("[^/]")
        elif character == "[" and (found := _SET.match(pattern, place)):
            made.append(_one_of(found["items"], bool(found["negated"])))
            place = found.end()
        elif character == "\\":
            # At the end it stands for nothing that a name could have.
            made.append(re.escape(pattern[place : place + 1]) or "(?!)")
            place += 1
        else:
            made.append(re.escape(character))
    return "".join(made)


#: What follows an opening bracket: a closing one in the first place is an item.  Without an end the bracket is one.
_SET = re.compile(r"(?P<negated>[!^]?)(?P<items>(?:\\[^/]|[^/\\])(?:\\[^/]|[^]/\\])*)\]")

_ITEM = re.compile(r"\\?(.)(?:-\\?(.))?", re.DOTALL)


def _one_of(items: str, negated: bool) -> str:
    """The regular expression of a set of characters."""
    ranges = [(low, high or low) for low, high in _ITEM.findall(items)]
    inside = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if negated:
        return f"[^/{inside}]"
    return f"[{inside}]" if inside else "(?!)"
