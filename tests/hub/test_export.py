"""Writing modules: whole or not at all, the same bytes each time, and nothing that was there is lost."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub as hub
import minihub_runtime as tf
from minihub.export import checkpoint_tensors, new_folder, write_module
from minihub.saved_model import MetaGraph
from minihub_runtime.checkpoint import CheckpointReader, write_checkpoint
from minihub_runtime.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnknownError,
)
from tests.hub.faults import CALLS, counted
from tests.hub.modules import read

DATA = Path(__file__).parents[1] / "data" / "modules"
#: The files whose calls to the operating system are counted.
WRITERS = ("/minihub/export.py", "/minihub/resolve/tree.py", "/minihub_runtime/checkpoint/")


def export(source: Path, target: Path, tags: Any = None) -> None:
    """Load a module and write it again."""
    with tf.Graph().as_default():
        module = hub.Module(str(source), tags=tags)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(str(target), session)


@pytest.mark.parametrize("name", ["half_plus_two", "image", "lookup", "text"])
def test_the_same_module_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    export(DATA / name, tmp_path / "first")
    export(tmp_path / "first", tmp_path / "second")
    assert read(tmp_path / "first") == read(tmp_path / "second")
    written, source = read(tmp_path / "first"), read(DATA / name)
    assert sorted(written) == sorted(source)
    assert {key for key in source if written[key] != source[key]} <= {"saved_model.pb"}
    assert sorted(os.listdir(tmp_path / "first")) == [
        "assets",
        "saved_model.pb",
        "tfhub_module.pb",
        "variables",
    ]


def test_a_module_without_variables_has_an_empty_folder_of_them(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, name="x")
        proto = tf.MetaGraphDef(graph_def=x.graph.as_graph_def())
        info = tf.saved_model.build_tensor_info(x)
    proto.signature_def["default"].inputs["default"].CopyFrom(info)
    proto.signature_def["default"].outputs["default"].CopyFrom(info)
    write_module(tmp_path / "m", [MetaGraph(proto, "here")], {})
    assert os.listdir(tmp_path / "m" / "variables") == []
    assert minihub.load(tmp_path / "m")(3.5) == np.float32(3.5)


@pytest.mark.parametrize("before", ["a module", "a file inside", "a file"])
def test_what_is_there_is_left_alone(before: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    if before == "a module":
        export(DATA / "lookup", target)
    elif before == "a file inside":
        target.mkdir()
        (target / "notes.txt").write_text("mine")
    else:
        target.write_text("mine")
    held = read(tmp_path)
    with pytest.raises(AlreadyExistsError, match=r"must be empty or not|must be a folder or not"):
        export(DATA / "half_plus_two", target)
    assert read(tmp_path) == held


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    export(DATA / "half_plus_two", tmp_path)
    assert minihub.load(tmp_path)([2.0]).tolist() == [3.0]


def test_folders_above_are_made_and_names_are_any_text(tmp_path: Path) -> None:
    target = tmp_path / "a b" / "modèle ✓" / "1"
    export(DATA / "text", target)
    assert minihub.load(target).signatures


def test_a_folder_that_comes_in_between_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "target"

    def race() -> None:
        with new_folder(target):
            target.mkdir()
            (target / "theirs").write_text("theirs")

    with pytest.raises(AlreadyExistsError, match="holds 'theirs'"):
        race()
    assert read(tmp_path) == {"target/theirs": b"theirs"}
    assert os.listdir(tmp_path) == ["target"]


def test_addresses_are_no_folders() -> None:
    with pytest.raises(InvalidArgumentError, match="written to a local folder, not to 'gs://"):
        export(DATA / "half_plus_two", "gs://bucket/module")  # type: ignore[arg-type]


def test_a_variable_without_a_value_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        module = hub.Module(str(DATA / "half_plus_two"))
        with tf.Session() as session, pytest.raises(FailedPreconditionError, match="module/"):
            module.export(tmp_path / "m", session)
    assert os.listdir(tmp_path) == []


def test_the_graphs_must_be_the_modules(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        module = hub.Module(str(DATA / "half_plus_two"))
        with (
            tf.Session() as session,
            tf.Graph().as_default(),
            pytest.raises(RuntimeError, match="default graph differs from the graph where"),
        ):
            module.export(tmp_path / "m", session)
        with (
            tf.Session(graph=tf.Graph()) as other,
            module._graph.as_default(),
            pytest.raises(RuntimeError, match="session graph differs from the graph where"),
        ):
            module.export(tmp_path / "m", other)


# --- from a checkpoint -------------------------------------------------------------------------------------------------


def test_a_spec_takes_values_from_a_checkpoint(tmp_path: Path) -> None:
    values = {"outer/a": np.float32(3), "outer/b": np.float32(5)}
    write_checkpoint(tmp_path / "ckpt", values)
    spec = hub.load_module_spec(str(DATA / "half_plus_two"))
    spec.export(
        tmp_path / "m",
        checkpoint_path=tmp_path / "ckpt",
        name_transform_fn=lambda name: f"outer/{name}",
    )
    assert minihub.load(tmp_path / "m")([1.0]).tolist() == [8.0]


def test_a_name_in_the_checkpoint_that_is_no_text(tmp_path: Path) -> None:
    spec = hub.load_module_spec(str(DATA / "half_plus_two"))
    prefix = str(DATA / "half_plus_two" / "variables" / "variables")
    with pytest.raises(
        ValueError, match="the name of 'a' in the checkpoint must be text, not None"
    ):
        spec.export(tmp_path / "m", checkpoint_path=prefix, name_transform_fn=lambda name: None)
    assert not (tmp_path / "m").exists()


def test_partitions_are_cut_out_of_the_checkpoint(tmp_path: Path) -> None:
    spec = hub.load_module_spec(str(DATA / "text"))
    prefix = str(DATA / "text" / "variables" / "variables")
    spec.export(tmp_path / "m", checkpoint_path=prefix)
    assert read(tmp_path / "m" / "variables") == read(DATA / "text" / "variables")


def test_what_a_checkpoint_lacks(tmp_path: Path) -> None:
    spec = hub.load_module_spec(str(DATA / "half_plus_two"))
    with pytest.raises(ValueError, match="Missing mandatory `checkpoint_path` parameter"):
        spec.export(tmp_path / "m")
    with pytest.raises(TypeError, match="must be named"):
        spec.export(tmp_path / "m", str(tmp_path / "ckpt"))  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        spec.export(tmp_path / "m", checkpoint_path=tmp_path / "ckpt")
    write_checkpoint(tmp_path / "ckpt", {"a": np.float32(3)})
    with pytest.raises(ValueError, match="Tensor b is not found in"):
        spec.export(tmp_path / "m", checkpoint_path=tmp_path / "ckpt")
    write_checkpoint(tmp_path / "ckpt", {"a": np.float32(3), "b": np.float32([5])})
    with pytest.raises(ValueError, match=re.escape("doesn't match with shape of tensor b ([1])")):
        spec.export(tmp_path / "m", checkpoint_path=tmp_path / "ckpt")
    write_checkpoint(tmp_path / "ckpt", {"a": np.float32(3), "b": np.float64(5)})
    with pytest.raises(ValueError, match="must be of type float32 in the checkpoint"):
        spec.export(tmp_path / "m", checkpoint_path=tmp_path / "ckpt")
    assert not (tmp_path / "m").exists()


# --- faults ------------------------------------------------------------------------------------------------------------


def _raise(number: int) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (_raise(errno.ENOSPC), (ResourceExhaustedError,)),
        (_raise(errno.EIO), (UnknownError,)),
        (_raise(errno.EACCES), (PermissionDeniedError,)),
        (_interrupt, (KeyboardInterrupt,)),
    ],
    ids=["full", "broken", "forbidden", "interrupted"],
)
def test_a_fault_at_each_step_leaves_nothing_behind(
    happens: Callable[[], None], expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    spec = hub.load_module_spec(str(DATA / "lookup"))
    values = checkpoint_tensors(spec.graph(), str(spec.checkpoint_prefix), str)
    export_calls = 0
    for step in range(1, 400):
        folder = tmp_path / str(step)
        folder.mkdir()
        (folder / "mine").write_text("mine")
        try:
            with counted(step, happens, callers=WRITERS) as made:
                write_module(folder / "m", spec.graphs, values)
        except expected:
            done = (folder / "m" / "tfhub_module.pb").exists()
            assert sorted(os.listdir(folder)) == (["m", "mine"] if done else ["mine"]), made
            if done:  # the module took its name; what failed is to make the name durable
                assert minihub.load(folder / "m").signatures
            continue
        assert len(made) < step
        export_calls = len(made)
        break
    assert export_calls > 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="killing a child needs fork")
def test_killed_at_each_step_there_is_nothing_or_a_whole_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    spec = hub.load_module_spec(str(DATA / "lookup"))
    values = checkpoint_tensors(spec.graph(), str(spec.checkpoint_prefix), str)
    write_module(tmp_path / "whole", spec.graphs, values)
    whole = read(tmp_path / "whole")
    calls = tuple(call for call in CALLS if call != "close")
    steps = 0
    for step in range(1, 400):
        target = tmp_path / str(step) / "m"
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            with counted(step, lambda: os.kill(os.getpid(), signal.SIGKILL), calls, WRITERS):
                write_module(target, spec.graphs, values)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if target.exists():
            assert read(target) == whole
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0
            assert target.exists()
            break
        if not target.exists():
            # What the dead left behind is no module, and does not stand in the way.
            assert (
                not any(name == "m" for name in os.listdir(target.parent))
                if target.parent.exists()
                else True
            )
            write_module(target, spec.graphs, values)
            assert read(target) == whole
        steps += 1
    assert steps > 20


def test_an_asset_that_is_gone_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    export(DATA / "lookup", tmp_path / "m")
    spec = hub.load_module_spec(str(tmp_path / "m"))
    (asset,) = os.listdir(tmp_path / "m" / "assets")
    os.remove(tmp_path / "m" / "assets" / asset)
    with pytest.raises(NotFoundError, match=asset):
        write_module(tmp_path / "n", spec.graphs, {})
    assert os.listdir(tmp_path) == ["m"]


def test_the_checkpoint_is_read_by_name(tmp_path: Path) -> None:
    export(DATA / "text", tmp_path / "m")
    reader = CheckpointReader(str(tmp_path / "m" / "variables" / "variables"))
    assert reader.names() == CheckpointReader(str(DATA / "text/variables/variables")).names()


def test_the_folder_that_a_program_works_in_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(DATA / "text", tmp_path / "expected")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = os.stat(".").st_ino
    export(DATA / "text", Path())
    assert os.stat(".").st_ino == before
    assert read(Path()) == read(tmp_path / "expected")
    with pytest.raises(AlreadyExistsError, match="must be empty or not be there"):
        export(DATA / "text", Path())


def test_a_folder_that_something_is_mounted_on_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "volume"
    target.mkdir()
    before = target.stat().st_ino
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == target)
    with pytest.raises(AlreadyExistsError, match="holds 'y'"), new_folder(target):
        (target / "y").touch()
    (target / "y").unlink()
    assert not list(target.iterdir())
    export(DATA / "text", target)
    export(DATA / "text", tmp_path / "expected")
    assert read(target) == read(tmp_path / "expected")
    assert target.stat().st_ino == before


def test_what_cannot_be_moved_into_a_folder_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename

    def refuse(source: str, target: str) -> None:
        if os.path.basename(target) == "saved_model.pb" and ".tmp" in source:
            raise OSError(errno.EIO, "it fails")
        rename(source, target)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(UnknownError):
        export(DATA / "text", tmp_path)
    assert not list(tmp_path.iterdir())
