"""Data becomes a page of HTML.

The page says by a policy which scripts and styles may run in it: those whose hashes it names, which are its own.  So even if a name in a
module were taken for markup, nothing of it would run and nothing would be fetched.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
from importlib import resources
from typing import Any

__all__ = ["document"]

#: What could end a script, begin a comment, or be a line break to JavaScript alone.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}

#: What most nodes are like.
_USUAL: dict[str, Any] = {
    "kind": "op",
    "inputs": [],
    "prepared": [],
    "controls": [],
    "attributes": {},
    "functions": [],
    "feeds": [],
    "fetches": [],
    "calls": 1,
    "flops": None,
}
#: What the script takes for granted.
_USUAL_OUTPUT = {"truncated": False, "zeros": 0.0, "not_finite": 0}


def document(contents: dict[str, Any]) -> str:
    """The page that tells `contents`."""
    style, scripts = _file("page.css"), [_file("dagre.min.js"), _file("page.js")]
    allowed = " ".join(_hash(script) for script in scripts)
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {allowed}; img-src data:; base-uri 'none'; form-action 'none'"
    data = json.dumps(_short(contents), separators=(",", ":"), allow_nan=False).translate(_ESCAPES)
    parts = {
        "policy": html.escape(policy),
        "title": html.escape(f"{contents['handle']} · {contents['signature']}"),
        "style": f"<style>{style}</style>",
        "data": f'<script type="application/json" id="contents">{data}</script>',
        "scripts": "".join(f"<script>{script}</script>" for script in scripts),
    }
    page = _file("page.html")
    before, *pieces = page.split("{{")
    # One walk over the template, so that what is filled in is never looked at again.
    filled = [before]
    for piece in pieces:
        name, _, after = piece.partition("}}")
        filled += [parts[name], after]
    return "".join(filled)


def _short(contents: dict[str, Any]) -> dict[str, Any]:
    """`contents` as the page's script is given it, which knows what is left out.

    Nodes lack what is as in `usual`, and steps the outputs that the node of their name has: of tens of thousands, most say the same.
    """
    known = {node["name"]: node["outputs"] for node in contents["graph"]}
    steps = [_unusual(step, {"outputs": known.get(step["name"])}) for step in contents["run"]]
    graph = [
        {**node, "outputs": [_unusual(output, _USUAL_OUTPUT) for output in node["outputs"]]}
        for node in contents["graph"]
    ]
    return {
        **contents,
        "usual": _USUAL,
        "graph": [_unusual(node, _USUAL) for node in graph],
        "run": [_unusual(step, _USUAL) for step in steps],
    }


def _unusual(told: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in usual or value != usual[key]}


@functools.cache
def _file(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
