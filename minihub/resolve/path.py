"""Local modules: a folder is used where it lies, an archive is unpacked into the cache."""

from __future__ import annotations

import os

from minihub.errors import InvalidModuleError
from minihub.handle import Handle
from minihub.resolve.archive import unpack
from minihub.resolve.cache import Cache
from minihub.resolve.manifest import Manifest, Stored, digest_of
from minihub.resolve.settings import Settings
from minihub.resolve.tree import Limits
from minihub_runtime.errors import clip

__all__ = ["resolve_archive"]


def resolve_archive(
    handle: Handle, settings: Settings, *, verify: bool, refresh: bool, sha256: str | None
) -> str:
    """The folder into which a local archive is unpacked; anew if the archive's size or time changed.

    Args:
        handle: of a local archive.
        settings: where the cache is.
        verify: compare the contents of an entry that is there.
        refresh: unpack in any case.
        sha256: what the archive's hash must be.
    """
    path = os.path.abspath(handle.location)
    status = os.stat(path)
    fresh = not refresh

    def wanted(manifest: Manifest | None) -> bool:
        return (
            fresh
            and manifest is not None
            and (manifest.size, manifest.mtime_ns) == (status.st_size, status.st_mtime_ns)
            and (sha256 is None or manifest.sha256 == sha256.lower())
        )

    def fetch(folder: str) -> Stored:
        found = digest_of(path)
        if sha256 and sha256.lower() != found:
            raise InvalidModuleError(
                f"{clip(path)} must have the SHA-256 {sha256.lower()}, not {found}"
            )
        module = os.path.join(folder, "module")
        os.mkdir(module, 0o755)
        files = unpack(path, module, source=handle.text, limits=Limits(total=settings.max_bytes))
        manifest = Manifest(
            handle.name,
            path,
            files,
            sha256=found,
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
        )
        return Stored(module, manifest)

    return Cache(settings).obtain(handle.key, handle.name, fetch, wanted=wanted, contents=verify)
