"""The manifest of a cache entry: what was stored, and whether it still is."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass

from minihub.resolve.structure import open_regular
from minihub.resolve.tree import StoredFile, split_name
from minihub_runtime.errors import OpError, clip

__all__ = ["Manifest", "Stored", "compare", "digest_of"]

_FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """What was stored in an entry.

    Attributes:
        handle: as typed.
        source: the address that was asked, or the archive's path.
        files: each file of the module.
        etag: what the server calls this version.
        sha256: of the archive, hexadecimal; None for a module fetched file by file.
        size: of the archive in bytes.
        mtime_ns: time of last change of a local archive.
        created: when, ISO 8601 in UTC.
    """

    handle: str
    source: str
    files: list[StoredFile]
    etag: str | None = None
    sha256: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    created: str = ""

    def to_json(self) -> str:
        """The manifest as text."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The manifest that `text` holds.

        Raises:
            ValueError: it is none.
        """
        try:
            fields = json.loads(text)
            if fields.pop("format") != _FORMAT:
                raise ValueError("of another format")
            files = [StoredFile(**file) for file in fields.pop("files")]
            manifest = cls(files=files, **fields)
            for file in files:
                if "/".join(split_name(file.name, "a manifest")) != file.name:
                    raise ValueError("with a name out of order")
                if not isinstance(file.size, int) or not isinstance(file.mtime_ns, int):
                    raise ValueError("with a size that is no number")
        except (AttributeError, KeyError, RecursionError, TypeError, OpError) as error:
            raise ValueError("incomplete") from error
        return manifest


@dataclass(frozen=True)
class Stored:
    """What an attempt has put into its temporary folder.

    Attributes:
        directory: the module, below the temporary folder.
        manifest: describes it, with names relative to the folder into which it was unpacked.
    """

    directory: str
    manifest: Manifest


def compare(path: str, manifest: Manifest, *, contents: bool) -> tuple[str | None, bool]:
    """What differs between a folder and its manifest, or None; and whether the time of a file does.

    Names and sizes are compared, contents only where a time differs, or everywhere if `contents`.
    """
    moved = False
    parents: dict[str, bool] = {}
    for file in manifest.files:
        # A folder below the entry that became a symbolic link would lead elsewhere.
        parent = os.path.dirname(file.name)
        while parent and parent not in parents:
            try:
                parents[parent] = stat.S_ISDIR(os.lstat(os.path.join(path, parent)).st_mode)
            except OSError:
                parents[parent] = False
            if not parents[parent]:
                return f"{clip(parent)} is not a folder", moved
            parent = os.path.dirname(parent)
        full = os.path.join(path, file.name)
        try:
            status = os.lstat(full)
        except OSError as error:
            return f"{clip(file.name)} cannot be found ({error.strerror})", moved
        if not stat.S_ISREG(status.st_mode):
            return f"{clip(file.name)} is not a regular file", moved
        if status.st_size != file.size:
            return f"{clip(file.name)} must have {file.size} bytes, not {status.st_size}", moved
        if status.st_mtime_ns != file.mtime_ns:
            moved = True
        elif not contents:
            continue
        try:
            digest = digest_of(full)
        except OSError as error:
            return f"{clip(file.name)} cannot be read ({error.strerror})", moved
        if digest != file.sha256:
            return f"{clip(file.name)} must have the SHA-256 {file.sha256}, not {digest}", moved
    return (None if manifest.files else "its manifest names no file"), moved


def digest_of(path: str) -> str:
    """The SHA-256 of a regular file, hexadecimal."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while data := file.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()
