"""The index of ops says where each op is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from minihub_runtime.ops import index

WRITE = "from minihub_runtime.ops.__main__ import index; print(index(), end='')"


def test_index_is_what_the_families_register() -> None:
    written = subprocess.run(
        [sys.executable, "-c", WRITE], check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout
    stored = Path(index.__file__).read_text(encoding="utf-8")
    assert stored == written, "run python -m minihub_runtime.ops --write-index"


def test_using_an_op_imports_its_family_only() -> None:
    program = (
        "import sys; from minihub_runtime.ops.registry import REGISTRY; REGISTRY['Softmax']; "
        "print('minihub_runtime.ops.activation' in sys.modules, 'minihub_runtime.ops.linalg' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert result.stdout.split() == ["True", "False"]


def test_every_op_is_found_by_importing_its_family_alone() -> None:
    program = (
        "import importlib; from minihub_runtime.ops.index import FAMILY_OF; "
        "from minihub_runtime.ops.registry import REGISTRY\n"
        "REGISTRY._load_all = lambda: (_ for _ in ()).throw(AssertionError('loads every family'))\n"
        "for name in FAMILY_OF: REGISTRY[name]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
