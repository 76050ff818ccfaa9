"""Data becomes a page of HTML.

The page says by a policy which scripts and styles may run in it: those whose hashes it names, which are its own.  So even if a name in a
module were taken for markup, nothing of it would run and nothing would be fetched.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import html
import json
from importlib import resources
from typing import Any

__all__ = ["document"]


def document(contents: dict[str, Any]) -> str:
    """The page that tells `contents`."""
    style, scripts = _file("page.css"), [_file("dagre.min.js"), _file("page.js")]
    allowed = " ".join(_hash(script) for script in scripts)
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {allowed}; img-src data:; base-uri 'none'; form-action 'none'"
    data = json.dumps(contents, separators=(",", ":"), allow_nan=False)
    parts = {
        "policy": html.escape(policy),
        "title": html.escape(f"{contents['handle']} · {contents['signature']}"),
        "style": f"<style>{style}</style>",
        "data": f'<script type="text/plain" id="contents">{_packed(data)}</script>',
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


def _packed(text: str) -> str:
    """Letters that are no markup; graphs say much again and again, and become a twentieth of their size."""
    return base64.b64encode(gzip.compress(text.encode("ascii"), mtime=0)).decode("ascii")


@functools.cache
def _file(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
