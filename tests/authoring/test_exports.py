"""Modules written here are those that TensorFlow read, byte for byte, and give its numbers; those it wrote do so, too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import minihub
import minihub as hub
import minihub_runtime as tf
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue
from tests.authoring.answers import ANSWERS, WRITTEN, answer_of, stored_outputs, unpack
from tests.authoring.module_fns import CASES, Call
from tests.authoring.running import (
    call_module,
    make_case,
    module_digest,
    output_parts,
    same_outputs,
    write_module,
)


def call_function(call: Call, folder: Path) -> dict[str, object]:
    """The outputs of a call through `minihub.load`."""
    module = minihub.load(folder, call.tags)
    inputs = {
        name: (
            SparseTensorValue(*value[1:])
            if value[0] == "sparse"
            else RaggedTensorValue.from_nested_row_splits(value[1], [value[2]])
        )
        if isinstance(value, tuple)
        else value
        for name, value in call.inputs.items()
    }
    found = module(inputs, signature=call.signature, as_dict=True)
    return {name: output_parts(value) for name, value in found.items()}


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_here(name: str, tmp_path: Path) -> None:
    case = make_case(name, tf, hub, tmp_path / "files")
    write_module(case, tf, hub, tmp_path / "module")
    answer = answer_of(name)
    for call, told in zip(case.calls, answer["outputs"], strict=True):
        wanted = stored_outputs(told)
        assert not same_outputs(call_module(call, tf, hub, tmp_path / "module"), wanted)
        assert not same_outputs(call_function(call, tmp_path / "module"), wanted)
    assert module_digest(tmp_path / "module") == answer["digest"]


@pytest.mark.parametrize("name", CASES)
def test_what_tensorflow_wrote(name: str, tmp_path: Path) -> None:
    case = make_case(name, tf, hub, tmp_path / "files")
    folder = unpack(name, tmp_path / "written")
    for call, told in zip(case.calls, answer_of(name)["outputs"], strict=True):
        wanted = stored_outputs(told)
        assert not same_outputs(call_module(call, tf, hub, folder), wanted)
        assert not same_outputs(call_function(call, folder), wanted)


def test_every_case_has_an_answer() -> None:
    assert sorted(json.loads(ANSWERS.read_text(encoding="utf-8"))) == sorted(CASES)
    assert len(CASES) >= 25
    assert ANSWERS.stat().st_size < 1_000_000
    assert WRITTEN.stat().st_size < 1_000_000
