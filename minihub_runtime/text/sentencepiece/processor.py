"""A loaded model: texts to pieces and ids, with their places, and back."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.errors import InternalError, OutOfRangeError
from minihub_runtime.text.sentencepiece.bpe import BytePairs
from minihub_runtime.text.sentencepiece.lattice import Lattice
from minihub_runtime.text.sentencepiece.model import (
    BYTE,
    BYTE_PIECES,
    CONTROL,
    SPACE,
    UNKNOWN,
    UNUSED,
    USER_DEFINED,
    read_model,
    read_text,
)
from minihub_runtime.text.sentencepiece.normalizer import REPLACEMENT, Normalizer
from minihub_runtime.text.sentencepiece.unigram import Unigram
from minihub_runtime.text.sentencepiece.words import Characters, Segments, Words

__all__ = ["Processor", "Span", "load_processor"]

#: SentencePiece samples from at most so many segmentations, and lists at most so many.
SAMPLE_LIMIT = 512
LIST_LIMIT = 1024

_BYTE_PIECE_LIST = list(BYTE_PIECES)

#: A piece, its id, and where it begins and ends in the text, in bytes.
Span = tuple[str, int, int, int]


def _nothing() -> None:
    pass


class Processor:
    """A model in use.

    Args:
        data: the content of a model file.

    Attributes:
        size: the number of pieces.
        bos: the id of the piece that begins a text, or -1.
        eos: the id of the piece that ends a text, or -1.
        pad: the id of the piece that fills, or -1.
        unk: the id of the unknown piece, or -1 if it does not have the name the model gives it.

    Raises:
        DataLossError: it is not a model.
    """

    def __init__(self, data: bytes) -> None:
        proto, vocabulary = read_model(data)
        options = proto.trainer_spec
        self._vocabulary = vocabulary
        symbols = vocabulary.of_type(USER_DEFINED)
        self._normalizer = Normalizer(
            proto.normalizer_spec, symbols, options.treat_whitespace_as_suffix
        )
        self._denormalizer = (
            Normalizer(proto.denormalizer_spec)
            if proto.denormalizer_spec.precompiled_charsmap
            else None
        )
        kinds = {
            options.UNIGRAM: Unigram,
            options.BPE: BytePairs,
            options.WORD: Words,
            options.CHAR: Characters,
        }
        self._model: Any = kinds[options.model_type](vocabulary)
        self._unk_surface = options.unk_surface.split(b"\0")[0].decode("utf-8", "surrogateescape")
        spec = proto.normalizer_spec
        self._strips = spec.add_dummy_prefix or spec.remove_extra_whitespaces
        self._strips_all = spec.remove_extra_whitespaces
        self.size = len(vocabulary.pieces)
        self.bos_piece = read_text(options.bos_piece or b"<s>", "bos_piece")
        self.eos_piece = read_text(options.eos_piece or b"</s>", "eos_piece")
        self.bos = self._special(self.bos_piece, CONTROL)
        self.eos = self._special(self.eos_piece, CONTROL)
        self.pad = self._special(read_text(options.pad_piece or b"<pad>", "pad_piece"), CONTROL)
        self.unk = self._special(read_text(options.unk_piece or b"<unk>", "unk_piece"), UNKNOWN)

    def _special(self, piece: str, kind: int) -> int:
        number = self._vocabulary.id(piece)
        return number if self._vocabulary.types[number] == kind else -1

    # Pieces and ids.

    def piece(self, number: int) -> str:
        """The piece with an id in [0, size)."""
        return self._vocabulary.pieces[number]

    def pieces_of(self, numbers: Sequence[int]) -> list[str]:
        """The pieces with some ids.

        Raises:
            OutOfRangeError: there is no such id.
        """
        pieces = self._vocabulary.pieces
        for number in numbers:
            if not 0 <= number < len(pieces):
                raise OutOfRangeError(f"ids must lie in [0, {len(pieces)}), not {number}")
        return [pieces[number] for number in numbers]

    def id(self, piece: str) -> int:
        """The id of a piece; that of the unknown piece if there is none."""
        return self._vocabulary.id(piece)

    def is_unknown(self, number: int) -> bool:
        """Whether an id in [0, size) is that of the unknown piece."""
        return self._vocabulary.types[number] == UNKNOWN

    def is_control(self, number: int) -> bool:
        """Whether an id in [0, size) is that of a piece that stands for no text."""
        return self._vocabulary.types[number] == CONTROL

    def is_unused(self, number: int) -> bool:
        """Whether an id in [0, size) is that of a piece out of use."""
        return self._vocabulary.types[number] == UNUSED

    # Text to pieces.

    def normalize(self, text: bytes) -> bytes:
        """The text as it is cut into pieces."""
        decoded = text.decode("utf-8", "surrogateescape")
        return self._normalizer.normalize(decoded).encode("utf-8", "surrogateescape")

    def segments(self, text: bytes) -> Segments:
        """The pieces of a text and their ids."""
        return self._finished(self._segmented(text))

    def ids(self, text: bytes) -> list[int]:
        """The ids of the pieces of a text."""
        return [number for _, number in self.segments(text)]

    def spans(self, text: bytes) -> list[Span]:
        """The pieces of a text, their ids and places."""
        normalized, origins = self._normalizer.normalize_with_offsets(
            text.decode("utf-8", "surrogateescape")
        )
        found = self._model.segment(normalized) if normalized else []
        return self._placed(found, origins)

    def best_spans(
        self, text: bytes, count: int, check: Callable[[], None] = _nothing
    ) -> list[list[Span]]:
        """The `count` best segmentations, the best first.

        Raises:
            InternalError: the model is not a unigram model, which alone can tell.
        """
        normalized, origins = self._normalizer.normalize_with_offsets(
            text.decode("utf-8", "surrogateescape")
        )
        ways = self._best(normalized, count, check)
        return [self._placed(segments, origins) for segments, _ in ways]

    def sample_spans(
        self,
        text: bytes,
        count: int,
        alpha: float,
        uniform: Callable[[], float],
        check: Callable[[], None] = _nothing,
    ) -> list[Span]:
        """A segmentation drawn at random.

        Args:
            text: the text.
            count: from how many of the best; negative means from all.
            alpha: for unigram models how much better ones are preferred; for BPE the probability that a merge is left out.
            uniform: draws from [0, 1).
            check: called now and then.

        Raises:
            InternalError: `count` is too large, or the model cannot sample.
        """
        if count > SAMPLE_LIMIT:
            raise InternalError(f"nbest_size must be at most {SAMPLE_LIMIT}, not {count}")
        normalized, origins = self._normalizer.normalize_with_offsets(
            text.decode("utf-8", "surrogateescape")
        )
        if isinstance(self._model, BytePairs):
            found = self._model.merge(
                normalized, (lambda: uniform() < alpha) if alpha > 0 else None
            )
        elif not isinstance(self._model, Unigram):
            raise InternalError("only unigram and BPE models can sample")
        elif not normalized:
            found = []
        elif count < 0:
            lattice = Lattice(self._model, normalized)
            found = lattice.segments(lattice.sample(alpha, uniform))
        else:
            ways = self._best(normalized, count, check)
            top = max(alpha * score for _, score in ways)
            sums = list(itertools.accumulate(math.exp(alpha * s - top) for _, s in ways))
            level = uniform() * sums[-1]
            found = next((way for (way, _), s in zip(ways, sums) if level < s), ways[-1][0])
        return self._placed(found, origins)

    def _best(
        self, normalized: str, count: int, check: Callable[[], None]
    ) -> list[tuple[Segments, float]]:
        if not isinstance(self._model, Unigram):
            raise InternalError("only unigram models have several best segmentations")
        count = max(1, min(count, LIST_LIMIT))
        if not normalized:
            return [([], 0.0)]
        if count == 1:
            return [(self._model.segment(normalized), 0.0)]
        lattice = Lattice(self._model, normalized)
        return [(lattice.segments(nodes), score) for nodes, score in lattice.best(count, check)]

    def _segmented(self, text: bytes) -> Segments:
        normalized = self._normalizer.normalize(text.decode("utf-8", "surrogateescape"))
        segments: Segments = self._model.segment(normalized) if normalized else []
        return segments

    def _finished(self, segments: Segments) -> Segments:
        """The segments with unknown neighbours as one piece, or as bytes."""
        vocabulary = self._vocabulary
        unknown = vocabulary.unk
        numbers = {number for _, number in segments}
        self._refuse_control(numbers)
        if unknown not in numbers:
            return segments
        result: Segments = []
        for is_unknown, run in itertools.groupby(segments, lambda segment: segment[1] == unknown):
            if not is_unknown:
                result += run
                continue
            text = "".join(piece for piece, _ in run)
            if vocabulary.byte_ids:
                result += [
                    (_BYTE_PIECE_LIST[byte], vocabulary.byte_ids[byte])
                    for byte in text.encode("utf-8", "surrogateescape")
                ]
            else:
                result.append((text, unknown))
        return result

    def _refuse_control(self, numbers: set[int]) -> None:
        for number in numbers:
            if self._vocabulary.types[number] == CONTROL:
                raise InternalError(
                    "text must be cut into pieces that stand for text, not into "
                    f"{self._vocabulary.pieces[number]!r}"
                )

    def _placed(self, segments: Segments, origins: list[int]) -> list[Span]:
        """The segments with their places, unknown neighbours as one piece, or as bytes."""
        vocabulary = self._vocabulary
        unknown = vocabulary.unk
        self._refuse_control({number for _, number in segments})
        result: list[Span] = []
        place = 0
        for is_unknown, run in itertools.groupby(segments, lambda segment: segment[1] == unknown):
            pieces = list(run)
            if is_unknown and not vocabulary.byte_ids:
                pieces = [("".join(piece for piece, _ in pieces), unknown)]
            for piece, number in pieces:
                begin, end = origins[place], origins[place + len(piece)]
                place += len(piece)
                if not is_unknown or not vocabulary.byte_ids:
                    result.append((piece, number, begin, end))
                    continue
                # The last byte stands for the whole character.
                *before, last = piece.encode("utf-8", "surrogateescape")
                for byte, limit in (*((byte, begin) for byte in before), (last, end)):
                    result.append((_BYTE_PIECE_LIST[byte], vocabulary.byte_ids[byte], begin, limit))
        return result

    # Pieces to text.

    def decode_ids(self, numbers: Sequence[int]) -> bytes:
        """The text of pieces given by their ids.

        Raises:
            OutOfRangeError: there is no such id.
        """
        return self.decode_pieces(self.pieces_of(numbers))

    def decode_pieces(self, pieces: Sequence[str]) -> bytes:
        """The text of some pieces."""
        vocabulary = self._vocabulary
        types = vocabulary.types
        parts: list[str] = []
        held = bytearray()
        at_begin = True
        has_text = stripped = False
        for piece in pieces:
            number = vocabulary.id(piece)
            kind = types[number]
            if kind == BYTE:
                held.append(BYTE_PIECES[piece])
                continue
            if held:
                parts.append(_decoded_bytes(held))
                held = bytearray()
                has_text = True
            if stripped or has_text:
                at_begin = False
            stripped = False
            if kind == CONTROL:
                continue
            if kind == UNKNOWN:
                part = self._unk_surface if vocabulary.pieces[number] == piece else piece
            else:
                part = piece
                if at_begin and self._strips and piece.startswith(SPACE):
                    part = piece[1:]
                    # Where blanks are collapsed, all of them before the text go.
                    stripped = not self._strips_all
                part = part.replace(SPACE, " ")
            has_text = has_text or bool(part)
            parts.append(part)
        if held:
            parts.append(_decoded_bytes(held))
        text = "".join(parts)
        if self._denormalizer is not None:
            # Pieces that are no UTF-8 alone may be together.
            whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
            text = self._denormalizer.normalize(whole)
        return text.encode("utf-8", "surrogateescape")


def _decoded_bytes(data: bytearray) -> str:
    """The text of byte pieces, with a replacement character for each byte that is no UTF-8."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join(REPLACEMENT if "\udc80" <= char <= "\udcff" else char for char in text)


@functools.lru_cache(maxsize=8)
def load_processor(data: bytes) -> Processor:
    """The processor of a model file; several ops with one model share it.

    Raises:
        DataLossError: it is not a model.
    """
    return Processor(data)
