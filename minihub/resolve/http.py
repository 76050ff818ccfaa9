"""Fetching a module over HTTP, from servers and networks that cannot be trusted to behave.

- Bytes are asked for and read without content encoding and counted against Content-Length, as a cut body is silent otherwise.
- One deadline covers everything, and a watchdog cuts a connection that passes it or stays below a rate: a time limit per read never
  ends a server that drips.
- A failure that may pass (no connection, 429, 500, 502, 503, 504, a cut body) is retried with growing, jittered waits, or
  when the server's Retry-After says, but never past the deadline.
- Redirects are followed one by one: only to http(s), never from https to http, without what belongs to the host before.
- No cookies, no .netrc; of the environment only proxies and certificate authorities.
"""

from __future__ import annotations

import base64
import contextlib
import email.utils
import hashlib
import json
import os
import random
import re
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from minihub.errors import (
    DeadlineExceededError,
    InvalidHandleError,
    InvalidModuleError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    StorageError,
    TruncatedModuleError,
    UnavailableError,
    UnexpectedAnswerError,
)
from minihub.handle import Address, Handle, Kind, gcs_parts, shown, with_format
from minihub.resolve.archive import Limits, Tree, split_name, unpack, write_all
from minihub.resolve.cache import Manifest, Stored
from minihub.resolve.progress import Progress
from minihub.resolve.settings import Settings
from minihub_runtime.errors import clip

if TYPE_CHECKING:
    import requests

__all__ = ["Fetcher"]

_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (429, 500, 502, 503, 504)
_MOST_REDIRECTS = 10
_MOST_TEXT_BYTES = 16 << 20
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "minihub"}

_T = TypeVar("_T")


class _PassingError(Exception):
    """A failure after which another try may succeed.

    Args:
        error: what is raised if there is no further try.
        wait: seconds that the server asks to wait, if it does.
    """

    def __init__(self, error: OpError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class _Watchdog:
    """Cuts the connection of a download that is over its deadline or below its rate.

    Attributes:
        received: bytes of the body so far; the reader adds to it.
        verdict: why the connection was cut, or None.
    """

    def __init__(self, deadline: float, settings: Settings) -> None:
        self.received = 0
        self.verdict: str | None = None
        self._deadline = deadline
        self._settings = settings
        self._sockets: list[socket.socket] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="minihub watchdog", daemon=True)

    def __enter__(self) -> _Watchdog:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def watch(self, connection: Any) -> None:
        """Cut this one too."""
        if isinstance(connection, socket.socket):
            self._sockets.append(connection)
            if self.verdict:
                self._cut()

    def _run(self) -> None:
        settings = self._settings
        mark, since = 0, time.monotonic()
        while True:
            now = time.monotonic()
            if now >= self._deadline:
                self.verdict = f"within {settings.timeout:g} s in all"
                break
            if now - since >= settings.rate_window:
                if self.received - mark < settings.min_rate * settings.rate_window:
                    self.verdict = f"at {settings.min_rate:g} bytes a second or more"
                    break
                mark, since = self.received, now
            left = min(self._deadline, since + settings.rate_window) - now
            if self._stop.wait(max(left, 0.01)):
                return
        self._cut()

    def _cut(self) -> None:
        for connection in self._sockets:
            # The plain socket's method: that of a TLS socket would take the state away under a reading thread.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@dataclass(frozen=True)
class _Body:
    """A body that was saved."""

    size: int
    sha256: str
    md5: bytes
    etag: str | None
    encoded: bool
    length_known: bool


class Fetcher:
    """Fetches modules from addresses.

    Args:
        settings: limits, proxies' surroundings, the mirror.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._deadline = time.monotonic() + settings.timeout
        self._limits = Limits(total=settings.max_bytes)

    def fetch(self, handle: Handle, folder: str, sha256: str | None = None) -> Stored:
        """The module of `handle`, fetched into `folder`.

        Args:
            handle: not local.
            folder: where to make `archive` and `module`.
            sha256: what the archive's hash must be.

        Raises:
            OpError: the error of the first address, all that were tried in its message.
        """
        self._deadline = time.monotonic() + self._settings.timeout
        uncompressed = self._settings.load_format == "UNCOMPRESSED" and handle.kind in {
            Kind.HTTP,
            Kind.TFHUB,
            Kind.KAGGLE,
        }
        if uncompressed or handle.kind is Kind.GCS_FOLDER:
            if sha256:
                raise UnexpectedAnswerError(
                    f"{shown(handle.text)} must be one archive to be compared with a SHA-256"
                )
            location = self._ask_for_location(handle) if uncompressed else handle.location
            return self._fetch_folder(handle, location, folder)
        failures: list[tuple[str, OpError]] = []
        for address in handle.addresses(self._settings.mirror, self._settings.gcs):
            try:
                return self._fetch_archive(handle, address, folder, sha256)
            except (DeadlineExceededError, StorageError):
                raise
            except OpError as error:
                failures.append((address.url, error))
        first = failures[0][1]
        if len(failures) == 1:
            raise first
        tried = "; ".join(f"{shown(url)}: {error}" for url, error in failures)
        raise type(first)(
            f"{shown(handle.text)} could be had from none of its addresses. Tried {tried}"
        ) from first

    # --- archives ---------------------------------------------------------------------------------------------------

    def _fetch_archive(
        self, handle: Handle, address: Address, folder: str, sha256: str | None
    ) -> Stored:
        url = address.url
        if address.version_url:
            url = url.replace("%7Bversion%7D", "{version}")
            url = url.replace("{version}", self._newest(address.version_url))

        def attempt() -> Stored:
            archive, module = os.path.join(folder, "archive"), os.path.join(folder, "module")
            shutil.rmtree(module, ignore_errors=True)
            body = self._save(url, archive, _page_problem(handle.text))
            if sha256 and sha256.lower() != body.sha256:
                raise InvalidModuleError(
                    f"the archive of {shown(handle.text)} must have the SHA-256 {sha256.lower()}, not {body.sha256}"
                )
            os.mkdir(module, 0o755)
            try:
                files = unpack(
                    archive,
                    module,
                    source=handle.text,
                    limits=self._limits,
                    gzips=2 if body.encoded else 1,
                )
            except TruncatedModuleError as error:
                # Without a length only the archive itself can tell that its end is missing.
                if body.length_known:
                    raise
                raise _PassingError(error) from error
            os.remove(archive)
            manifest = Manifest(handle.text, shown(url), files, body.etag, body.sha256, body.size)
            return Stored(module, manifest)

        return self._persist(attempt)

    def _newest(self, url: str) -> str:
        """The version that the API names as the newest of a model."""
        text = self._text(url)
        try:
            version = json.loads(text)["versionNumber"]
        except (ValueError, KeyError, TypeError, RecursionError):
            version = None
        if not isinstance(version, int) or version < 1:
            raise UnexpectedAnswerError(
                f"{shown(url)} must answer with a JSON object that has a versionNumber, not {clip(text, 80)!r}"
            )
        return str(version)

    # --- folders ----------------------------------------------------------------------------------------------------

    def _ask_for_location(self, handle: Handle) -> str:
        """The `gs://` path behind a handle, from a 303 answer to `tf-hub-format=uncompressed`."""
        base = handle.location
        if self._settings.mirror and handle.kind is not Kind.HTTP:
            base = self._settings.mirror + urlsplit(base).path
        url = with_format(base, "uncompressed")

        def attempt() -> str:
            with self._answer(url, follow=False) as (response, watchdog):
                if response.status_code != 303:
                    raise UnexpectedAnswerError(
                        f"Expected 303 See other HTTP response but received code {response.status_code} (from {shown(url)})"
                    )
                return b"".join(self._pieces(response, watchdog, 1 << 16)).decode(
                    "utf-8", "replace"
                )

        location = self._persist(attempt).strip()
        if not location.startswith("gs://"):
            raise UnexpectedAnswerError(
                f"Expected server to return a GCS location but received {clip(location)}"
            )
        return location

    def _fetch_folder(self, handle: Handle, location: str, folder: str) -> Stored:
        """Fetches the objects below a `gs://` path, one by one."""
        bucket, name = gcs_parts(location)
        objects = list(self._objects(bucket, name + "/"))
        if not objects:
            raise NotFoundError(f"{shown(location)} does not exist.")
        module = os.path.join(folder, "module")
        os.mkdir(module, 0o755)
        tree = Tree(module, handle.text, self._limits)
        total = sum(size for _, size, _ in objects)
        if total > self._limits.total:
            raise StorageError(
                f"{shown(location)} must have at most {self._limits.total} bytes, not {total}"
            )
        self._check_room(folder, total)
        base = self._settings.mirror or self._settings.gcs
        for full, size, md5 in objects:
            inner = full[len(name) + 1 :]
            # A name that will not do is refused before it becomes part of an address.
            split_name(inner, handle.text)
            if inner.endswith("/") or not inner:
                tree.add_folder(inner)
                continue
            url = f"{base}/{bucket}/{quote(full)}"
            part = os.path.join(folder, "archive")

            def attempt(
                url: str = url, part: str = part, size: int = size, md5: str | None = md5
            ) -> None:
                body = self._save(url, part, None)
                if body.size != size or (md5 and base64.b64encode(body.md5).decode() != md5):
                    error = TruncatedModuleError(
                        f"{shown(url)} must have {size} bytes with the MD5 {md5}, but {body.size} bytes came"
                    )
                    raise _PassingError(error)

            self._persist(attempt)
            with open(part, "rb") as file:
                tree.add_file(inner, size, file.read)
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(folder, "archive"))
        tree.sync()
        return Stored(module, Manifest(handle.text, shown(location), tree.files))

    def _objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, int, str | None]]:
        """Name, size and MD5 of the objects whose names start with `prefix`."""
        base = f"{self._settings.mirror or self._settings.gcs}/storage/v1/b/{bucket}/o?prefix={quote(prefix, safe='')}"
        token = ""
        count = 0
        while True:
            text = self._text(base + (f"&pageToken={quote(token, safe='')}" if token else ""))
            try:
                page = json.loads(text)
                for item in page.get("items", []):
                    name, size, md5 = item["name"], int(item["size"]), item.get("md5Hash")
                    if not str(name).startswith(prefix) or size < 0:
                        raise ValueError(name)
                    count += 1
                    yield str(name), size, md5
                token = str(page.get("nextPageToken") or "")
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise UnexpectedAnswerError(
                    f"{shown(base)} must answer with a list of objects, not {clip(text, 80)!r}"
                ) from error
            if count > self._limits.members:
                raise StorageError(
                    f"gs://{bucket}/{prefix} must have at most {self._limits.members} objects"
                )
            if not token:
                return

    # --- one request ------------------------------------------------------------------------------------------------

    def _persist(self, attempt: Callable[[], _T]) -> _T:
        """The result of `attempt`, tried again after failures that may pass."""
        settings = self._settings
        for number in range(settings.retries + 1):
            try:
                return attempt()
            except _PassingError as failure:
                wait = settings.retry_wait * 2**number * random.uniform(1.0, 1.5)
                wait = max(wait, failure.wait or 0.0)
                left = self._deadline - time.monotonic()
                if number == settings.retries or wait >= left:
                    raise failure.error from failure.__cause__
            time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _save(self, url: str, path: str, refuse: Callable[[bytes], str | None] | None) -> _Body:
        """The body behind `url`, saved at `path`.

        Args:
            url: what to get.
            path: the file; overwritten.
            refuse: told the first bytes (and the type, as the server calls it), says why they will not do.
        """
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        folder = os.path.dirname(path)
        with self._answer(url) as (response, watchdog):
            _check_status(url, response)
            length = _length(response)
            most = self._limits.total
            if length is not None and length > most:
                raise StorageError(f"{shown(url)} must have at most {most} bytes, not {length}")
            self._check_room(folder, length or 0)
            progress = Progress(_label(url), length, forced=self._settings.progress)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
            descriptor = os.open(path, flags, 0o600)
            try:
                size = 0
                # The rate is only seen if several reads fall into one window of it.
                rate = self._settings.min_rate * self._settings.rate_window
                for data in self._pieces(response, watchdog, min(max(int(rate / 4), 512), 1 << 18)):
                    if not size and refuse is not None:
                        kind = response.headers.get("Content-Type", "").encode("latin-1", "replace")
                        wrong = refuse(kind + b"\n" + data)
                        if wrong:
                            raise InvalidModuleError(wrong)
                    size += len(data)
                    if size > most:
                        raise StorageError(
                            f"{shown(url)} must have at most {most} bytes; more came"
                        )
                    sha256.update(data)
                    md5.update(data)
                    write_all(descriptor, data)
                    progress.advance(len(data))
            finally:
                progress.close()
                os.close(descriptor)
            if length is not None and size != length:
                raise _PassingError(
                    TruncatedModuleError(f"{shown(url)} must have {length} bytes, but {size} came")
                )
            return _Body(
                size,
                sha256.hexdigest(),
                md5.digest(),
                response.headers.get("ETag"),
                response.headers.get("Content-Encoding", "identity").lower() != "identity",
                length is not None,
            )

    def _text(self, url: str) -> str:
        """A small text behind `url`."""

        def attempt() -> str:
            parts: list[bytes] = []
            with self._answer(url) as (response, watchdog):
                _check_status(url, response)
                for data in self._pieces(response, watchdog, 1 << 14):
                    parts.append(data)
                    if sum(map(len, parts)) > _MOST_TEXT_BYTES:
                        raise StorageError(
                            f"{shown(url)} must have at most {_MOST_TEXT_BYTES} bytes"
                        )
            return b"".join(parts).decode("utf-8", "replace")

        return self._persist(attempt)

    def _pieces(
        self, response: requests.Response, watchdog: _Watchdog, size: int
    ) -> Iterator[bytes]:
        """The raw body, piece by piece."""
        while data := response.raw.read(size, decode_content=False):
            watchdog.received += len(data)
            yield data

    @contextlib.contextmanager
    def _answer(
        self, url: str, *, follow: bool = True
    ) -> Iterator[tuple[requests.Response, _Watchdog]]:
        """The answer to a GET, its body unread, and the watchdog that looks after it.

        Errors of the network, also those of reading the body inside the `with` block, become errors of this package.
        """
        with _Watchdog(self._deadline, self._settings) as watchdog:
            try:
                with _session(watchdog) as session, self._get(session, url, follow) as response:
                    yield response, watchdog
                if watchdog.verdict:
                    raise ConnectionError("the connection was cut")
            except Exception as error:
                told = self._translated(error, url, watchdog)
                if told is error:
                    raise
                raise told from error

    def _translated(self, error: Exception, url: str, watchdog: _Watchdog) -> Exception:
        """The error of this package for one that arose while a URL was asked for or its answer read."""
        import http.client

        import requests

        if watchdog.verdict:
            return DeadlineExceededError(
                f"{shown(url)} must come {watchdog.verdict}, but {watchdog.received} bytes came"
            )
        if isinstance(error, OpError):
            return error
        if isinstance(error, requests.exceptions.SSLError):
            return UnavailableError(
                f"{shown(url)} must show a valid certificate, but {_reason(error)} "
                "(REQUESTS_CA_BUNDLE names the authorities to trust)"
            )
        if isinstance(error, requests.exceptions.RequestException) and isinstance(
            error, ValueError
        ):
            return UnexpectedAnswerError(f"{shown(url)} cannot be asked: {_reason(error)}")
        # The raw body raises urllib3's errors, whose base class requests names so.
        network: tuple[type[Exception], ...] = (
            requests.exceptions.RequestException,
            vars(requests.exceptions)["BaseHTTPError"],
            http.client.HTTPException,
            ConnectionError,
            TimeoutError,
        )
        if not isinstance(error, network):
            return error
        if time.monotonic() >= self._deadline:
            return DeadlineExceededError(
                f"{shown(url)} must come within {self._settings.timeout:g} s in all"
            )
        return _PassingError(UnavailableError(f"{shown(url)} cannot be read: {_reason(error)}"))

    def _get(self, session: requests.Session, url: str, follow: bool) -> requests.Response:
        """The answer after all redirects."""
        import requests.utils

        settings = self._settings
        bundle = settings.ca_bundle
        if bundle and settings.check_certificates and not os.path.exists(bundle):
            raise InvalidHandleError(
                f"REQUESTS_CA_BUNDLE or SSL_CERT_FILE must name a file that exists, unlike {clip(bundle)!r}"
            )
        start = url
        hops: list[requests.Response] = []
        for _ in range(_MOST_REDIRECTS + 1):
            left = max(self._deadline - time.monotonic(), 0.01)
            with warnings.catch_warnings():
                if not settings.check_certificates:
                    # urllib3 warns at each connection; `resolve` has said it once.
                    warnings.simplefilter("ignore")
                response = session.get(
                    url,
                    headers=_HEADERS,
                    stream=True,
                    allow_redirects=False,
                    timeout=(min(settings.connect_timeout, left), min(settings.read_timeout, left)),
                    proxies=requests.utils.get_environ_proxies(url, no_proxy=None),
                    verify=(bundle or True) if settings.check_certificates else False,
                )
            location = session.get_redirect_target(response)
            if not follow or response.status_code not in _REDIRECTS or not location:
                response.history = hops
                return response
            response.close()
            hops.append(response)
            target = urljoin(url, location)
            old, new = urlsplit(url).scheme.lower(), urlsplit(target).scheme.lower()
            if new not in {"http", "https"} or (old == "https" and new == "http"):
                raise UnexpectedAnswerError(
                    f"{shown(start)} must lead to a web address (and from https to https), not to {shown(target)}"
                )
            url = target
        raise UnexpectedAnswerError(
            f"{shown(start)} must lead to a module within {_MOST_REDIRECTS} redirects; the last leads to {shown(url)}"
        )

    def _check_room(self, folder: str, size: int) -> None:
        free = shutil.disk_usage(folder).free
        if size > free:
            raise StorageError(
                f"the disk of {folder} must have room for {size} bytes, but has {free} bytes free"
            )


def _session(watchdog: _Watchdog) -> requests.Session:
    """A session without memory and without credentials, whose connections the watchdog sees."""
    import http.cookiejar

    import requests
    import requests.adapters

    def watched(manager: Any) -> Any:
        """Has the pools of a manager report the connections they make."""

        def report(pool: Any) -> Any:
            class Connection(pool.ConnectionCls):  # type: ignore[misc]
                def connect(self) -> None:
                    super().connect()
                    watchdog.watch(self.sock)

            return type(pool.__name__, (pool,), {"ConnectionCls": Connection})

        classes = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: report(pool) for scheme, pool in classes.items()}
        return manager

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options)
            watched(self.poolmanager)

        def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
            known = proxy in self.proxy_manager
            manager = super().proxy_manager_for(proxy, **options)
            return manager if known else watched(manager)

    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", Adapter())
    session.mount("http://", Adapter())
    return session


def _check_status(url: str, response: requests.Response) -> None:
    """Raises the error of a status other than 200."""
    code = response.status_code
    if code == 200:
        return
    message = f"{shown(url)} answered {code} {clip(response.reason or '', 80)}".rstrip()
    if response.history:
        message += f" (after a redirect to {shown(response.url.partition('?')[0])})"
    if code in {401, 403, 407}:
        raise PermissionDeniedError(message)
    if code in {404, 410}:
        raise NotFoundError(message)
    if code in _PASSING:
        raise _PassingError(UnavailableError(message), _retry_after(response))
    raise UnavailableError(message)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds that the server asks to wait, from a number or a date."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    with contextlib.suppress(TypeError, ValueError, IndexError, OverflowError):
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    return None


def _length(response: requests.Response) -> int | None:
    """Content-Length, where it counts: a chunked body ends by itself."""
    text = response.headers.get("Content-Length", "").strip()
    if not re.fullmatch(r"[0-9]{1,18}", text) or "Transfer-Encoding" in response.headers:
        return None
    return int(text)


def _page_problem(handle: str) -> Callable[[bytes], str | None]:
    """Tells a web page from an archive; what the page is called is the best hint to what went wrong."""

    def refuse(start: bytes) -> str | None:
        kind, _, body = start.partition(b"\n")
        text = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if not text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<!--")) and (
            not kind.lower().startswith(b"text/html") or body.startswith(b"\x1f\x8b")
        ):
            return None
        title = re.search(rb"(?is)<title[^>]*>(.*?)</title>", body[:65536])
        name = clip(" ".join(title[1].decode("utf-8", "replace").split()), 80) if title else ""
        called = f" called {name!r}" if name else ""
        return (
            f"{shown(handle)} does not appear to be a valid module. (The server sent a web page{called} instead of an archive, "
            "as a login page of a proxy or a wrong address does.)"
        )

    return refuse


def _reason(error: BaseException) -> str:
    """The innermost cause of a network error in a few words; the outer ones repeat addresses of memory and pools."""
    seen = 0
    while seen < 10:
        inner = error.__cause__ or getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in error.args if isinstance(a, BaseException)), None)
        if inner is None or inner is error:
            break
        error = inner
        seen += 1
    text = re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?", "", str(error))
    return clip(f"{text or type(error).__name__}", 300)


def _label(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path}"
