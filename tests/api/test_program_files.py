"""Files that a program reads by its operations, and those that a graph from elsewhere may not see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.errors import PermissionDeniedError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.txt", "c.dat"):
        (tmp_path / name).write_text(name[0])
    return tmp_path


def run(fetches: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.local_variables_initializer())
        return session.run(fetches)


def test_the_program_reads_its_files(folder: Path) -> None:
    with tf.Graph().as_default():
        names = tf.matching_files([f"{folder}/*.txt", f"{folder}/c*"])
        assert run(tf.map_fn(tf.read_file, names)).tolist() == [b"a", b"b", b"c"]


def test_functions_of_datasets_read_files(folder: Path) -> None:
    with tf.Graph().as_default():
        read = tf.data.Dataset.from_tensors(f"{folder}/a.txt").map(tf.read_file)
        assert run(read.make_one_shot_iterator().get_next()) == b"a"


def test_files_are_matched_once(folder: Path) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        names = tf.train.match_filenames_once(f"{folder}/*.txt")
        session.run(tf.local_variables_initializer())
        (folder / "d.txt").touch()
        assert session.run(names).tolist() == [f"{folder}/{n}.txt".encode() for n in "ab"]


@pytest.mark.parametrize("in_function", [False, True])
@pytest.mark.parametrize("op", ["read_file", "matching_files"])
def test_graphs_from_elsewhere_do_not(folder: Path, op: str, in_function: bool) -> None:
    path = f"{folder}/a.txt"
    with tf.Graph().as_default() as graph:
        function = getattr(tf, op)
        if in_function:
            flags = tf.constant(True), lambda: function(path), lambda: function(path)
            tf.identity(tf.cond(*flags), name="found")
        else:
            tf.identity(function(path), name="found")
        assert b"a" in str(run("found:0")).encode()
        written = graph.as_graph_def()
        token = graph.node_graph.program_token
    assert token not in str(written)
    with tf.Graph().as_default():
        # The program has a token of its own.
        tf.read_file(path)
        tf.import_graph_def(written, name="")
        with pytest.raises(PermissionDeniedError, match=r"a graph (may read|must not look)"):
            run("found:0")
