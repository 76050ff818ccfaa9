"""One cache folder under tensorflow_hub and minihub: each uses what the other stored, and waits while the other downloads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    hub = pytest.importorskip("tensorflow_hub", reason="the oracle environment has it")

from minihub.resolve import resolve
from minihub.resolve.cache import list_entries, remove
from tests.hub.modules import module_files, pack, read
from tests.hub.server import Call, Server

pytestmark = pytest.mark.filterwarnings("ignore")
FILES = module_files()
BODY = pack(FILES)
ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from minihub.resolve import resolve; print(resolve(sys.argv[1]))"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    with Server() as running:
        yield running


def test_minihub_uses_what_tensorflow_hub_stored(server: Server) -> None:
    url = server.serve("/m/1", _with_folders())
    path = hub.resolve(url)
    assert resolve(url) == path
    assert read(path) == FILES
    assert server.count() == 1
    (entry,) = list_entries()
    assert (entry.handle, entry.state) == (url, "unverified")
    remove(url)
    assert not any(name.startswith(entry.key) for name in os.listdir(os.environ["TFHUB_CACHE_DIR"]))


def test_tensorflow_hub_uses_what_minihub_stored(server: Server) -> None:
    url = server.serve("/m/1", BODY)
    path = resolve(url)
    assert hub.resolve(url) == path
    assert server.count() == 1


def test_minihub_waits_for_tensorflow_hub(server: Server) -> None:
    started, waited_for = threading.Event(), threading.Event()

    def until_waited_for(call: Call) -> None:
        started.set()
        waited_for.wait(60)
        call.answer(body=_with_folders())

    url = server.route("/m/1", until_waited_for)
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(hub.resolve(url)))
    thread.start()
    started.wait(30)
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    for line in child.stderr:
        if "waiting for a process of tensorflow_hub" in line:
            break
    else:
        pytest.fail("minihub ended without waiting for the download of tensorflow_hub")
    waited_for.set()
    path, _ = child.communicate()
    thread.join()
    assert [path.strip()] == found
    assert server.count() == 1


def test_tensorflow_hub_waits_for_minihub(server: Server) -> None:
    started = threading.Event()

    def slow(call: Call) -> None:
        started.set()
        time.sleep(1)
        call.answer(body=BODY)

    url = server.route("/m/1", slow)
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    started.wait(30)
    path = hub.resolve(url)
    assert child.communicate()[0].strip() == path
    assert read(path) == FILES
    assert server.count() == 1


def _with_folders() -> bytes:
    """The module with entries for its folders, without which tensorflow_hub cannot unpack it."""
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for folder in ("assets", "variables"):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
