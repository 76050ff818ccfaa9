"""TensorFlow's stored gradients of the samples; `generate.py` writes them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.golden import decode

__all__ = ["FOLDER", "stored_gradients"]

FOLDER = Path(__file__).parent / "golden"


@functools.cache
def stored_gradients(family: str) -> dict[str, Any]:
    """`Op/label` → a gradient, or None, per x; or the name of the error where TensorFlow gives none."""
    path = FOLDER / f"{family}.json"
    if not path.exists():
        return {}
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as stored:
        arrays = dict(stored)
    return {
        key: found["error"]
        if "error" in found
        else [None if g is None else decode(g, arrays) for g in found["gradients"]]
        for key, found in json.loads(path.read_text(encoding="utf-8")).items()
    }
