"""Modules on servers: what the cache has serves while it is right, the rest is fetched."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from minihub.errors import InvalidModuleError, OfflineError
from minihub.handle import Handle, shown
from minihub.resolve.cache import Cache
from minihub.resolve.settings import Settings

if TYPE_CHECKING:
    from minihub.resolve.manifest import Manifest, Stored

__all__ = ["resolve_remote"]

_log = logging.getLogger("minihub")


def resolve_remote(
    handle: Handle, settings: Settings, *, verify: bool, refresh: bool, sha256: str | None
) -> str:
    """The folder in the cache of a module that lies on a server; the arguments are those of `resolve`."""
    cache = Cache(settings)
    before = cache.judge(handle.key, contents=verify)
    pinned = before.manifest is not None and sha256 is not None and before.problem is None
    if pinned and before.manifest is not None and sha256 is not None and not refresh:
        stored = before.manifest.sha256
        if stored != sha256.lower():
            raise InvalidModuleError(
                f"the archive of {shown(handle.text)} must have the SHA-256 {sha256.lower()}, but the one in the cache has {stored}"
            )
    if before.problem is None and not refresh and (sha256 is None or pinned):
        return cache.path(handle.key)
    if settings.offline:
        where = f"the module cache {settings.cache_dir}"
        if before.absent:
            found = f"is not in {where}"
        elif before.problem:
            found = f"has an incomplete entry in {where} ({handle.key}: {before.problem})"
        else:
            found = f"cannot be fetched anew into {where}"
        raise OfflineError(f"{shown(handle.text)} {found}, and the network is switched off")
    if not before.absent and before.problem:
        _log.warning(
            "the cached module %s is fetched again: %s", cache.path(handle.key), before.problem
        )

    def fetch(folder: str) -> Stored:
        from minihub.resolve.fetch import Fetcher

        if not settings.check_certificates:
            _log.warning("certificates are not checked, as TFHUB_DISABLE_CERT_VALIDATION says")
        return Fetcher(settings).fetch(handle, folder, sha256)

    def wanted(manifest: Manifest | None) -> bool:
        if refresh and manifest == before.manifest:
            return False
        return sha256 is None or (manifest is not None and manifest.sha256 == sha256.lower())

    return cache.obtain(handle.key, handle.name, fetch, wanted=wanted, contents=verify)
