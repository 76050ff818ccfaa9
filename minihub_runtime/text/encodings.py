"""Text encodings under ICU's names: from bytes to code points, their places and the errors among them; and back.

Source: ICU's converters (ucnv_getNextUChar), as core/kernels/unicode_ops.cc uses them.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.text.arrays import joined

__all__ = ["Decoded", "check_encoding", "decode", "encode", "is_utf8"]

Array = NDArray[Any]

#: ICU's name without signs → (kind, Python's codec).
_ENCODINGS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("utf8", "unicode11utf8", "ibm1208", "cp1208"), ("utf8", "utf-8")),
    **dict.fromkeys(("utf16be", "xutf16be", "unicodebigunmarked"), ("utf16", "utf-16-be")),
    **dict.fromkeys(("utf16le", "xutf16le", "unicodelittleunmarked"), ("utf16", "utf-16-le")),
    **dict.fromkeys(("utf32be", "utf32bigendian"), ("utf32", "utf-32-be")),
    **dict.fromkeys(("utf32le", "utf32littleendian"), ("utf32", "utf-32-le")),
    **dict.fromkeys(
        ("utf16", "unicode", "ucs2", "iso10646ucs2", "csunicode"), ("marked", "utf-16")
    ),
    **dict.fromkeys(("utf32", "ucs4", "iso10646ucs4", "csucs4"), ("marked", "utf-32")),
    **dict.fromkeys(
        ("usascii", "ascii", "646", "ansix3.41968", "iso646us", "cp367", "ibm367", "us", "isoir6"),
        ("single", "ascii"),
    ),
    **dict.fromkeys(
        ("iso88591", "latin1", "l1", "88591", "csisolatin1", "ibm819", "cp819", "iso885911987"),
        ("single", "latin-1"),
    ),
    **{
        f"iso8859{part}": ("single", f"iso8859-{part}")
        for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15)
    },
    **{
        f"latin{n}": ("single", f"iso8859-{p}")
        for n, p in ((2, 2), (3, 3), (4, 4), (5, 9), (9, 15))
    },
    **{
        f"{prefix}{page}": ("windows", f"cp{page}")
        for prefix in ("windows", "cp")
        for page in range(1250, 1259)
    },
    **{
        f"{prefix}{page}": ("pc", f"cp{page}")
        for prefix in ("ibm", "cp")
        for page in (437, 850, 855, 857, 862, 866)
    },
    "koi8r": ("single", "koi8-r"),
    "koi8": ("single", "koi8-r"),
    "koi8u": ("single", "koi8-u"),
    **dict.fromkeys(("macintosh", "mac", "csmacintosh"), ("single", "mac-roman")),
    "xmaccyrillic": ("single", "mac-cyrillic"),
    "xmacgreek": ("single", "mac-greek"),
    **dict.fromkeys(
        (
            "shiftjis",
            "sjis",
            "xsjis",
            "mskanji",
            "ms932",
            "windows31j",
            "cswindows31j",
            "csshiftjis",
        ),
        ("multi", "cp932"),
    ),
    "gb18030": ("multi", "gb18030"),
    **dict.fromkeys(("gbk", "cp936", "ms936", "windows936"), ("multi", "gbk")),
    **dict.fromkeys(("big5", "windows950", "csbig5"), ("multi", "cp950")),
    **dict.fromkeys(("eucjp", "xeucjp"), ("euc", "euc_jp")),
    **dict.fromkeys(("euckr", "cseuckr"), ("euc", "euc_kr")),
    **dict.fromkeys(("gb2312", "euccn", "csgb2312"), ("euc", "gb2312")),
}
#: What ICU knows, but keeps a state or is not in use where modules come from.
_OTHERS = re.compile(
    r"utf7|imap|scsu|bocu1|cesu8|hz|iso2022.*|lmbcs.*|iscii.*|compound.*|x11.*|ibm.*|cp\d+|windows\d+|tis620|johab"
    r"|big5hkscs|hproman8|xmac.*|iso885916"
)


class Decoded(NamedTuple):
    """The code points of a batch of strings.

    Attributes:
        codes: code points of all strings, one after another; anything at an error.
        sizes: how many bytes each comes from.
        wrong: where the bytes are no character of the encoding.
        counts: how many code points each string has.
    """

    codes: NDArray[np.int32]
    sizes: NDArray[np.int64]
    wrong: NDArray[np.bool_]
    counts: NDArray[np.int64]


def _mark(error: UnicodeError) -> tuple[str, int]:
    """A lone surrogate, which no codec gives otherwise, that tells how many bytes are wrong."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return chr(0xD800 + error.end - error.start), error.end


codecs.register_error("minihub.mark", _mark)


def _known(encoding: str) -> tuple[str, str]:
    # ICU ignores signs, case and zeros before a number.
    plain = re.sub(r"[^a-z0-9.]", "", encoding.lower())
    plain = re.sub(r"(?<![0-9])0+(?=[0-9])", "", plain)
    found = _ENCODINGS.get(plain)
    if found is None and _OTHERS.fullmatch(plain):
        raise UnimplementedError(
            f"input_encoding must be Unicode or a common one, not {encoding!r}"
        )
    if found is None:
        raise InvalidArgumentError(f"input_encoding must name an encoding, not {encoding!r}")
    return found


def check_encoding(encoding: str) -> None:
    """Raise unless `encoding` is known.

    Raises:
        InvalidArgumentError: ICU does not know it either.
        UnimplementedError: only ICU knows it.
    """
    _known(encoding)


def is_utf8(strings: Sequence[bytes], encoding: str) -> bool:
    """Whether that is the encoding, and all strings are well-formed."""
    if _known(encoding)[0] != "utf8":
        return False
    try:
        # A NUL ends whatever the string before it began.
        b"\0".join(strings).decode()
    except UnicodeDecodeError:
        return False
    return True


def decode(strings: Sequence[bytes], encoding: str) -> Decoded:
    """The code points of each string."""
    kind, codec = _known(encoding)
    if kind == "utf8":
        whole = _decode_utf8(strings)
        if whole is not None:
            return whole
    if kind in ("single", "windows", "pc"):
        data, offsets = joined(strings)
        codes = _table(kind, codec)[data]
        return Decoded(codes, np.ones(codes.size, np.int64), codes < 0, np.diff(offsets))
    each = {"multi": _multi, "euc": _multi, "marked": _marked}.get(kind, _unicode)
    parts = [each(string, codec) for string in strings]
    counts = np.array([len(codes) for codes, _, _ in parts], np.int64)
    if not parts:
        parts = [_unicode(b"", codec)]
    codes, sizes, wrong = (np.concatenate(column) for column in zip(*parts))
    return Decoded(codes, sizes, wrong, counts)


def _decode_utf8(strings: Sequence[bytes]) -> Decoded | None:
    """All strings at once, or None if one of them is broken."""
    data, offsets = joined(strings)
    try:
        text = data.tobytes().decode()
    except UnicodeDecodeError:
        return None
    begins = (data & 0xC0) != 0x80
    full = offsets[:-1][np.diff(offsets) > 0]
    if not begins[full].all():
        return None
    codes = np.frombuffer(text.encode("utf-32-le"), "<i4").astype(np.int32)
    places = np.flatnonzero(begins)
    before = np.searchsorted(places, offsets)
    sizes = np.diff(places, append=data.size)
    return Decoded(codes, sizes, np.zeros(codes.size, np.bool_), np.diff(before))


_Part = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.bool_]]


def _unicode(string: bytes, codec: str) -> _Part:
    """One string in a Unicode encoding, from the bytes on that tell no order."""
    text = string.decode(codec, "minihub.mark")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<i4").astype(np.int32)
    wrong = (codes >= 0xD800) & (codes < 0xE000)
    if codec == "utf-8":
        sizes = 1 + (codes > 0x7F) + (codes > 0x7FF) + (codes > 0xFFFF)
    elif codec.startswith("utf-16"):
        sizes = 2 + 2 * (codes > 0xFFFF)
    else:
        sizes = np.full(codes.size, 4)
    return codes, np.where(wrong, codes - 0xD800, sizes).astype(np.int64), wrong


def _marked(string: bytes, codec: str) -> _Part:
    """One string whose first character may tell the byte order; without one it is big-endian."""
    for order in ("-be", "-le"):
        mark = "\ufeff".encode(codec + order)
        # The mark of little-endian UTF-16 is the begin of that of UTF-32, not the other way round.
        if string.startswith(mark):
            if len(string) == len(mark):
                # ICU has nothing to give and says U+FFFF.
                return np.array([0xFFFF], np.int32), np.array([len(mark)]), np.array([False])
            codes, sizes, wrong = _unicode(string[len(mark) :], codec + order)
            sizes[:1] += len(mark)
            return codes, sizes, wrong
    return _unicode(string, codec + "-be")


@functools.cache
def _table(kind: str, codec: str) -> NDArray[np.int32]:
    """The code point of each byte, -1 for those without."""
    table = np.full(256, -1, np.int32)
    for byte in range(256):
        char = bytes([byte]).decode(codec, "ignore")
        if char:
            table[byte] = ord(char)
        elif kind == "windows" and 0x80 <= byte < 0xA0:
            table[byte] = byte
    if codec == "cp1253":
        table[0xAA] = 0xAA
    if kind == "pc":
        # IBM's tables turn three control characters round, and have a letter for the micro sign.
        table[list(_TURNED)] = list(_TURNED.values())
        table[table == 0xB5] = 0x3BC if codec in ("cp437", "cp862") else 0xB5
    return table


def _multi(string: bytes, codec: str) -> _Part:
    """One string in an encoding of one to four bytes a character."""
    codes, sizes, wrong = [], [], []
    at = 0
    while at < len(string):
        code, size = _next(string[at : at + 4], codec, len(string) - at <= 4)
        codes.append(code)
        sizes.append(size)
        wrong.append(code < 0)
        at += size
    return np.array(codes, np.int32), np.array(sizes, np.int64), np.array(wrong, np.bool_)


#: What may still become a character with more bytes: one error at the end of a string.
_CUT = {
    "cp932": rb"[\x81-\x9f\xe0-\xfc]",
    "gbk": rb"[\x81-\xfe]",
    "cp950": rb"[\x81-\xfe]",
    "gb18030": rb"[\x81-\xfe](?:[0-9][\x81-\xfe]?)?",
    "euc_jp": rb"[\x8e\xa1-\xfe]|\x8f[\xa1-\xfe]?",
    "euc_kr": rb"[\xa1-\xfe]",
    "gb2312": rb"[\xa1-\xfe]",
}
#: What has the form of a character: one error if there is none.
_FORM = {
    "cp932": rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]",
    "cp950": rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]",
    "gbk": rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]",
    "euc_jp": rb"\x8e[\xa0-\xfe]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe][\xa0-\xfe]",
    "euc_kr": rb"[\xa1-\xfe][\xa0-\xfe]",
    "gb2312": rb"[\xa1-\xfe][\xa0-\xfe]",
}
#: IBM's order of three control characters.
_TURNED = {0x1A: 0x1C, 0x1C: 0x7F, 0x7F: 0x1A}
_EUC_CONTROLS = frozenset(range(0x80, 0xA0)) - {0x8E, 0x8F}
#: Single bytes for which Python has a character of private use, and ICU none.
_PRIVATE = {"cp932": b"\x80\xa0\xfd\xfe\xff"}


@functools.lru_cache(maxsize=65536)
def _next(window: bytes, codec: str, at_end: bool) -> tuple[int, int]:
    """The first character of `window` and its size; -1 for an error."""
    if window[0] in _PRIVATE.get(codec, b""):
        return -1, 1
    if codec == "cp932" and window[0] in _TURNED:
        return _TURNED[window[0]], 1
    for size in range(1, len(window) + 1):
        try:
            return ord(window[:size].decode(codec)), size
        except (UnicodeDecodeError, TypeError):
            continue
    if codec in ("euc_jp", "euc_kr", "gb2312") and window[0] in _EUC_CONTROLS:
        return window[0], 1
    form = re.match(_FORM[codec], window) if codec in _FORM else None
    if form:
        return -1, form.end()
    cut = at_end and re.fullmatch(_CUT[codec], window) is not None
    return -1, len(window) if cut else 1


_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(codes: NDArray[np.int32], counts: Sequence[int], encoding: str) -> list[bytes]:
    """Strings of `counts` code points each; surrogates find together, single ones are U+FFFD in UTF-8."""
    text = codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    codec = encoding.lower()
    result = []
    at = 0
    broken = _SURROGATE.search(text) is not None
    for count in counts:
        part = text[at : at + count]
        at += count
        if broken:
            pairs = part.encode("utf-16-be", "surrogatepass")
            part = pairs.decode("utf-16-be", "surrogatepass")
            if codec == "utf-8":
                part = _SURROGATE.sub("\ufffd", part)
        result.append(part.encode(codec, "surrogatepass"))
    return result
