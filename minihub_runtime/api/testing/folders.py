"""The folder that tests may write to.

Source: tensorflow/python/platform/googletest.py:GetTempDir.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sys
import tempfile
from pathlib import Path

from minihub_runtime.public import public

__all__ = ["get_temp_dir"]


@public("test.get_temp_dir")
def get_temp_dir() -> str:
    """A folder that this process has alone, and that goes at its end; inside of TEST_TMPDIR, if that is set."""
    return _made()


@functools.cache
def _made() -> str:
    place = os.environ.get("TEST_TMPDIR")
    found = tempfile.mkdtemp(prefix=Path(sys.argv[0] or "test").stem or None, dir=place or None)
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    return found
