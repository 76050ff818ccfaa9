"""From a handle to a folder: local paths, the cache, the network.

    from minihub.resolve import resolve
    path = resolve("https://tfhub.dev/google/nnlm-en-dim128/1")

`minihub.handle` says which handles there are and where their bytes come from, `settings` what can be set, `cache` what is stored and when
it is trusted, `remote` when it is fetched, `http` and `archive` how bytes of strangers are fetched and unpacked.
"""

from __future__ import annotations

import os
import re
import sys
import types
from typing import TYPE_CHECKING, Any

from minihub.errors import InvalidHandleError
from minihub.handle import Kind, parse_handle, shown
from minihub_runtime.errors import clip

if TYPE_CHECKING:
    from minihub.resolve.settings import Settings

__all__ = ["Settings", "resolve"]


def __getattr__(name: str) -> Any:
    if name != "Settings":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from minihub.resolve.settings import Settings

    return Settings


def resolve(
    handle: str | os.PathLike[str],
    *,
    cache_dir: str | None = None,
    mirror: str | None = None,
    offline: bool | None = None,
    verify: bool = False,
    refresh: bool = False,
    sha256: str | None = None,
    settings: Settings | None = None,
) -> str:
    """The local folder of the module that `handle` names, fetched into the cache if need be.

    Args:
        handle: a local folder or archive, a `file://`, `http(s)://` or `gs://` URL, a tfhub.dev or kaggle.com handle; see `minihub.handle`.
        cache_dir: the cache folder, instead of `TFHUB_CACHE_DIR`.
        mirror: base URL that replaces the public hosts, instead of `MINIHUB_MIRROR`.
        offline: never use the network, instead of `MINIHUB_OFFLINE`.
        verify: compare the contents of every cached file with the hashes taken when it was stored, not only names and sizes.
        refresh: fetch it even if it is in the cache.
        sha256: what the hash of the archive must be, in hexadecimal.
        settings: all settings at once, instead of the environment's; `cache_dir`, `mirror` and `offline` are then not looked at.

    Returns:
        A path: the handle itself for a local folder or file, else a folder in the cache, which must not be changed.

    Raises:
        InvalidHandleError: the handle cannot be understood.
        NotFoundError: there is nothing at that place.
        PermissionDeniedError: the server or the file system refuses.
        UnavailableError: the server cannot be reached; OfflineError: it must not be.
        DeadlineExceededError: the download takes too long.
        InvalidModuleError: what came is not a module.
        StorageError: there is no room for it.
        UnexpectedAnswerError: the server does not keep to the protocol.
    """
    understood = parse_handle(handle)
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise InvalidHandleError(
            f"a SHA-256 must have 64 hexadecimal digits, unlike {clip(sha256)!r}"
        )
    if understood.kind is Kind.PATH:
        if sha256 is not None:
            raise InvalidHandleError(
                f"only an archive can be compared with a SHA-256, unlike {shown(understood.text)}"
            )
        return understood.location
    # A local folder needs none of what follows.
    from minihub.resolve.settings import Settings

    if settings is None:
        settings = Settings.read(cache_dir=cache_dir, mirror=mirror, offline=offline)
    if understood.kind is Kind.ARCHIVE:
        from minihub.resolve.path import resolve_archive

        return resolve_archive(understood, settings, verify=verify, refresh=refresh, sha256=sha256)
    from minihub.resolve.remote import resolve_remote

    return resolve_remote(understood, settings, verify=verify, refresh=refresh, sha256=sha256)


class _CallablePackage(types.ModuleType):
    """Importing this package binds it to the name `minihub.resolve`, which for users is a function; so it is both."""

    __call__ = staticmethod(resolve)


sys.modules[__name__].__class__ = _CallablePackage
