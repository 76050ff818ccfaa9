"""A page is HTML in which nothing of a module is markup, and which draws in a browser."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
from minihub.pages.document import _file, _packed, document
from tests.pages.reading import unpacked
from tests.pages.recursion import recursive_graph

MODULES = Path(__file__).parents[1] / "data" / "modules"
HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&amp;\u2028{{title}}'

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium: nothing is drawn")


class Tags(HTMLParser):
    """Notes the elements of a page, and the texts of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.policy = ""
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        told = dict(attrs)
        assert not {"src", "href", "onerror", "onload", "onclick", "style"} & set(told)
        if told.get("http-equiv") == "Content-Security-Policy":
            self.policy = told["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.seen and self.seen[-1] in self.texts and data.strip():
            self.texts[self.seen[-1]].append(data)


def contents() -> dict[str, Any]:
    return minihub.page(MODULES / "text", ["the cat", "a dog"], runs=1).contents


def hostile() -> dict[str, Any]:
    told = contents()
    told["handle"] = told["signature"] = HOSTILE
    for node in told["graph"]:
        node["name"] += HOSTILE
        node["attributes"] = {HOSTILE: HOSTILE}
    return told


def test_nothing_of_a_module_is_markup() -> None:
    told = hostile()
    plain, page = Tags(document(contents())), Tags(document(told))
    assert page.seen == plain.seen
    assert unpacked(document(told)) == json.loads(json.dumps(told))
    assert html.escape(HOSTILE) in document(told)


def test_only_the_page_s_own_scripts_and_styles_may_run() -> None:
    page = Tags(document(hostile()))
    data, *scripts = page.texts["script"]
    assert re.fullmatch("[0-9A-Za-z+/=]+", data)
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in [*scripts, *page.texts["style"]]
    }
    assert len(hashes) == 3
    assert {*re.findall(r"'sha256-[^']+'", page.policy)} == hashes
    assert "default-src 'none'" in page.policy
    assert "unsafe" not in page.policy


def drawn(page: Path, fragment: str = "", whole: bool = False) -> str:
    """The page as it is once its script has run, from its graph on or as a whole.

    Raises:
        AssertionError: the script failed, or something was refused by the page's policy.
    """
    assert BROWSER is not None
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    flags += [f"--user-data-dir={page.parent / 'browser'}", "--enable-logging=stderr"]
    flags += ["--no-first-run", "--virtual-time-budget=5000", "--dump-dom"]
    ran = subprocess.run(
        [BROWSER, *flags, f"{page.as_uri()}{fragment}"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=True,
    )
    assert "CONSOLE" not in ran.stderr, ran.stderr
    return ran.stdout if whole else ran.stdout.rpartition("<main>")[2]


@needs_browser
def test_what_a_browser_draws(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    told = contents()
    path.write_text(document(told), encoding="utf-8")
    found = drawn(path)
    assert 'class="box input"' in found
    assert 'class="box output"' in found
    assert 'class="flow' in found
    assert "Signature default" in found
    # The Tab key leads to one box, and arrows from there to the others.
    graph = found.partition("<aside")[0]
    assert graph.count('tabindex="0"') == 1
    assert graph.count('class="box') == graph.count("aria-label=") - 1
    step = next(node for node in told["run"] if node["fetches"])
    found = drawn(path, f"#run/{step['name']}")
    assert f"<h2>{step['name']}</h2>" in found
    assert "% of the total" in found
    assert f"{step['outputs'][0]['dtype']} [" in found
    assert "Stands for" in found
    given = next(node for node in told["graph"] if node["feeds"])
    found = drawn(path, f"#graph/{given['name']}")
    assert '"the cat", "a dog"' in found
    assert "box input chosen" in found


@needs_browser
def test_a_hostile_module_is_drawn_as_text(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(document(hostile()), encoding="utf-8")
    found = drawn(path)
    assert "<img" not in found
    assert html.escape("<img", quote=False) in found


@needs_browser
def test_what_has_no_value_says_why(tmp_path: Path) -> None:
    told = contents()
    one = next(node for node in told["graph"] if node["kind"] == "op" and node["outputs"])
    told["graph"][-1].update(op="Merge", outputs=[], calls=0, functions=["body_1"])
    told["graph"][-2] = {**one, "name": "unread", "outputs": [], "calls": 0}
    path = tmp_path / "page.html"
    path.write_text(document(told), encoding="utf-8")
    found = drawn(path, f"#graph/{told['graph'][-1]['name']}")
    assert "runs as a whole here" in found
    assert "1 function that it calls are not drawn" in found
    assert "nothing that ran needed it" in drawn(path, "#graph/unread")


@pytest.fixture
def recursive(tmp_path: Path) -> Path:
    (tmp_path / "graph.pb").write_bytes(recursive_graph())
    path = tmp_path / "page.html"
    minihub.page(minihub.load(tmp_path / "graph.pb"), np.float32(5), runs=1).write(path)
    return path


@needs_browser
def test_a_call_opens_to_its_body(recursive: Path) -> None:
    def boxes(found: str) -> list[str]:
        return [html.unescape(text) for text in re.findall('aria-label="([^"]*)"', found)]

    found = drawn(recursive)
    assert "closed call output y, PartitionedCall []" in boxes(found)
    assert "GreaterEqual" not in found
    found = drawn(recursive, "#graph/y!f!choice!then_branch!half")
    assert "<h2>half</h2>" in found
    assert "0.625" in found
    assert "values are those of its last call" in found
    told = boxes(found)
    assert {
        "open call output y, PartitionedCall []",
        "open call output choice, StatelessIf []",
        "large, GreaterEqual []",
        "half, RealDiv []",
        # The box of what calls itself does not open again.
        "rest, PartitionedCall []",
    } <= {*told}
    assert any(
        text.startswith("open scope") and text.endswith("then_branch, 4 ops") for text in told
    )
    found = drawn(recursive, "#graph/y!f!choice!then_branch!rest")
    assert "drawn around this call" in found
    found = drawn(recursive, "#graph/y!f!choice!else_branch!x")
    assert "Argument x" in found
    assert "Given by" in found


@needs_browser
def test_nodes_are_found_in_functions_that_are_closed(
    recursive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = unpacked(recursive.read_text(encoding="utf-8"))
    script = _file("page.js")
    typed = script.replace("\n  overview();\n", '\n  overview();\n  search("realdiv");\n')
    clicked = typed.replace(
        'search("realdiv");', 'search("realdiv"); details.querySelector("li button").click();'
    )
    assert len({script, typed, clicked}) == 3
    for changed, expected in (
        (typed, '<span id="found" role="status">1 node</span>'),
        (clicked, "<h2>half</h2>"),
    ):
        monkeypatch.setattr(
            "minihub.pages.document._file",
            lambda name, changed=changed: changed if name == "page.js" else _file(name),
        )
        recursive.write_text(document(told), encoding="utf-8")
        assert expected in drawn(recursive, whole=True)


@needs_browser
def test_a_function_that_cannot_be_drawn_says_so(recursive: Path) -> None:
    told = unpacked(recursive.read_text(encoding="utf-8"))
    told["functions"][0].update(nodes=[], refused=f"nothing {HOSTILE}")
    recursive.write_text(document(told), encoding="utf-8")
    found = drawn(recursive, "#graph/y")
    assert "not drawn: nothing" in found
    assert "closed call" not in found
    assert "<img" not in found


@needs_browser
def test_a_function_without_nodes_is_drawn(recursive: Path) -> None:
    told = unpacked(recursive.read_text(encoding="utf-8"))
    told["functions"][2].update(nodes=[])
    recursive.write_text(document(told), encoding="utf-8")
    found = drawn(recursive, "#graph/y!f!large")
    assert "<h2>large</h2>" in found
    assert "NaN" not in found.partition("<aside")[0]


@needs_browser
def test_names_that_are_deeper_than_any_scope(tmp_path: Path) -> None:
    told = contents()
    told["graph"][-1]["name"] = "/".join("q" * 20_000)
    path = tmp_path / "page.html"
    path.write_text(document(told), encoding="utf-8")
    assert "Signature default" in drawn(path)


@needs_browser
@pytest.mark.parametrize("count", [1, 3000])
def test_graphs_of_any_size(tmp_path: Path, count: int) -> None:
    told = contents()
    one = next(node for node in told["graph"] if node["kind"] == "op" and node["outputs"])
    told["graph"] = [
        {
            **one,
            "name": f"node_{i}",
            "inputs": [[i - 1, 0]] if i else [],
            "kind": "op" if i else "input",
        }
        for i in range(count)
    ]
    told["run"] = [{**node, "nodes": [], "seconds": None, "share": 0} for node in told["graph"]]
    path = tmp_path / "page.html"
    path.write_text(document(told), encoding="utf-8")
    found = drawn(path, f"#graph/node_{count - 1}")
    assert f"<h2>node_{count - 1}</h2>" in found
    assert found.count('class="box') < 500


def test_what_is_said_again_and_again_takes_little_room() -> None:
    told = contents()
    told["graph"] = told["graph"] * 50
    assert len(_packed(json.dumps(told))) < len(json.dumps(told)) / 10
