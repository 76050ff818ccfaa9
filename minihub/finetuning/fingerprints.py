"""What tells data and modules from others: hashes of their content, the same in each process."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import numpy as np

from minihub.spec import ModuleSpec
from minihub_runtime.checkpoint.bundle import index_filename
from minihub_runtime.protos.canonical import canonical_bytes

__all__ = ["Fingerprint", "is_fingerprint", "module_fingerprint"]

#: How fingerprints begin.
PREFIX = "sha256:"
_CHUNK = 1 << 20


class Fingerprint:
    """A hash of things one after the other; each is told from the next, and from the same content of another kind."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def __str__(self) -> str:
        return f"{PREFIX}{self.hexadecimal}"

    @property
    def hexadecimal(self) -> str:
        """The hash so far."""
        return self._hash.hexdigest()

    def add(self, kind: str, data: bytes) -> None:
        """Take up some bytes."""
        self._hash.update(f"{kind} {len(data)}\n".encode())
        self._hash.update(data)

    def add_array(self, name: str, array: Any) -> None:
        """Take up an array: numbers, or text as objects of bytes."""
        array = np.asarray(array)
        self.add("array", f"{name} {array.dtype} {array.shape}".encode())
        if array.dtype.hasobject:
            for value in array.ravel():
                self.add("text", value)
        else:
            self.add("numbers", np.ascontiguousarray(array).tobytes())

    def add_file(self, path: str | os.PathLike[str]) -> None:
        """Take up what a file holds; its name does not count.

        Raises:
            OSError: it cannot be read.
        """
        inner = hashlib.sha256()
        with open(path, "rb") as file:
            while data := file.read(_CHUNK):
                inner.update(data)
        self.add("file", inner.digest())


def is_fingerprint(value: Any) -> bool:
    """Whether a value is a fingerprint as text."""
    return isinstance(value, str) and value.startswith(PREFIX)


def module_fingerprint(spec: ModuleSpec) -> str:
    """Of graphs, assets, and the index of the variables, which has a checksum of each; not of where the module lies."""
    found = Fingerprint()
    for graph in spec.graphs:
        found.add("graph", canonical_bytes(graph.proto))
        for name, path in sorted(graph.assets.items()):
            found.add("asset", name.encode())
            found.add_file(path)
    if spec.checkpoint_prefix is not None:
        found.add_file(index_filename(spec.checkpoint_prefix))
    return str(found)
