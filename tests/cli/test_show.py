"""`minihub show`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minihub_runtime.protos import GraphDef, SavedModel
from tests.cli.conftest import HALF, IMAGE, TEXT, Cli
from tests.hub.modules import pack, read
from tests.hub.server import Server


def told(cli: Cli, *arguments: object) -> dict[str, Any]:
    ran = cli("show", "--json", *arguments)
    assert ran.code == 0, ran.err
    parsed: dict[str, Any] = json.loads(ran.out)
    return parsed


def changed(source: str, target: Path, change: Callable[[SavedModel], None]) -> Path:
    """A copy of a module with another saved_model.pb."""
    shutil.copytree(source, target)
    path = target / "saved_model.pb"
    model = SavedModel.FromString(path.read_bytes())
    change(model)
    path.write_bytes(model.SerializeToString())
    return target


def test_text(cli: Cli) -> None:
    ran = cli("show", HALF)
    assert ran.code == 0
    assert ran.err == ""
    assert "kind      TF1 Hub module" in ran.out
    assert "default    input   default  dense  float32  [?]" in ran.out
    assert "Variables: 2, 2 elements, 8 B\n  a  float32  []  4 B" in ran.out
    assert ", all supported\n" in ran.out


def test_structure(cli: Cli) -> None:
    module = told(cli, HALF)
    assert list(module) == [
        "format",
        "handle",
        "path",
        "kind",
        "bytes",
        "tag_sets",
        "graphs",
        "variables",
        "assets",
    ]
    assert module["format"] == 1
    assert module["kind"] == "tf1_hub_module"
    assert module["handle"] == HALF
    assert module["bytes"] == sum(map(len, read(HALF).values()))
    [graph] = module["graphs"]
    assert graph["signatures"]["default"] == {
        "inputs": {"default": {"kind": "dense", "dtype": "float32", "shape": [None]}},
        "outputs": {"default": {"kind": "dense", "dtype": "float32", "shape": [None]}},
        "unsupported_ops": {},
    }
    assert graph["ops"]["Placeholder"] == {"count": 1, "supported": True}
    assert graph["variables"] == ["a", "b"]
    assert module["variables"][0] == {
        "name": "a",
        "dtype": "float32",
        "shape": [],
        "elements": 1,
        "bytes": 4,
        "partitions": 1,
    }


def test_partitions_assets_sparse_and_ragged(cli: Cli) -> None:
    module = told(cli, TEXT)
    [variable] = module["variables"]
    assert variable["partitions"] > 1
    assert variable["bytes"] == variable["elements"] * 4
    assert module["graphs"][0]["variables"] == [variable["name"]]
    [asset] = module["assets"]
    assert asset == {
        "name": "words.txt",
        "bytes": (Path(TEXT) / "assets" / "words.txt").stat().st_size,
    }
    signatures = module["graphs"][0]["signatures"]
    assert signatures["tokens"]["inputs"]["tokens"]["kind"] == "sparse"
    rows = signatures["rows"]["inputs"]["rows"]
    assert (rows["kind"], rows["ragged_rank"], rows["row_splits_dtype"]) == ("ragged", 1, "int64")


def test_tag_sets_and_attached_messages(cli: Cli) -> None:
    module = told(cli, IMAGE)
    assert module["tag_sets"] == [[], ["train"]]
    assert [graph["tags"] for graph in module["graphs"]] == [[], ["train"]]
    message = module["graphs"][0]["attached_messages"]["image_module_info"]
    assert message["value"] == {"default_image_size": {"height": 8, "width": 8}}
    only = told(cli, IMAGE, "--tags", "train")
    assert [graph["tags"] for graph in only["graphs"]] == [["train"]]
    assert told(cli, IMAGE, "--tags", "")["graphs"][0]["tags"] == []
    assert "default_image_size: height 8, width 8" in cli("show", IMAGE).out


def test_unknown_tags(refused: Callable[..., str]) -> None:
    assert "'serve', 'tpu'" in refused(1, "show", HALF, "--tags", "tpu,serve")


@pytest.mark.parametrize("columns", [1, 20, 40, 60, 80, 200])
def test_any_width(cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    ran = cli("show", TEXT)
    assert ran.code == 0
    if columns >= 60:
        assert max(map(len, ran.out.splitlines())) <= columns


def test_unsupported_ops_are_shown(cli: Cli, tmp_path: Path, refused: Callable[..., str]) -> None:
    def change(model: SavedModel) -> None:
        [graph] = model.meta_graphs
        for node in graph.graph_def.node:
            if node.op == "Mul":
                node.op = "FancyMul"

    path = changed(HALF, tmp_path / "module", change)
    module = told(cli, path)
    assert module["graphs"][0]["ops"]["FancyMul"] == {"count": 1, "supported": False}
    assert module["graphs"][0]["signatures"]["default"]["unsupported_ops"] == {"FancyMul": 1}
    ran = cli("show", path)
    assert "default cannot run; it needs ops that are not supported: FancyMul (1)" in ran.out
    assert "FancyMul            1  NOT SUPPORTED" in ran.out
    assert "FancyMul" in refused(1, "run", path, "1")


def test_a_saved_model(cli: Cli, tmp_path: Path) -> None:
    def change(model: SavedModel) -> None:
        model.meta_graphs[0].meta_info_def.tags.append("serve")

    path = changed(HALF, tmp_path / "module", change)
    (path / "tfhub_module.pb").unlink()
    module = told(cli, path)
    assert module["kind"] == "tf1_saved_model"
    assert module["tag_sets"] == [["serve"]]
    assert "tag sets  {serve}" in cli("show", path).out


def test_a_tf2_saved_model(cli: Cli, tmp_path: Path, refused: Callable[..., str]) -> None:
    def change(model: SavedModel) -> None:
        model.meta_graphs[0].object_graph_def = b"\x0a\x00"

    path = changed(HALF, tmp_path / "module", change)
    (path / "tfhub_module.pb").unlink()
    assert told(cli, path)["kind"] == "tf2_saved_model"
    assert "which minihub does not run" in cli("show", path).out
    assert "TF2 SavedModel" in refused(1, "run", path, "1")


def test_a_frozen_graph(cli: Cli, tmp_path: Path, refused: Callable[..., str]) -> None:
    graph = GraphDef()
    x = graph.node.add(name="x", op="Placeholder")
    x.attr["dtype"].type = 1
    y = graph.node.add(name="y", op="Neg", input=["x"])
    y.attr["T"].type = 1
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.SerializeToString())
    module = told(cli, path)
    assert module["kind"] == "frozen_graph"
    assert list(module["graphs"][0]["signatures"]["default"]["inputs"]) == ["x"]
    assert "kind    frozen graph" in cli("show", path).out
    assert cli("run", path, "[1, 2]", "--as-dict", "--format", "json").out == (
        '{\n  "y": [-1.0, -2.0]\n}\n'
    )
    assert "no tags" in refused(1, "show", path, "--tags", "serve")
    path.write_bytes(b"\xff\xff")
    refused(4, "show", path)


def test_names_of_strangers_cannot_steer_the_terminal(cli: Cli, tmp_path: Path) -> None:
    def change(model: SavedModel) -> None:
        signatures = model.meta_graphs[0].signature_def
        signatures["\x1b[31mred\x9b"].CopyFrom(signatures["default"])

    path = changed(HALF, tmp_path / "module", change)
    for arguments in (["show", path], ["show", path, "--json"]):
        ran = cli(*arguments)
        assert ran.code == 0
        assert not set("\x1b\x9b") & set(ran.out)


@pytest.mark.parametrize("keep", [0, 1, 40, 500])
def test_a_truncated_graph(refused: Callable[..., str], tmp_path: Path, keep: int) -> None:
    path = tmp_path / "module"
    shutil.copytree(HALF, path)
    data = (path / "saved_model.pb").read_bytes()
    (path / "saved_model.pb").write_bytes(data[:keep])
    message = refused(4, "show", path)
    assert "saved_model.pb" in message or "MetaGraph" in message


@pytest.mark.parametrize(
    ("name", "command", "code"),
    [
        ("saved_model.pb", ["show"], 4),
        ("variables/variables.data-00000-of-00001", ["run"], 4),
        ("variables/variables.index", ["run"], 4),
        ("tfhub_module.pb", ["show"], 0),
    ],
)
def test_a_missing_file(cli: Cli, tmp_path: Path, name: str, command: list[str], code: int) -> None:
    path = tmp_path / "module"
    shutil.copytree(HALF, path)
    (path / name).unlink()
    ran = cli(*command, path, *(["1"] if command == ["run"] else []))
    assert ran.code == code, ran.err


def test_a_missing_asset(cli: Cli, tmp_path: Path, refused: Callable[..., str]) -> None:
    path = tmp_path / "module"
    shutil.copytree(TEXT, path)
    (path / "assets" / "words.txt").unlink()
    assert told(cli, path)["assets"] == [{"name": "words.txt", "bytes": None}]
    assert "missing" in cli("show", path).out
    assert "words.txt" in refused(4, "run", path, "hello")


def test_places_without_a_module(refused: Callable[..., str], tmp_path: Path) -> None:
    assert "does not exist" in refused(3, "show", tmp_path / "nowhere")
    assert "saved_model.pb" in refused(3, "show", tmp_path)


def test_an_ignored_collection_is_a_warning(cli: Cli, tmp_path: Path) -> None:
    def change(model: SavedModel) -> None:
        model.meta_graphs[0].collection_def["odd"].node_list.value.append("x")

    ran = cli("show", changed(HALF, tmp_path / "module", change))
    assert ran.code == 0
    assert ran.err.startswith("minihub: warning: collections that are ignored")
    assert ran.err.count("\n") == 1


def test_over_http(cli: Cli, server: Server, refused: Callable[..., str]) -> None:
    address = server.serve("/half/1", pack(read(HALF)))
    module = told(cli, address)
    assert module["handle"] == address
    assert told(cli, address, "--offline")["path"] == module["path"]
    assert server.count("/half/1") == 1
    assert "404" in refused(3, "show", server.url + "/nothing/1")
    refused(4, "show", server.serve("/page/1", b"<html>not a module</html>"))
