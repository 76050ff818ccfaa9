"""The ops of tf_sentencepiece, the library of SentencePiece itself for TensorFlow 1.

Each node names its model, as a file of the module or as the model itself.  tf_sentencepiece ended before TensorFlow 2, so
what these ops compute is checked through TF.Text, whose ops stand on the same library; where two segmentations score
alike to the last bit of a 32-bit float, the two differ now and then.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import indices_in_range, require, require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import Array, op, types
from minihub_runtime.ops.sentencepiece import PIECES, decode_pieces, encode_pieces, per_row
from minihub_runtime.ops.shape_rules import scalar, vector
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.text.arrays import as_bytes, flat_strings, string_array
from minihub_runtime.text.sentencepiece import Processor, load_processor

SOURCE = "tf_sentencepiece/sentencepiece_processor_ops.cc"


def _processor(ctx: Context, model_file: str, model_proto: str) -> Processor:
    require(bool(model_file) != bool(model_proto), "either model_file or model_proto must be set")

    def load() -> Processor:
        if model_proto:
            return load_processor(as_bytes(model_proto))
        return load_processor(ctx.read_file(as_bytes(model_file)))

    return ctx.own(load)


@op("SentencepieceGetPieceSize() -> vocab_size: int32", source=SOURCE, shape=scalar)
def sentencepiece_get_piece_size(
    ctx: Context, *, model_file: str = "", model_proto: str = ""
) -> Array:
    """The number of pieces."""
    return np.array(_processor(ctx, model_file, model_proto).size, dtype=np.int32)


@op(
    "SentencepiecePieceToId(input: string) -> values: int32",
    source=SOURCE,
    shape=lambda input: input.shape,
)
def sentencepiece_piece_to_id(
    ctx: Context, input: Array, *, model_file: str = "", model_proto: str = ""
) -> Array:
    """The ids of some pieces, that of the unknown piece for others."""
    processor = _processor(ctx, model_file, model_proto)
    numbers = [processor.id(piece) for piece in decode_pieces(flat_strings(input))]
    return np.array(numbers, dtype=np.int32).reshape(input.shape)


@op(
    "SentencepieceIdToPiece(input: int32) -> values: string",
    source=SOURCE,
    shape=lambda input: input.shape,
)
def sentencepiece_id_to_piece(
    ctx: Context, input: Array, *, model_file: str = "", model_proto: str = ""
) -> Array:
    """The pieces with some ids, an empty string for an id that the model does not have."""
    processor = _processor(ctx, model_file, model_proto)
    numbers = input.reshape(-1).tolist()
    pieces = [processor.piece(n) if 0 <= n < processor.size else "" for n in numbers]
    return string_array(encode_pieces(pieces), input.shape)


@op(
    "SentencepieceGetPieceType(input: int32) -> values: bool",
    source=SOURCE,
    shape=lambda input: input.shape,
)
def sentencepiece_get_piece_type(
    ctx: Context,
    input: Array,
    *,
    model_file: str = "",
    model_proto: str = "",
    piece_type: int = 0,
) -> Array:
    """Whether the pieces with some ids are unknown (0), control pieces (1) or out of use (2).

    Raises: InvalidArgumentError for another `piece_type`, or an id that the model does not have.
    Differs: tf_sentencepiece checks neither.
    """
    processor = _processor(ctx, model_file, model_proto)
    tests = (processor.is_unknown, processor.is_control, processor.is_unused)
    require(0 <= piece_type < len(tests), f"piece_type must be 0, 1 or 2, not {piece_type}")
    indices_in_range(input, processor.size, "input")
    found = [tests[piece_type](number) for number in input.reshape(-1).tolist()]
    return np.array(found, dtype=np.bool_).reshape(input.shape)


def _special(processor: Processor, number: int, wanted: bool, name: str) -> int:
    """The id of a piece that is to be added, or 0 for none."""
    if wanted and number < 0:
        raise InvalidArgumentError(f"the model must define {name}, which is to be added")
    return number if wanted else 0


def _encoded(
    ctx: Context,
    processor: Processor,
    input: Array,
    nbest_size: Array,
    alpha: Array,
    reverse: bool,
    add_bos: bool,
    add_eos: bool,
) -> list[list[tuple[str, int]]]:
    """The pieces and ids of each text.

    As in the library, a piece with id 0 is not added.
    """
    require_rank(input, 1, "input")
    bos = _special(processor, processor.bos, add_bos, "bos")
    eos = _special(processor, processor.eos, add_eos, "eos")
    before = [(processor.piece(bos), bos)] if bos > 0 else []
    after = [(processor.piece(eos), eos)] if eos > 0 else []
    texts = flat_strings(input)
    counts = per_row(nbest_size, len(texts), "nbest_size")
    alphas = per_row(alpha, len(texts), "alpha")
    rows = []
    for text, count, temperature in zip(texts, counts, alphas, strict=True):
        ctx.check()
        if count in {0, 1}:
            row = processor.segments(text)
        else:
            draw = np.random.default_rng().random
            spans = processor.sample_spans(text, count, temperature, draw, ctx.check)
            row = [(piece, number) for piece, number, _, _ in spans]
        rows.append([*before, *(row[::-1] if reverse else row), *after])
    return rows


def _flat(rows: list[list[tuple[str, int]]], out_type: DType) -> Array:
    if out_type.name == "string":
        pieces = encode_pieces([piece for row in rows for piece, _ in row])
        return string_array(pieces, [len(pieces)])
    return np.array([number for row in rows for _, number in row], dtype=np.int32)


def _batch(input: Spec, nbest_size: Spec, alpha: Spec) -> int | None:
    (count,) = merge(input.shape, (None,)) or (None,)
    for name, spec in (("nbest_size", nbest_size), ("alpha", alpha)):
        if spec.shape is not None and len(spec.shape) != 0:
            (count,) = merge((count,), spec.shape) or (None,)
            require(len(spec.shape) == 1, f"{name} must have rank at most 1")
    return count


def _dense_shapes(input: Spec, nbest_size: Spec, alpha: Spec) -> list[Shape]:
    count = _batch(input, nbest_size, alpha)
    return [(count, None), (count,)]


@op(
    "SentencepieceEncodeDense(input: string, nbest_size: int32, alpha: float)"
    " -> values: out_type, sequence_length: int32",
    out_type=PIECES,
    source=SOURCE,
    shape=_dense_shapes,
)
def sentencepiece_encode_dense(
    ctx: Context,
    input: Array,
    nbest_size: Array,
    alpha: Array,
    *,
    out_type: DType,
    model_file: str = "",
    model_proto: str = "",
    reverse: bool = False,
    add_bos: bool = False,
    add_eos: bool = False,
) -> tuple[Array, Array]:
    """The pieces or ids of each text, filled to one length with the model's padding, and how many there are.

    Raises: InvalidArgumentError for wrong shapes and models, or a piece to be added that the model does not have.
    """
    processor = _processor(ctx, model_file, model_proto)
    rows = _encoded(ctx, processor, input, nbest_size, alpha, reverse, add_bos, add_eos)
    lengths = np.array([len(row) for row in rows], dtype=np.int32)
    shape = (len(rows), int(lengths.max(initial=0)))
    if out_type.name == "string":
        values = np.empty(shape, dtype=object)
        values.fill(
            encode_pieces([processor.piece(processor.pad)])[0] if processor.pad >= 0 else b""
        )
    else:
        values = np.full(shape, processor.pad if processor.pad >= 0 else processor.unk, np.int32)
    values[np.arange(shape[1]) < lengths[:, None]] = _flat(rows, out_type)
    return values, lengths


def _sparse_shapes(input: Spec, nbest_size: Spec, alpha: Spec) -> list[Shape]:
    _batch(input, nbest_size, alpha)
    return [(None, 2), vector(), (2,)]


@op(
    "SentencepieceEncodeSparse(input: string, nbest_size: int32, alpha: float)"
    " -> indices: int64, values: out_type, dense_shape: int64",
    out_type=PIECES,
    source=SOURCE,
    shape=_sparse_shapes,
)
def sentencepiece_encode_sparse(
    ctx: Context,
    input: Array,
    nbest_size: Array,
    alpha: Array,
    *,
    out_type: DType,
    model_file: str = "",
    model_proto: str = "",
    reverse: bool = False,
    add_bos: bool = False,
    add_eos: bool = False,
) -> tuple[Array, Array, Array]:
    """The pieces or ids of each text as a sparse matrix.

    Raises: as SentencepieceEncodeDense.
    """
    processor = _processor(ctx, model_file, model_proto)
    rows = _encoded(ctx, processor, input, nbest_size, alpha, reverse, add_bos, add_eos)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    indices = np.argwhere(np.arange(longest) < lengths[:, None]).astype(np.int64)
    shape = np.array([len(rows), longest], dtype=np.int64)
    return indices, _flat(rows, out_type), shape


def _decode_shape(input: Spec, sequence_length: Spec) -> Shape:
    (count, _) = merge(input.shape, (None, None)) or (None, None)
    return merge((count,), sequence_length.shape)


@op(
    "SentencepieceDecode(input: T, sequence_length: int32) -> values: string",
    T=types("int32 string"),
    source=SOURCE,
    shape=_decode_shape,
)
def sentencepiece_decode(
    ctx: Context,
    input: Array,
    sequence_length: Array,
    *,
    model_file: str = "",
    model_proto: str = "",
    reverse: bool = False,
) -> Array:
    """The text of each row of pieces or ids.

    Raises: InvalidArgumentError for lengths that do not fit; OutOfRangeError for ids that the model does not have.
    """
    processor = _processor(ctx, model_file, model_proto)
    require_rank(input, 2, "input")
    require(
        sequence_length.shape == input.shape[:1],
        f"sequence_length must have shape [{input.shape[0]}], not {list(sequence_length.shape)}",
    )
    indices_in_range(sequence_length, input.shape[1] + 1, "sequence_length")
    texts = []
    for row, length in zip(input.tolist(), sequence_length.tolist(), strict=True):
        kept: list[Any] = row[:length]
        pieces = processor.pieces_of(kept) if input.dtype == np.int32 else decode_pieces(kept)
        texts.append(processor.decode_pieces(pieces[::-1] if reverse else pieces))
    return string_array(texts, [len(texts)])
