"""What can be set about finding, fetching and storing modules.

| variable | meaning | default |
|---|---|---|
| TFHUB_CACHE_DIR | the cache folder | a durable one of the user, see `default_cache_dir` |
| TFHUB_MODEL_LOAD_FORMAT | COMPRESSED (one archive), UNCOMPRESSED (file by file, after a 303 to a `gs://` path), AUTO | AUTO, as COMPRESSED |
| TFHUB_DOWNLOAD_PROGRESS | not empty: show progress also where there is no terminal | only on a terminal |
| TFHUB_DISABLE_CERT_VALIDATION | exactly `true`: certificates are not checked (a warning says so) | they are |
| REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR | certificate authorities | those of requests |
| http_proxy, https_proxy, all_proxy, no_proxy | proxies | none |
| MINIHUB_MIRROR | base URL that replaces tfhub.dev, kaggle.com and Google's storage | none |
| MINIHUB_OFFLINE | 1, true, yes, on: the network is never used | off |
| MINIHUB_GCS_ENDPOINT | base URL of Google's storage | https://storage.googleapis.com |
| MINIHUB_TIMEOUT | seconds that one download may take in all, retries included | 3600 |
| MINIHUB_MIN_RATE | bytes a second below which, over half a minute, a download is given up | 1000 |
| MINIHUB_MAX_BYTES | most bytes of one module, packed or unpacked | 20000000000 |
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from minihub.errors import InvalidHandleError
from minihub.handle import GCS_ENDPOINT
from minihub_runtime.errors import clip

__all__ = ["Settings", "default_cache_dir"]

_FORMATS = ("AUTO", "COMPRESSED", "UNCOMPRESSED")
_ON = ("1", "true", "yes", "on")
_OFF = ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class Settings:
    """Settings of one resolution; `Settings.read` takes them from the environment.

    Attributes:
        cache_dir: the cache folder.
        load_format: one of AUTO, COMPRESSED, UNCOMPRESSED.
        progress: show progress even without a terminal.
        check_certificates: whether a server must prove who it is.
        ca_bundle: file or folder of certificate authorities.
        mirror: base URL that replaces the public hosts, without a slash at its end.
        offline: never use the network.
        gcs: base URL of Google's storage.
        timeout: seconds for a whole download.
        min_rate: bytes a second.
        rate_window: seconds over which the rate is taken.
        connect_timeout: seconds for one connection.
        read_timeout: seconds without any byte.
        max_bytes: most bytes of one module.
        retries: further tries after a failure that may pass.
        retry_wait: seconds before the first of them; doubled each time.
        lock_timeout: seconds after which the lock of a foreign process that makes no progress is taken over.
    """

    cache_dir: str
    load_format: str = "AUTO"
    progress: bool = False
    check_certificates: bool = True
    ca_bundle: str | None = None
    mirror: str | None = None
    offline: bool = False
    gcs: str = GCS_ENDPOINT
    timeout: float = 3600.0
    min_rate: float = 1000.0
    rate_window: float = 30.0
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    max_bytes: int = 20_000_000_000
    retries: int = 3
    retry_wait: float = 0.5
    lock_timeout: float = 600.0

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
        """Settings of an environment, with those arguments in `given` that are not None put over them.

        Raises:
            InvalidHandleError: a variable or an argument has a value that it cannot have.
        """
        env = os.environ if environment is None else environment
        load_format = env.get("TFHUB_MODEL_LOAD_FORMAT") or "AUTO"
        if load_format not in _FORMATS:
            raise InvalidHandleError(
                f"TFHUB_MODEL_LOAD_FORMAT must be one of {', '.join(_FORMATS)}, not {clip(load_format)!r}"
            )
        bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
        settings = cls(
            cache_dir=env.get("TFHUB_CACHE_DIR") or default_cache_dir(env),
            load_format=load_format,
            progress=bool(env.get("TFHUB_DOWNLOAD_PROGRESS")),
            check_certificates=env.get("TFHUB_DISABLE_CERT_VALIDATION") != "true",
            ca_bundle=next((env[name] for name in bundles if env.get(name)), None),
            mirror=env.get("MINIHUB_MIRROR") or None,
            offline=_switch(env, "MINIHUB_OFFLINE"),
            gcs=env.get("MINIHUB_GCS_ENDPOINT") or GCS_ENDPOINT,
            timeout=_number(env, "MINIHUB_TIMEOUT", cls.timeout),
            min_rate=_number(env, "MINIHUB_MIN_RATE", cls.min_rate),
            max_bytes=int(_number(env, "MINIHUB_MAX_BYTES", cls.max_bytes)),
        )
        settings = replace(settings, **{name: x for name, x in given.items() if x is not None})
        if not settings.cache_dir:
            raise InvalidHandleError("the cache folder must have a name, but that is empty")
        for name, url in (("mirror", settings.mirror), ("gcs", settings.gcs)):
            if url is not None and not _is_base(url):
                raise InvalidHandleError(
                    f"the {name} must be an http(s) address without ? and #, not {clip(url)!r}"
                )
        return replace(
            settings,
            cache_dir=os.path.abspath(_at_home(settings.cache_dir)),
            mirror=settings.mirror and settings.mirror.rstrip("/"),
            gcs=settings.gcs.rstrip("/"),
        )


def default_cache_dir(environment: Mapping[str, str] | None = None) -> str:
    """The cache folder where none is set: durable, and the user's own.

    `$XDG_CACHE_HOME/minihub` or `~/.cache/minihub`; on macOS `~/Library/Caches/minihub`; on Windows `%LOCALAPPDATA%\\minihub\\cache`.
    """
    env = os.environ if environment is None else environment
    if env.get("XDG_CACHE_HOME"):
        return os.path.join(env["XDG_CACHE_HOME"], "minihub")
    if sys.platform == "win32":
        local = env.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
        return os.path.join(local, "minihub", "cache")
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches/minihub")
    return os.path.expanduser("~/.cache/minihub")


def _at_home(path: str) -> str:
    """A path with the folder of the user for `~`.

    Raises:
        InvalidHandleError: there is no such folder, as for users without an account and without HOME.
    """
    found = os.path.expanduser(path)
    if found.startswith("~"):
        raise InvalidHandleError(
            f"the cache folder must not be {clip(path)!r}, as no home folder is known for it; TFHUB_CACHE_DIR names another"
        )
    return found


def _is_base(url: str) -> bool:
    """Whether a path can be appended to a text, and what comes out be asked for."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and not set("?#") & set(url)


def _switch(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").lower()
    if value not in (*_ON, *_OFF):
        raise InvalidHandleError(
            f"{name} must be one of {', '.join(_ON)} or {', '.join(filter(None, _OFF))}, not {clip(value)!r}"
        )
    return value in _ON


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e18:
        raise InvalidHandleError(f"{name} must be a positive number, not {clip(text)!r}")
    return value
