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


def test_matched_files_are_produced(folder: Path) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        names = tf.train.match_filenames_once(f"{folder}/*.txt")
        queue = tf.train.string_input_producer(names, num_epochs=1, shuffle=False)
        read = tf.WholeFileReader().read(queue).value
        session.run(tf.local_variables_initializer())
        tf.train.start_queue_runners(session)
        assert [session.run(read) for _ in range(2)] == [b"a", b"b"]


def reading(name: str, by_reference: bool) -> str:
    """A graph, as text, that reads a file by a queue."""
    version = "" if by_reference else "V2"
    return f"""
        node {{ name: "q" op: "FIFOQueue{version}"
          attr {{ key: "component_types" value {{ list {{ type: DT_STRING }} }} }} }}
        node {{ name: "r" op: "TextLineReader{version}" }}
        node {{ name: "name" op: "Const" attr {{ key: "dtype" value {{ type: DT_STRING }} }}
          attr {{ key: "value" value {{ tensor {{ dtype: DT_STRING tensor_shape {{}} string_val: "{name}" }} }} }} }}
        node {{ name: "full" op: "QueueEnqueue{version}" input: "q" input: "name"
          attr {{ key: "Tcomponents" value {{ list {{ type: DT_STRING }} }} }} }}
        node {{ name: "read" op: "ReaderRead{version}" input: "r" input: "q" input: "^full" }}
        versions {{ producer: 20 }}
    """


@pytest.mark.parametrize("by_reference", [False, True])
def test_readers_of_graphs_from_elsewhere_read_their_module_only(
    folder: Path, by_reference: bool
) -> None:
    from google.protobuf import text_format

    graph_def = text_format.Parse(reading(f"{folder}/a.txt", by_reference), tf.GraphDef())
    for allowed in (False, True):
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(graph_def, name="")
            if allowed:
                graph.allow_reading(str(folder))
                assert run("read:1") == b"a"
            else:
                with pytest.raises(PermissionDeniedError, match="files of its module only"):
                    run("read:1")


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
