"""Archives: the good ones come out whole, the others leave an error and nothing else."""

from __future__ import annotations

import contextlib
import functools
import gzip
import io
import json
import os
import stat
import tarfile
from pathlib import Path

import pytest

from minihub.errors import InvalidModuleError, StorageError, TruncatedModuleError
from minihub.resolve import Settings, resolve
from minihub.resolve import path as local
from minihub.resolve.archive import unpack
from minihub.resolve.tree import Limits, split_name
from minihub_runtime.errors import OpError
from tests.hub.archives import BLOCK, CASES, END, FILES, GOOD, header, member, packed, pax
from tests.hub.modules import SERVED, module_files, pack, read

CORPUS = SERVED.parents[1] / "faults" / "archive_cases.jsonl"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "m.tar.gz"


@pytest.mark.parametrize("name", CASES)
def test_each_case_comes_out_whole_or_not_at_all(
    name: str,
    archive: Path,
    cache_dir: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = CASES[name]
    if name == "many_files":
        # Ten thousand files take seconds on some disks; a tenth shows the same.
        assert Limits().members == 10_000
        monkeypatch.setattr(local, "Limits", functools.partial(Limits, members=1000))
    archive.write_bytes(case.build())
    if case.files is not None:
        assert read(resolve(archive, settings=settings)) == case.files
        return
    with pytest.raises(OSError, match=case.message) as caught:
        resolve(archive, settings=settings)
    assert isinstance(caught.value, OpError)
    assert list(cache_dir.iterdir()) == []
    assert sorted(cache_dir.parent.iterdir()) == [cache_dir, archive]


def test_the_public_fault_corpus_is_covered() -> None:
    if not CORPUS.exists():
        pytest.skip("the fault corpus is not beside the repository")
    wanted = {
        case["id"]: case["expect"]
        for case in map(json.loads, CORPUS.read_text().splitlines())
        if not case["id"].startswith("net_")
    }
    assert {name: case.expect for name, case in CASES.items()} == wanted
    for name, case in CASES.items():
        assert case.expect == "either" or (case.expect == "value") == (case.files is not None), name


@pytest.mark.parametrize("cut", range(1, 40))
def test_an_archive_cut_anywhere_is_refused(cut: int, archive: Path, tmp_path: Path) -> None:
    whole = pack(module_files())
    archive.write_bytes(whole[: len(whole) * cut // 40])
    with pytest.raises(TruncatedModuleError):
        unpack(str(archive), str(_empty(tmp_path)), source="m")


@pytest.mark.parametrize("position", range(0, 4608, 61))
def test_a_flipped_bit_never_passes_for_the_module(
    position: int, archive: Path, settings: Settings
) -> None:
    """The checksums of headers and of gzip leave only fields without meaning, such as times, unprotected."""
    whole = bytearray(pack(GOOD))
    whole[position % len(whole)] ^= 1 << position % 8
    archive.write_bytes(whole)
    with contextlib.suppress(OpError):
        assert read(resolve(archive, settings=settings)) == GOOD


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_every_format(
    kind: int, archive: Path, settings: Settings
) -> None:
    long = "/".join(["folder" * 12] * (2 if kind == tarfile.USTAR_FORMAT else 6)) + "/wörter 语.txt"
    files = GOOD | {long: b"x", "empty": b"", "a" * 99: b"y"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=kind) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo("./" + name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    archive.write_bytes(buffer.getvalue())
    assert read(resolve(archive, settings=settings)) == files


def test_what_macos_packs_beside_a_folder_is_no_part_of_it(
    tmp_path: Path, settings: Settings
) -> None:
    archive = tmp_path / "nnlm.tar.gz"
    files = module_files()
    inner = {f"nnlm/{name}": data for name, data in files.items()}
    archive.write_bytes(pack({"._nnlm": b"\0\5\x16\7", **inner}))
    for _ in range(2):
        path = resolve(archive, settings=settings, verify=True)
        assert read(path) == files


def test_one_folder_around_the_module_is_taken_off(archive: Path, settings: Settings) -> None:
    archive.write_bytes(pack(module_files(), top="nnlm/"))
    assert read(resolve(archive, settings=settings)) == module_files()
    assert read(resolve(archive, settings=settings, verify=True)) == module_files()


@pytest.mark.parametrize("top", ["a/b/", "../"])
def test_deeper_modules_are_not_looked_for(top: str, archive: Path, settings: Settings) -> None:
    archive.write_bytes(pack(module_files(), top=top))
    with pytest.raises(InvalidModuleError, match=r"neither saved_model|is invalid"):
        resolve(archive, settings=settings)


def test_a_second_thing_beside_the_folder_leaves_no_module(
    archive: Path, settings: Settings
) -> None:
    files = {f"m/{name}": data for name, data in module_files().items()}
    archive.write_bytes(pack(files | {"readme": b""}))
    with pytest.raises(InvalidModuleError, match="neither saved_model"):
        resolve(archive, settings=settings)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
@pytest.mark.parametrize(
    ("umask", "file", "folder"), [(0o000, 0o644, 0o755), (0o077, 0o600, 0o700)]
)
def test_modes_follow_the_umask_and_never_the_archive(
    umask: int, file: int, folder: int, archive: Path, settings: Settings
) -> None:
    hostile = header(b"tool", 1)
    hostile = hostile[:100] + b"0006777\0" + hostile[108:]
    body = hostile[:148] + b" " * 8 + hostile[156:]
    hostile = body[:148] + b"%06o\0 " % sum(body) + body[156:]
    archive.write_bytes(packed(FILES + hostile + b"x".ljust(BLOCK, b"\0") + END))
    before = os.umask(umask)
    try:
        path = resolve(archive, settings=settings)
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(os.path.join(path, "tool")).st_mode) == file
    assert stat.S_IMODE(os.stat(path).st_mode) == folder
    assert stat.S_IMODE(os.stat(os.path.join(path, "assets")).st_mode) == folder


@pytest.mark.parametrize(
    ("tar", "limits", "message"),
    [
        (FILES + END, Limits(total=2000), "must unpack to at most 2000 bytes"),
        (
            FILES + header(b"big", 5000) + END,
            Limits(total=4000),
            "must have at most 4000 bytes, not 5000",
        ),
        (FILES + END, Limits(members=2), "at most 2 files"),
        (
            FILES + pax(path="a" * 3000) + member("b") + END,
            Limits(header=2000),
            "at most 2000 bytes",
        ),
        (b"".join(pax(path="a") for _ in range(50)) + END, Limits(members=10), "at most 10 files"),
        (FILES + END + bytes(1 << 20), Limits(ratio=2, slack=0), "at most 2 times its size"),
    ],
)
def test_caps(tar: bytes, limits: Limits, message: str, archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(packed(tar))
    with pytest.raises(StorageError, match=message):
        unpack(str(archive), str(_empty(tmp_path)), source="m", limits=limits)


@pytest.mark.parametrize(
    ("tar", "message"),
    [
        (FILES + pax(GNU__sparse__major="1") + member("x", b"x") + END, "sparse"),
        (FILES + member("x", b"x", b"S") + END, "Unexpected object type in tar archive: b'S'"),
        (FILES + pax(size="x") + member("x", b"x") + END, "is no number"),
        (FILES + pax(size="-1") + member("x", b"x") + END, "is no number"),
        (
            FILES + member("PaxHeaders/x", b"99 path=x\n", b"x") + member("x") + END,
            "extended header is damaged",
        ),
        (
            FILES + member("PaxHeaders/x", b"path=x\n", b"x") + member("x") + END,
            "extended header is damaged",
        ),
        (FILES + pax(path="x") + END, "ends after an extended header"),
        (FILES + member("d", b"data", b"5") + END, "must have no data"),
        (FILES + member("a\\b") + END, "backslash"),
        (FILES + member("c:b") + END, "colon"),
        (FILES + member("a\nb") + END, "control character"),
        (FILES + pax(path="a" * 300) + member("x") + END, "is too long"),
        (FILES + member("assets") + END, "are one name"),
        (FILES + member("./") + END, "is invalid"),
        (FILES + member("a/../..") + END, "is invalid"),
        (FILES + header(b"big", b"\xff" * 12) + END, "is no number"),
    ],
)
def test_members_that_a_module_has_no_use_for(
    tar: bytes, message: str, archive: Path, tmp_path: Path
) -> None:
    archive.write_bytes(packed(tar))
    with pytest.raises(InvalidModuleError, match=message):
        unpack(str(archive), str(_empty(tmp_path)), source="m")


def test_bytes_after_the_gzip_stream(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(packed(FILES + END) + bytes(1000))
    assert len(unpack(str(archive), str(_empty(tmp_path)), source="m")) == 2
    archive.write_bytes(packed(FILES + END) + b"trailing")
    with pytest.raises(InvalidModuleError, match="other bytes follow its gzip stream"):
        unpack(str(archive), str(_empty(tmp_path, "second")), source="m")


def test_a_second_gzip_layer_only_where_it_was_announced(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(gzip.compress(packed(FILES + END)))
    with pytest.raises(InvalidModuleError, match=r"a header must have|is not a tar"):
        unpack(str(archive), str(_empty(tmp_path)), source="m")
    assert len(unpack(str(archive), str(_empty(tmp_path, "second")), source="m", gzips=2)) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_no_archive_and_does_not_block(tmp_path: Path, settings: Settings) -> None:
    os.mkfifo(tmp_path / "m.tar")
    with pytest.raises(InvalidModuleError, match="must be a regular file"):
        resolve(tmp_path / "m.tar", settings=settings)


def test_names() -> None:
    assert split_name("./a//b/../c", "m") == ("a", "c")
    assert split_name("./", "m") == ()


def _empty(tmp_path: Path, name: str = "out") -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name
