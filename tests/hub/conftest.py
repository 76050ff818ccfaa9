from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from minihub.resolve import Settings
from tests.hub.server import Server


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine reach a test, and its cache is never touched."""
    for name in os.environ:
        if re.match(
            r"TFHUB_|MINIHUB_|XDG_CACHE|CURL_CA|REQUESTS_CA|SSL_CERT|.*_proxy$", name, re.I
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))


@pytest.fixture(autouse=True)
def _fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk shows nothing: no test cuts the power. That files are synced is a test of its own."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def settings(cache_dir: Path) -> Settings:
    """Settings with which nothing takes long."""
    return Settings.read(
        {}, cache_dir=str(cache_dir), retry_wait=0.01, timeout=20.0, read_timeout=5.0
    )


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running
