"""Run a sample in a session, for ops that need one."""

from __future__ import annotations

from typing import Any

from minihub_runtime.ops.registry import REGISTRY
from tests.samples import Sample

__all__ = ["needs_session", "run_in_session"]


def needs_session(sample: Sample) -> bool:
    """Whether the sample's op or one before it keeps state or calls functions."""
    return bool(sample.before) or REGISTRY[sample.op].wants_context or sample.runs > 1


def run_in_session(sample: Sample) -> list[list[Any]]:
    """The sample's outputs, for each run of one session."""
    raise NotImplementedError("the engine is being written")
