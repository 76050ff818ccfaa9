"""Diagonals and bands of matrices."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from minihub_runtime.dtypes import as_dtype, int32
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.checking import allocatable, require, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, INDEX, Array, op, types
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import Shape, Spec, concrete, merge, show

__all__: list[str] = []

_SOURCE = "core/kernels/linalg/matrix_diag_op.cc"
_NUMBERS = types("bfloat16 float16 float32 float64 int32 int64 complex64 complex128")
Align = Literal["LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"]


class Band(NamedTuple):
    """Neighbouring diagonals, from `lower` to `upper`; 0 is the main one, positive ones lie above it."""

    lower: int
    upper: int

    @property
    def number(self) -> int:
        """How many diagonals these are."""
        return self.upper - self.lower + 1

    def longest(self, rows: int, columns: int) -> int:
        """The length of the longest of them."""
        return min(rows + min(self.upper, 0), columns - max(self.lower, 0))


def _band(k: Array) -> Band:
    if k.ndim > 1 or k.size not in (1, 2):
        raise InvalidArgumentError(f"k must hold one or two numbers, not shape {show(k.shape)}")
    lower, *more = (int(n) for n in k.reshape(-1))
    upper = more[0] if more else lower
    require(lower <= upper, f"k must not fall, found {lower}, {upper}")
    return Band(lower, upper)


def _require_inside(band: Band, rows: int, columns: int) -> None:
    for index in band:
        if not (-rows < index < columns or index == 0):
            raise InvalidArgumentError(f"k must lie in ({-rows}, {columns}), not {index}")


def _require_plain(x: Array, name: str) -> None:
    if x.dtype.kind == "O":
        raise UnimplementedError(f"{name} must have numbers, not {as_dtype(x.dtype).name}")


def _places(band: Band, rows: int, columns: int, align: str) -> Any:
    """For each diagonal: its rows and columns in the matrix, its row among the diagonals, and its slice there."""
    longest = band.longest(rows, columns)
    above, below = align.split("_")
    for index in range(band.lower, band.upper + 1):
        first_row, first_column = max(-index, 0), max(index, 0)
        length = max(min(rows - first_row, columns - first_column), 0)
        left = (index >= 0 and above == "LEFT") or (index <= 0 and below == "LEFT")
        start = 0 if left else longest - length
        steps = np.arange(length)
        yield (
            first_row + steps,
            first_column + steps,
            band.upper - index,
            slice(start, start + length),
        )


def _filled(shape: tuple[int, ...], value: Array) -> Array:
    result = np.empty(allocatable(shape, value.dtype), dtype=value.dtype)
    result[...] = value
    return result


def _size(band: Band, longest: int, num_rows: int, num_cols: int) -> tuple[int, int]:
    """The size of the matrix whose diagonals are given; -1 asks for the smallest."""
    least_rows = longest - min(band.upper, 0)
    least_columns = longest + max(band.lower, 0)
    if num_rows == -1 and num_cols == -1:
        num_rows = num_cols = max(least_rows, least_columns)
    rows = least_rows if num_rows == -1 else num_rows
    columns = least_columns if num_cols == -1 else num_cols
    require(rows >= least_rows, f"num_rows must be at least {least_rows}, not {rows}")
    require(columns >= least_columns, f"num_cols must be at least {least_columns}, not {columns}")
    if rows != least_rows and columns != least_columns:
        raise InvalidArgumentError(
            f"one of num_rows and num_cols must be the least, {least_rows} or {least_columns}, "
            f"not {rows} and {columns}"
        )
    return rows, columns


def _require_count(shape: Any, band: Band) -> None:
    if len(shape) < (1 if band.number == 1 else 2):
        raise InvalidArgumentError(f"diagonal must have more axes than shape {show(tuple(shape))}")
    if band.number > 1 and shape[-2] not in (None, band.number):
        raise InvalidArgumentError(f"diagonal must hold {band.number} diagonals, not {shape[-2]}")


def _make(
    diagonal: Array, k: Array, num_rows: Array, num_cols: Array, padding_value: Array, align: str
) -> Array:
    _require_plain(diagonal, "MatrixDiag")
    band = _band(k)
    for name, value in (("num_rows", num_rows), ("num_cols", num_cols)):
        require_scalar(value, name)
    require_scalar(padding_value, "padding_value")
    _require_count(diagonal.shape, band)
    rows, columns = _size(band, diagonal.shape[-1], int(num_rows), int(num_cols))
    batch = diagonal.shape[:-1] if band.number == 1 else diagonal.shape[:-2]
    given = diagonal if band.number > 1 else diagonal[..., None, :]
    result = _filled((*batch, rows, columns), padding_value)
    for i, j, row, part in _places(band, rows, columns, align):
        result[..., i, j] = given[..., row, part]
    return result


def _made_shape(diagonal: Spec, k: Spec, num_rows: Spec, num_cols: Spec) -> Shape:
    for name, spec in (("num_rows", num_rows), ("num_cols", num_cols)):
        if spec.shape:
            raise InvalidArgumentError(f"{name} must be a scalar, not of shape {show(spec.shape)}")
    if diagonal.shape is None:
        return None
    if not diagonal.shape:
        raise InvalidArgumentError("diagonal must have rank >= 1, not 0")
    if k.value is None:
        return None
    band = _band(k.value)
    _require_count(diagonal.shape, band)
    batch = diagonal.shape[:-1] if band.number == 1 else diagonal.shape[:-2]
    longest = diagonal.shape[-1]
    if num_rows.value is None or num_cols.value is None or longest is None:
        return (*batch, None, None)
    return (*batch, *_size(band, longest, int(num_rows.value), int(num_cols.value)))


@op(
    "MatrixDiag(diagonal: T) -> output: T",
    T=ANY,
    source=_SOURCE,
    shape=lambda diagonal: None if diagonal.shape is None else _square_of(diagonal.shape),
)
def matrix_diag(diagonal: Array) -> Array:
    """Square matrices of zeros with the given main diagonals.

    Raises: InvalidArgumentError for a scalar.
    """
    _square_of(diagonal.shape)
    zero, least = np.int32(0), np.asarray(np.int32(-1))
    padding = np.zeros((), dtype=diagonal.dtype)
    return _make(diagonal, np.asarray(zero), least, least, padding, "LEFT_LEFT")


def _square_of(shape: Any) -> Any:
    if not shape:
        raise InvalidArgumentError("diagonal must have rank >= 1, not 0")
    return (*shape, shape[-1])


@op(
    "MatrixDiagV2(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T",
    T=ANY,
    source=_SOURCE,
    shape=_made_shape,
    ranks={"padding_value": 0},
)
def matrix_diag_v2(
    diagonal: Array, k: Array, num_rows: Array, num_cols: Array, padding_value: Array
) -> Array:
    """Matrices with the diagonals k[0] … k[1], all from the left of `diagonal`, else `padding_value`.

    Raises: InvalidArgumentError for sizes that do not fit.
    """
    return _make(diagonal, k, num_rows, num_cols, padding_value, "LEFT_LEFT")


@op(
    "MatrixDiagV3(diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T) -> output: T",
    T=ANY,
    source=_SOURCE,
    shape=_made_shape,
    ranks={"padding_value": 0},
)
def matrix_diag_v3(
    diagonal: Array,
    k: Array,
    num_rows: Array,
    num_cols: Array,
    padding_value: Array,
    *,
    align: Align = "RIGHT_LEFT",
) -> Array:
    """Matrices with the diagonals k[0] … k[1], else `padding_value`.

    `align` tells on which side of `diagonal` those above and those below the main one stand.

    Raises: InvalidArgumentError for sizes that do not fit.
    """
    return _make(diagonal, k, num_rows, num_cols, padding_value, align)


def _part(input: Array, k: Array, padding_value: Array, align: str) -> Array:
    _require_plain(input, "MatrixDiagPart")
    require(input.ndim >= 2, f"input must have rank >= 2, not {input.ndim}")
    band = _band(k)
    require_scalar(padding_value, "padding_value")
    rows, columns = input.shape[-2:]
    _require_inside(band, rows, columns)
    longest = max(band.longest(rows, columns), 0)
    parts = _filled((*input.shape[:-2], band.number, longest), padding_value)
    for i, j, row, part in _places(band, rows, columns, align):
        parts[..., row, part] = input[..., i, j]
    return parts if band.number > 1 else parts[..., 0, :]


def _part_shape(input: Spec, k: Spec, padding_value: Spec) -> Shape:
    shape = input.shape
    if shape is None:
        return None
    if len(shape) < 2:
        raise InvalidArgumentError(f"input must have rank >= 2, not {len(shape)}")
    full = concrete(shape)
    if k.value is None or full is None:
        return None
    band = _band(k.value)
    _require_inside(band, *full[-2:])
    longest = max(band.longest(*full[-2:]), 0)
    return (*full[:-2], longest) if band.number == 1 else (*full[:-2], band.number, longest)


def _main_part_shape(input: Spec) -> Shape:
    shape = input.shape
    if shape is None:
        return None
    if len(shape) < 2:
        raise InvalidArgumentError(f"input must have rank >= 2, not {len(shape)}")
    rows, columns = shape[-2:]
    known = rows is not None and columns is not None
    return (*shape[:-2], min(rows, columns) if known else None)  # type: ignore[type-var]


@op("MatrixDiagPart(input: T) -> diagonal: T", T=ANY, source=_SOURCE, shape=_main_part_shape)
def matrix_diag_part(input: Array) -> Array:
    """The main diagonals of matrices.

    Raises: InvalidArgumentError for a rank below 2.
    """
    padding = np.zeros((), dtype=input.dtype)
    return _part(input, np.zeros((), dtype=np.int32), padding, "LEFT_LEFT")


@op(
    "MatrixDiagPartV2(input: T, k: int32, padding_value: T) -> diagonal: T",
    T=ANY,
    source=_SOURCE,
    shape=_part_shape,
    ranks={"padding_value": 0},
)
def matrix_diag_part_v2(input: Array, k: Array, padding_value: Array) -> Array:
    """The diagonals k[0] … k[1] of matrices, the upper one first, from the left, filled up with `padding_value`.

    Raises: InvalidArgumentError for diagonals outside the matrices.
    """
    return _part(input, k, padding_value, "LEFT_LEFT")


@op(
    "MatrixDiagPartV3(input: T, k: int32, padding_value: T) -> diagonal: T",
    T=ANY,
    source=_SOURCE,
    shape=_part_shape,
    ranks={"padding_value": 0},
)
def matrix_diag_part_v3(
    input: Array, k: Array, padding_value: Array, *, align: Align = "RIGHT_LEFT"
) -> Array:
    """The diagonals k[0] … k[1] of matrices, the upper one first, filled up with `padding_value`.

    `align` tells to which side those above and those below the main one are moved.

    Raises: InvalidArgumentError for diagonals outside the matrices.
    """
    return _part(input, k, padding_value, align)


def _replace(input: Array, diagonal: Array, k: Array, align: str) -> Array:
    _require_plain(input, "MatrixSetDiag")
    require(input.ndim >= 2, f"input must have rank >= 2, not {input.ndim}")
    band = _band(k)
    rows, columns = input.shape[-2:]
    _require_inside(band, rows, columns)
    inner = (band.number,) if band.number > 1 else ()
    wanted = (*input.shape[:-2], *inner, band.longest(rows, columns))
    if diagonal.shape != wanted:
        raise InvalidArgumentError(
            f"diagonal must have shape {show(wanted)}, not {show(diagonal.shape)}"
        )
    given = diagonal if band.number > 1 else diagonal[..., None, :]
    result = input.copy()
    for i, j, row, part in _places(band, rows, columns, align):
        result[..., i, j] = given[..., row, part]
    return result


def _replaced_shape(input: Spec, diagonal: Spec, k: Spec) -> Shape:
    shape = input.shape
    if shape is None:
        return None
    if len(shape) < 2:
        raise InvalidArgumentError(f"input must have rank >= 2, not {len(shape)}")
    if k.value is None:
        return shape
    band = _band(k.value)
    full = concrete(shape[-2:])
    if full is not None:
        _require_inside(band, *full)
    rank = len(shape) - (band.number == 1)
    if diagonal.rank not in (None, rank):
        raise InvalidArgumentError(f"diagonal must have rank {rank}, not {diagonal.rank}")
    return shape


def _replaced_main_shape(input: Spec, diagonal: Spec) -> Shape:
    main = _main_part_shape(input)
    if main is not None and diagonal.shape:
        merge(main[-1:], diagonal.shape[-1:])
    return _replaced_shape(input, diagonal, Spec(int32, (), np.zeros((), np.int32)))


@op(
    "MatrixSetDiag(input: T, diagonal: T) -> output: T",
    T=ANY,
    source=_SOURCE,
    shape=_replaced_main_shape,
)
def matrix_set_diag(input: Array, diagonal: Array) -> Array:
    """Matrices with other main diagonals.

    Raises: InvalidArgumentError for a diagonal of the wrong shape.
    """
    return _replace(input, diagonal, np.zeros((), dtype=np.int32), "LEFT_LEFT")


@op(
    "MatrixSetDiagV2(input: T, diagonal: T, k: int32) -> output: T",
    T=ANY,
    source=_SOURCE,
    shape=_replaced_shape,
)
def matrix_set_diag_v2(input: Array, diagonal: Array, k: Array) -> Array:
    """Matrices with other diagonals k[0] … k[1], all taken from the left of `diagonal`.

    Raises: InvalidArgumentError for diagonals outside the matrices or of the wrong shape.
    """
    return _replace(input, diagonal, k, "LEFT_LEFT")


@op(
    "MatrixSetDiagV3(input: T, diagonal: T, k: int32) -> output: T",
    T=ANY,
    source=_SOURCE,
    shape=_replaced_shape,
)
def matrix_set_diag_v3(
    input: Array, diagonal: Array, k: Array, *, align: Align = "RIGHT_LEFT"
) -> Array:
    """Matrices with other diagonals k[0] … k[1], which stand in `diagonal` on the side that `align` tells.

    Raises: InvalidArgumentError for diagonals outside the matrices or of the wrong shape.
    """
    return _replace(input, diagonal, k, align)


def _doubled(diagonal: Spec) -> Shape:
    if diagonal.shape is None:
        return None
    require(diagonal.shape != (), "diagonal must have rank >= 1, not 0")
    return (*diagonal.shape, *diagonal.shape)


@op(
    "Diag(diagonal: T) -> output: T",
    T=_NUMBERS,
    source="core/kernels/diag_op.cc",
    shape=_doubled,
)
def diag(diagonal: Array) -> Array:
    """Zeros, but for `output[i, i] = diagonal[i]`, where i may stand for several indices.

    Shapes: `s` -> `s + s`.
    Raises: InvalidArgumentError for a scalar.
    """
    require(diagonal.ndim >= 1, "diagonal must have rank >= 1, not 0")
    sizes = allocatable((diagonal.size, diagonal.size), diagonal.dtype)
    result = np.zeros(sizes, dtype=diagonal.dtype)
    places = np.arange(diagonal.size)
    result[places, places] = diagonal.reshape(-1)
    return result.reshape(diagonal.shape * 2)


def _half_shape(input: Spec) -> Shape:
    shape = input.shape
    if shape is None:
        return None
    require(len(shape) % 2 == 0, f"input must have an even rank, not {len(shape)}")
    half = len(shape) // 2
    for a, b in zip(shape[:half], shape[half:], strict=True):
        if None not in (a, b) and a != b:
            raise InvalidArgumentError(f"the halves of the shape must be equal, not {show(shape)}")
    return tuple(b if a is None else a for a, b in zip(shape[:half], shape[half:], strict=True))


@op(
    "DiagPart(input: T) -> diagonal: T",
    T=_NUMBERS,
    source="core/kernels/diag_op.cc",
    shape=_half_shape,
)
def diag_part(input: Array) -> Array:
    """`diagonal[i] = input[i, i]`, where i may stand for several indices.

    Shapes: `s + s` -> `s`.
    Raises: InvalidArgumentError unless the shape has two equal halves.
    """
    shape = concrete(_half_shape(Spec(as_dtype(input.dtype), input.shape))) or ()
    count = int(np.prod(shape, dtype=np.int64))
    return input.reshape(count, count).diagonal().reshape(shape).copy()


@op(
    "MatrixBandPart(input: T, num_lower: Tindex, num_upper: Tindex) -> band: T",
    T=ANY,
    Tindex=INDEX.default_to("int64"),
    source="core/kernels/linalg/matrix_band_part_op.cc",
    shape=same,
)
def matrix_band_part(input: Array, num_lower: Array, num_upper: Array) -> Array:
    """Matrices with zeros outside a band of so many diagonals below and above the main one; negative keeps all.

    Raises: InvalidArgumentError for a rank below 2, or more diagonals than rows or columns.
    """
    _require_plain(input, "MatrixBandPart")
    require(input.ndim >= 2, f"input must have rank >= 2, not {input.ndim}")
    rows, columns = input.shape[-2:]
    require_scalar(num_lower, "num_lower")
    require_scalar(num_upper, "num_upper")
    below, above = int(num_lower), int(num_upper)
    require(below <= rows, f"num_lower must be at most {rows}, not {below}")
    require(above <= columns, f"num_upper must be at most {columns}, not {above}")
    offset = np.arange(columns) - np.arange(rows)[:, None]
    inside = (offset >= -below if below >= 0 else True) & (offset <= above if above >= 0 else True)
    result = np.zeros(input.shape, dtype=input.dtype)
    np.copyto(result, input, where=np.broadcast_to(inside, input.shape))
    return result


@diag.gradient
def diag_gradient(ops: Ops, grad: Term) -> Term:
    return ops.DiagPart(grad)


@diag_part.gradient
def diag_part_gradient(ops: Ops, grad: Term) -> Term:
    return ops.Diag(grad)


@matrix_band_part.gradient
def matrix_band_part_gradient(
    ops: Ops, grad: Term, num_lower: Term, num_upper: Term
) -> tuple[Term, None, None]:
    return ops.MatrixBandPart(grad, num_lower, num_upper), None, None


@matrix_diag.gradient
def matrix_diag_gradient(ops: Ops, grad: Term) -> Term:
    return ops.MatrixDiagPart(grad)


# As in TensorFlow, the gradients of the second versions align short diagonals as the third versions do by default, at the
# right above and at the left below, though the ops themselves align all at the left.


@matrix_diag_v2.gradient
def matrix_diag_v2_gradient(ops: Ops, grad: Term, k: Term) -> tuple[Term, None, None, None, None]:
    zero = ops.constant(0, grad.dtype)
    return ops.MatrixDiagPartV3(grad, k, zero), None, None, None, None


@matrix_diag_v3.gradient
def matrix_diag_v3_gradient(
    ops: Ops, grad: Term, k: Term, align: str
) -> tuple[Term, None, None, None, None]:
    zero = ops.constant(0, grad.dtype)
    return ops.MatrixDiagPartV3(grad, k, zero, align=align), None, None, None, None


@matrix_diag_part.gradient
def matrix_diag_part_gradient(ops: Ops, grad: Term, input: Term) -> Term:
    return ops.MatrixSetDiag(ops.ZerosLike(input), grad)


@matrix_diag_part_v2.gradient
def matrix_diag_part_v2_gradient(
    ops: Ops, grad: Term, input: Term, k: Term
) -> tuple[Term, None, None]:
    return ops.MatrixSetDiagV3(ops.ZerosLike(input), grad, k), None, None


@matrix_diag_part_v3.gradient
def matrix_diag_part_v3_gradient(
    ops: Ops, grad: Term, input: Term, k: Term, align: str
) -> tuple[Term, None, None]:
    return ops.MatrixSetDiagV3(ops.ZerosLike(input), grad, k, align=align), None, None


@matrix_set_diag.gradient
def matrix_set_diag_gradient(ops: Ops, grad: Term, diagonal: Term) -> tuple[Term, Term]:
    return ops.MatrixSetDiag(grad, ops.ZerosLike(diagonal)), ops.MatrixDiagPart(grad)


@matrix_set_diag_v2.gradient
def matrix_set_diag_v2_gradient(
    ops: Ops, grad: Term, diagonal: Term, k: Term
) -> tuple[Term, Term, None]:
    kept = ops.MatrixSetDiagV3(grad, ops.ZerosLike(diagonal), k)
    return kept, ops.MatrixDiagPartV3(grad, k, ops.constant(0, grad.dtype)), None


@matrix_set_diag_v3.gradient
def matrix_set_diag_v3_gradient(
    ops: Ops, grad: Term, diagonal: Term, k: Term, align: str
) -> tuple[Term, Term, None]:
    kept = ops.MatrixSetDiagV3(grad, ops.ZerosLike(diagonal), k, align=align)
    part = ops.MatrixDiagPartV3(grad, k, ops.constant(0, grad.dtype), align=align)
    return kept, part, None
