"""The reference material beside the repository, where it is present."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared"


def shared(*parts: str) -> Path:
    """A path in the shared folder; skips the test, saying why, if it is not there."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(
            f"the reference material {'/'.join(('shared', *parts))} is not beside the repository"
        )
    return path
