"""Upper and lower case of UTF-8, as the ICU that TensorFlow 2.15 carries has it: Unicode 13."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["lower_utf8", "upper_utf8"]

#: Letters that got their other case after Unicode 13; Python's tables may be newer than ICU's.
_NEWER = (
    "([\u019b\u0264\u1c89\u1c8a\u2c2f\u2c5f\ua7c0\ua7c1\ua7cb-\ua7dc"
    "\U00010570-\U000105bc\U00010d50-\U00010d85\U00016ea0-\U00016ed3]+)"
)


def _convert(string: bytes, change: Callable[[str], str]) -> bytes:
    # TensorFlow hands ICU a C string, which ends at the first NUL.
    text = string.split(b"\0", 1)[0].decode("utf-8", "replace")
    if re.search(_NEWER, text) is None:
        return change(text).encode()
    parts = re.split(_NEWER, text)
    return "".join(part if i % 2 else change(part) for i, part in enumerate(parts)).encode()


def lower_utf8(string: bytes) -> bytes:
    """Lower case; what is no UTF-8 becomes U+FFFD."""
    return string.lower() if _is_plain(string) else _convert(string, str.lower)


def upper_utf8(string: bytes) -> bytes:
    """Upper case; what is no UTF-8 becomes U+FFFD."""
    return string.upper() if _is_plain(string) else _convert(string, str.upper)


def _is_plain(string: bytes) -> bool:
    return string.isascii() and b"\0" not in string
