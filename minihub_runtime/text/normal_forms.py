"""Unicode's normal forms and case folding, as the ICU that TF.Text 2.15 carries has them: Unicode 12.1.

Bytes that are no UTF-8 stay as they are, but become U+FFFD in the decomposed forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Literal, TypeAlias

__all__ = ["FORMS", "Form", "case_fold", "normalize"]

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]

FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")

#: What got a normal form or another case after Unicode 12.1, and the bytes of broken UTF-8.
_APART = re.compile(
    "([\u1c89\u1c8a\u2c2f\u2c5f\ua7c0\ua7c1\ua7c7-\ua7dc\ua7f1-\ua7f6\uab68-\uab6b\udc80-\udcff"
    "\U00010570-\U000105fb\U00010780-\U000107ba\U00010d50-\U00010d85\U00011380-\U000113e2\U00011938"
    "\U00016100-\U00016139\U00016d40-\U00016d79\U00016ea0-\U00016ed3\U0001ccd6-\U0001ccf9"
    "\U0001e030-\U0001e06d\U0001fbf0-\U0001fbf9]+)"
)
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)


def _by_parts(string: bytes, change: Callable[[str], str]) -> bytes:
    text = string.decode("utf-8", "surrogateescape")
    if _APART.search(text) is None:
        return change(text).encode()
    parts = (part if i % 2 else change(part) for i, part in enumerate(_APART.split(text)))
    return "".join(parts).encode("utf-8", "surrogateescape")


def normalize(string: bytes, form: Form) -> bytes:
    """UTF-8 in one of FORMS."""
    if string.isascii():
        return string
    if form.endswith("D"):
        string = string.decode("utf-8", "replace").encode()
    return _by_parts(string, lambda text: unicodedata.normalize(form, text))


def _fold(text: str) -> str:
    """Unicode's NFKC_Casefold: compatible forms, folded, without what is not to be seen."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    folded = _IGNORABLE.sub("", folded.casefold())
    return _IGNORABLE.sub("", unicodedata.normalize("NFKC", folded))


def case_fold(string: bytes) -> bytes:
    """UTF-8 without differences of case."""
    return string.lower() if string.isascii() else _by_parts(string, _fold)
