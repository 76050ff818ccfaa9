"""Asking over HTTP, servers and networks that cannot be trusted to behave.

- Bytes are asked for and read without content encoding and counted against Content-Length, as a cut body is silent otherwise.
- One deadline covers everything, and a watchdog cuts a connection that passes it or stays below a rate: a time limit per read never
  ends a server that drips.
- A failure that may pass (no connection, 429, 500, 502, 503, 504, a cut body) is retried with growing, jittered waits, or
  when the server's Retry-After says, but never past the deadline.
- Redirects are followed one by one: only to http(s), never from https to http, without what belongs to the host before.
- No cookies, no .netrc; of the environment only proxies and certificate authorities.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
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
from urllib.parse import urljoin, urlsplit

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
from minihub.handle import shown
from minihub.resolve.progress import Progress
from minihub.resolve.settings import Settings
from minihub.resolve.tree import write_all
from minihub_runtime.errors import clip

if TYPE_CHECKING:
    import requests

__all__ = ["Body", "Client", "PassingError", "Watchdog", "check_room"]

_REDIRECTS = (301, 302, 303, 307, 308)
_PASSING = (429, 500, 502, 503, 504)
_MOST_REDIRECTS = 10
_MOST_TEXT_BYTES = 16 << 20
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "minihub"}

_T = TypeVar("_T")


class PassingError(Exception):
    """A failure after which another try may succeed.

    Args:
        error: what is raised if there is no further try.
        wait: seconds that the server asks to wait, if it does.
    """

    def __init__(self, error: OpError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class Watchdog:
    """Cuts the connection of a download that is over its deadline or below its rate.

    Where the system starts no more threads it looks when the reader has read, which a time limit per read bounds.

    Attributes:
        received: bytes of the body so far.
        verdict: why the connection was cut, or None.
    """

    def __init__(self, deadline: float, settings: Settings) -> None:
        self.received = 0
        self.verdict: str | None = None
        self._deadline = deadline
        self._settings = settings
        self._sockets: list[socket.socket] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._mark, self._since = 0, time.monotonic()

    def __enter__(self) -> Watchdog:
        thread = threading.Thread(target=self._run, name="minihub watchdog", daemon=True)
        # A limit of the container, or the interpreter is about to end.
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._thread = thread
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def watch(self, connection: Any) -> None:
        """Cut this one too."""
        if isinstance(connection, socket.socket):
            self._sockets.append(connection)
            if self.verdict:
                self._cut()

    def advance(self, count: int) -> None:
        """The reader has read so many bytes more."""
        self.received += count
        if self._thread is None and self.verdict is None:
            self._look(time.monotonic())

    def _run(self) -> None:
        while self.verdict is None:
            now = time.monotonic()
            self._look(now)
            left = min(self._deadline, self._since + self._settings.rate_window) - now
            if self._stop.wait(max(left, 0.01)):
                return

    def _look(self, now: float) -> None:
        settings = self._settings
        if now >= self._deadline:
            self.verdict = f"within {settings.timeout:g} s in all"
        elif now - self._since >= settings.rate_window:
            if self.received - self._mark < settings.min_rate * (now - self._since):
                self.verdict = f"at {settings.min_rate:g} bytes a second or more"
            self._mark, self._since = self.received, now
        if self.verdict is not None:
            self._cut()

    def _cut(self) -> None:
        for connection in self._sockets:
            # The plain socket's method: that of a TLS socket would take the state away under a reading thread.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@dataclass(frozen=True)
class Body:
    """A body that was saved."""

    size: int
    sha256: str
    md5: bytes
    etag: str | None
    encoded: bool
    length_known: bool


class Client:
    """Asks servers, within one deadline.

    Args:
        settings: limits, certificates.
        deadline: when everything must be done, by the monotonic clock.
    """

    def __init__(self, settings: Settings, deadline: float) -> None:
        self._settings = settings
        self._deadline = deadline

    def persist(self, attempt: Callable[[], _T]) -> _T:
        """The result of `attempt`, tried again after failures that may pass."""
        settings = self._settings
        for number in range(settings.retries + 1):
            try:
                return attempt()
            except PassingError as failure:
                wait = settings.retry_wait * 2**number * random.uniform(1.0, 1.5)
                wait = max(wait, failure.wait or 0.0)
                left = self._deadline - time.monotonic()
                if number == settings.retries or wait >= left:
                    raise failure.error from failure.__cause__
            time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def save(self, url: str, path: str, refuse: Callable[[bytes], str | None] | None) -> Body:
        """The body behind `url`, saved at `path`.

        Args:
            url: what to get.
            path: the file; overwritten.
            refuse: told the first bytes (and the type, as the server calls it), says why they will not do.
        """
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        folder = os.path.dirname(path)
        with self.answer(url) as (response, watchdog):
            _check_status(url, response)
            length = _length(response)
            most = self._settings.max_bytes
            if length is not None and length > most:
                raise StorageError(f"{shown(url)} must have at most {most} bytes, not {length}")
            check_room(folder, length or 0)
            progress = Progress(_label(url), length, forced=self._settings.progress)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
            descriptor = os.open(path, flags, 0o600)
            try:
                size = 0
                # The rate is only seen if several reads fall into one window of it.
                rate = self._settings.min_rate * self._settings.rate_window
                for data in self.pieces(response, watchdog, min(max(int(rate / 4), 512), 1 << 18)):
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
                raise PassingError(
                    TruncatedModuleError(f"{shown(url)} must have {length} bytes, but {size} came")
                )
            return Body(
                size,
                sha256.hexdigest(),
                md5.digest(),
                response.headers.get("ETag"),
                response.headers.get("Content-Encoding", "identity").lower() != "identity",
                length is not None,
            )

    def text(self, url: str) -> str:
        """A small text behind `url`."""

        def attempt() -> str:
            parts: list[bytes] = []
            with self.answer(url) as (response, watchdog):
                _check_status(url, response)
                for data in self.pieces(response, watchdog, 1 << 14):
                    parts.append(data)
                    if sum(map(len, parts)) > _MOST_TEXT_BYTES:
                        raise StorageError(
                            f"{shown(url)} must have at most {_MOST_TEXT_BYTES} bytes"
                        )
            return b"".join(parts).decode("utf-8", "replace")

        return self.persist(attempt)

    def pieces(self, response: requests.Response, watchdog: Watchdog, size: int) -> Iterator[bytes]:
        """The raw body, piece by piece."""
        while data := response.raw.read(size, decode_content=False):
            watchdog.advance(len(data))
            yield data

    @contextlib.contextmanager
    def answer(
        self, url: str, *, follow: bool = True
    ) -> Iterator[tuple[requests.Response, Watchdog]]:
        """The answer to a GET, its body unread, and the watchdog that looks after it.

        Errors of the network, also those of reading the body inside the `with` block, become errors of this package.
        """
        with Watchdog(self._deadline, self._settings) as watchdog:
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

    def _translated(self, error: Exception, url: str, watchdog: Watchdog) -> Exception:
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
        return PassingError(UnavailableError(f"{shown(url)} cannot be read: {_reason(error)}"))

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
            try:
                location = session.get_redirect_target(response)
                if not follow or response.status_code not in _REDIRECTS or not location:
                    response.history = hops
                    return response
                target = urljoin(url, location)
            except ValueError as error:
                response.close()
                raise UnexpectedAnswerError(
                    f"{shown(start)} must lead to a web address, but: {error}"
                ) from error
            response.close()
            hops.append(response)
            old, new = urlsplit(url).scheme.lower(), urlsplit(target).scheme.lower()
            if new not in {"http", "https"} or (old == "https" and new == "http"):
                raise UnexpectedAnswerError(
                    f"{shown(start)} must lead to a web address (and from https to https), not to {shown(target)}"
                )
            url = target
        raise UnexpectedAnswerError(
            f"{shown(start)} must lead to a module within {_MOST_REDIRECTS} redirects; the last leads to {shown(url)}"
        )


def check_room(folder: str, size: int) -> None:
    """Raises StorageError if the disk of a folder has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise StorageError(
            f"the disk of {folder} must have room for {size} bytes, but has {free} bytes free"
        )


def _session(watchdog: Watchdog) -> requests.Session:
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

    class Session(requests.Session):
        def resolve_redirects(self, *arguments: Any, **options: Any) -> Any:
            # Asked for even where redirects are not to be followed.  An address that does not parse would be an error before
            # anyone could close the connection.
            return iter(())

    session = Session()
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
        raise PassingError(UnavailableError(message), _retry_after(response))
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
