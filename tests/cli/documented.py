"""The commands in docs/cli.md and what they print; `python -m tests.cli.documented` writes anew what they print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from minihub.cli.failures import EXIT_CODES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "cli.md"
#: What stands in the document for the folder of the checkout.
HOME = "/path/to/minihub"

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_CODES = re.compile(r"(\| code \| meaning \|\n\|---\|---\|\n)(?:\|.*\n|CODES\n)+")


def output(command: str) -> str:
    """What a command prints, both streams."""
    program, *arguments = shlex.split(command)
    assert program == "minihub"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MINIHUB_", "TFHUB_"))}
    ran = subprocess.run(
        [sys.executable, "-m", "minihub", *arguments],
        cwd=ROOT,
        env={**environment, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return ran.stdout.decode("utf-8").replace(str(ROOT), HOME)


def rewritten(text: str) -> str:
    """The document with what its commands print now."""

    def block(match: re.Match[str]) -> str:
        commands = re.findall(r"^\$ (.*)$", match[1], re.MULTILINE)
        shown = "".join(f"$ {command}\n{output(command)}" for command in commands)
        return f"```console\n{shown}```"

    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    return _BLOCK.sub(block, _CODES.sub(lambda match: match[1] + codes, text))


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
