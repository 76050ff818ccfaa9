"""Files are written whole or not at all, behind links, and into what is no file."""

from __future__ import annotations

import functools
import os
import threading
from pathlib import Path
from typing import IO

import pytest

from minihub.whole_files import place_of, write_file


def append(text: bytes, file: IO[bytes]) -> None:
    file.write(text)


def test_a_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def fail(file: object) -> None:
        assert path.read_bytes() == b"old"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, fail)
    assert [item.name for item in tmp_path.iterdir()] == ["x"]
    write_file(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    if os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        assert path.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_who_may_read_a_file_may_read_what_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    for mode in (0o600, 0o640):
        path.chmod(mode)
        write_file(path, functools.partial(append, b"new"))
        assert path.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows wants a privilege for links")
def test_links_stay_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file, link, second = tmp_path / "folder" / "file", tmp_path / "link", tmp_path / "second"
    link.symlink_to("folder/file")
    second.symlink_to("link")
    for text in (b"new", b"newer"):
        write_file(second, functools.partial(append, text))
        assert file.read_bytes() == text
        assert second.is_symlink()
    assert not file.is_symlink()
    assert place_of(second) == str(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_pipes_and_devices_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, lambda file: file.write(b"through"))
    reader.join()
    assert got == [b"through"]
    assert pipe.is_fifo()
    assert place_of(os.devnull) is None
    write_file(os.devnull, lambda file: file.write(b"gone"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="there is no such folder")
def test_what_a_process_has_open_is_written_to(tmp_path: Path) -> None:
    path, link = tmp_path / "captured", tmp_path / "stdout"
    with open(path, "wb") as file:
        link.symlink_to(f"/proc/self/fd/{file.fileno()}")
        write_file(link, lambda out: out.write(b"text"))
        assert os.fstat(file.fileno()).st_ino == path.stat().st_ino
    assert path.read_bytes() == b"text"
    assert link.is_symlink()


@pytest.mark.skipif(os.name == "nt", reason="Windows wants a privilege for links")
def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        write_file(tmp_path / "a", lambda file: file.write(b""))
