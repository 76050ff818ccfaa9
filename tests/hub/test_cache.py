"""The cache: what counts as an entry, what happens to one that is broken, and faults at every step of storing one."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from minihub.errors import CacheNotWritableError, NotFoundError, OpError, StorageError
from minihub.resolve import Settings, resolve
from minihub.resolve.cache import list_entries, remove, verify
from minihub.resolve.lock import Lock, alive, make_uid, owner_of
from tests.hub import killing
from tests.hub.faults import counted
from tests.hub.modules import INDEX, module_files, pack, read, saved_model, write
from tests.hub.server import Call, Server

FILES = module_files()
BODY = pack(FILES)
ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX calls")


@pytest.fixture
def url(server: Server) -> str:
    return server.serve("/m/1", BODY)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "m.tar.gz"
    path.write_bytes(BODY)
    return path


def key_of(handle: str) -> str:
    return hashlib.sha1(handle.encode()).hexdigest()


def names_in(settings: Settings) -> set[str]:
    """What lies in the cache, keys left out."""
    cache = Path(settings.cache_dir)
    return {path.name.partition(".")[2] for path in cache.iterdir()} if cache.exists() else set()


WHOLE = {"", "descriptor.txt", "manifest.json"}


# --- what counts as an entry -------------------------------------------------------------------------------------------


def _each_file(change: Callable[[Path], None]) -> list[tuple[str, Callable[[Path], None]]]:
    return [(name, lambda entry, name=name: change(entry / name)) for name in FILES]  # type: ignore[misc]


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def _flip(path: Path, *, keep_time: bool = True) -> None:
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _empty_folders(entry: Path) -> None:
    for path in entry.rglob("*"):
        if path.is_file():
            path.unlink()


def _to_link(path: Path) -> None:
    elsewhere = path.parent.parent.parent / ("moved " + path.name)
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


BROKEN = [
    *((f"truncated {name}", change) for name, change in _each_file(_truncate)),
    *((f"removed {name}", change) for name, change in _each_file(Path.unlink)),
    *(
        (f"changed {name}", change)
        for name, change in _each_file(lambda p: _flip(p, keep_time=False))
    ),
    ("all files removed", _empty_folders),
    ("emptied", lambda entry: [shutil.rmtree(entry), entry.mkdir()]),
    ("a file", lambda entry: [shutil.rmtree(entry), entry.write_bytes(b"x")]),
    ("a link", _to_link),
    ("a linked file", lambda entry: _to_link(entry / "saved_model.pb")),
    ("a linked folder", lambda entry: _to_link(entry / "assets")),
    ("manifest of zeros", lambda entry: Path(f"{entry}.manifest.json").write_bytes(bytes(100))),
    ("manifest cut", lambda entry: _truncate(Path(f"{entry}.manifest.json"))),
    ("manifest of another kind", lambda entry: Path(f"{entry}.manifest.json").write_text("[]")),
    ("manifest that leads out", lambda entry: _rename_in_manifest(entry, "../x")),
]


def _rename_in_manifest(entry: Path, name: str) -> None:
    path = Path(f"{entry}.manifest.json")
    manifest = json.loads(path.read_text())
    manifest["files"][0]["name"] = name
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(("what", "change"), BROKEN, ids=[name for name, _ in BROKEN])
def test_a_broken_entry_is_fetched_again(
    what: str, change: Callable[[Path], None], url: str, server: Server, settings: Settings
) -> None:
    path = resolve(url, settings=settings)
    change(Path(path))
    assert [entry.state for entry in list_entries(settings.cache_dir)] == ["broken"]
    assert resolve(url, settings=settings) == path
    assert read(path) == FILES
    assert not os.path.islink(path)
    assert server.count() == 2
    assert names_in(settings) >= WHOLE
    assert [entry.state for entry in list_entries(settings.cache_dir)] == ["whole"]


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_under_an_old_time_is_found_on_request(
    name: str, url: str, server: Server, settings: Settings
) -> None:
    path = resolve(url, settings=settings)
    _flip(Path(path, name))
    assert resolve(url, settings=settings) == path
    assert server.count() == 1
    (entry,) = list_entries(settings.cache_dir)
    assert entry.state == "whole"
    assert f"{name} must have the SHA-256" in (verify(entry).problem or "")
    assert read(resolve(url, settings=settings, verify=True)) == FILES
    assert server.count() == 2


def test_a_new_time_alone_costs_one_comparison(
    url: str, server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = resolve(url, settings=settings)
    for file in Path(path).rglob("*.pb"):
        os.utime(file, (1, 1))
    assert resolve(url, settings=settings) == path
    monkeypatch.setattr("minihub.resolve.manifest.digest_of", None)
    assert resolve(url, settings=settings) == path
    assert server.count() == 1


def test_extra_files_are_none_of_our_business(url: str, server: Server, settings: Settings) -> None:
    path = resolve(url, settings=settings)
    Path(path, "notes.txt").write_text("mine")
    resolve(url, settings=settings, verify=True)
    assert server.count() == 1


def test_an_entry_of_tensorflow_hub_is_used_as_it_is(
    url: str, server: Server, settings: Settings
) -> None:
    entry = write(FILES, Path(settings.cache_dir, key_of(url)))
    Path(f"{entry}.descriptor.txt").write_text(
        f"Module: {url}\nDownload Time: x\nDownloader Hostname: y"
    )
    assert resolve(url, settings=settings) == str(entry)
    assert server.count() == 0
    assert names_in(settings) == {"", "descriptor.txt"}
    (listed,) = list_entries(settings.cache_dir)
    assert (listed.handle, listed.state) == (url, "unverified")
    assert verify(listed).state == "unverified"


@pytest.mark.parametrize(
    "change",
    [
        _empty_folders,
        lambda entry: (entry / "saved_model.pb").unlink(),
        lambda entry: _truncate(entry / "saved_model.pb"),
        lambda entry: os.truncate(entry / "saved_model.pb", 0),
        lambda entry: (entry / "saved_model.pb").write_text("<html>"),
        lambda entry: _truncate(entry / "tfhub_module.pb"),
        lambda entry: os.truncate(entry / "tfhub_module.pb", 0),
        lambda entry: (entry / "variables/variables.index").unlink(),
        lambda entry: _truncate(entry / "variables/variables.index"),
        lambda entry: os.truncate(entry / "variables/variables.index", 0),
        lambda entry: (entry / "variables/variables.data-00000-of-00001").unlink(),
        lambda entry: (entry / "variables/variables.data-00000-of-00002").touch(),
        lambda entry: _to_link(entry / "variables"),
        lambda entry: _to_link(entry / "saved_model.pb"),
    ],
)
def test_a_broken_entry_of_tensorflow_hub_is_replaced(
    change: Callable[[Path], None], url: str, server: Server, settings: Settings
) -> None:
    entry = write(FILES, Path(settings.cache_dir, key_of(url)))
    change(entry)
    assert resolve(url, settings=settings) == str(entry)
    assert read(entry).items() >= FILES.items()
    assert [listed.state for listed in list_entries(settings.cache_dir)] == ["whole"]
    assert server.count() == 1


@posix
def test_a_pipe_in_an_entry_does_not_block(url: str, settings: Settings) -> None:
    entry = write(FILES, Path(settings.cache_dir, key_of(url)))
    (entry / "saved_model.pb").unlink()
    os.mkfifo(entry / "saved_model.pb")
    os.mkfifo(f"{entry}.manifest.json")
    os.mkfifo(f"{entry}.lock")
    assert read(resolve(url, settings=settings)) == FILES


@pytest.mark.parametrize(
    "files",
    [
        {"saved_model.pb": saved_model()},
        {"saved_model.pbtxt": b"saved_model_schema_version: 1"},
        {"saved_model.pb": saved_model(), "variables/variables.index": INDEX}
        | {f"variables/variables.data-0000{n}-of-00003": b"x" for n in range(3)},
    ],
)
def test_other_whole_modules(files: dict[str, bytes], archive: Path, settings: Settings) -> None:
    archive.write_bytes(pack(files))
    assert read(resolve(archive, settings=settings)) == files


def test_an_archive_is_unpacked_again_when_it_changes(archive: Path, settings: Settings) -> None:
    path = resolve(archive, settings=settings)
    inode = os.stat(path).st_ino
    assert resolve(archive.as_uri(), settings=settings) == path
    assert os.stat(path).st_ino == inode
    newer = module_files(b"new")
    archive.write_bytes(pack(newer))
    assert resolve(archive, settings=settings) == path
    assert read(path) == newer
    assert names_in(settings) == WHOLE


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_an_archive_whose_name_is_not_utf_8(archive: Path, settings: Settings) -> None:
    odd = archive.with_name("\udcff.tar.gz")
    archive.rename(odd)
    path = resolve(odd, settings=settings)
    assert read(path) == FILES
    assert resolve(odd.as_uri(), settings=settings) == path
    assert [entry.handle for entry in list_entries(settings.cache_dir)] == [odd.as_uri()]
    assert remove(str(odd), settings.cache_dir)


def test_two_handles_are_two_entries(server: Server, settings: Settings) -> None:
    urls = [server.serve("/m/1", BODY), server.serve("/m/2", BODY), server.serve("/m/2/", BODY)]
    assert len({resolve(url, settings=settings) for url in urls}) == 3


def test_no_part_of_a_handle_reaches_the_file_system(server: Server, settings: Settings) -> None:
    for path in ("/../../evil", "/%2e%2e/evil", "/" + "x" * 4000, "/ü?a=../b#c"):
        server.routes.clear()
        for target in (path, "/evil", "/../evil", "/%C3%BC", "/ü"):
            server.serve(target, BODY)
        handle = server.url + path
        found = resolve(handle, settings=settings)
        assert os.path.basename(found) == key_of(handle)


# --- list, verify, remove ------------------------------------------------------------------------------------------------


def test_listing_and_removing(url: str, archive: Path, settings: Settings) -> None:
    assert list_entries(settings.cache_dir) == []
    remote, local = resolve(url, settings=settings), resolve(archive, settings=settings)
    (archive.parent / "cache" / "not an entry").mkdir()
    first, second = sorted(list_entries(settings.cache_dir), key=lambda entry: entry.handle or "")
    assert (first.handle, first.path, first.source) == (archive.as_uri(), local, str(archive))
    assert (second.handle, second.path) == (url, remote)
    assert second.bytes == sum(map(len, FILES.values()))
    assert abs(second.time - time.time()) < 60
    assert {verify(entry).state for entry in (first, second)} == {"whole"}
    assert remove(url, settings.cache_dir) == second.bytes
    assert remove(first.key, settings.cache_dir) == first.bytes
    assert os.listdir(settings.cache_dir) == ["not an entry"]
    for gone in (url, first.key, str(archive), "../not an entry"):
        with pytest.raises(NotFoundError, match="has no entry for"):
            remove(gone, settings.cache_dir)


def test_an_archive_that_is_gone_can_still_be_removed(archive: Path, settings: Settings) -> None:
    resolve(archive, settings=settings)
    archive.unlink()
    remove(archive.as_uri(), settings.cache_dir)
    assert os.listdir(settings.cache_dir) == []


def test_why_an_entry_cannot_be_removed_is_told_once(
    archive: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(archive, settings=settings)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(CacheNotWritableError) as caught:
        remove(archive.as_uri(), settings.cache_dir)
    assert str(caught.value).count("TFHUB_CACHE_DIR") == 1


# --- locks -----------------------------------------------------------------------------------------------------------


def _foreign_lock(settings: Settings, url: str, host: str, pid: int) -> Path:
    lock = Path(settings.cache_dir, key_of(url) + ".lock")
    lock.parent.mkdir(exist_ok=True)
    lock.write_text(f"{host}.{pid}.{uuid.uuid4().hex}")
    return lock


def _dead_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that is not had at once fails the test."""
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("there must be no waiting"))


@pytest.mark.usefixtures("_no_waiting")
def test_the_lock_of_a_dead_process_is_taken_over_at_once(url: str, settings: Settings) -> None:
    _foreign_lock(settings, url, socket.gethostname(), _dead_process())
    assert read(resolve(url, settings=settings)) == FILES
    assert names_in(settings) == WHOLE


def _own_clock(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Time passes only where somebody sleeps, on however busy a machine."""
    now = time.monotonic()

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        meanwhile()

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.mark.parametrize("age", [3600, -86400])
def test_a_lock_without_progress_is_taken_over_and_the_wait_announced(
    age: int,
    url: str,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _own_clock(monkeypatch)
    lock = _foreign_lock(settings, url, "elsewhere", 1)
    os.utime(lock, (time.time() - age,) * 2)
    assert read(resolve(url, settings=replace(settings, lock_timeout=0.4))) == FILES
    assert "waiting for a process of tensorflow_hub" in caplog.text
    assert "made no progress" in caplog.text


def test_a_process_of_tensorflow_hub_that_works_is_waited_for(
    url: str, server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = _foreign_lock(settings, url, socket.gethostname(), os.getpid())
    entry = Path(settings.cache_dir, key_of(url))
    temporary = Path(f"{entry}.{lock.read_text().rsplit('.', 1)[1]}.tmp")

    def work() -> Iterator[None]:
        temporary.mkdir()
        for size in range(20):
            (temporary / "growing").write_bytes(bytes(size))
            yield
        (temporary / "growing").unlink()
        write(FILES, temporary)
        temporary.rename(entry)
        lock.unlink()

    # The other process does a piece of its work between two looks.
    working = work()
    _own_clock(monkeypatch, lambda: next(working, None))
    begun = time.monotonic()
    assert resolve(url, settings=replace(settings, lock_timeout=1.5)) == str(entry)
    assert time.monotonic() - begun > 1.5
    assert server.count() == 0


@pytest.mark.parametrize(
    "content", [b"", os.urandom(200), b"host.1", b"a.1.minihub-x", b"\0" * 600]
)
def test_a_lock_file_of_garbage_is_taken_over(content: bytes, url: str, settings: Settings) -> None:
    lock = Path(settings.cache_dir, key_of(url) + ".lock")
    lock.parent.mkdir()
    lock.write_bytes(content)
    assert read(resolve(url, settings=settings)) == FILES
    assert names_in(settings) == WHOLE


@posix
@pytest.mark.parametrize("kind", ["folder", "link", "huge"])
def test_a_lock_that_is_no_file(
    kind: str, url: str, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lock, target = Path(settings.cache_dir, key_of(url) + ".lock"), tmp_path / "target"
    lock.parent.mkdir()
    target.write_text("mine")
    if kind == "folder":
        lock.mkdir()
    elif kind == "link":
        lock.symlink_to(target)
    else:
        lock.touch()
        os.truncate(lock, 1 << 30)
    assert read(resolve(url, settings=settings)) == FILES
    assert target.read_text() == "mine"
    assert ("downloading without a lock" in caplog.text) == (kind != "huge")


@posix
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(
    number: int,
    url: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    assert read(resolve(url, settings=settings)) == FILES
    assert caplog.text.count("downloading without a lock") == 1


@posix
def test_locks_that_lock_nothing_never_mix_modules(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcntl.flock", lambda descriptor, operation: None)
    barrier = threading.Barrier(8)

    def slow(call: Call) -> None:
        with_barrier = call.number <= 8
        if with_barrier:
            barrier.wait(5)
        call.answer(body=BODY)

    url = server.route("/m/1", slow)
    found = _in_threads(8, lambda: read(resolve(url, settings=settings)))
    assert found == [FILES] * 8
    assert names_in(settings) == WHOLE


def test_thirty_two_threads_download_once(server: Server, settings: Settings) -> None:
    url = server.route("/m/1", lambda call: (time.sleep(0.2), call.answer(body=BODY)))  # type: ignore[func-returns-value, arg-type, return-value]
    assert _in_threads(32, lambda: read(resolve(url, settings=settings))) == [FILES] * 32
    assert server.count() == 1


def _in_threads(count: int, work: Callable[[], object]) -> list[object]:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_eight_processes_download_once(server: Server, settings: Settings) -> None:
    url = server.route("/m/1", lambda call: (time.sleep(0.5), call.answer(body=BODY)))  # type: ignore[func-returns-value, arg-type, return-value]
    program = "import sys; from minihub.resolve import resolve; sys.stdin.read(1); print(resolve(sys.argv[1]))"
    environment = os.environ | {"TFHUB_CACHE_DIR": settings.cache_dir}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
            text=True,
        )
        for _ in range(8)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("x")
        child.stdin.flush()
    paths = {child.communicate(timeout=600)[0].strip() for child in children}
    assert [child.returncode for child in children] == [0] * 8
    (path,) = paths
    assert read(path) == FILES
    assert server.count() == 1
    assert names_in(settings) == WHOLE


@posix
@pytest.mark.usefixtures("_no_waiting")
def test_a_forked_child_does_not_keep_its_parents_lock(settings: Settings) -> None:
    os.makedirs(settings.cache_dir)
    entry = os.path.join(settings.cache_dir, "0" * 40)
    program = (
        "import os, sys, time; from minihub.resolve.lock import Lock, make_uid\n"
        "Lock(sys.argv[1], make_uid(), 'm', 1).acquire()\n"
        "if os.fork() == 0: print(os.getpid(), flush=True); time.sleep(60)\n"
        "os._exit(0)"
    )
    ran = subprocess.Popen(
        [sys.executable, "-c", program, entry], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert ran.stdout is not None
    child = int(ran.stdout.readline())
    ran.stdout.close()
    ran.wait()
    try:
        assert alive(child)
        lock = Lock(entry, make_uid(), "m", 1)
        with lock.held():
            assert lock.problem is None
    finally:
        os.kill(child, 9)


# --- faults ------------------------------------------------------------------------------------------------------------


@posix
def test_killed_at_each_step_the_next_one_finds_or_fetches_a_whole_module(
    server: Server, tmp_path: Path, archive: Path
) -> None:
    body = pack(module_files(killing.weights()))
    for step in range(1, 400):
        server.serve(f"/m/{step}", body)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.hub.killing", f"{server.url}/m", str(tmp_path), str(archive)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    reports = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(reports) > 40
    for report in reports:
        assert report["whole"], report
        assert report["states"] == ["whole", "whole"], report
        assert report["rest"] == ["", ""], report
        assert server.count(f"/m/{report['step']}") <= 2


def _raise(number: int) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail


def _interrupt() -> None:
    raise KeyboardInterrupt


def _steps(settings: Settings) -> Iterator[tuple[int, Settings]]:
    for step in range(1, 400):
        yield step, replace(settings, cache_dir=f"{settings.cache_dir} {step}")


@pytest.mark.parametrize(("number", "remote"), [(errno.ENOSPC, False), (errno.EIO, True)])
def test_an_error_of_the_disk_at_each_step_leaves_nothing_behind(
    number: int, remote: bool, archive: Path, url: str, settings: Settings
) -> None:
    handle = url if remote else archive
    for step, its in _steps(settings):
        error: OSError | None = None
        with counted(step, _raise(number)) as made:
            try:
                resolve(handle, settings=its)
            except OSError as caught:
                error = caught
        if len(made) < step:
            break
        if error is not None and number == errno.ENOSPC:
            assert isinstance(error, StorageError), made
            assert f"the disk of the module cache {its.cache_dir} must have room" in str(error)
            assert "bytes are free" in str(error)
        elif error is not None:
            assert its.cache_dir in str(error), made
        for entry in list_entries(its.cache_dir):
            assert verify(entry).state == "whole", made
        assert {name for name in names_in(its) if "tmp" in name} == set(), made
        assert read(resolve(handle, settings=its)) == FILES
        assert names_in(its) <= WHOLE | {"lock"}
        shutil.rmtree(its.cache_dir)
    assert step > 30


def test_an_interrupt_at_each_step_leaves_nothing_behind(archive: Path, settings: Settings) -> None:
    for step, its in _steps(settings):
        interrupted = False
        with counted(
            step, _interrupt, ("open", "write", "fsync", "mkdir", "rename", "replace")
        ) as made:
            try:
                resolve(archive, settings=its)
            except KeyboardInterrupt:
                interrupted = True
        if len(made) < step:
            assert not interrupted
            break
        assert {name for name in names_in(its) if "tmp" in name or "lock" in name} == set(), made
        assert read(resolve(archive, settings=its)) == FILES
    assert step > 20


def test_a_good_entry_survives_a_failed_renewal(
    url: str, server: Server, settings: Settings
) -> None:
    path = resolve(url, settings=settings)
    server.serve("/m/1", BODY[:-1])
    with pytest.raises(OSError, match="cut off"):
        resolve(url, settings=replace(settings, retries=0), refresh=True)
    assert read(resolve(url, settings=settings, verify=True)) == FILES
    assert os.path.isdir(path)
    assert server.count() == 2


def test_another_process_that_is_faster_wins(
    archive: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(settings, cache_dir=str(tmp_path / "other"))
    theirs = resolve(archive, settings=other)
    rename = os.rename
    planted: list[str] = []

    def late(source: str, target: str) -> None:
        if not planted:
            planted.append(target)
            shutil.copytree(theirs, target)
            shutil.copy(theirs + ".manifest.json", target + ".manifest.json")
        rename(source, target)

    monkeypatch.setattr("minihub.resolve.cache.os.rename", late)
    path = resolve(archive, settings=settings)
    assert planted == [path]
    assert read(resolve(archive, settings=settings, verify=True)) == FILES
    assert names_in(settings) == WHOLE


def test_a_cache_that_cannot_be_made(
    url: str, server: Server, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in ("file", "file/below"):
        with pytest.raises(
            CacheNotWritableError, match=r"must be a folder that can be written.*TFHUB_CACHE_DIR"
        ):
            resolve(url, settings=replace(settings, cache_dir=str(tmp_path / folder)))
    assert server.count() == 0
    assert isinstance(CacheNotWritableError("x"), PermissionError)


def _read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has every call that would change the file system fail as on a read-only one (root may write anywhere)."""
    opened = os.open

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def open_to_read(path: str, flags: int, *rest: int, **options: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            refuse()
        return opened(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", open_to_read)
    for name in ("mkdir", "rename", "replace", "remove", "unlink", "rmdir"):
        monkeypatch.setattr(os, name, refuse)


def test_a_cache_on_a_read_only_disk_serves_what_it_has(
    url: str, server: Server, settings: Settings
) -> None:
    path = resolve(url, settings=settings)
    os.utime(Path(path, "saved_model.pb"), (1, 1))
    with pytest.MonkeyPatch.context() as monkeypatch:
        _read_only(monkeypatch)
        assert resolve(url, settings=settings) == path
        with pytest.raises(CacheNotWritableError, match="Read-only file system"):
            resolve(server.url + "/other/1", settings=settings)
    assert server.count() == 1


@posix
def test_a_cache_that_everybody_may_change_is_warned_about(
    url: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    os.mkdir(settings.cache_dir)
    os.chmod(settings.cache_dir, 0o777)
    resolve(url, settings=settings)
    assert "can be changed by all users" in caplog.text


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_not(
    url: str, settings: Settings
) -> None:
    cache = Path(settings.cache_dir)
    dead = make_uid().replace(f"-{os.getpid()}-", f"-{_dead_process()}-")
    assert owner_of(dead) is not None
    key = key_of("other")
    gone = [f"{key}.{dead}.tmp", f"{key}.{uuid.uuid4().hex}.tmp"]
    kept = [f"{key}.{make_uid()}.tmp", f"{key}.{uuid.uuid4().hex}.tmp", "notes.tmp"]
    for name in (*gone, *kept):
        write({"archive": b"x"}, cache / name)
    old = time.time() - 90_000
    for path in (cache / gone[1] / "archive", cache / gone[1]):
        os.utime(path, (old, old))
    (cache / f"{key}.manifest.json.{dead}.tmp").write_text("{")
    resolve(url, settings=settings)
    left = {path.name for path in cache.iterdir() if not path.name.startswith(key_of(url))}
    assert left == set(kept)


@posix
def test_everything_is_synced_before_the_rename(
    archive: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    rename = os.rename

    def synced(descriptor: int) -> None:
        events.append(os.readlink(f"/proc/self/fd/{descriptor}"))

    def renamed(source: str, target: str) -> None:
        events.append("rename")
        rename(source, target)

    if not os.path.exists("/proc/self/fd"):
        pytest.skip("no /proc to tell the names of open files")
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    path = resolve(archive, settings=settings)
    before, after = events[: events.index("rename")], events[events.index("rename") + 1 :]
    module = [name.partition("/module")[2].lstrip("/") for name in before if "/module" in name]
    assert set(module) == {*FILES, "", "assets", "variables"}
    assert sum(name.startswith(path + ".manifest.json") for name in before) == 1
    assert after == [settings.cache_dir]


def test_the_log_says_why_a_module_is_fetched_again(
    url: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    path = resolve(url, settings=settings)
    os.truncate(Path(path, "assets/vocab.txt"), 1)
    with caplog.at_level(logging.WARNING, "minihub"):
        resolve(url, settings=settings)
    assert "assets/vocab.txt must have 300 bytes, not 1" in caplog.text


def test_every_error_is_one_of_the_tree() -> None:
    from minihub import errors

    for name in errors.__all__:
        assert issubclass(getattr(errors, name), OpError)
