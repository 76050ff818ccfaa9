"""Training that is killed loses the steps since the last checkpoint, and ends with the same weights when it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.train.killed_training import SAVE_EVERY, STEPS, WAYS

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_killed_training_goes_on_with_the_same_weights(tmp_path: Path) -> None:
    output = subprocess.run(
        [sys.executable, "-m", "tests.train.killed_training", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=1800,
    ).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    assert {line["way"] for line in lines} == set(WAYS)
    for line in lines:
        assert line["same"], line
        if "after" in line:
            assert line["left"] >= line["after"] - line["after"] % SAVE_EVERY, line
    for way in WAYS:
        left = [line["left"] for line in lines if line["way"] == way and "call" in line]
        assert left[0] is None, "the first call comes before the first checkpoint"
        assert {0, 3, 6} <= set(left) <= {None, 0, 3, 6, STEPS}, left
        assert left == sorted(left, key=lambda step: -1 if step is None else step)
