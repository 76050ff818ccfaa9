"""docs/cli.md shows what the commands print."""

from __future__ import annotations

from tests.cli.documented import DOCUMENT, rewritten


def test_commands_print_what_the_document_says() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert rewritten(text) == text, "python -m tests.cli.documented writes it anew"
