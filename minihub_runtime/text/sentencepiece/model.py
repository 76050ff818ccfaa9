"""The model file: pieces with types and scores, and the options of its training.

A model may be a stranger's file.  What SentencePiece refuses to load, and what would make the rest of this package slow or
large, is refused here.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from minihub_runtime.errors import DataLossError, clip
from minihub_runtime.protos import ModelProto, parse

__all__ = ["SPACE", "Vocabulary", "read_model"]

#: What stands for a blank in pieces.
SPACE = "\u2581"

BYTE_PIECES = {f"<0x{byte:02X}>": byte for byte in range(256)}

#: SentencePiece refuses pieces of this many bytes.
PIECE_LIMIT = 8000

#: Sums of larger scores may leave the range of a 32-bit float.
SCORE_LIMIT = 1e28

_TYPES = ModelProto.SentencePiece
NORMAL, UNKNOWN, CONTROL = _TYPES.NORMAL, _TYPES.UNKNOWN, _TYPES.CONTROL
USER_DEFINED, UNUSED, BYTE = _TYPES.USER_DEFINED, _TYPES.UNUSED, _TYPES.BYTE


@dataclasses.dataclass
class Vocabulary:
    """The pieces of a model, by id and by text.

    Attributes:
        pieces: the texts by id.
        types: NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED or BYTE by id.
        scores: the scores by id.
        segments: text → id of the pieces that text can be cut into.
        reserved: text → id of the others.
        unk: the id of the unknown piece.
        byte_ids: the ids of the 256 byte pieces, empty without byte fallback.
    """

    pieces: list[str]
    types: list[int]
    scores: list[float]
    segments: dict[str, int]
    reserved: dict[str, int]
    unk: int
    byte_ids: list[int]

    def id(self, piece: str) -> int:
        """The id of a piece, that of the unknown piece if there is no such piece."""
        found = self.reserved.get(piece)
        return self.segments.get(piece, self.unk) if found is None else found

    def of_type(self, kind: int) -> list[str]:
        """The pieces of one type."""
        return [piece for piece, own in zip(self.pieces, self.types, strict=True) if own == kind]


def _refuse(message: str) -> DataLossError:
    return DataLossError(f"a SentencePiece model must {message}")


def read_text(data: bytes, what: str) -> str:
    """The text of a field."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _refuse(f"have UTF-8 in {what}, not {clip(repr(data))}") from None


def read_model(data: bytes) -> tuple[Any, Vocabulary]:
    """The message of a model file and its vocabulary.

    Raises:
        DataLossError: it is not a model that SentencePiece loads.
    """
    proto = parse(ModelProto, data, "the SentencePiece model")
    if not proto.pieces:
        raise _refuse("have pieces, not none")
    return proto, _vocabulary(proto)


def _vocabulary(proto: Any) -> Vocabulary:
    texts, types, scores = [], [], []
    segments: dict[str, int] = {}
    reserved: dict[str, int] = {}
    for number, entry in enumerate(proto.pieces):
        raw, kind, score = entry.piece, entry.type, entry.score
        if not 0 < len(raw) < PIECE_LIMIT or b"\0" in raw:
            raise _refuse(
                f"have pieces of 1 to {PIECE_LIMIT - 1} bytes without NUL, not {clip(repr(raw))}"
            )
        if not abs(score) <= SCORE_LIMIT:
            raise _refuse(f"have scores in [{-SCORE_LIMIT}, {SCORE_LIMIT}], not {score}")
        text = read_text(raw, "pieces")
        target = segments if kind in {NORMAL, USER_DEFINED, UNUSED} else reserved
        if text in target:
            raise _refuse(f"have each piece once, not twice {clip(repr(text))}")
        target[text] = number
        if kind == BYTE and (text not in BYTE_PIECES or not proto.trainer_spec.byte_fallback):
            raise _refuse(f"have byte pieces <0x00> to <0xFF> for byte_fallback, not {clip(text)}")
        texts.append(text)
        types.append(kind)
        scores.append(score)
    if types.count(UNKNOWN) != 1:
        raise _refuse(f"have one unknown piece, not {types.count(UNKNOWN)}")
    byte_ids: list[int] = []
    if proto.trainer_spec.byte_fallback:
        byte_ids = [
            reserved[text]
            for text in BYTE_PIECES
            if text in reserved and types[reserved[text]] == BYTE
        ]
        if len(byte_ids) != len(BYTE_PIECES):
            raise _refuse(f"have 256 byte pieces for byte_fallback, not {len(byte_ids)}")
    return Vocabulary(texts, types, scores, segments, reserved, types.index(UNKNOWN), byte_ids)
