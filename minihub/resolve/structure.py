"""Whether a folder can be a module, told from names, sizes and the framing of its files, without parsing them.

Entries that tensorflow_hub wrote into a shared cache have no manifest, so this is all there is to judge them by; freshly unpacked
archives pass the same checks.
"""

from __future__ import annotations

import os
import re
import stat
from typing import BinaryIO

from minihub.errors import InvalidModuleError
from minihub_runtime.errors import clip

__all__ = ["module_root", "open_regular", "problem"]

_GRAPHS = ("saved_model.pb", "saved_model.pbtxt")
_MARKER = "tfhub_module.pb"
_SHARD = re.compile(r"variables\.data-([0-9]{5})-of-([0-9]{5})")
# The last eight bytes of the table file format that variables.index has.
_TABLE_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_TABLE_FOOTER = 48
_MOST_FIELDS = 10_000


def module_root(directory: str) -> str:
    """The folder below `directory` that holds the module: itself, or its only folder if that is where saved_model.pb is.

    Hidden names do not count: macOS packs `._module` beside `module`.
    """
    names = [name for name in os.listdir(directory) if not name.startswith(".")]
    if len(names) == 1 and names[0] not in (*_GRAPHS, _MARKER):
        inner = os.path.join(directory, names[0])
        if stat.S_ISDIR(os.lstat(inner).st_mode) and any(
            os.path.lexists(os.path.join(inner, name)) for name in _GRAPHS
        ):
            return inner
    return directory


def problem(directory: str) -> str | None:
    """What keeps `directory` from being a whole module, or None.

    It must hold saved_model.pb or saved_model.pbtxt, not empty; .pb files must have whole top-level fields; where there is a folder
    `variables`, an index that ends as one does and every data shard. Symbolic links, devices and pipes are not looked into.

    Raises:
        OSError: something cannot be read.
    """
    if not stat.S_ISDIR(os.lstat(directory).st_mode):
        return "it is not a folder"
    found = next((g for g in _GRAPHS if os.path.lexists(os.path.join(directory, g))), None)
    if found is None:
        return f"it has neither {' nor '.join(_GRAPHS)}"
    for name in (found, _MARKER):
        path = os.path.join(directory, name)
        if name == _MARKER and not os.path.lexists(path):
            continue
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return f"{name} is not a regular file"
        if status.st_size == 0:
            return f"{name} is empty"
        if name.endswith(".pb"):
            with open_regular(path) as file:
                wrong = _framing_problem(file)
            if wrong:
                return f"{name} {wrong}"
    variables = os.path.join(directory, "variables")
    return _variables_problem(variables) if os.path.lexists(variables) else None


def open_regular(path: str) -> BinaryIO:
    """`path` opened for reading, if it is a regular file; a pipe or device neither blocks nor is read.

    Raises:
        OSError: it cannot be opened; an InvalidModuleError if it is something else.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InvalidModuleError(f"{clip(path)} must be a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _framing_problem(file: BinaryIO) -> str | None:
    """Steps over the top-level fields of a serialised message, which must end where the file does."""
    size = os.fstat(file.fileno()).st_size
    position = 0
    for _ in range(_MOST_FIELDS):
        if position == size:
            return None
        file.seek(position)
        head = file.read(20)
        tag, used = _varint(head, 0)
        if tag is None or tag >> 3 == 0:
            return "is not a serialised message"
        wire_type = tag & 7
        if wire_type == 0:
            value, used = _varint(head, used)
            if value is None:
                return "is not a serialised message"
        elif wire_type == 2:
            length, used = _varint(head, used)
            if length is None:
                return "is not a serialised message"
            used += length
        elif wire_type in {1, 5}:
            used += 8 if wire_type == 1 else 4
        else:
            return "is not a serialised message"
        position += used
        if position > size:
            return f"must have at least {position} bytes, not {size}"
    return f"has more than {_MOST_FIELDS} fields"


def _varint(data: bytes, start: int) -> tuple[int | None, int]:
    value = 0
    for index in range(start, min(start + 10, len(data))):
        value |= (data[index] & 127) << 7 * (index - start)
        if data[index] < 128:
            return value, index + 1
    return None, start


def _variables_problem(directory: str) -> str | None:
    if not stat.S_ISDIR(os.lstat(directory).st_mode):
        return "variables is not a folder"
    names = os.listdir(directory)
    if "variables.index" not in names:
        return "variables/variables.index is missing"
    path = os.path.join(directory, "variables.index")
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        return "variables/variables.index is not a regular file"
    if status.st_size < _TABLE_FOOTER:
        return f"variables/variables.index must have at least {_TABLE_FOOTER} bytes, not {status.st_size}"
    with open_regular(path) as file:
        file.seek(-len(_TABLE_MAGIC), os.SEEK_END)
        if file.read() != _TABLE_MAGIC:
            return "variables/variables.index does not end as an index does"
    shards = [found for found in map(_SHARD.fullmatch, names) if found]
    if not shards:
        return "variables/variables.data-?????-of-????? is missing"
    for count in sorted({found[2] for found in shards}):
        missing = int(count) - sum(found[2] == count for found in shards)
        if missing:
            return f"variables has {int(count) - missing} of {int(count)} data shards"
    for found in shards:
        if not stat.S_ISREG(os.lstat(os.path.join(directory, found[0])).st_mode):
            return f"variables/{found[0]} is not a regular file"
    return None
