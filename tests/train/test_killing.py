"""A program that dies while it saves leaves the old checkpoint or the new one, whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.killing import WAYS

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_a_crash_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-m", "tests.train.killing", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
    ).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    for way in WAYS:
        found = [line for line in lines if line["way"] == way]
        assert len(found) > 8, f"{way}: the steps of saving must be counted"
        order = [line["found"] for line in found]
        assert set(order) == {"old", "new"}, order
        # Once the new one is there, it stays.
        assert order == sorted(order, key=["old", "new"].index)
        assert all(line["again"] == "new" for line in found)
        names = {name for line in found for name in line["rest"]}
        assert not [name for name in names if name.endswith(".next")]
