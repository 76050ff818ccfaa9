"""`minihub create`, `minihub check` and `minihub demo`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub_runtime.checkpoint import write_checkpoint
from tests.cli.conftest import HALF, Cli
from tests.hub.modules import read

SAVED = Path(__file__).parents[1] / "data" / "saved_models"
VECTORS = "the 1 2\ncat 3 4\nDog 5 6\nthe 9 9\n"


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    path = tmp_path / "vectors.txt"
    path.write_text(VECTORS)
    return path


def test_text_embedding(cli: Cli, vectors: Path, tmp_path: Path) -> None:
    ran = cli("create", "text-embedding", "--vectors", vectors, "--out", tmp_path / "m")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'm'}\n")
    assert ran.err == "3 words of 2 numbers, 1 repeated left out\n"
    embed = minihub.load(tmp_path / "m")
    half = 2**0.5
    found = embed(["the, cat!", "unknown", "", "Dog"])
    assert np.allclose(found, [[4 / half, 6 / half], [0, 0], [0, 0], [5, 6]])
    assert (tmp_path / "m" / "assets" / "tokens.txt").read_text() == "the\ncat\nDog\n"
    assert cli("check", tmp_path / "m").out == "nothing to complain of\n"
    assert sorted(os.listdir(tmp_path)) == ["m", "vectors.txt"]


def test_options_of_text_embedding(cli: Cli, vectors: Path, tmp_path: Path) -> None:
    base = ("create", "text-embedding", "--vectors", vectors, "--json", "--out")
    ran = cli(*base, tmp_path / "words", "--no-preprocess", "--oov-buckets", 3, "--limit", 2)
    assert json.loads(ran.out) == {
        "format": 1,
        "path": str(tmp_path / "words"),
        "words": 2,
        "dimension": 2,
        "oov_buckets": 3,
        "repeated": 0,
        "unusable": 0,
    }
    module = minihub.load(tmp_path / "words")
    assert module(["cat", "Dog"]).tolist() == [[3, 4], [0, 0]]
    assert module.variables["embeddings"].shape == (5, 2)
    cli(*base, tmp_path / "sum", "--combiner", "sum", "--lowercase")
    assert minihub.load(tmp_path / "sum")(["THE Cat", "DOG"]).tolist() == [[4, 6], [0, 0]]


def test_the_same_file_gives_the_same_module(cli: Cli, vectors: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        cli("create", "text-embedding", "--vectors", vectors, "--out", tmp_path / name)
    assert read(tmp_path / "a") == read(tmp_path / "b")


def test_what_text_embedding_refuses(
    refused: Callable[..., str], vectors: Path, tmp_path: Path
) -> None:
    base = ("create", "text-embedding", "--vectors", vectors, "--out", tmp_path / "m")
    assert "needs --vectors FILE" in refused(2, "create", "text-embedding", "--out", "m")
    assert "--checkpoint does not belong to" in refused(2, *base, "--checkpoint", "x")
    assert "at least one bucket" in refused(1, *base, "--oov-buckets", 0)
    assert "limit must be at least 1" in refused(1, *base, "--limit", 0)
    assert "two numbers" in refused(1, *base, "--format", "word2vec")
    vectors.write_text("a 1 2\nb 3\n")
    assert "line 2" in refused(4, *base)
    vectors.write_text("0 2\n")
    assert "at least one word" in refused(1, *base)
    missing = ("create", "text-embedding", "--vectors", tmp_path / "x", "--out", tmp_path / "m")
    assert "No such file" in refused(3, *missing)
    assert os.listdir(tmp_path) == ["vectors.txt"]
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine").write_text("mine")
    vectors.write_text(VECTORS)
    assert "holds 'mine'" in refused(1, *base)
    assert read(tmp_path / "m") == {"mine": b"mine"}


def test_a_frozen_graph(cli: Cli, tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None], "x")
        tf.multiply(x, 2.0, name="y")
        data = graph.as_graph_def().SerializeToString()
    (tmp_path / "graph.pb").write_bytes(data)
    ran = cli("create", "from-graph", tmp_path / "graph.pb", "--out", tmp_path / "m")
    assert ran.code == 0, ran.err
    assert minihub.load(tmp_path / "m")([1.0]).tolist() == [2.0]
    named = ("--input", "in=x", "--output", "y:0", "--signature", "twice", "--json")
    ran = cli("create", "from-graph", tmp_path / "graph.pb", "--out", tmp_path / "n", *named)
    assert json.loads(ran.out)["graphs"] == [{"tags": [], "signatures": ["twice"]}]
    twice = minihub.load(tmp_path / "n").signatures["twice"]
    assert (list(twice.inputs), list(twice.outputs)) == (["in"], ["default"])


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("pruned", [False, True])
def test_a_graph_with_variables(
    resource: bool, pruned: bool, cli: Cli, refused: Callable[..., str], tmp_path: Path
) -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None], "x")
        v = tf.Variable([1.0, 2.0], name="v", use_resource=resource)
        y = tf.multiply(x, v, name="y")
        proto = graph.as_graph_def()
        if pruned:
            proto = tf.graph_util.extract_sub_graph(proto, [y.op.name])
    (tmp_path / "graph.pb").write_bytes(proto.SerializeToString())
    write_checkpoint(tmp_path / "model", {"v": np.float32([3, 4])})
    base = ("create", "from-graph", tmp_path / "graph.pb", "--out", tmp_path / "m")
    base = (*base, "--input", "x", "--output", "y")
    assert "so a checkpoint with their values must be given" in refused(1, *base)
    ran = cli(*base, "--checkpoint", tmp_path / "model")
    assert ran.code == 0, ran.err
    assert minihub.load(tmp_path / "m")([1.0, 1.0]).tolist() == [3.0, 4.0]
    assert cli("check", tmp_path / "m").code == 0


def test_a_saved_model(cli: Cli, tmp_path: Path) -> None:
    ran = cli("create", "from-graph", SAVED / "served", "--out", tmp_path / "m", "--json")
    assert ran.code == 0, ran.err
    (graph,) = json.loads(ran.out)["graphs"]
    assert graph["tags"] == []
    assert "default" in graph["signatures"]
    assert not [line for line in cli("check", tmp_path / "m").out.splitlines() if "error " in line]
    served, module = minihub.load(SAVED / "served"), minihub.load(tmp_path / "m")
    assert set(module.variables) == set(served.variables)
    assert (tmp_path / "m" / "assets" / "vocab.txt").exists()


def test_what_from_graph_refuses(refused: Callable[..., str], tmp_path: Path) -> None:
    base = ("create", "from-graph", "--out", tmp_path / "m")
    assert "needs SOURCE" in refused(2, *base)
    assert "--vectors does not belong" in refused(2, *base, "x", "--vectors", "y")
    assert "has signatures of its own" in refused(1, *base, SAVED / "served", "--input", "x")
    graph = Path(__file__).parents[1] / "data" / "graphs" / "frozen.pb"
    assert "output 'default' must be a tensor of the graph, not 'no:0'" in refused(
        1, *base, graph, "--output", "no:0"
    )
    assert "must be NAME=TENSOR" in refused(2, *base, graph, "--output", "=x")
    assert "names 'a' twice" in refused(2, *base, graph, "--output", "a=x", "--output", "a=y")
    assert os.listdir(tmp_path) == []


# --- check -------------------------------------------------------------------------------------------------------------


def test_check(cli: Cli, tmp_path: Path) -> None:
    ran = cli("check", HALF)
    assert (ran.code, ran.out, ran.err) == (0, "nothing to complain of\n", "")
    shutil.copytree(HALF, tmp_path / "m")
    (tmp_path / "m" / "assets").mkdir(exist_ok=True)
    (tmp_path / "m" / "assets" / "old").write_text("x")
    ran = cli("check", tmp_path / "m")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "warning  assets  no graph uses 'old'",
        "0 errors, 1 warnings, 0 notes",
    ]
    assert cli("check", "--strict", tmp_path / "m").code == 1
    told = json.loads(cli("check", "--json", tmp_path / "m").out)
    assert told["findings"] == [
        {"level": "warning", "where": "assets", "text": "no graph uses 'old'"}
    ]
    assert (told["format"], told["errors"], told["warnings"]) == (1, 0, 1)
    shutil.rmtree(tmp_path / "m" / "variables")
    assert cli("check", tmp_path / "m").code == 1


# --- demo --------------------------------------------------------------------------------------------------------------


def test_demo(cli: Cli) -> None:
    ran = cli("demo")
    assert ran.code == 0, ran.err
    assert "learnt from Python's documentation" in ran.out
    assert "open a zip archive" in ran.out
    told = json.loads(cli("demo", "--json", "--neighbours", 3, "raise an exception", "xyzzy").out)
    first, second = told["sentences"]
    assert [len(s["neighbours"]) for s in (first, second)] == [3, 0]
    assert first["similarity"] == [1.0, 0.0]
    assert {"raises", "raised", "exceptions"} & {n["word"] for n in first["neighbours"]}
    assert minihub.load(told["path"])(["a file"]).shape == (1, told["dimension"])


def test_the_demo_module_is_small_and_clean(cli: Cli, refused: Callable[..., str]) -> None:
    folder = json.loads(cli("demo", "--json").out)["path"]
    assert sum(len(data) for data in read(folder).values()) < 1_000_000
    assert cli("check", folder).out == "nothing to complain of\n"
    assert "must be a whole number, 0 or more" in refused(2, "demo", "--neighbours", -1)
