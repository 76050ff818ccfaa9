"""`minihub download` and `minihub cache`."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import HALF, TEXT, Cli
from tests.hub.modules import pack, read
from tests.hub.server import Server


def test_download(cli: Cli, server: Server, tmp_path: Path) -> None:
    address = server.serve("/half/1", pack(read(HALF)))
    first = cli("download", address, "--cache-dir", tmp_path / "cache")
    assert first.code == 0
    path = Path(first.out.rstrip("\n"))
    assert path.parent == tmp_path / "cache"
    assert read(path) == read(HALF)
    cli("--cache-dir", tmp_path / "cache", "download", address)
    assert server.count("/half/1") == 1
    cli("download", address, "--cache-dir", tmp_path / "cache", "--refresh")
    assert server.count("/half/1") == 2
    assert cli("run", address, "1", "--cache-dir", tmp_path / "cache", "--offline").code == 0


def test_download_to_a_folder(cli: Cli, server: Server, tmp_path: Path) -> None:
    address = server.serve("/half/1", pack(read(HALF)))
    target = tmp_path / "models" / "half"
    ran = cli("download", address, "--output", target)
    assert (ran.code, ran.out) == (0, f"{target}\n")
    assert read(target) == read(HALF)
    assert os.access(target / "saved_model.pb", os.W_OK)
    assert [entry.name for entry in target.parent.iterdir()] == ["half"]
    (tmp_path / "empty").mkdir()
    assert cli("download", HALF, "--output", tmp_path / "empty").code == 0


def test_download_keeps_what_is_there(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert "must be empty or not be there" in refused(1, "download", HALF, "--output", tmp_path)
    assert "but is a file" in refused(1, "download", HALF, "--output", tmp_path / "file")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_download_leaves_nothing_where_it_fails(
    refused: Callable[..., str], tmp_path: Path, server: Server
) -> None:
    target = tmp_path / "new" / "module"
    refused(3, "download", server.url + "/nothing/1", "--output", target)
    refused(4, "download", server.serve("/text/1", b"text"), "--output", target)
    assert not target.parent.exists()


def test_a_copy_is_not_put_into_its_source(refused: Callable[..., str], tmp_path: Path) -> None:
    import shutil

    shutil.copytree(HALF, tmp_path / "half")
    target = tmp_path / "half" / "copy"
    assert "must not lie in" in refused(1, "download", tmp_path / "half", "--output", target)


def test_download_compares_the_hash(cli: Cli, server: Server, refused: Callable[..., str]) -> None:
    data = pack(read(HALF))
    address = server.serve("/half/1", data)
    refused(4, "download", address, "--sha256", "0" * 64)
    good = hashlib.sha256(data).hexdigest()
    assert cli("download", address, "--sha256", good).code == 0


def test_list_verify_remove(cli: Cli, server: Server, refused: Callable[..., str]) -> None:
    assert cli("cache", "list").out.startswith("no modules in ")
    assert json.loads(cli("cache", "list", "--json").out) == []
    half = server.serve("/half/1", pack(read(HALF)))
    text = server.serve("/text/1", pack(read(TEXT)))
    paths = [Path(cli("download", handle).out.strip()) for handle in (half, text)]
    listed = cli("cache", "list").out
    assert half in listed
    assert "2 modules" in listed
    entries = json.loads(cli("cache", "list", "--json").out)
    assert {entry["handle"] for entry in entries} == {half, text}
    assert set(entries[0]) == {
        "key",
        "handle",
        "path",
        "bytes",
        "time",
        "state",
        "problem",
        "source",
    }
    assert cli("cache", "verify").code == 0
    data = paths[1] / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(bytes(data.stat().st_size))
    ran = cli("cache", "verify", "--json")
    assert ran.code == 4
    states = {entry["handle"]: entry["state"] for entry in json.loads(ran.out)}
    assert states == {half: "whole", text: "broken"}
    assert cli("cache", "verify", half).code == 0
    assert "broken: " in cli("cache", "verify", text).out
    assert cli("cache", "path", half).out == f"{paths[0]}\n"
    assert cli("cache", "path").out == f"{paths[0].parent}\n"
    removed = cli("cache", "remove", "--json", half)
    assert json.loads(removed.out)[0]["handle"] == half
    assert not paths[0].exists()
    refused(3, "cache", "remove", half)
    refused(3, "cache", "path", half)
    assert cli("cache", "remove", paths[1].name).code == 0
    assert cli("cache", "list").out.startswith("no modules in ")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_removing_all_asks(
    cli: Cli, server: Server, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("cache", "remove", "--all").code == 0
    address = server.serve("/half/1", pack(read(HALF)))
    cli("download", address)
    assert "--yes" in refused(2, "cache", "remove", "--all", stdin=b"y\n")
    for reply in ("n\n", "\n", ""):
        monkeypatch.setattr(sys, "stdin", Terminal(reply))
        ran = cli("cache", "remove", "--all")
        assert ran.code == 1
        assert "[y/N]" in ran.err
        assert "nothing was removed" in ran.err
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert "removed " in cli("cache", "remove", "--all").out
    cli("download", address)
    assert cli("cache", "remove", "--all", "--yes").code == 0
    assert json.loads(cli("cache", "list", "--json").out) == []


def test_ops(cli: Cli) -> None:
    told = json.loads(cli("ops", "--json").out)
    names = [op["name"] for op in told]
    assert "MatMul" in names
    assert names == sorted(names)
    ran = cli("ops", "MatMul", "NoSuchOp")
    assert ran.code == 1
    assert "NoSuchOp  NOT SUPPORTED" in ran.out
    assert cli("ops", "MatMul").code == 0
