"""Samples of Python functions in graphs: none, since a sample has no function; see tests/api/programs/python_functions.py."""

from __future__ import annotations

from tests.samples import Sample

SCHEMA_ONLY = ("PyFunc", "PyFuncStateless")

SAMPLES: list[Sample] = []
