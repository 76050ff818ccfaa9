"""TF.Text's SentencePiece ops: a model as a resource, text to pieces and back."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InternalError, InvalidArgumentError, OutOfRangeError
from minihub_runtime.ops.checking import (
    indices_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import INDEX, Array, op, types
from minihub_runtime.ops.shape_rules import scalar, vector
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.text.arrays import as_bytes, flat_strings, string_array
from minihub_runtime.text.sentencepiece import Processor, Span, load_processor

SOURCE = "tensorflow_text/core/kernels/sentencepiece_kernels.cc"
PIECES = types("int32 string", "int32")


def encode_pieces(pieces: Sequence[str]) -> list[bytes]:
    """Pieces as the bytes of a string tensor."""
    return [piece.encode("utf-8", "surrogateescape") for piece in pieces]


def decode_pieces(pieces: Sequence[bytes]) -> list[str]:
    """The bytes of a string tensor as pieces."""
    return [piece.decode("utf-8", "surrogateescape") for piece in pieces]


def per_row(array: Array, count: int, name: str) -> list[Any]:
    """One value for each of `count` rows, from a scalar or a vector."""
    if array.ndim == 0:
        return [array.item()] * count
    if array.shape != (count,):
        raise InvalidArgumentError(
            f"{name} must be a scalar or have shape [{count}], not {list(array.shape)}"
        )
    values: list[Any] = array.tolist()
    return values


def _processor(handle: Any) -> Processor:
    if not isinstance(handle, Processor):
        raise InvalidArgumentError(
            f"sp_handle must be a SentencePiece model, not {type(handle).__name__}"
        )
    return handle


@op("SentencepieceOp() -> handle: resource", stateful=True, source=SOURCE, shape=scalar)
def sentencepiece_op(
    ctx: Context,
    *,
    model: str = "",
    container: str = "",
    shared_name: str = "",
    use_node_name_sharing: bool = False,
) -> Processor:
    """The model that the attribute `model` holds.

    Raises: InvalidArgumentError if it is empty, DataLossError if it is no model.
    Differs: TensorFlow raises InternalError for what is no model, and does not check the rules of the normaliser.
    """
    require(model, "the attribute 'model' must hold a SentencePiece model, not nothing")
    name = f"sentencepiece {shared_name or ctx.node}"
    return ctx.resource(container, name, lambda: load_processor(as_bytes(model)))


class _Options:
    """The pieces that go around each text, and whether all are reversed after that."""

    def __init__(
        self, processor: Processor, add_bos: Array, add_eos: Array, reverse: Array
    ) -> None:
        for name, value in (("add_bos", add_bos), ("add_eos", add_eos), ("reverse", reverse)):
            require_scalar(value, name)
        self.before = self._added(processor, processor.bos_piece, add_bos)
        self.after = self._added(processor, processor.eos_piece, add_eos)
        self.step = -1 if reverse.item() else 1

    @staticmethod
    def _added(processor: Processor, piece: str, wanted: Array) -> list[Span]:
        if not wanted.item():
            return []
        number = processor.id(piece)
        if processor.is_unknown(number):
            raise InternalError(f"the model must have the piece {piece!r} that is to be added")
        return [(piece, number, 0, 0)]


def _tokenize(
    ctx: Context,
    sp_handle: Any,
    input: Array,
    nbest_size: Array,
    alpha: Array,
    options: tuple[Array, Array, Array],
    return_nbest: bool,
    with_places: bool,
) -> list[list[Span]]:
    """The pieces of each text with their ids and, if they are wanted, places."""
    processor = _processor(sp_handle)
    require_rank(input, 1, "input")
    around = _Options(processor, *options)
    texts = flat_strings(input)
    if return_nbest:
        require_scalar(nbest_size, "nbest_size")
        require(nbest_size.item() >= 1, f"nbest_size must be at least 1, not {nbest_size.item()}")
    counts = per_row(nbest_size, len(texts), "nbest_size")
    sampling = not return_nbest and any(count not in {0, 1} for count in counts)
    alphas = per_row(alpha, len(texts), "alpha") if sampling else [0.0] * len(texts)
    rows = []
    for text, count, temperature in zip(texts, counts, alphas, strict=True):
        ctx.check()
        if return_nbest:
            rows += processor.best_spans(text, count, ctx.check)
        elif count not in {0, 1}:
            draw = ctx.own(np.random.default_rng).random
            rows.append(processor.sample_spans(text, count, temperature, draw, ctx.check))
        elif with_places:
            rows.append(processor.spans(text))
        else:
            rows.append([(piece, number, 0, 0) for piece, number in processor.segments(text)])
    if not around.before and not around.after and around.step == 1:
        return rows
    return [[*around.before, *row, *around.after][:: around.step] for row in rows]


def _values(rows: list[list[Span]], out_type: DType) -> Array:
    if out_type.name == "string":
        pieces = encode_pieces([span[0] for row in rows for span in row])
        return string_array(pieces, [len(pieces)])
    return np.array([span[1] for row in rows for span in row], dtype=np.int32)


def _splits(rows: list[Any], dtype: DType) -> Array:
    splits = np.zeros(len(rows) + 1, dtype=dtype.numpy)
    np.cumsum([len(row) for row in rows], out=splits[1:])
    return splits


def _tokenize_shapes(
    sp_handle: Spec,
    input: Spec,
    nbest_size: Spec,
    alpha: Spec,
    add_bos: Spec,
    add_eos: Spec,
    reverse: Spec,
    return_nbest: bool,
) -> list[Shape]:
    for spec in (sp_handle, nbest_size, alpha, add_bos, add_eos, reverse):
        merge(spec.shape, ())
    (count,) = merge(input.shape, (None,)) or (None,)
    return [vector(), (None if return_nbest or count is None else count + 1,)]


@op(
    "SentencepieceTokenizeOp(sp_handle: resource, input: string, nbest_size: int32,"
    " alpha: float, add_bos: bool, add_eos: bool, reverse: bool)"
    " -> output_values: out_type, output_splits: Tsplits",
    out_type=PIECES,
    Tsplits=INDEX.default_to("int64"),
    stateful=True,
    source=SOURCE,
    shape=_tokenize_shapes,
)
def sentencepiece_tokenize(
    ctx: Context,
    sp_handle: Any,
    input: Array,
    nbest_size: Array,
    alpha: Array,
    add_bos: Array,
    add_eos: Array,
    reverse: Array,
    *,
    out_type: DType,
    Tsplits: DType,
    return_nbest: bool = False,
) -> tuple[Array, Array]:
    """The pieces or ids of each text, and where each text's begin; with `return_nbest` several rows for each text.

    With `nbest_size` above 1, or negative, the segmentation is drawn at random as in TensorFlow, which has no seed for it.
    Raises: InvalidArgumentError for wrong shapes; InternalError, as TensorFlow, for what the model cannot do.
    """
    options = (add_bos, add_eos, reverse)
    rows = _tokenize(ctx, sp_handle, input, nbest_size, alpha, options, return_nbest, False)
    return _values(rows, out_type), _splits(rows, Tsplits)


def _offsets_shapes(
    sp_handle: Spec,
    input: Spec,
    nbest_size: Spec,
    alpha: Spec,
    add_bos: Spec,
    add_eos: Spec,
    reverse: Spec,
    return_nbest: bool,
) -> list[Shape]:
    shapes = _tokenize_shapes(
        sp_handle, input, nbest_size, alpha, add_bos, add_eos, reverse, return_nbest
    )
    return [*shapes, vector(), vector()]


@op(
    "SentencepieceTokenizeWithOffsetsOp(sp_handle: resource, input: string, nbest_size: int32,"
    " alpha: float, add_bos: bool, add_eos: bool, reverse: bool)"
    " -> output_values: out_type, output_splits: Tsplits,"
    " output_offset_starts: int64, output_offset_limits: int64",
    out_type=PIECES,
    Tsplits=INDEX.default_to("int64"),
    stateful=True,
    source=SOURCE,
    shape=_offsets_shapes,
)
def sentencepiece_tokenize_with_offsets(
    ctx: Context,
    sp_handle: Any,
    input: Array,
    nbest_size: Array,
    alpha: Array,
    add_bos: Array,
    add_eos: Array,
    reverse: Array,
    *,
    out_type: DType,
    Tsplits: DType,
    return_nbest: bool = False,
) -> tuple[Array, Array, Array, Array]:
    """As SentencepieceTokenizeOp, with the bytes of the text where each piece begins and ends."""
    options = (add_bos, add_eos, reverse)
    rows = _tokenize(ctx, sp_handle, input, nbest_size, alpha, options, return_nbest, True)
    starts = np.array([span[2] for row in rows for span in row], dtype=np.int64)
    limits = np.array([span[3] for row in rows for span in row], dtype=np.int64)
    return _values(rows, out_type), _splits(rows, Tsplits), starts, limits


def _detokenize_shape(
    sp_handle: Spec,
    input_values: Spec,
    input_splits: Spec,
    add_bos: Spec,
    add_eos: Spec,
    reverse: Spec,
) -> Shape:
    for spec in (sp_handle, add_bos, add_eos, reverse):
        merge(spec.shape, ())
    merge(input_values.shape, (None,))
    (count,) = merge(input_splits.shape, (None,)) or (None,)
    require(count != 0, "input_splits must not be empty")
    return (None if count is None else count - 1,)


@op(
    "SentencepieceDetokenizeOp(sp_handle: resource, input_values: T, input_splits: Tsplits,"
    " add_bos: bool, add_eos: bool, reverse: bool) -> output: string",
    T=PIECES,
    Tsplits=INDEX.default_to("int64"),
    stateful=True,
    source=SOURCE,
    shape=_detokenize_shape,
)
def sentencepiece_detokenize(
    sp_handle: Any,
    input_values: Array,
    input_splits: Array,
    add_bos: Array,
    add_eos: Array,
    reverse: Array,
) -> Array:
    """The text of each row of pieces or ids.

    Raises: OutOfRangeError for ids that the model does not have, and splits that fall or lie outside of the values.
    Differs: TensorFlow checks only some of the splits.
    """
    processor = _processor(sp_handle)
    require_rank(input_values, 1, "input_values")
    require_rank(input_splits, 1, "input_splits")
    require(input_splits.size > 0, "input_splits must not be empty")
    options = _Options(processor, add_bos, add_eos, reverse)
    splits = input_splits.tolist()
    values = input_values.tolist()
    if splits != sorted(splits) or splits[0] < 0 or splits[-1] > len(values):
        raise OutOfRangeError(f"input_splits must rise within [0, {len(values)}]")
    before = [span[0] for span in options.before]
    after = [span[0] for span in options.after]
    texts = []
    for begin, end in itertools.pairwise(splits):
        row = values[begin:end]
        pieces = processor.pieces_of(row) if input_values.dtype == np.int32 else decode_pieces(row)
        texts.append(processor.decode_pieces([*before, *pieces, *after][:: options.step]))
    return string_array(texts, [len(texts)])


@op(
    "SentencepieceVocabSizeOp(sp_handle: resource) -> vocab_size: int32",
    stateful=True,
    source=SOURCE,
)
def sentencepiece_vocab_size(sp_handle: Any) -> Array:
    """The number of pieces."""
    return np.array(_processor(sp_handle).size, dtype=np.int32)


@sentencepiece_vocab_size.shape
def _vocab_size_shape(sp_handle: Spec) -> Shape:
    merge(sp_handle.shape, ())
    return ()


def _converted(sp_handle: Spec, input: Spec) -> Shape:
    merge(sp_handle.shape, ())
    return merge(input.shape, (None,))


@op(
    "SentencepieceIdToStringOp(sp_handle: resource, input: int32) -> values: string",
    stateful=True,
    source=SOURCE,
    shape=_converted,
)
def sentencepiece_id_to_string(sp_handle: Any, input: Array) -> Array:
    """The pieces with some ids.

    Raises: InvalidArgumentError for an id that the model does not have.
    Differs: TensorFlow reads beside its list there.
    """
    processor = _processor(sp_handle)
    indices_in_range(input, processor.size, "input")
    pieces = processor.pieces_of(input.reshape(-1).tolist())
    return string_array(encode_pieces(pieces), input.shape)


@op(
    "SentencepieceStringToIdOp(sp_handle: resource, input: string) -> values: int32",
    stateful=True,
    source=SOURCE,
    shape=_converted,
)
def sentencepiece_string_to_id(sp_handle: Any, input: Array) -> Array:
    """The ids of some pieces, that of the unknown piece for others."""
    processor = _processor(sp_handle)
    pieces = decode_pieces(flat_strings(input))
    numbers = [processor.id(piece) for piece in pieces]
    return np.array(numbers, dtype=np.int32).reshape(input.shape)
