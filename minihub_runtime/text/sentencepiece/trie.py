"""Prefix trees over characters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

__all__ = ["Trie", "build_trie", "longest_match"]

#: Children by character, and the value of the key that ends here, or None.
Trie: TypeAlias = list[Any]


def build_trie(items: Iterable[tuple[str, Any]]) -> Trie:
    """The tree of some keys and their values, which are not None."""
    root: Trie = [{}, None]
    for key, value in items:
        node = root
        for char in key:
            child = node[0].get(char)
            if child is None:
                child = node[0][char] = [{}, None]
            node = child
        node[1] = value
    return root


def longest_match(root: Trie, text: str, begin: int) -> tuple[int, Any] | None:
    """Where the longest key that `text` has at `begin` ends, and its value."""
    found = None
    children = root[0]
    for end in range(begin, len(text)):
        child = children.get(text[end])
        if child is None:
            break
        children, value = child
        if value is not None:
            found = (end + 1, value)
    return found
