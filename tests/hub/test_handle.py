"""Handles: which text names what, where its bytes are asked for, and what the cache calls it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minihub.errors import ArgumentTypeError, InvalidHandleError, NotFoundError
from minihub.handle import Kind, parse_handle, shown
from minihub.resolve import Settings, resolve
from minihub.resolve.settings import default_cache_dir

COMPRESSED = "?tf-hub-format=compressed"
KAGGLE = "https://www.kaggle.com"
GCS = "https://storage.googleapis.com"


def urls(text: str, mirror: str | None = None) -> list[str]:
    return [address.url for address in parse_handle(text).addresses(mirror)]


@pytest.mark.parametrize(
    ("text", "kind", "addresses"),
    [
        ("http://host/m/1", Kind.HTTP, ["http://host/m/1" + COMPRESSED]),
        ("https://host/m/1?a=b", Kind.HTTP, ["https://host/m/1?a=b&tf-hub-format=compressed"]),
        ("https://host/m/1?tf-hub-format=compressed", Kind.HTTP, ["https://host/m/1" + COMPRESSED]),
        ("https://host/m/1/", Kind.HTTP, ["https://host/m/1/" + COMPRESSED]),
        ("https://host/m.tar.gz?key=1", Kind.TARBALL, ["https://host/m.tar.gz?key=1"]),
        ("http://host/m.tgz", Kind.TARBALL, ["http://host/m.tgz"]),
        ("http://host/m.tar", Kind.TARBALL, ["http://host/m.tar"]),
        ("gs://bucket/a/m.tar.gz", Kind.GCS_ARCHIVE, [f"{GCS}/bucket/a/m.tar.gz"]),
        ("gs://bucket/a b/1", Kind.GCS_FOLDER, None),
        ("gs://bucket/a/1", Kind.GCS_FOLDER, []),
        (
            "https://tfhub.dev/google/nnlm-en-dim128/1",
            Kind.TFHUB,
            [
                "https://tfhub.dev/google/nnlm-en-dim128/1" + COMPRESSED,
                f"{GCS}/tfhub-modules/google/nnlm-en-dim128/1.tar.gz",
            ],
        ),
        (
            "tfhub.dev/google/nnlm-en-dim128",
            Kind.TFHUB,
            ["https://tfhub.dev/google/nnlm-en-dim128" + COMPRESSED],
        ),
        (
            "https://hub.tensorflow.google.cn/google/m/1",
            Kind.HTTP,
            ["https://gcs.tensorflow.google.cn/tfhub-modules/google/m/1.tar.gz"],
        ),
        *(
            (
                text,
                Kind.KAGGLE,
                [
                    f"{KAGGLE}/api/v1/models/google/nnlm/tensorFlow1/en-dim128/1/download",
                    f"{KAGGLE}/models/google/nnlm/tensorFlow1/en-dim128/1{COMPRESSED}",
                ],
            )
            for text in (
                f"{KAGGLE}/models/google/nnlm/frameworks/tensorFlow1/variations/en-dim128/versions/1",
                f"{KAGGLE}/models/google/nnlm/frameworks/TensorFlow1/variations/en-dim128/versions/1",
                f"{KAGGLE}/models/google/nnlm/TensorFlow1/en-dim128/1",
                f"{KAGGLE}/models/google/nnlm/tensorFlow1/en-dim128/1?tfhub-redirect=true",
                "https://kaggle.com/models/google/nnlm/tensorFlow1/en-dim128/1",
                "kaggle.com/models/google/nnlm/tensorFlow1/en-dim128/1",
                "www.kaggle.com/models/google/nnlm/frameworks/tensorFlow1/variations/en-dim128/versions/1",
                "google/nnlm/tensorFlow1/en-dim128/1",
            )
        ),
    ],
)
def test_kinds_and_addresses(text: str, kind: Kind, addresses: list[str] | None) -> None:
    if addresses is None:
        with pytest.raises(InvalidHandleError, match="no blanks"):
            parse_handle(text)
        return
    assert parse_handle(text).kind is kind
    assert urls(text) == addresses


def test_a_kaggle_handle_without_version_asks_for_the_newest() -> None:
    (first, second) = parse_handle("google/nnlm/tensorFlow1/en-dim128").addresses()
    assert first.url.endswith("/en-dim128/{version}/download")
    assert (
        first.version_url
        == second.version_url
        == f"{KAGGLE}/api/v1/models/google/nnlm/tensorFlow1/en-dim128/get"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "https://tfhub.dev/google/m/1",
            ["http://mirror/x/google/m/1" + COMPRESSED, "http://mirror/x/google/m/1.tar.gz"],
        ),
        (
            "google/m/tensorFlow1/v/1",
            [
                "http://mirror/x/models/google/m/tensorFlow1/v/1" + COMPRESSED,
                "http://mirror/x/models/google/m/tensorFlow1/v/1.tar.gz",
            ],
        ),
        ("gs://bucket/m.tar.gz", ["http://mirror/x/bucket/m.tar.gz"]),
        ("https://host/m/1", ["https://host/m/1" + COMPRESSED]),
        ("https://host/m.tar.gz", ["https://host/m.tar.gz"]),
    ],
)
def test_a_mirror_replaces_the_public_hosts(text: str, expected: list[str]) -> None:
    assert urls(text, "http://mirror/x") == expected


def test_the_key_is_the_sha1_of_the_handle_as_typed() -> None:
    for text in (
        "https://tfhub.dev/google/m/1",
        "https://tfhub.dev/google/m/1/",
        "http://h/a%2f..?x=ü",
    ):
        assert parse_handle(text).key == hashlib.sha1(text.encode()).hexdigest()


def test_forms_without_a_scheme_share_the_key_of_their_url() -> None:
    assert parse_handle("tfhub.dev/a/b/1").key == parse_handle("https://tfhub.dev/a/b/1").key
    short, full = "a/b/tensorFlow1/c/1", f"{KAGGLE}/models/a/b/tensorFlow1/c/1"
    assert parse_handle(short).key == parse_handle(full).key


def test_local_folders_and_files_are_used_as_they_lie(tmp_path: Path) -> None:
    folder = tmp_path / "a module"
    folder.mkdir()
    graph = tmp_path / "frozen.pb"
    graph.write_bytes(b"x")
    assert resolve(str(folder)) == str(folder)
    assert resolve(folder) == str(folder)
    assert resolve(str(graph)) == str(graph)
    assert resolve(folder.as_uri()) == str(folder)
    assert resolve(f"file://{folder}") == str(folder)
    assert resolve(f"file://localhost{folder}") == str(folder)
    with pytest.raises(InvalidHandleError, match="only an archive"):
        resolve(folder, sha256="0" * 64)


def test_a_local_path_wins_over_other_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.makedirs("google/nnlm/tensorFlow1/en-dim128/1")
    assert parse_handle("google/nnlm/tensorFlow1/en-dim128/1").kind is Kind.PATH
    assert parse_handle("google/nnlm/tensorFlow1/en-dim128/2").kind is Kind.KAGGLE


def test_a_local_archive_is_known_by_its_suffix(tmp_path: Path) -> None:
    for name in ("m.tar.gz", "m.tgz", "m.tar"):
        (tmp_path / name).write_bytes(b"")
        assert parse_handle(tmp_path / name).kind is Kind.ARCHIVE
        assert parse_handle((tmp_path / name).as_uri()).key == parse_handle(tmp_path / name).key
    (tmp_path / "folder.tar.gz").mkdir()
    assert parse_handle(tmp_path / "folder.tar.gz").kind is Kind.PATH


@pytest.mark.parametrize(
    "text",
    [
        "nothing/here",
        "/nothing/here",
        "file:///nothing/here",
        "htps://host/m/1",
        "s3://bucket/m",
        "a/b/c/d/1",
    ],
)
def test_what_is_not_there_does_not_exist(text: str) -> None:
    with pytest.raises(NotFoundError, match=r"^\S+ does not exist\."):
        resolve(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "non-empty"),
        ("a\0b", "NUL"),
        ("http://host/a b", "no blanks"),
        ("http://host/a\r\nHost: x", "no control characters"),
        ("http:///m/1", "name a host"),
        ("http://host:port/m", "must be a URL"),
        ("http://[::1/m", "must be a URL"),
        ("gs://bucket", "gs://<bucket>/<object>"),
        ("gs://bucket/../x", "gs://<bucket>/<object>"),
        ("gs://BUCKET/../x", "gs://<bucket>/<object>"),
        ("file://other/m", "local path"),
        ("https://www.kaggle.com/models/google/nnlm", "a kaggle.com handle must read"),
        ("https://www.kaggle.com/models/a/../b/c/1", "a kaggle.com handle must read"),
    ],
)
def test_handles_that_cannot_be_understood(text: str, message: str) -> None:
    with pytest.raises(InvalidHandleError, match=message):
        parse_handle(text)


@pytest.mark.parametrize("text", [b"http://host", 5, None, ["http://host"]])
def test_what_is_no_handle_by_its_type(text: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="must be a string or a path, not"):
        parse_handle(text)


def test_messages_hide_passwords_and_stay_short() -> None:
    assert shown("https://me:secret@host/m") == "https://…@host/m"
    assert len(shown("http://h/" + "x" * 4000)) < 500


def test_settings_from_the_environment() -> None:
    env = {
        "TFHUB_CACHE_DIR": "/c",
        "TFHUB_MODEL_LOAD_FORMAT": "UNCOMPRESSED",
        "TFHUB_DOWNLOAD_PROGRESS": "1",
        "TFHUB_DISABLE_CERT_VALIDATION": "true",
        "SSL_CERT_FILE": "/ca.pem",
        "MINIHUB_MIRROR": "http://mirror/",
        "MINIHUB_OFFLINE": "Yes",
        "MINIHUB_TIMEOUT": "2.5",
        "MINIHUB_MAX_BYTES": "1e6",
    }
    found = Settings.read(env)
    assert found.cache_dir == os.path.abspath("/c")
    assert found.load_format == "UNCOMPRESSED"
    assert found.progress
    assert not found.check_certificates
    assert found.ca_bundle == "/ca.pem"
    assert found.mirror == "http://mirror"
    assert found.offline
    assert (found.timeout, found.max_bytes) == (2.5, 1_000_000)
    assert Settings.read(env, offline=False, cache_dir="/d", mirror=None).offline is False
    assert Settings.read(env, cache_dir="/d").cache_dir == os.path.abspath("/d")
    for value in ("True", "1", "yes", ""):
        assert Settings.read({"TFHUB_DISABLE_CERT_VALIDATION": value}).check_certificates


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TFHUB_MODEL_LOAD_FORMAT", "ZIPPED"),
        ("MINIHUB_OFFLINE", "maybe"),
        ("MINIHUB_TIMEOUT", "soon"),
        ("MINIHUB_TIMEOUT", "-1"),
        ("MINIHUB_MIN_RATE", "nan"),
        ("MINIHUB_MIRROR", "ftp://mirror"),
        ("MINIHUB_MIRROR", "http://[::1"),
        ("MINIHUB_MIRROR", "http://"),
        ("MINIHUB_MIRROR", "http://mirror:port"),
        ("MINIHUB_MIRROR", "http://mirror/?key=1"),
        ("MINIHUB_GCS_ENDPOINT", "https://storage#top"),
    ],
)
def test_settings_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(InvalidHandleError, match=r"must be"):
        Settings.read({name: value})


def test_the_default_cache_is_durable_and_of_the_user() -> None:
    assert default_cache_dir({"XDG_CACHE_HOME": "/x"}) == os.path.join("/x", "minihub")
    assert default_cache_dir({}).startswith(os.path.expanduser("~"))


@pytest.mark.parametrize("env", [{}, {"TFHUB_CACHE_DIR": "~/cache"}])
def test_there_is_no_cache_in_a_folder_called_tilde(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user without an account and without HOME, as in some containers, has no home folder."""
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(InvalidHandleError, match="TFHUB_CACHE_DIR"):
        Settings.read(env)
    assert Settings.read({"TFHUB_CACHE_DIR": "/c"}).cache_dir == os.path.abspath("/c")


@pytest.mark.parametrize(
    "imports",
    [
        "import minihub",
        "import minihub, minihub.resolve.cache",
        "import minihub; minihub.resolve; import minihub.resolve.cache",
    ],
)
def test_resolve_is_a_function_whatever_was_imported_before(imports: str, tmp_path: Path) -> None:
    program = (
        f"{imports}\nfrom minihub.resolve import cache\n"
        f"assert minihub.resolve({str(tmp_path)!r}, offline=True) == {str(tmp_path)!r}"
    )
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=True)
