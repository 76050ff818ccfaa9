"""Downloads: what a good server sends is stored once; what a bad one sends ends in one clear error, with nothing left behind."""

from __future__ import annotations

import base64
import email.utils
import gzip
import hashlib
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from minihub.errors import (
    DeadlineExceededError,
    InvalidHandleError,
    InvalidModuleError,
    NotFoundError,
    OfflineError,
    PermissionDeniedError,
    StorageError,
    TruncatedModuleError,
    UnavailableError,
    UnexpectedAnswerError,
)
from minihub.resolve import Settings, resolve
from minihub.resolve.fetch import _told
from minihub.resolve.http import Watchdog
from minihub.resolve.progress import Progress, in_units
from minihub_runtime.errors import OpError
from tests.hub.archives import MODEL, member, packed
from tests.hub.modules import SERVED, module_files, pack, read, write
from tests.hub.server import Call, Server, trusted_bundle

FILES = module_files()
BODY = pack(FILES)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def hurried(settings: Settings) -> Settings:
    """Settings that give a download one second in all."""
    return replace(settings, timeout=1.0)


def nothing_left(settings: Settings) -> bool:
    cache = Path(settings.cache_dir)
    return not cache.exists() or list(cache.iterdir()) == []


# --- good servers -----------------------------------------------------------------------------------------------------


def test_a_module_is_fetched_once_and_then_found(server: Server, settings: Settings) -> None:
    url = server.serve("/google/m/1", BODY)
    path = resolve(url, settings=settings)
    assert read(path) == FILES
    assert os.path.basename(path) == hashlib.sha1(url.encode()).hexdigest()
    assert resolve(url, settings=settings) == path
    (request,) = server.requests
    assert request.target == "/google/m/1?tf-hub-format=compressed"
    assert request.headers["accept-encoding"] == "identity"
    assert "cookie" not in request.headers
    assert "authorization" not in request.headers
    names = sorted(os.listdir(settings.cache_dir))
    key = os.path.basename(path)
    assert names == [key, f"{key}.descriptor.txt", f"{key}.manifest.json"]
    descriptor = Path(path + ".descriptor.txt").read_text()
    assert descriptor.startswith(f"Module: {url}\nDownload Time: ")
    assert f"(PID:{os.getpid()})" in descriptor
    manifest = json.loads(Path(path + ".manifest.json").read_text())
    assert manifest["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert {file["name"]: file["sha256"] for file in manifest["files"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()
    }


def test_the_environment_sets_everything(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.serve("/m/1", BODY)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "from environment"))
    assert Path(resolve(url)).parent == tmp_path / "from environment"
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    assert Path(resolve(url)).parent == tmp_path / "xdg" / "minihub"
    assert Path(resolve(url, cache_dir=str(tmp_path / "c"))).parent == tmp_path / "c"


@pytest.mark.parametrize("name", ["half_plus_two", "mobilenet_v1_quantops", "nnlm"])
def test_archives_that_tensorflow_wrote(name: str, server: Server, settings: Settings) -> None:
    archive = SERVED / f"{name}.tar.gz"
    if not archive.exists():
        pytest.skip("the served modules are not beside the repository")
    url = server.serve(f"/{name}/1", archive.read_bytes())
    assert read(resolve(url, settings=settings)) == read(SERVED.parent / name / "module")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda call: call.answer(body=BODY, length=None), id="no Content-Length"),
        pytest.param(
            lambda call: call.answer(
                body=b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (BODY[:99], BODY[99:]))
                + b"0\r\n\r\n",
                length=None,
                headers={"Transfer-Encoding": "chunked"},
            ),
            id="chunked",
        ),
        pytest.param(
            lambda call: call.answer(body=BODY, headers={"Content-Encoding": "gzip"}),
            id="the archive's own gzip announced",
        ),
        pytest.param(
            lambda call: call.answer(
                body=gzip.compress(BODY), headers={"Content-Encoding": "gzip"}
            ),
            id="gzip around the archive",
        ),
        pytest.param(
            lambda call: call.answer(
                body=pack(FILES, compress=False), headers={"Content-Encoding": "gzip"}
            ),
            id="gzip announced, not done",
        ),
        pytest.param(lambda call: call.answer(body=pack(FILES, compress=False)), id="plain tar"),
        pytest.param(
            lambda call: call.answer(body=BODY, headers={"Content-Type": "text/html"}),
            id="called a page",
        ),
        pytest.param(
            lambda call: call.answer(body=BODY, headers={"Set-Cookie": "a=b"}), id="sets a cookie"
        ),
    ],
)
def test_ways_to_send_an_archive(
    answer: Callable[[Call], None], server: Server, settings: Settings
) -> None:
    assert read(resolve(server.route("/m/1", answer), settings=settings)) == FILES


def test_redirects_are_followed_and_take_no_credentials_along(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Server() as other:
        target = other.serve("/signed.tar.gz", BODY)
        moved = {"Location": target + "?signature=1", "Set-Cookie": "session=1"}
        url = server.route("/m/1", lambda call: call.answer("302 Found", headers=moved))
        with_password = url.replace("//", "//me:secret@")
        assert read(resolve(with_password, settings=settings)) == FILES
        assert "authorization" in server.requests[0].headers
        (request,) = other.requests
    assert request.target == "/signed.tar.gz?signature=1"
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers


def test_relative_and_repeated_redirects(server: Server, settings: Settings) -> None:
    server.serve("/c/m", BODY)
    server.route("/b", lambda call: call.answer("303 See Other", headers={"Location": "c/m"}))
    url = server.route("/a", lambda call: call.answer("308 Gone", headers={"Location": "/b"}))
    assert read(resolve(url, settings=settings)) == FILES


def test_a_direct_address_of_an_archive_is_asked_as_it_stands(
    server: Server, settings: Settings
) -> None:
    url = server.serve("/m.tar.gz", BODY) + "?key=1"
    assert read(resolve(url, settings=settings)) == FILES
    assert server.requests[0].target == "/m.tar.gz?key=1"


def test_a_proxy_is_used(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("http://hub.invalid/m/1", BODY)
    monkeypatch.setenv("http_proxy", server.url)
    assert read(resolve("http://hub.invalid/m/1", settings=settings)) == FILES


def test_a_proxy_that_wants_a_password(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.route(
        "http://hub.invalid/m/1", lambda call: call.answer("407 Proxy Authentication Required")
    )
    monkeypatch.setenv("http_proxy", server.url)
    with pytest.raises(PermissionDeniedError, match="answered 407"):
        resolve("http://hub.invalid/m/1", settings=settings)


# --- mirrors, Kaggle, Google's storage --------------------------------------------------------------------------------


def test_a_mirror_of_bare_archives(server: Server, settings: Settings) -> None:
    server.serve("/hub/google/m/1.tar.gz", BODY)
    settings = replace(settings, mirror=server.url + "/hub")
    assert read(resolve("https://tfhub.dev/google/m/1", settings=settings)) == FILES
    assert [request.target for request in server.requests] == [
        "/hub/google/m/1?tf-hub-format=compressed",
        "/hub/google/m/1.tar.gz",
    ]


def test_a_kaggle_handle_without_version(server: Server, settings: Settings) -> None:
    server.serve("/api/v1/models/google/m/tensorFlow1/v/get", b'{"versionNumber": 3}')
    server.serve("/models/google/m/tensorFlow1/v/3", BODY)
    settings = replace(settings, mirror=server.url)
    assert read(resolve("google/m/tensorFlow1/v", settings=settings)) == FILES


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"<html>", b'{"versionNumber": "1/../2"}', b"[" * 100_000]
)
def test_a_version_that_makes_no_sense(answer: bytes, server: Server, settings: Settings) -> None:
    server.serve("/api/v1/models/google/m/tensorFlow1/v/get", answer)
    settings = replace(settings, mirror=server.url)
    with pytest.raises(UnexpectedAnswerError, match="must answer with a JSON object"):
        resolve("google/m/tensorFlow1/v", settings=settings)


def test_all_addresses_that_were_tried_are_told(server: Server, settings: Settings) -> None:
    settings = replace(settings, mirror=server.url)
    with pytest.raises(
        NotFoundError,
        match=r"none of its addresses\. Tried .*compressed.* 404.*; .*/1\.tar\.gz.* 404",
    ) as found:
        resolve("https://tfhub.dev/google/m/1", settings=settings)
    assert str(found.value).count(f"{server.url}/google/m/1?tf-hub-format=compressed") == 1
    assert str(found.value).count(f"{server.url}/google/m/1.tar.gz") == 1


def test_addresses_that_cannot_be_reached_are_told_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minihub.resolve.http.time.sleep", lambda seconds: None)
    with socket.socket() as nobody:
        # Bound and not listening: whoever connects is refused.
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(UnavailableError) as found:
            resolve("https://tfhub.dev/google/m/1", settings=replace(settings, mirror=url))
    message = str(found.value)
    assert message.count("cannot be read") == 2
    assert message.count(f"{url}/google/m/1?tf-hub-format=compressed") == 1
    assert message.count(f"{url}/google/m/1.tar.gz") == 1
    assert message.count("https://tfhub.dev/google/m/1") == 1


def test_a_message_that_does_not_name_the_address_gets_it_in_front() -> None:
    assert _told("http://x/1", "http://x/1 is gone") == "http://x/1 is gone"
    assert _told("http://x/1", "the archive ends early") == "http://x/1: the archive ends early"


def gcs(server: Server, prefix: str, files: dict[str, bytes], *, page: int = 2) -> None:
    """Has the server play Google's storage: a listing in pages, and the objects."""
    items = [
        {
            "name": prefix + name,
            "size": str(len(data)),
            "md5Hash": base64.b64encode(hashlib.md5(data).digest()).decode(),
        }
        for name, data in files.items()
    ]

    def listing(call: Call) -> None:
        fields = dict(part.split("=") for part in call.request.target.split("?")[1].split("&"))
        assert unquote(fields["prefix"]) == prefix
        start = int(fields.get("pageToken", "0"))
        answer: dict[str, object] = {"items": items[start : start + page]}
        if start + page < len(items):
            answer["nextPageToken"] = str(start + page)
        call.answer(body=json.dumps(answer).encode())

    server.route("/storage/v1/b/bucket/o", listing)
    for name, data in files.items():
        server.serve(f"/bucket/{prefix}{name}", data)


def test_an_archive_in_googles_storage(server: Server, settings: Settings) -> None:
    server.serve("/bucket/a/m.tar.gz", BODY)
    settings = replace(settings, gcs=server.url)
    assert read(resolve("gs://bucket/a/m.tar.gz", settings=settings)) == FILES


def test_a_folder_in_googles_storage(server: Server, settings: Settings) -> None:
    gcs(server, "a/m/", {"": b"", "assets/": b""} | FILES)
    settings = replace(settings, gcs=server.url)
    path = resolve("gs://bucket/a/m/", settings=settings)
    assert read(path) == FILES
    count = server.count()
    assert resolve("gs://bucket/a/m/", settings=settings, verify=True) == path
    assert server.count() == count


def test_uncompressed_asks_for_the_folder_by_303(server: Server, settings: Settings) -> None:
    url = server.route("/google/m/1", lambda call: call.answer("303 See Other", b"gs://bucket/a/m"))
    gcs(server, "a/m/", FILES)
    settings = replace(settings, gcs=server.url, load_format="UNCOMPRESSED")
    assert read(resolve(url, settings=settings)) == FILES
    assert server.requests[0].target == "/google/m/1?tf-hub-format=uncompressed"


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (
            "200 OK",
            b"gs://bucket/a/m",
            "Expected 303 See other HTTP response but received code 200",
        ),
        ("404 Not Found", b"", "Expected 303 See other HTTP response but received code 404"),
        (
            "303 See Other",
            b"https://host/m",
            "Expected server to return a GCS location but received https://host/m",
        ),
        ("303 See Other", b"gs://bucket/../m", "gs://<bucket>/<object>"),
    ],
)
def test_what_uncompressed_does_not_accept(
    status: str, body: bytes, message: str, server: Server, settings: Settings
) -> None:
    url = server.route("/m/1", lambda call: call.answer(status, body))
    with pytest.raises(ValueError, match=message) as caught:
        resolve(url, settings=replace(settings, gcs=server.url, load_format="UNCOMPRESSED"))
    assert isinstance(caught.value, OSError)
    assert nothing_left(settings)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (
            lambda server: server.serve("/bucket/m/saved_model.pb", b"other bytes"),
            TruncatedModuleError,
        ),
        (lambda server: server.routes.pop("/bucket/m/saved_model.pb"), NotFoundError),
        (lambda server: server.serve("/storage/v1/b/bucket/o", b"<html>"), UnexpectedAnswerError),
        (
            lambda server: server.serve(
                "/storage/v1/b/bucket/o", b'{"items": [{"name": "x", "size": "1"}]}'
            ),
            UnexpectedAnswerError,
        ),
        (
            lambda server: server.serve(
                "/storage/v1/b/bucket/o", b'{"items": [{"name": "m/../../x", "size": "0"}]}'
            ),
            InvalidModuleError,
        ),
        (lambda server: server.serve("/storage/v1/b/bucket/o", b"{}"), NotFoundError),
    ],
)
def test_a_folder_that_is_not_whole(
    change: Callable[[Server], object], error: type[OpError], server: Server, settings: Settings
) -> None:
    gcs(server, "m/", FILES)
    change(server)
    with pytest.raises(error):
        resolve("gs://bucket/m", settings=replace(settings, gcs=server.url))
    assert nothing_left(settings)


# --- bad servers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [
        ("400 Bad Request", UnavailableError, 1),
        ("401 Unauthorized", PermissionDeniedError, 1),
        ("403 Forbidden", PermissionDeniedError, 1),
        ("404 Not Found", NotFoundError, 1),
        ("410 Gone", NotFoundError, 1),
        ("204 No Content", UnavailableError, 1),
        ("206 Partial Content", UnavailableError, 1),
        ("429 Too Many Requests", UnavailableError, 4),
        ("500 Internal Server Error", UnavailableError, 4),
        ("502 Bad Gateway", UnavailableError, 4),
        ("503 Busy", UnavailableError, 4),
        ("504 Gateway Timeout", UnavailableError, 4),
    ],
)
def test_each_status_has_its_error(
    status: str, error: type[OSError], tries: int, server: Server, settings: Settings
) -> None:
    url = server.route("/m/1", lambda call: call.answer(status))
    with pytest.raises(error, match=f"{url}.* answered {status}"):
        resolve(url, settings=settings)
    assert server.count() == tries
    assert nothing_left(settings)


@pytest.mark.parametrize("status", ["503 Busy", "429 Too Many Requests"])
def test_what_passes_is_tried_again(status: str, server: Server, settings: Settings) -> None:
    url = server.route(
        "/m/1", lambda call: call.answer(status) if call.number < 3 else call.answer(body=BODY)
    )
    assert read(resolve(url, settings=settings)) == FILES
    assert server.count() == 3


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_waited_for(as_date: bool, server: Server, settings: Settings) -> None:
    def busy(call: Call) -> None:
        if call.number > 1:
            call.answer(body=BODY)
            return
        when = email.utils.formatdate(time.time() + 2, usegmt=True) if as_date else "1"
        call.answer("503 Busy", headers={"Retry-After": when})

    url = server.route("/m/1", busy)
    start = time.monotonic()
    assert read(resolve(url, settings=settings)) == FILES
    assert time.monotonic() - start >= 0.9


def test_retry_after_beyond_the_deadline_is_not_waited_for(
    server: Server, settings: Settings
) -> None:
    url = server.route("/m/1", lambda call: call.answer("503 Busy", headers={"Retry-After": "60"}))
    with pytest.raises(UnavailableError, match="503"):
        resolve(url, settings=settings)
    assert server.count() == 1


def _cut(body: bytes, keep: int, **options: object) -> Callable[[Call], None]:
    return lambda call: call.answer(body=body[:keep], **options)  # type: ignore[arg-type]


_SHORT = packed(member("saved_model.pb", MODEL))
_LINES = "".join(f"X-{n}: y\r\n" for n in range(2000)).encode()


@pytest.mark.parametrize(
    ("behaviour", "error", "message"),
    [
        pytest.param(
            _cut(BODY, len(BODY) // 2, length=len(BODY)), OSError, "bytes", id="net_cut_half"
        ),
        pytest.param(_cut(BODY, len(BODY) - 1, length=len(BODY)), OSError, "bytes", id="net_cut_1"),
        pytest.param(
            _cut(BODY, len(BODY) // 2, length=None),
            TruncatedModuleError,
            "cut off",
            id="cut, no length",
        ),
        pytest.param(
            _cut(_SHORT, len(_SHORT), length=None),
            TruncatedModuleError,
            "next header",
            id="net_cut_gz_boundary",
        ),
        pytest.param(
            _cut(b"ffff\r\n" + BODY, 500, length=None, headers={"Transfer-Encoding": "chunked"}),
            UnavailableError,
            "cannot be read",
            id="cut chunk",
        ),
        pytest.param(
            lambda call: (call.answer(body=BODY[:99], length=len(BODY)), call.reset()),
            OSError,
            "bytes|cannot be read",
            id="net_rst",
        ),
        pytest.param(
            lambda call: call.answer("302 Found", headers={"Location": call.request.target}),
            UnexpectedAnswerError,
            "within 10 redirects",
            id="net_redirect_loop",
        ),
        pytest.param(
            lambda call: call.answer("302 Found", headers={"Location": "file:///etc/hostname"}),
            UnexpectedAnswerError,
            "not to file:///etc/hostname",
            id="net_redirect_file",
        ),
        pytest.param(
            lambda call: call.answer("302 Found", headers={"Location": "http://:99999/"}),
            UnexpectedAnswerError,
            "cannot be asked",
            id="redirect to nowhere",
        ),
        pytest.param(
            lambda call: call.answer("302 Found", headers={"Location": "http://[bad"}),
            UnexpectedAnswerError,
            "must lead to a web address, but: Invalid IPv6 URL",
            id="redirect to half a host",
        ),
        pytest.param(
            lambda call: call.send(
                b"HTTP/1.1 302 Found\r\nLocation: /\xff\r\nContent-Length: 0\r\n\r\n"
            ),
            UnexpectedAnswerError,
            "must lead to a web address, but: 'utf-8' codec",
            id="redirect to bytes",
        ),
        pytest.param(
            lambda call: call.send(b"HTTP/1.1 200 OK\r\n" + _LINES + b"\r\n" + BODY),
            UnavailableError,
            "more than 100 headers",
            id="net_many_headers",
        ),
        pytest.param(
            lambda call: call.send(b"HTTP/1.1 200 OK\r\nX: " + b"y" * (1 << 20) + b"\r\n\r\n"),
            UnavailableError,
            "header line",
            id="net_long_header",
        ),
        pytest.param(
            lambda call: call.send(BODY), UnavailableError, "cannot be read", id="net_http09"
        ),
        pytest.param(lambda call: None, UnavailableError, "cannot be read", id="no answer"),
        pytest.param(
            lambda call: call.answer(
                body=gzip.compress(b"x"), headers={"Content-Encoding": "gzip"}
            ),
            InvalidModuleError,
            "does not appear to be a valid module",
            id="net_ce_lie",
        ),
        pytest.param(
            lambda call: call.answer(body=b"", length=0),
            InvalidModuleError,
            "it is empty",
            id="empty",
        ),
    ],
)
def test_bad_servers(
    behaviour: Callable[[Call], None],
    error: type[OSError],
    message: str,
    server: Server,
    settings: Settings,
) -> None:
    refused(server, behaviour, error, message, replace(settings, retries=1))


def refused(
    server: Server,
    behaviour: Callable[[Call], None],
    error: type[OSError],
    message: str,
    settings: Settings,
) -> None:
    """What a server that behaves so has is not taken, and that is told."""
    url = server.route("/m/1", behaviour)
    start = time.monotonic()
    with pytest.raises(error, match=message) as caught:
        resolve(url, settings=settings)
    assert isinstance(caught.value, OpError)
    assert isinstance(caught.value, OSError)
    assert server.url in str(caught.value)
    # Those that stall do so for a minute.
    assert time.monotonic() - start < 30
    assert nothing_left(settings)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(lambda call: call.stall(), id="silence"),
        pytest.param(
            lambda call: (call.answer(body=BODY[:99], length=len(BODY)), call.stall()),
            id="net_stall_body",
        ),
    ],
)
def test_silent_servers(
    behaviour: Callable[[Call], None], server: Server, settings: Settings
) -> None:
    impatient = replace(settings, read_timeout=0.4, retries=1)
    refused(server, behaviour, UnavailableError, "timed out", impatient)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(
            lambda call: (call.answer(length=len(BODY)), call.drip(BODY, 0.05)),
            id="net_slow",
        ),
        pytest.param(
            lambda call: call.drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 5000, 0.05),
            id="net_slow_headers",
        ),
        pytest.param(
            lambda call: (
                call.answer(length=None),
                call.drip(b"\x1f\x8b" + bytes(1 << 20), 0.001, 512),
            ),
            id="net_endless",
        ),
    ],
)
def test_slow_servers(behaviour: Callable[[Call], None], server: Server, hurried: Settings) -> None:
    refused(server, behaviour, DeadlineExceededError, "must come within 1 s in all", hurried)


def test_an_endless_chain_of_redirects(server: Server, settings: Settings) -> None:
    def onwards(call: Call) -> None:
        call.answer("302 Found", headers={"Location": f"/m?{server.count()}"})

    with pytest.raises(UnexpectedAnswerError, match="within 10 redirects"):
        resolve(server.route("/m", onwards), settings=settings)
    assert server.count() == 11


def test_below_the_least_rate_a_download_is_given_up(server: Server, settings: Settings) -> None:
    url = server.route(
        "/m/1", lambda call: (call.answer(length=len(BODY)), call.drip(BODY, 0.02, 2))[0]
    )
    slow = replace(settings, min_rate=100_000.0, rate_window=0.3)
    with pytest.raises(DeadlineExceededError, match="at 100000 bytes a second or more"):
        resolve(url, settings=slow)
    assert server.count() == 1


def test_a_system_without_room_for_threads(
    server: Server, settings: Settings, hurried: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "minihub watchdog":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert read(resolve(server.serve("/m/1", BODY), settings=settings)) == FILES

    def endless(call: Call) -> None:
        call.answer(length=None)
        call.drip(b"\x1f\x8b" + bytes(1 << 20), 0.001, 512)

    with pytest.raises(DeadlineExceededError, match="must come within 1 s in all"):
        resolve(server.route("/m/2", endless), settings=hurried)
    slow = replace(settings, min_rate=1e9, rate_window=0.3)
    with pytest.raises(DeadlineExceededError, match="at 1e\\+09 bytes a second or more"):
        resolve(server.route("/m/3", endless), settings=slow)


def test_a_slow_server_above_the_least_rate_is_waited_for(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ten thousand bytes take a second, on however busy a machine: they are what the clock goes by.
    now = time.monotonic()
    advance = Watchdog.advance

    def tick(watchdog: Watchdog, count: int) -> None:
        nonlocal now
        advance(watchdog, count)
        now += count / 10_000

    monkeypatch.setattr(Watchdog, "advance", tick)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    files = module_files(random.Random(0).randbytes(60_000))
    body = pack(files)

    def drip(call: Call) -> None:
        call.answer(length=len(body))
        call.drip(body, 0.05, len(body) // 16)

    slow = replace(settings, min_rate=5_000.0, rate_window=0.3)
    assert read(resolve(server.route("/m/1", drip), settings=slow)) == files


def test_a_cut_body_is_fetched_again_from_its_start(server: Server, settings: Settings) -> None:
    def cut_once(call: Call) -> None:
        call.answer(body=BODY if call.number > 2 else BODY[: 100 * call.number], length=len(BODY))

    assert read(resolve(server.route("/m/1", cut_once), settings=settings)) == FILES
    assert server.count() == 3


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><head><title>Sign in\n to WiFi</title></head></html>",
        b"\n <html><head><title>Sign in to WiFi</title>",
        b"<head><title>Sign in to WiFi</title>" + bytes(100),
    ],
)
def test_a_web_page_instead_of_an_archive(page: bytes, server: Server, settings: Settings) -> None:
    url = server.serve("/m/1", page)
    with pytest.raises(
        OSError,
        match=rf"^{url} does not appear to be a valid module\. .*a web page called 'Sign in to WiFi'",
    ):
        resolve(url, settings=settings)
    assert server.count() == 1
    assert nothing_left(settings)


def test_a_body_larger_than_allowed(server: Server, settings: Settings) -> None:
    small = replace(settings, max_bytes=100)
    for options in ({}, {"length": None}):
        with pytest.raises(StorageError, match="must have at most 100 bytes"):
            resolve(server.serve("/m/1", BODY, **options), settings=small)
    assert nothing_left(settings)


def test_a_body_larger_than_the_disk(server: Server, settings: Settings) -> None:
    huge = replace(settings, max_bytes=10**18)
    url = server.route("/m/1", lambda call: call.answer(body=BODY, length=10**17))
    with pytest.raises(StorageError, match=f"must have room for {10**17} bytes, but has"):
        resolve(url, settings=huge)
    assert nothing_left(settings)


def test_nobody_listens(settings: Settings, server: Server) -> None:
    url = server.url + "/m/1"
    server.__exit__()
    try:
        with pytest.raises(UnavailableError, match=r"cannot be read: .*Connection refused"):
            resolve(url, settings=settings)
    finally:
        server.__enter__()


def test_https_never_becomes_http(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def get(self: requests.Session, url: str, **options: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.url = 302, url
        response.headers["Location"] = "http://host/m"
        response.raw = io.BytesIO()
        return response

    monkeypatch.setattr(requests.Session, "get", get)
    with pytest.raises(UnexpectedAnswerError, match="from https to https"):
        resolve("https://host/m/1", settings=settings)


def test_certificates(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Server(tls=True) as server:
        url = server.serve("/m/1", BODY)
        with pytest.raises(
            UnavailableError, match=r"must show a valid certificate, but .*(self.signed|issuer)"
        ):
            resolve(url, settings=settings)
        trusting = replace(settings, ca_bundle=trusted_bundle(tmp_path))
        with pytest.raises(
            UnavailableError, match=r"must show a valid certificate, but .*localhost"
        ):
            resolve(url.replace("127.0.0.1", "localhost"), settings=trusting)
        with pytest.raises(InvalidHandleError, match="must name a file that exists"):
            resolve(url, settings=replace(settings, ca_bundle=str(tmp_path / "absent.pem")))
        assert server.count() == 0
        assert read(resolve(url, settings=trusting)) == FILES
        unchecked = Settings.read(
            {"TFHUB_DISABLE_CERT_VALIDATION": "true"}, cache_dir=str(tmp_path / "unchecked")
        )
        assert read(resolve(url, settings=unchecked)) == FILES
        assert "certificates are not checked" in caplog.text


def test_a_tls_connection_cut_without_a_goodbye(settings: Settings, tmp_path: Path) -> None:
    bundle = trusted_bundle(tmp_path)
    with Server(tls=True) as server:
        for options in ({"length": len(BODY)}, {"length": None}):
            url = server.route("/m/1", _cut(BODY, len(BODY) // 2, **options))
            with pytest.raises(OSError, match=r"bytes|cannot be read|cut off"):
                resolve(url, settings=replace(settings, ca_bundle=bundle, retries=1))
    assert nothing_left(settings)


def test_a_hash_that_must_match(server: Server, settings: Settings) -> None:
    url = server.serve("/m/1", BODY)
    good, bad = hashlib.sha256(BODY).hexdigest(), "0" * 64
    with pytest.raises(InvalidModuleError, match=f"must have the SHA-256 {bad}, not {good}"):
        resolve(url, settings=settings, sha256=bad)
    assert nothing_left(settings)
    path = resolve(url, settings=settings, sha256=good.upper())
    assert resolve(url, settings=settings, sha256=good) == path
    with pytest.raises(
        InvalidModuleError,
        match=f"must have the SHA-256 {bad}, but the one in the cache has {good}",
    ):
        resolve(url, settings=settings, sha256=bad)
    assert server.count() == 2
    with pytest.raises(InvalidHandleError, match="64 hexadecimal digits"):
        resolve(url, settings=settings, sha256="short")


def test_other_bytes_on_the_server_change_nothing_until_asked_for(
    server: Server, settings: Settings
) -> None:
    url = server.serve("/m/1", BODY)
    path = resolve(url, settings=settings)
    newer = module_files(b"new weights")
    server.serve("/m/1", pack(newer))
    assert read(resolve(url, settings=settings)) == FILES
    assert resolve(url, settings=settings, refresh=True) == path
    assert read(path) == newer
    assert read(resolve(url, settings=settings, verify=True)) == newer
    assert len(os.listdir(settings.cache_dir)) == 3


# --- no network -------------------------------------------------------------------------------------------------------


def test_offline_no_socket_is_opened(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.serve("/m/1", BODY)
    path = resolve(url, settings=settings)
    offline = replace(settings, offline=True)

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    assert resolve(url, settings=offline) == path
    with pytest.raises(
        OfflineError, match=r"is not in the module cache .*, and the network is switched off"
    ):
        resolve(server.url + "/other/1", settings=offline)
    Path(path, "saved_model.pb").unlink()
    with pytest.raises(
        OfflineError, match=r"has an incomplete entry .*saved_model\.pb cannot be found"
    ):
        resolve(url, settings=offline)
    monkeypatch.setenv("MINIHUB_OFFLINE", "1")
    with pytest.raises(OfflineError):
        resolve(url)


def test_importing_and_resolving_what_is_there_imports_no_requests(
    server: Server, settings: Settings, tmp_path: Path
) -> None:
    url = server.serve("/m/1", BODY)
    resolve(url, settings=settings)
    folder = write(FILES, tmp_path / "local")
    program = (
        "import sys; from minihub.resolve import resolve\n"
        f"resolve({url!r}); resolve({str(folder)!r})\n"
        "print([name for name in ('requests', 'urllib3', 'google.protobuf', 'numpy') if name in sys.modules])"
    )
    environment = os.environ | {"TFHUB_CACHE_DIR": settings.cache_dir}
    # minihub itself may import more; what is asked here is what this package needs.
    program = "import sys, types; sys.modules['minihub'] = m = types.ModuleType('minihub')\n" + (
        f"m.__path__ = [{str(ROOT / 'minihub')!r}]\n" + program
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "[]"


# --- progress ---------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    stream = Terminal()
    progress = Progress("host/m", 4_000_000, stream=stream)
    progress.advance(1_000_000)
    progress.advance(3_000_000)
    progress.close()
    first, second, last = stream.getvalue().split("\r")[1:]
    assert (
        first == "host/m  [######..................]   25%  1.0 MB of 4.0 MB  500.0 kB/s  0:06 left"
    )
    assert "100%  4.0 MB of 4.0 MB" in second
    assert last.endswith("\n")


def test_progress_elsewhere_only_if_forced() -> None:
    quiet, loud = io.StringIO(), io.StringIO()
    for stream, forced in ((quiet, False), (loud, True)):
        progress = Progress("m", None, forced=forced, stream=stream)
        progress.advance(1500)
        progress.close()
    assert quiet.getvalue() == ""
    assert loud.getvalue().startswith("m  1.5 kB  ")


def test_progress_of_a_download(
    server: Server, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    resolve(server.serve("/a/1", BODY), settings=settings)
    assert capsys.readouterr().err == ""
    resolve(server.serve("/b/1", BODY), settings=replace(settings, progress=True))
    assert "100%" in capsys.readouterr().err


def test_units() -> None:
    assert [in_units(x) for x in (0, 999, 1500, 2.5e6, 3e12)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "2.5 MB",
        "3000.0 GB",
    ]


def test_the_public_fault_corpus_is_covered() -> None:
    corpus = SERVED.parents[1] / "faults" / "archive_cases.jsonl"
    if not corpus.exists():
        pytest.skip("the fault corpus is not beside the repository")
    here = Path(__file__).read_text()
    # Statuses and redirects have tests of their own above.
    elsewhere = r"net_(4\d\d|50\d|503_twice|redirect_ok|redirect_chain)"
    for line in corpus.read_text().splitlines():
        name = json.loads(line)["id"]
        if name.startswith("net_") and not re.fullmatch(elsewhere, name):
            assert f'id="{name}"' in here, name
