"""Text for people: tables that fit the terminal, sizes, and names that strangers chose.

Width is counted in columns of a terminal, where East Asian characters take two and combining ones none.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence

__all__ = [
    "columns_of",
    "count_text",
    "escape_json",
    "heading",
    "paragraph",
    "printable",
    "size_text",
    "table",
    "tags_text",
    "wrap",
]

_GAP = 2
_NARROWEST = 6
#: What a terminal may take for a command or that turns text around: C1 controls, bidirectional marks, lone surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAK_AFTER = " /_:,.-"


def printable(text: str) -> str:
    """`text` with control characters and lone surrogates as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def escape_json(text: str) -> str:
    r"""JSON text with what is unsafe on a terminal as \uXXXX, which means the same."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def columns_of(text: str) -> int:
    """The columns `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns, broken after a blank or a separator where there is one."""
    lines = []
    while columns_of(text) > width:
        end = used = 0
        while end < len(text) and used + columns_of(text[end]) <= width:
            used += columns_of(text[end])
            end += 1
        end = max(end, 1)
        if end < len(text):
            places = (text.rfind(mark, 0, end) + 1 for mark in _BREAK_AFTER)
            best = max(places)
            # A separator near the start would leave most of the line empty.
            if best > end // 3:
                end = best
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, text] if text or not lines else lines


def table(
    rows: Sequence[Sequence[str]],
    header: Sequence[str] | None = None,
    *,
    width: int | None,
    indent: int = 0,
    right: Sequence[int] = (),
) -> str:
    """Aligned columns; cells that are too wide are wrapped inside their column.

    Args:
        rows: the cells; unsafe characters are escaped here.
        header: names of the columns.
        width: columns of the terminal, None for no limit.
        indent: blanks before each line.
        right: columns to align to the right.
    """
    cells = [[printable(cell) for cell in row] for row in ([header] if header else []) + [*rows]]
    if not cells:
        return ""
    widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    if width is not None:
        room = width - indent - _GAP * (len(widths) - 1)
        if room < sum(min(w, _NARROWEST) for w in widths):
            return _stacked(cells, header is not None, width, indent)
        while sum(widths) > room:
            widest = widths.index(max(widths))
            others = [w for i, w in enumerate(widths) if i != widest]
            # Down to the next widest column at once, but no further than needed.
            floor = max([w for w in others if w < widths[widest]] or [_NARROWEST])
            widths[widest] = max(floor, widths[widest] - (sum(widths) - room), _NARROWEST)
    lines = []
    for row in cells:
        parts = [wrap(cell, w) for cell, w in zip(row, widths, strict=True)]
        for level in range(max(map(len, parts))):
            texts = [part[level] if level < len(part) else "" for part in parts]
            padded = [
                " " * (w - columns_of(t)) + t if i in right else t + " " * (w - columns_of(t))
                for i, (t, w) in enumerate(zip(texts, widths, strict=True))
            ]
            lines.append(" " * indent + (" " * _GAP).join(padded).rstrip())
    return "\n".join(lines)


def _stacked(cells: list[list[str]], headed: bool, width: int, indent: int) -> str:
    """One line per cell, for terminals too narrow for columns."""
    names = cells[0] if headed else [""] * len(cells[0])
    room = max(width - indent, 1)
    lines = []
    for row in cells[1:] if headed else cells:
        for name, cell in zip(names, row, strict=True):
            if cell:
                lines += wrap(f"{name}: {cell}" if name else cell, room)
    return "\n".join(" " * min(indent, max(width - 1, 0)) + line for line in lines)


def paragraph(text: str, width: int | None, indent: int = 0) -> str:
    """One paragraph, wrapped between words."""
    blanks = " " * indent
    if width is None:
        return blanks + text
    return textwrap.fill(
        text,
        max(width, indent + 1),
        initial_indent=blanks,
        subsequent_indent=blanks,
        break_on_hyphens=False,
    )


def heading(text: str) -> str:
    """The title of a section."""
    return f"\n{text}"


def size_text(count: int | None) -> str:
    """A number of bytes: `812 B`, `1.4 MB`."""
    if count is None:
        return "missing"
    from minihub.resolve.progress import in_units

    return in_units(count)


def count_text(count: int, noun: str) -> str:
    """`1 variable`, `12 variables`."""
    return f"{count} {noun}{'s' * (count != 1)}"


def tags_text(tags: Sequence[str]) -> str:
    """`{}`, `{serve, gpu}`."""
    return "{" + ", ".join(tags) + "}"
